//! What a weight file is: [`inspect`] reads headers and shapes, never guesses from the file name.
//!
//! FLUX.1 dev, its fine-tunes and Kontext have the same tensors: nothing in a file tells them apart, and the report says so.

use std::path::Path;

use crate::error::{Error, Result};
use crate::lora::is_lora;
use crate::transformer::config::read_json_of;
use crate::transformer::{Config, Transformer};
use crate::vae::{self, Taef1, Vae};
use crate::weights::{Part, Weights};

/// The kind of model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// FLUX.1 dev, Krea or Kontext: they cannot be told apart.
    FluxDev,
    /// FLUX.1 schnell: no guidance embedding.
    FluxSchnell,
    /// FLUX.1 Fill: six times as many channels in as out.
    FluxFill,
    /// FLUX.1 Canny or Depth: twice as many channels in as out.
    FluxControl,
    /// Chroma: FLUX blocks with another modulation.
    Chroma,
    /// FLUX.2: one modulation for all blocks, another text encoder.
    Flux2,
    /// The image autoencoder.
    Vae,
    /// The T5 text encoder.
    T5,
    /// The CLIP text encoder.
    Clip,
    /// The SigLIP vision encoder.
    Siglip,
    /// The Redux image embedder.
    Redux,
    /// TAEF1, the small autoencoder for previews.
    Taef1,
    /// Low-rank changes to a model, not a model.
    Lora,
    /// None of these.
    Unknown,
}

impl Family {
    /// What a user calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FluxDev => "FLUX.1 transformer (Kontext or dev: the files have the same structure)",
            Self::FluxSchnell => "FLUX.1 schnell transformer",
            Self::FluxFill => "FLUX.1 Fill transformer",
            Self::FluxControl => "FLUX.1 Canny or Depth control transformer",
            Self::Chroma => "Chroma transformer",
            Self::Flux2 => "FLUX.2 transformer",
            Self::Vae => "VAE",
            Self::T5 => "T5 text encoder",
            Self::Clip => "CLIP text encoder",
            Self::Siglip => "SigLIP vision encoder",
            Self::Redux => "Redux image embedder",
            Self::Taef1 => "TAEF1 autoencoder",
            Self::Lora => "LoRA",
            Self::Unknown => "unknown model",
        }
    }

    /// The models it belongs to. Files of the same role and line may stand in for one another.
    pub fn line(self) -> Option<&'static str> {
        match self {
            Self::FluxDev => Some("FLUX.1 Kontext or dev"),
            Self::FluxSchnell => Some("FLUX.1 schnell"),
            Self::FluxFill => Some("FLUX.1 Fill"),
            Self::FluxControl => Some("FLUX.1 Canny or Depth"),
            Self::Chroma => Some("Chroma"),
            Self::Flux2 => Some("FLUX.2"),
            Self::Vae | Self::T5 | Self::Clip | Self::Siglip | Self::Redux | Self::Taef1 | Self::Lora => {
                Some("FLUX.1")
            }
            Self::Unknown => None,
        }
    }
}

/// How a part's tensors are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// The naming of Black Forest Labs.
    Bfl,
    /// The naming of diffusers.
    Diffusers,
    /// The naming of Hugging Face transformers.
    HuggingFace,
    /// The naming of llama.cpp.
    LlamaCpp,
    /// The naming of its author's own files, which count the layers.
    Author,
}

impl Naming {
    /// What a user calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bfl => "BFL",
            Self::Diffusers => "diffusers",
            Self::HuggingFace => "Hugging Face",
            Self::LlamaCpp => "llama.cpp",
            Self::Author => "the author's",
        }
    }
}

/// What a file or folder holds.
#[derive(Debug, Clone)]
pub struct Report {
    /// The models, in the order of [`Part::ALL`]; empty when nothing is known.
    pub models: Vec<Model>,
    /// `safetensors` or `GGUF`.
    pub format: &'static str,
    /// Number of files.
    pub files: usize,
    /// Tensors of all files.
    pub tensors: usize,
    /// Elements of all tensors.
    pub parameters: u64,
}

/// One model of a [`Report`].
#[derive(Debug, Clone)]
pub struct Model {
    /// What it is.
    pub family: Family,
    /// The part whose place it can take.
    pub part: Option<Part>,
    /// How its tensors are named.
    pub naming: Option<Naming>,
    /// What stands before every name; all-in-one checkpoints have such a prefix.
    pub prefix: String,
    /// Number of tensors.
    pub tensors: usize,
    /// Number of elements.
    pub parameters: u64,
    /// Bytes in the file.
    pub bytes: u64,
    /// Share of elements by encoding, such as `Q4_K 98 %, F32 2 %`.
    pub encodings: String,
    /// Sizes in words, such as `19 + 38 blocks, 24 heads of 128`.
    pub sizes: String,
    /// Why it cannot be used: refused relatives, missing or misshapen tensors, quantization. `None` when it can.
    pub problem: Option<String>,
}

/// Says what a weight file, a sharded index or a folder holds.
///
/// Cost: headers, and for a VAE its weights (335 MB at the real size) to check them.
///
/// # Errors
/// As [`Weights::open`]. A model that is recognized but cannot be used is no error: see [`Model::problem`].
pub fn inspect(path: impl AsRef<Path>) -> Result<Report> {
    let path = path.as_ref();
    let weights = Weights::open(path)?;
    let config = read_json_of(path, &weights)?;
    let mut models: Vec<Model> =
        Part::ALL.iter().filter_map(|&part| model(&weights, part, config.as_ref())).collect();
    if is_lora(&weights) {
        models = vec![whole(&weights, Family::Lora, "LoRA files change a model and are not one")];
    } else if models.is_empty() {
        models = vec![whole(&weights, Family::Unknown, "its tensors belong to no known model")];
    }
    Ok(Report {
        models,
        format: weights.format(),
        files: weights.files().len(),
        tensors: weights.len(),
        parameters: weights.parameter_count(),
    })
}

/// Which FLUX.1 relative canonical transformer tensors belong to.
pub fn transformer_family(weights: &Weights) -> Family {
    let has = |start: &str| weights.names().any(|n| n.starts_with(start));
    let dim = |name: &str, axis: usize| weights.shape(name).ok().and_then(|s| s.get(axis).copied());
    if has("double_stream_modulation_img.") {
        return Family::Flux2;
    }
    if has("distilled_guidance_layer.") {
        return Family::Chroma;
    }
    match (dim("img_in.weight", 1), dim("final_layer.linear.weight", 0)) {
        (Some(input), Some(output)) if input == 6 * output => return Family::FluxFill,
        (Some(input), Some(output)) if input > output => return Family::FluxControl,
        _ => {}
    }
    // A file that lost only some guidance tensors is damaged, not schnell: its loader names what is missing.
    if has("time_in.") && !has("guidance_in.") { Family::FluxSchnell } else { Family::FluxDev }
}

/// Refuses relatives that cannot do Kontext's work.
pub(crate) fn require_kontext(weights: &Weights) -> Result<()> {
    let why = match transformer_family(weights) {
        Family::Flux2 => "it shares one modulation between all blocks and reads text with another encoder",
        Family::Chroma => "it replaces FLUX's modulation with another network",
        Family::FluxFill => "it wants masked latents beside the noise and was not trained on references",
        Family::FluxControl => {
            "it wants a control picture beside the noise and was not trained on references"
        }
        Family::FluxSchnell => "it has no guidance embedding and was not trained to edit",
        _ => return Ok(()),
    };
    let what = format!("{}: a {}", weights.label(), transformer_family(weights).name());
    Err(Error::unsupported(what, format!("{why}; use FLUX.1 Kontext [dev]")))
}

fn model(weights: &Weights, part: Part, config: Option<&serde_json::Value>) -> Option<Model> {
    let prefix = weights.prefix_of(part)?;
    let own: Vec<&str> = weights.names().filter_map(|n| n.strip_prefix(prefix)).collect();
    let diffusers = own.iter().any(|n| {
        n.starts_with("transformer_blocks.")
            || n.starts_with("single_transformer_blocks.")
            || n.starts_with("decoder.up_blocks.")
    });
    let naming = match part {
        Part::Transformer | Part::Vae if diffusers => Naming::Diffusers,
        Part::Transformer | Part::Vae | Part::Redux => Naming::Bfl,
        Part::T5 if own.iter().any(|n| n.starts_with("enc.blk.")) => Naming::LlamaCpp,
        Part::T5 | Part::Clip | Part::Siglip => Naming::HuggingFace,
        Part::Taef1 if own.iter().any(|n| n.contains(".layers.")) => Naming::Diffusers,
        Part::Taef1 => Naming::Author,
    };
    let family = match part {
        Part::Transformer => Family::FluxDev,
        Part::Vae => Family::Vae,
        Part::T5 => Family::T5,
        Part::Clip => Family::Clip,
        Part::Siglip => Family::Siglip,
        Part::Redux => Family::Redux,
        Part::Taef1 => Family::Taef1,
    };
    let mut model = Model {
        family,
        part: Some(part),
        naming: Some(naming),
        prefix: prefix.to_owned(),
        tensors: own.len(),
        parameters: 0,
        bytes: 0,
        encodings: String::new(),
        sizes: String::new(),
        problem: None,
    };
    match weights.part(part) {
        Err(problem) => {
            let own = weights.under(prefix);
            (model.bytes, model.encodings) = (own.stored_bytes(), encodings(&own));
            model.problem = Some(problem.to_string());
        }
        Ok(weights) => {
            if part == Part::Transformer {
                model.family = transformer_family(&weights);
            }
            model.parameters = weights.parameter_count();
            model.bytes = weights.stored_bytes();
            model.encodings = encodings(&weights);
            match sizes(&weights, part, config) {
                Ok(sizes) => model.sizes = sizes,
                Err(problem) => model.problem = Some(problem.to_string()),
            }
        }
    }
    Some(model)
}

/// Checks a part as far as headers allow and puts its sizes in words.
fn sizes(weights: &Weights, part: Part, config: Option<&serde_json::Value>) -> Result<String> {
    let dims = |name: &str| weights.shape(name).map(<[usize]>::to_vec);
    let blocks = |root: &str| {
        let number = |n: &str| n.strip_prefix(root)?.split('.').next()?.parse::<usize>().ok();
        weights.names().filter_map(number).max().map_or(0, |n| n + 1)
    };
    Ok(match part {
        Part::Transformer => {
            let c = Config::from_weights(weights, config)?;
            let text = format!(
                "{} + {} blocks, width {}, {} heads of {}, {} latent channels",
                c.depth,
                c.depth_single,
                c.hidden,
                c.heads,
                c.head_dim,
                c.latent_channels()
            );
            Transformer::check(weights, c)?;
            text
        }
        Part::Vae => {
            let c = vae::Config::from_weights(weights, config)?;
            let text = format!(
                "{} latent channels, {}× smaller sides, channels {:?}",
                c.latent_channels,
                c.factor(),
                c.channels
            );
            Vae::load(weights, c)?;
            text
        }
        Part::T5 => {
            let embedding = dims("shared.weight")?;
            dims("encoder.final_layer_norm.weight")?;
            format!(
                "{} blocks, width {}, vocabulary {}",
                blocks("encoder.block."),
                embedding[1],
                embedding[0]
            )
        }
        Part::Clip => {
            let embedding = dims("text_model.embeddings.token_embedding.weight")?;
            dims("text_model.final_layer_norm.weight")?;
            let layers = blocks("text_model.encoder.layers.");
            format!("{layers} layers, width {}, vocabulary {}", embedding[1], embedding[0])
        }
        Part::Siglip => {
            let patch = dims("vision_model.embeddings.patch_embedding.weight")?;
            let positions = dims("vision_model.embeddings.position_embedding.weight")?;
            dims("vision_model.post_layernorm.weight")?;
            let layers = blocks("vision_model.encoder.layers.");
            format!("{layers} layers, width {}, {} tokens", patch[0], positions[0])
        }
        Part::Redux => {
            let (up, down) = (dims("redux_up.weight")?, dims("redux_down.weight")?);
            format!("width {} to {}", up.get(1).copied().unwrap_or(0), down[0])
        }
        Part::Taef1 => {
            let taef1 = Taef1::load(weights)?;
            format!("{} latent channels, {}× smaller sides", taef1.latent_channels(), taef1.factor())
        }
    })
}

fn encodings(weights: &Weights) -> String {
    let total = weights.parameter_count().max(1) as f64;
    let share = |(name, n): &(&str, u64)| {
        let scaled = if name.starts_with("F8") && weights.is_scaled() { " scaled" } else { "" };
        let percent = match *n as f64 * 100.0 / total {
            100.0 => "100".to_owned(),
            few if few < 0.1 => "< 0.1".to_owned(),
            most if most > 99.9 => "> 99.9".to_owned(),
            some => format!("{some:.1}"),
        };
        format!("{name}{scaled} {percent} %")
    };
    weights.encodings().iter().map(share).collect::<Vec<_>>().join(", ")
}

fn whole(weights: &Weights, family: Family, problem: &str) -> Model {
    Model {
        family,
        part: None,
        naming: None,
        prefix: String::new(),
        tensors: weights.len(),
        parameters: weights.parameter_count(),
        bytes: weights.stored_bytes(),
        encodings: encodings(weights),
        sizes: String::new(),
        problem: Some(problem.to_owned()),
    }
}
