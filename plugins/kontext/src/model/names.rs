//! The names people's files have, part by part. Of several files, the one nearest to the original weights plays a part.

use std::path::{Path, PathBuf};

use super::Part;

const COMFY_FOLDERS: [&str; 9] = [
    "vae_approx",
    "diffusion_models",
    "unet",
    "text_encoders",
    "clip",
    "vae",
    "clip_vision",
    "style_models",
    "checkpoints",
];

/// Where `part` is under `root`: a weights file, an index of shards, or a tokenizer's folder or file.
pub(super) fn find(part: Part, root: &Path) -> Option<PathBuf> {
    if part.is_tokenizer() {
        return find_tokenizer(part, root);
    }
    let (diffusers, comfy): (&str, &[&str]) = match part {
        Part::Transformer => ("transformer", &["diffusion_models", "unet"]),
        Part::Vae => ("vae", &["vae"]),
        Part::Clip => ("text_encoder", &["text_encoders", "clip"]),
        Part::T5 => ("text_encoder_2", &["text_encoders", "clip"]),
        Part::Vision => ("image_encoder", &["clip_vision"]),
        Part::Redux => ("image_embedder", &["style_models"]),
        Part::Taef1 => ("taef1", &["vae_approx"]),
        Part::ClipTokenizer | Part::T5Tokenizer => return None,
    };
    shards(&root.join(diffusers))
        .or_else(|| best(part, root))
        .or_else(|| comfy.iter().find_map(|folder| best(part, &root.join(folder))))
}

/// The part a file of weights plays by its name.
pub(super) fn weights(path: &Path) -> Option<Part> {
    if !is_weights(path) {
        return None;
    }
    let name = path.file_stem()?.to_str()?.to_ascii_lowercase();
    let has = |word: &str| name.contains(word);
    if has("redux") {
        Some(Part::Redux)
    } else if has("taef1") {
        // The encoder is not needed and must not be taken for the decoder.
        (!has("encoder")).then_some(Part::Taef1)
    } else if has("siglip") || has("sigclip") || has("clip_vision") {
        Some(Part::Vision)
    } else if name == "ae" || name.starts_with("ae_") || name.starts_with("ae-") || has("vae") {
        Some(Part::Vae)
    } else if has("t5xxl") || has("t5-v1") || has("t5_xxl") || has("t5-xxl") || name.starts_with("t5") {
        Some(Part::T5)
    } else if has("clip_l") || has("clip-l") {
        Some(Part::Clip)
    } else if has("kontext") && !has("lora") {
        Some(Part::Transformer)
    } else {
        None
    }
}

/// Whether a file holds weights and its name does not say of what.
pub(super) fn is_unknown(path: &Path) -> bool {
    let is_lora = path.to_string_lossy().to_ascii_lowercase().contains("lora");
    is_weights(path) && weights(path).is_none() && !is_lora
}

fn is_weights(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension
        .is_some_and(|e| ["safetensors", "sft", "gguf"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// A tokenizer's files in the same folder as its encoder.
pub(super) fn tokenizer_beside(part: Part, folder: &Path) -> Option<PathBuf> {
    let is_here = folder.join("tokenizer.json").exists()
        || part == Part::ClipTokenizer
            && folder.join("vocab.json").exists()
            && folder.join("merges.txt").exists();
    is_here.then(|| folder.to_owned())
}

/// Whether the folder is one of those that ComfyUI sorts models into.
pub(super) fn is_comfy_folder(folder: &Path) -> bool {
    folder.file_name().and_then(|name| name.to_str()).is_some_and(|name| COMFY_FOLDERS.contains(&name))
}

/// What lies in a folder, sorted; nothing when it cannot be listed.
pub(super) fn list(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort_unstable();
    entries
}

fn find_tokenizer(part: Part, root: &Path) -> Option<PathBuf> {
    let (folders, files): (&[&str], &[&str]) = if part == Part::T5Tokenizer {
        (
            &["tokenizer_2", "tokenizers/t5", "t5_tokenizer", "tokenizer_t5", "t5"],
            &["t5_tokenizer.json", "t5xxl_tokenizer.json", "tokenizer_t5.json"],
        )
    } else {
        (
            &["tokenizer", "tokenizers/clip", "clip_tokenizer", "tokenizer_clip", "clip"],
            &["clip_tokenizer.json", "clip_l_tokenizer.json", "tokenizer_clip.json"],
        )
    };
    let is_tokenizer = |folder: &Path| {
        // A lone spiece.model counts: the tokenizer says what is missing beside it.
        ["tokenizer.json", "vocab.json", "spiece.model"].iter().any(|name| folder.join(name).exists())
    };
    let folder = folders.iter().map(|name| root.join(name)).find(|folder| is_tokenizer(folder));
    let file = || files.iter().map(|name| root.join(name)).find(|file| file.exists());
    let comfy = || {
        let folders = ["text_encoders", "clip"].map(|name| root.join(name));
        folders
            .iter()
            .flat_map(|folder| files.iter().map(|file| folder.join(file)))
            .find(|file| file.exists())
    };
    // CLIP's flat form cannot be mistaken for T5's.
    let flat = || {
        let flat = match part {
            Part::T5Tokenizer => root.join("tokenizer.json").exists() || root.join("spiece.model").exists(),
            _ => root.join("vocab.json").exists() && root.join("merges.txt").exists(),
        };
        flat.then(|| root.to_owned())
    };
    folder.or_else(file).or_else(comfy).or_else(flat)
}

/// The weights in a folder of their own: an index, the usual names, or whatever file of weights is there.
fn shards(folder: &Path) -> Option<PathBuf> {
    let entries = list(folder);
    let named = |wanted: &dyn Fn(&str) -> bool| {
        entries
            .iter()
            .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(wanted))
            .cloned()
    };
    named(&|name| name == "diffusion_pytorch_model.safetensors" || name == "model.safetensors")
        .or_else(|| named(&|name| name.ends_with(".safetensors.index.json")))
        .or_else(|| {
            entries.iter().filter(|path| is_weights(path)).min_by_key(|path| preference(path)).cloned()
        })
}

/// The best of the files in `folder` whose name says `part`.
fn best(part: Part, folder: &Path) -> Option<PathBuf> {
    list(folder).into_iter().filter(|path| weights(path) == Some(part)).min_by_key(|path| preference(path))
}

/// How far a file is from the original weights, by its name: the error that its encoding makes, and last what nobody reads.
fn preference(path: &Path) -> usize {
    const REFUSED: [&str; 8] = ["svdq", "nf4", "int4", "fp4", "iq1_", "iq2_", "iq3_", "iq4_"];
    const NEAREST_FIRST: [&str; 8] = ["q8_0", "q6_k", "fp8_scaled", "fp8", "q5_", "q4_", "q3_", "q2_"];
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    if REFUSED.iter().any(|word| name.contains(word)) {
        return NEAREST_FIRST.len() + 1;
    }
    // Names that say none of these are 16- or 32-bit files.
    NEAREST_FIRST.iter().position(|word| name.contains(word)).map_or(0, |place| place + 1)
}
