//! One canonical naming for every part of a model.
//!
//! BFL names for the transformer and the VAE, Hugging Face names for the text and vision encoders. The tables restate
//! <https://github.com/huggingface/diffusers/blob/v0.35.0/scripts/convert_flux_to_diffusers.py> in reverse.

mod t5;
mod taef1;
mod transformer;
mod vae;

use std::collections::BTreeMap;

pub(crate) use t5::llama_name as t5_llama_name;

use super::{Entry, Weights, nearest};
use crate::error::{Error, Result};

/// One model among those that make up FLUX.1 Kontext.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The flow transformer, BFL names (`double_blocks.0.img_attn.qkv.weight`).
    Transformer,
    /// The image autoencoder, BFL names (`decoder.up.0.block.0.conv1.weight`).
    Vae,
    /// The T5 text encoder, Hugging Face names (`encoder.block.0.layer.0.SelfAttention.q.weight`, `shared.weight`).
    T5,
    /// The CLIP text encoder, Hugging Face names (`text_model.encoder.layers.0.mlp.fc1.weight`).
    Clip,
    /// The SigLIP vision encoder, Hugging Face names (`vision_model.encoder.layers.0.mlp.fc1.weight`).
    Siglip,
    /// The Redux image embedder (`redux_up.weight`, `redux_down.weight`).
    Redux,
    /// TAEF1, the small autoencoder for previews, diffusers names (`decoder.layers.2.conv.0.weight`).
    Taef1,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 7] =
        [Self::Transformer, Self::Vae, Self::T5, Self::Clip, Self::Siglip, Self::Redux, Self::Taef1];

    /// What a user calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transformer => "FLUX transformer",
            Self::Vae => "VAE",
            Self::T5 => "T5 text encoder",
            Self::Clip => "CLIP text encoder",
            Self::Siglip => "SigLIP vision encoder",
            Self::Redux => "Redux image embedder",
            Self::Taef1 => "TAEF1 autoencoder",
        }
    }

    /// Prefixes that tools put before the names of this part.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Transformer => {
                &["", "model.diffusion_model.", "model.model.", "net.", "diffusion_model.", "transformer."]
            }
            Self::Vae => &["", "vae.", "first_stage_model."],
            Self::T5 => &["", "text_encoders.t5xxl.transformer.", "t5xxl.transformer.", "text_encoder_2."],
            Self::Clip => &[
                "",
                "text_encoders.clip_l.transformer.",
                "clip_l.transformer.",
                "cond_stage_model.transformer.",
            ],
            Self::Siglip => &["", "image_encoder."],
            Self::Redux => &["", "image_embedder."],
            Self::Taef1 => &["", "taef1."],
        }
    }

    /// Whether a name without prefix can only belong to this part.
    fn owns(self, name: &str) -> bool {
        let starts = |roots: &[&str]| roots.iter().any(|r| name.starts_with(r));
        match self {
            Self::Transformer => starts(&[
                "double_blocks.",
                "single_blocks.",
                "transformer_blocks.",
                "single_transformer_blocks.",
                "distilled_guidance_layer.",
            ]),
            Self::Vae => starts(&["encoder.down", "encoder.mid", "decoder.up", "decoder.mid"]),
            Self::T5 => starts(&["encoder.block.", "enc.blk."]),
            Self::Clip => starts(&["text_model.", "embeddings.token_embedding."]),
            Self::Siglip => starts(&["vision_model.", "embeddings.patch_embedding."]),
            Self::Redux => starts(&["redux_up.", "redux_down."]),
            Self::Taef1 => taef1::owns(name),
        }
    }
}

/// The prefix under which a part is stored, when it is there.
pub(super) fn locate(weights: &Weights, part: Part) -> Option<&'static str> {
    let count = |prefix: &str| {
        weights.names().filter(|n| n.strip_prefix(prefix).is_some_and(|n| part.owns(n))).count()
    };
    let (n, prefix) = part
        .prefixes()
        .iter()
        .map(|p| (count(p), *p))
        .max_by_key(|&(n, p)| (n, std::cmp::Reverse(p.len())))?;
    (n > 0).then_some(prefix)
}

/// The tensors of a part without their prefix, still under the names of the file.
pub(super) fn select(weights: &Weights, part: Part) -> Result<BTreeMap<String, Entry>> {
    let Some(prefix) = locate(weights, part) else {
        let held: Vec<&str> =
            Part::ALL.iter().filter(|p| locate(weights, **p).is_some()).map(|p| p.name()).collect();
        let held = if held.is_empty() {
            let some: Vec<&str> = weights.names().take(3).collect();
            format!("its {} tensors (such as {}) belong to no known model", weights.len(), some.join(", "))
        } else {
            format!("it holds a {}", held.join(" and a "))
        };
        return Err(Error::file(weights.label(), format!("holds no {}: {held}", part.name())));
    };
    let strip =
        |(name, entry): (&String, &Entry)| Some((name.strip_prefix(prefix)?.to_owned(), entry.clone()));
    Ok(weights.entries.iter().filter_map(strip).collect())
}

/// A tensor of FLUX.1's blocks and one that never lies beside it: of a U-Net or of SD3.
fn mixed(tensors: &BTreeMap<String, Entry>) -> Option<(&str, &str)> {
    const OURS: [&str; 4] =
        ["double_blocks.", "single_blocks.", "transformer_blocks.", "single_transformer_blocks."];
    const OTHERS: [&str; 5] =
        ["input_blocks.", "output_blocks.", "down_blocks.", "up_blocks.", "joint_blocks."];
    let find =
        |starts: &[&str]| tensors.keys().find(|name| starts.iter().any(|start| name.starts_with(start)));
    Some((find(&OURS)?, find(&OTHERS)?))
}

/// The same tensors under canonical names.
pub(super) fn rename(
    label: &str,
    tensors: BTreeMap<String, Entry>,
    part: Part,
) -> Result<BTreeMap<String, Entry>> {
    if part == Part::Transformer
        && let Some((ours, other)) = mixed(&tensors)
    {
        let problem = format!("mixes tensors of several models: `{ours}` is FLUX.1's, `{other}` another's");
        return Err(Error::file(label, problem));
    }
    match part {
        Part::Transformer if tensors.keys().any(|k| k.starts_with("double_blocks.")) => Ok(tensors),
        Part::Transformer => join(label, tensors, transformer::bfl_name),
        Part::Vae => {
            let levels = vae::levels(tensors.keys());
            join(label, tensors, |name| vae::bfl_name(name, levels))
        }
        Part::T5 if t5::is_llama(&tensors) => Ok(t5::hugging_face(tensors)),
        Part::T5 => Ok(with_shared_embedding(tensors)),
        Part::Clip => Ok(under(tensors, "text_model.")),
        Part::Siglip => Ok(under(tensors, "vision_model.")),
        Part::Redux => Ok(tensors),
        Part::Taef1 => Ok(taef1::canonical(tensors)),
    }
}

/// What a tensor under diffusers' name is of a canonical one.
pub(crate) struct DiffusersLayer {
    /// Canonical name.
    pub(crate) name: String,
    /// Which of the tensors joined along the first dimension it is, from 0, and how many they are; 0 for one that is alone.
    pub(crate) piece: usize,
    pub(crate) pieces: usize,
    /// Whether its two halves change places.
    pub(crate) swap_halves: bool,
}

/// Where a transformer tensor under diffusers' name goes.
pub(crate) fn diffusers_layer(name: &str) -> DiffusersLayer {
    let place = transformer::bfl_name(name);
    DiffusersLayer {
        piece: place.joined.iter().position(|piece| piece == name).unwrap_or(0),
        pieces: place.joined.len(),
        swap_halves: place.swap_halves,
        name: place.name,
    }
}

/// Every layer of the transformer under diffusers' name, with `#` for a number.
pub(crate) fn diffusers_layers() -> Vec<String> {
    transformer::layers()
}

/// Where a tensor of a file goes.
struct Place {
    /// Canonical name.
    name: String,
    /// Its turn among the tensors joined along the first dimension, with the names of all of them; empty when it is alone.
    joined: Vec<String>,
    /// Whether its two halves change places.
    swap_halves: bool,
}

impl Place {
    fn alone(name: impl Into<String>) -> Self {
        Self { name: name.into(), joined: Vec::new(), swap_halves: false }
    }
}

fn join(
    label: &str,
    mut tensors: BTreeMap<String, Entry>,
    place: impl Fn(&str) -> Place,
) -> Result<BTreeMap<String, Entry>> {
    let mut out = BTreeMap::new();
    while let Some((name, entry)) = tensors.pop_first() {
        let place = place(&name);
        let entry = if place.swap_halves && entry.shape.first().is_some_and(|n| n % 2 == 0) {
            let half = entry.shape[0] / 2;
            let (Some(second), Some(first)) = (entry.rows(half..2 * half), entry.rows(0..half)) else {
                let problem =
                    format!("cannot be cut in halves: {} blocks cross its rows", entry.stored.name());
                return Err(Error::Tensor { file: label.to_owned(), tensor: name, problem });
            };
            concatenate(label, &place.name, vec![second, first])?
        } else if place.joined.is_empty() {
            entry
        } else {
            let mut own = Some(entry);
            let mut parts = Vec::new();
            for piece in &place.joined {
                let part = if *piece == name { own.take() } else { tensors.remove(piece) };
                parts.push(part.ok_or_else(|| missing_piece(label, piece, &tensors))?);
            }
            concatenate(label, &place.name, parts)?
        };
        out.insert(place.name, entry);
    }
    Ok(out)
}

fn missing_piece(label: &str, name: &str, rest: &BTreeMap<String, Entry>) -> Error {
    let problem = match nearest(name, rest.keys().map(String::as_str)) {
        Some(near) => format!("is missing; the nearest name there is `{near}`"),
        None => "is missing".to_owned(),
    };
    Error::Tensor { file: label.to_owned(), tensor: name.to_owned(), problem }
}

fn concatenate(label: &str, name: &str, parts: Vec<Entry>) -> Result<Entry> {
    let mut parts = parts.into_iter();
    let mut whole = parts.next().expect("callers pass at least one part");
    for part in parts {
        if part.stored != whole.stored || part.shape.get(1..) != whole.shape.get(1..) || part.shape.is_empty()
        {
            return Err(Error::Tensor {
                file: label.to_owned(),
                tensor: name.to_owned(),
                problem: format!(
                    "cannot be joined from {:?} {} and {:?} {}",
                    whole.shape,
                    whole.stored.name(),
                    part.shape,
                    part.stored.name()
                ),
            });
        }
        whole.shape[0] += part.shape[0];
        whole.pieces.extend(part.pieces);
    }
    Ok(whole)
}

/// Files store the embedding as `shared.weight`, as `encoder.embed_tokens.weight`, or twice.
fn with_shared_embedding(mut tensors: BTreeMap<String, Entry>) -> BTreeMap<String, Entry> {
    if let Some(entry) = tensors.remove("encoder.embed_tokens.weight") {
        tensors.entry("shared.weight".to_owned()).or_insert(entry);
    }
    tensors
}

/// Recent exports leave out the name of the tower that older ones write before every name.
fn under(tensors: BTreeMap<String, Entry>, root: &str) -> BTreeMap<String, Entry> {
    if tensors.keys().any(|k| k.starts_with(root)) {
        return tensors;
    }
    tensors.into_iter().map(|(name, entry)| (format!("{root}{name}"), entry)).collect()
}
