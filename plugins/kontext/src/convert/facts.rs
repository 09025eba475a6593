//! What a file says about its model besides the numbers.

use std::collections::BTreeMap;

use super::gguf::Value;
use super::target::Target;
use crate::weights::{CONFIG_KEY, Part, Weights, t5_llama_name};

/// The facts of a GGUF file, under the keys of
/// <https://github.com/ggml-org/llama.cpp/blob/b6000/gguf-py/gguf/constants.py>.
pub(super) fn gguf_facts(
    weights: &Weights,
    part: Part,
    target: Target,
    config: Option<&str>,
) -> Vec<(&'static str, Value)> {
    const QUANTIZATION_VERSION: u32 = 2;
    let architecture = if part == Part::T5 { "t5encoder" } else { "flux" };
    let mut facts = vec![
        ("general.architecture", Value::Text(architecture.to_owned())),
        ("general.quantization_version", Value::U32(QUANTIZATION_VERSION)),
    ];
    facts.extend(file_type(target).map(|number| ("general.file_type", Value::U32(number))));
    if part == Part::T5 {
        let dim = |name: &str, axis: usize| {
            let dim = weights.shape(name).ok().and_then(|shape| shape.get(axis).copied());
            dim.and_then(|dim| u32::try_from(dim).ok()).unwrap_or(0)
        };
        let block = |tail: &str| format!("encoder.block.0.layer.{tail}.weight");
        let buckets = block("0.SelfAttention.relative_attention_bias");
        let heads = dim(&buckets, 1);
        let head = dim(&block("0.SelfAttention.q"), 0).checked_div(heads).unwrap_or(0);
        let blocks = weights.names().filter(|name| name.ends_with(".SelfAttention.q.weight")).count();
        facts.extend([
            ("t5encoder.context_length", Value::U32(512)),
            ("t5encoder.block_count", Value::U32(blocks as u32)),
            ("t5encoder.embedding_length", Value::U32(dim("shared.weight", 1))),
            ("t5encoder.feed_forward_length", Value::U32(dim(&block("1.DenseReluDense.wo"), 1))),
            ("t5encoder.attention.head_count", Value::U32(heads)),
            ("t5encoder.attention.key_length", Value::U32(head)),
            ("t5encoder.attention.value_length", Value::U32(head)),
            ("t5encoder.attention.layer_norm_epsilon", Value::F32(1e-6)),
            ("t5encoder.attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
            ("t5encoder.attention.relative_buckets_count", Value::U32(dim(&buckets, 0))),
        ]);
    }
    facts.extend(config.map(|config| (CONFIG_KEY, Value::Text(config.to_owned()))));
    facts
}

/// Number of a mix in llama.cpp's `enum llama_ftype`; none has 8-bit floats.
fn file_type(target: Target) -> Option<u32> {
    match target {
        Target::F16 => Some(1),
        Target::Q8_0 => Some(7),
        Target::Q4K => Some(15),
        Target::Q5K => Some(17),
        Target::Q6K => Some(18),
        Target::Bf16 => Some(32),
        Target::Fp8 => None,
    }
}

/// The name of a tensor in GGUF: BFL's for a transformer, llama.cpp's for T5.
pub(super) fn gguf_name(part: Part, canonical: &str) -> String {
    let llama = if part == Part::T5 { t5_llama_name(canonical) } else { None };
    llama.unwrap_or_else(|| canonical.to_owned())
}

/// What a safetensors file keeps of its source: who made the model, under which license it is, and its configuration.
pub(super) fn safetensors_metadata(weights: &Weights, config: Option<&str>) -> BTreeMap<String, String> {
    let own = weights.metadata().iter().filter(|(key, _)| key.starts_with("modelspec."));
    let own = own.map(|(key, value)| (key.clone(), value.clone()));
    // Python's readers ask for the format before they read.
    let config = config.map(|config| (CONFIG_KEY.to_owned(), config.to_owned()));
    own.chain(config).chain([("format".to_owned(), "pt".to_owned())]).collect()
}
