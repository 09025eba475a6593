//! Which tool wrote a key, and which layer it means.
//!
//! Tools differ in three things: what stands before the name of a layer, whether its parts are joined by dots or by
//! underscores, and whose names they use. The last two need no telling apart: [`super::target`] knows all names both ways.

use super::field::Field;
use super::target::{Target, Window, find};
use crate::weights::Part;

/// A way of naming the tensors of a LoRA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Family {
    /// kohya's sd-scripts: `lora_unet_double_blocks_0_img_attn_qkv`.
    Kohya,
    /// diffusers: `transformer.transformer_blocks.0.attn.to_q`.
    Diffusers,
    /// ai-toolkit and ComfyUI: `diffusion_model.double_blocks.0.img_attn.qkv`.
    Native,
    /// PEFT as it saves by itself, such as fal's trainer: `base_model.model.double_blocks.0.img_attn.qkv`.
    Peft,
    /// OneTrainer: `lora_transformer_transformer_blocks_0_attn_to_q`.
    OneTrainer,
    /// SimpleTuner's LyCORIS: `lycoris_transformer_blocks_0_attn_to_q`.
    Lycoris,
    /// XLabs: `double_blocks.0.processor.qkv_lora1`.
    Xlabs,
    /// Names of layers with nothing before them.
    Plain,
}

impl Family {
    /// What a user calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kohya => "kohya (sd-scripts)",
            Self::Diffusers => "diffusers (PEFT)",
            Self::Native => "ai-toolkit or ComfyUI",
            Self::Peft => "PEFT (base_model)",
            Self::OneTrainer => "OneTrainer",
            Self::Lycoris => "LyCORIS (SimpleTuner)",
            Self::Xlabs => "XLabs",
            Self::Plain => "names of layers alone",
        }
    }
}

/// What stands before the names of a text encoder; several tools write them.
const TEXT: [(&str, Part); 12] = [
    ("lora_te1_", Part::Clip),
    // sd-scripts numbers T5 as SD3 does, where a second CLIP comes first; OneTrainer numbers it second.
    ("lora_te3_", Part::T5),
    ("lora_te2_", Part::T5),
    ("text_encoders.clip_l.transformer.", Part::Clip),
    ("text_encoders.t5xxl.transformer.", Part::T5),
    ("text_encoders.clip_l.", Part::Clip),
    ("text_encoders.t5xxl.", Part::T5),
    ("text_encoder_2.", Part::T5),
    ("text_encoder.", Part::Clip),
    ("lora_clip_l_", Part::Clip),
    ("clip_l.", Part::Clip),
    ("t5xxl.", Part::T5),
];

/// What stands before the names of the transformer. What may follow another prefix stands behind it.
const TRANSFORMER: [(&str, Family); 7] = [
    ("base_model.model.", Family::Peft),
    ("lora_unet_", Family::Kohya),
    ("lora_transformer_", Family::OneTrainer),
    ("lycoris_", Family::Lycoris),
    ("transformer.", Family::Diffusers),
    ("diffusion_model.", Family::Native),
    ("model.diffusion_model.", Family::Native),
];

/// The layer that the name of a module means.
pub(super) fn target(module: &str) -> Option<(Option<Family>, Target)> {
    for (prefix, part) in TEXT {
        if let Some(path) = module.strip_prefix(prefix) {
            return Some((None, find(part, path)?));
        }
    }
    let (mut family, mut path) = (Family::Plain, module);
    for (prefix, of) in TRANSFORMER {
        if let Some(rest) = path.strip_prefix(prefix) {
            family = if family == Family::Plain { of } else { family };
            path = rest;
        }
    }
    Some((Some(family), find(Part::Transformer, path)?))
}

/// XLabs names what computes attention, not layers: the layer, and which factor the key is.
///
/// Source: `DoubleStreamBlockLoraProcessor` and `SingleStreamBlockLoraProcessor` in
/// <https://github.com/XLabs-AI/x-flux/blob/main/src/flux/modules/layers.py>.
pub(super) fn xlabs(key: &str) -> Option<(String, Target, Field)> {
    let key = key.strip_prefix("diffusion_model.").unwrap_or(key);
    let (block, rest) = key.split_once(".processor.")?;
    let (name, end) = rest.split_once('.')?;
    let field = match end {
        "down.weight" => Field::Down,
        "up.weight" => Field::Up,
        "alpha" | "network_alpha" => Field::Alpha,
        _ => return None,
    };
    let (layer, window) = match name {
        "qkv_lora1" => ("img_attn.qkv", Window::Whole),
        "qkv_lora2" => ("txt_attn.qkv", Window::Whole),
        "proj_lora1" => ("img_attn.proj", Window::Whole),
        "proj_lora2" => ("txt_attn.proj", Window::Whole),
        "qkv_lora" => ("linear1", Window::Attention),
        "proj_lora" => ("linear2", Window::Whole),
        _ => return None,
    };
    let target = find(Part::Transformer, &format!("{block}.{layer}"))?;
    Some((format!("{block}.processor.{name}"), Target { window, ..target }, field))
}
