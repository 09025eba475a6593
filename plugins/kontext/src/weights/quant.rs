//! Quantized files, recognized by their extra tensors and refused by name.

use std::collections::BTreeMap;

use super::{Encoding, Entry, Stored};
use crate::error::Error;

/// A scheme that stores weights in fewer than 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantization {
    /// 8-bit floats without scales.
    Fp8,
    /// 8-bit floats with one `scale_weight` a layer.
    Fp8Scaled,
    /// 8-bit floats with one `weight_scale` a layer and a `comfy_quant` note.
    Fp8ScaledSecond,
    /// 4-bit floats in blocks of 16 with block scales.
    Nvfp4,
    /// bitsandbytes 4-bit NormalFloat or FP4.
    Bnb4,
    /// bitsandbytes LLM.int8.
    LlmInt8,
    /// Nunchaku SVDQuant.
    Nunchaku,
    /// Another integer or sub-byte type.
    Other(&'static str),
}

impl Quantization {
    /// The name its users know.
    pub fn name(self) -> String {
        match self {
            Self::Fp8 => "the fp8 format".into(),
            Self::Fp8Scaled => "the fp8_scaled format (scale_weight)".into(),
            Self::Fp8ScaledSecond => "the fp8_scaled format (weight_scale)".into(),
            Self::Nvfp4 => "the nvfp4 format".into(),
            Self::Bnb4 => "the bitsandbytes NF4 format".into(),
            Self::LlmInt8 => "the bitsandbytes LLM.int8 format".into(),
            Self::Nunchaku => "the Nunchaku SVDQuant format".into(),
            Self::Other(name) => format!("the {name} format"),
        }
    }

    pub(super) fn refusal(self, label: &str) -> Error {
        Error::unsupported(
            format!("{label}: {}", self.name()),
            "use the bf16, f16 or f32 safetensors file of the same model",
        )
    }
}

pub(super) fn detect(entries: &BTreeMap<String, Entry>) -> Option<Quantization> {
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
    if has(".weight_scale") || has(".comfy_quant") {
        return Some(Quantization::Fp8ScaledSecond);
    }
    if has("scaled_fp8") || has(".scale_weight") {
        return Some(Quantization::Fp8Scaled);
    }
    if entries.values().any(|e| matches!(e.stored, Stored::As(Encoding::F8E4M3 | Encoding::F8E5M2))) {
        return Some(Quantization::Fp8);
    }
    // Position ids of text encoders are stored as integers and never used, so only weights count.
    entries.iter().filter(|(k, _)| k.ends_with("weight")).find_map(|(_, e)| match e.stored {
        Stored::Other("F64") | Stored::As(_) => None,
        Stored::Other(name) => Some(Quantization::Other(name)),
    })
}
