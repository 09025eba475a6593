//! What `wirebrush model pull NAME` fetches, in one table. The names of files are those people's repositories have.

/// A model that is downloaded by one word.
#[derive(Debug)]
pub(crate) struct Preset {
    /// The word, and the model's name afterwards.
    pub(crate) name: &'static str,
    /// What the user gets.
    pub(crate) about: &'static str,
    pub(crate) files: &'static [Fetch],
}

/// A file of a repository, or with a `/` at the end all files of a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetch {
    pub(crate) repo: &'static str,
    pub(crate) file: &'static str,
    /// Where in the model's folder it goes; with a `/` at the end, into that folder under its own name.
    pub(crate) to: &'static str,
    /// The license of its authors, where the repository does not state one.
    pub(crate) license: &'static str,
}

const KONTEXT: &str = "black-forest-labs/FLUX.1-Kontext-dev";
const KONTEXT_GGUF: &str = "QuantStack/FLUX.1-Kontext-dev-GGUF";
const T5_GGUF: &str = "city96/t5-v1_1-xxl-encoder-gguf";
const CLIP_REPO: &str = "openai/clip-vit-large-patch14";

const fn fetch(repo: &'static str, file: &'static str, to: &'static str) -> Fetch {
    Fetch { repo, file, to, license: "" }
}

const fn licensed(fetch: Fetch, license: &'static str) -> Fetch {
    Fetch { license, ..fetch }
}

// FLUX.1's autoencoder, published without a gate with a model that uses it too.
const VAE: Fetch =
    fetch("Comfy-Org/Lumina_Image_2.0_Repackaged", "split_files/vae/ae.safetensors", "ae.safetensors");
const CLIP: Fetch =
    licensed(fetch("comfyanonymous/flux_text_encoders", "clip_l.safetensors", "clip_l.safetensors"), "mit");
const CLIP_TOKENIZER: [Fetch; 3] = [
    licensed(fetch(CLIP_REPO, "tokenizer.json", "tokenizer/"), "mit"),
    licensed(fetch(CLIP_REPO, "tokenizer_config.json", "tokenizer/"), "mit"),
    licensed(fetch(CLIP_REPO, "special_tokens_map.json", "tokenizer/"), "mit"),
];
const T5_TOKENIZER: Fetch = licensed(
    fetch("lmz/mt5-tokenizers", "t5-v1_1-xxl.tokenizer.json", "tokenizer_2/tokenizer.json"),
    "apache-2.0",
);

/// All of them.
pub(crate) const PRESETS: [Preset; 5] = [
    Preset {
        name: "kontext-dev",
        about: "FLUX.1 Kontext [dev] as published, 16-bit: 34 GB",
        files: &[
            fetch(KONTEXT, "model_index.json", ""),
            fetch(KONTEXT, "scheduler/", "scheduler/"),
            fetch(KONTEXT, "transformer/", "transformer/"),
            fetch(KONTEXT, "vae/", "vae/"),
            fetch(KONTEXT, "text_encoder/", "text_encoder/"),
            fetch(KONTEXT, "text_encoder_2/", "text_encoder_2/"),
            fetch(KONTEXT, "tokenizer/", "tokenizer/"),
            fetch(KONTEXT, "tokenizer_2/", "tokenizer_2/"),
        ],
    },
    Preset {
        name: "kontext-dev-q8",
        about: "FLUX.1 Kontext [dev] with 8-bit weights: 18 GB",
        files: &[
            fetch(KONTEXT_GGUF, "flux1-kontext-dev-Q8_0.gguf", ""),
            fetch(T5_GGUF, "t5-v1_1-xxl-encoder-Q8_0.gguf", ""),
            CLIP,
            VAE,
            CLIP_TOKENIZER[0],
            CLIP_TOKENIZER[1],
            CLIP_TOKENIZER[2],
            T5_TOKENIZER,
        ],
    },
    Preset {
        name: "kontext-dev-q4",
        about: "FLUX.1 Kontext [dev] with 4-bit weights, text encoder 5-bit: 11 GB",
        files: &[
            fetch(KONTEXT_GGUF, "flux1-kontext-dev-Q4_K_M.gguf", ""),
            fetch(T5_GGUF, "t5-v1_1-xxl-encoder-Q5_K_M.gguf", ""),
            CLIP,
            VAE,
            CLIP_TOKENIZER[0],
            CLIP_TOKENIZER[1],
            CLIP_TOKENIZER[2],
            T5_TOKENIZER,
        ],
    },
    Preset {
        name: "redux",
        about: "FLUX.1 Redux [dev] with its vision tower: 1 GB",
        files: &[
            fetch("black-forest-labs/FLUX.1-Redux-dev", "flux1-redux-dev.safetensors", ""),
            licensed(
                fetch("Comfy-Org/sigclip_vision_384", "sigclip_vision_patch14_384.safetensors", ""),
                "apache-2.0",
            ),
        ],
    },
    Preset {
        name: "tokenizers",
        about: "the tokenizers of CLIP and T5, for models that come without: 5 MB",
        files: &[CLIP_TOKENIZER[0], CLIP_TOKENIZER[1], CLIP_TOKENIZER[2], T5_TOKENIZER],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{TOKENIZERS, check_name};

    #[test]
    fn the_tokenizers_have_the_name_that_is_asked_for() {
        assert!(PRESETS.iter().any(|preset| preset.name == TOKENIZERS));
    }

    #[test]
    fn every_file_of_a_preset_goes_to_a_place_of_its_own() {
        for preset in &PRESETS {
            let mut places: Vec<String> = Vec::new();
            for fetch in preset.files {
                let name = if fetch.to.is_empty() || fetch.to.ends_with('/') { fetch.file } else { "" };
                let place = format!("{}{name}", fetch.to);
                check_name(place.trim_end_matches('/')).unwrap();
                assert!(!places.contains(&place), "{}: {place}", preset.name);
                places.push(place);
            }
        }
    }
}
