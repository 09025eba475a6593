//! T5 names, llama.cpp to Hugging Face and back.
//!
//! Source: `MODEL_ARCH.T5ENCODER` in
//! <https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/tensor_mapping.py>.

use std::collections::BTreeMap;

use crate::weights::entry::Entry;

/// Fields of a block.
const BLOCK: [(&str, &str); 9] = [
    ("attn_q", "layer.0.SelfAttention.q"),
    ("attn_k", "layer.0.SelfAttention.k"),
    ("attn_v", "layer.0.SelfAttention.v"),
    ("attn_o", "layer.0.SelfAttention.o"),
    ("attn_rel_b", "layer.0.SelfAttention.relative_attention_bias"),
    ("attn_norm", "layer.0.layer_norm"),
    ("ffn_gate", "layer.1.DenseReluDense.wi_0"),
    ("ffn_down", "layer.1.DenseReluDense.wo"),
    ("ffn_norm", "layer.1.layer_norm"),
];

/// Whether tensors have llama.cpp's names.
pub(super) fn is_llama(tensors: &BTreeMap<String, Entry>) -> bool {
    tensors.keys().any(|name| name.starts_with("enc.blk."))
}

/// Tensors of the encoder under Hugging Face names; a decoder, which some files have too, is left out.
pub(super) fn hugging_face(tensors: BTreeMap<String, Entry>) -> BTreeMap<String, Entry> {
    // T5 1.0 has one wide matrix, later versions a gate beside it.
    let gated = tensors.keys().any(|name| name.ends_with(".ffn_gate.weight"));
    tensors.into_iter().filter_map(|(name, entry)| Some((hugging_face_name(&name, gated)?, entry))).collect()
}

/// The name llama.cpp gives a tensor; `None` for one that is no part of the encoder.
pub(crate) fn llama_name(hugging_face: &str) -> Option<String> {
    match hugging_face {
        "shared.weight" => return Some("token_embd.weight".to_owned()),
        "encoder.final_layer_norm.weight" => return Some("enc.output_norm.weight".to_owned()),
        _ => {}
    }
    let (block, field) = hugging_face.strip_prefix("encoder.block.")?.split_once('.')?;
    let field = match field.strip_suffix(".weight")? {
        "layer.1.DenseReluDense.wi" | "layer.1.DenseReluDense.wi_1" => "ffn_up",
        field => BLOCK.iter().find(|(_, own)| *own == field)?.0,
    };
    Some(format!("enc.blk.{block}.{field}.weight"))
}

fn hugging_face_name(name: &str, gated: bool) -> Option<String> {
    match name {
        "token_embd.weight" => return Some("shared.weight".to_owned()),
        "enc.output_norm.weight" => return Some("encoder.final_layer_norm.weight".to_owned()),
        _ => {}
    }
    let (block, field) = name.strip_prefix("enc.blk.")?.split_once('.')?;
    let field = field.strip_suffix(".weight")?;
    let field = match field {
        "ffn_up" if gated => "layer.1.DenseReluDense.wi_1",
        "ffn_up" => "layer.1.DenseReluDense.wi",
        field => BLOCK.iter().find(|(llama, _)| *llama == field)?.1,
    };
    Some(format!("encoder.block.{block}.{field}.weight"))
}
