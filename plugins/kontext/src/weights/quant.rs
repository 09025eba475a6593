//! Files in formats that are not read, recognized by their tensors and refused by name.

use std::collections::BTreeMap;

use super::entry::{Entry, Stored};
use crate::error::Error;

/// A way of storing weights that is recognized and not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quantization {
    /// 4-bit floats in blocks of 16 with block scales.
    Nvfp4,
    /// bitsandbytes 4-bit NormalFloat or FP4.
    Bnb4,
    /// bitsandbytes LLM.int8.
    LlmInt8,
    /// Nunchaku SVDQuant.
    Nunchaku,
    /// llama.cpp's codebook types, such as `IQ4_XS`.
    Codebook(&'static str),
    /// A format that a `comfy_quant` note or the header names.
    Declared(String),
    /// Scaled 8-bit floats with another scale for each row or block.
    ScaledByBlock,
    /// Another type of number.
    Other(&'static str),
}

impl Quantization {
    /// The name its users know.
    fn name(&self) -> String {
        match self {
            Self::Nvfp4 => "the nvfp4 format".into(),
            Self::Bnb4 => "the bitsandbytes NF4 format".into(),
            Self::LlmInt8 => "the bitsandbytes LLM.int8 format".into(),
            Self::Nunchaku => "the Nunchaku SVDQuant format".into(),
            Self::Codebook(name) | Self::Other(name) => format!("the {name} format"),
            Self::Declared(name) => format!("the {name} format"),
            Self::ScaledByBlock => "the fp8 format with a scale for each row or block".into(),
        }
    }

    /// Why it is not read, and what to use.
    fn instead(&self) -> &'static str {
        match self {
            Self::Nunchaku => {
                "its numbers are ordered for one kind of GPU; use a GGUF file (Q4_K is about as large), fp8 or bf16"
            }
            Self::Bnb4 | Self::Nvfp4 => "use a GGUF file (Q4_K is about as large), fp8 or bf16",
            Self::Codebook(_) => "use a Q2_K to Q8_0 file of the same model",
            Self::LlmInt8 | Self::ScaledByBlock | Self::Declared(_) | Self::Other(_) => {
                "use bf16, fp8 with one scale a tensor, or a GGUF file (Q8_0 is about as large)"
            }
        }
    }

    pub(super) fn refusal(&self, label: &str) -> Error {
        Error::unsupported(format!("{label}: {}", self.name()), self.instead())
    }
}

/// What keeps these tensors from being read, if anything does.
///
/// `declared` are formats that were named for single layers and are not read.
pub(super) fn detect<'a>(
    entries: &BTreeMap<String, Entry>,
    mut declared: impl Iterator<Item = &'a str>,
) -> Option<Quantization> {
    let has = |suffix: &str| entries.keys().any(|k| k.ends_with(suffix));
    if has(".wscales") || (has(".qweight") && has(".smooth")) {
        return Some(Quantization::Nunchaku);
    }
    if entries.keys().any(|k| k.contains("quant_state.bitsandbytes")) || has(".absmax") {
        return Some(Quantization::Bnb4);
    }
    if has(".SCB") {
        return Some(Quantization::LlmInt8);
    }
    if has(".weight_scale_2") {
        return Some(Quantization::Nvfp4);
    }
    match declared.next() {
        Some("nvfp4") => return Some(Quantization::Nvfp4),
        Some(name) => return Some(Quantization::Declared(name.to_owned())),
        None => {}
    }
    // Position ids of text encoders are stored as integers and never used, so only weights count.
    let other = entries.iter().filter(|(k, _)| k.ends_with("weight")).find_map(|(_, e)| match e.stored {
        Stored::Other("F64") | Stored::As(_) => None,
        Stored::Other(name) if name.starts_with("IQ") => Some(Quantization::Codebook(name)),
        Stored::Other(name) => Some(Quantization::Other(name)),
    });
    other.or_else(|| (has(".weight_scale") || has(".scale_weight")).then_some(Quantization::ScaledByBlock))
}
