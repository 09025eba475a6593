//! Scales that a file states once instead of at every layer.
//!
//! diffusers writes PEFT's configuration into the header, one flat object with the component before every name:
//! `{"transformer.r": 16, "transformer.lora_alpha": 8, "transformer.alpha_pattern": {"to_q": 4}}`. PEFT by itself writes
//! `adapter_config.json` beside `adapter_model.safetensors`.
//!
//! Source: `_pack_dict_with_prefix` in <https://github.com/huggingface/diffusers/blob/main/src/diffusers/loaders/lora_base.py>.

use std::path::Path;

use serde_json::Value as Json;

use super::family::Family;
use crate::error::{Error, Result};
use crate::small_file;
use crate::weights::Weights;

/// What a file says about the scale of its layers.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    packed: Json,
    beside: Json,
}

/// Components that diffusers puts before the names of modules.
const COMPONENTS: [&str; 3] = ["transformer", "text_encoder_2", "text_encoder"];

impl Metadata {
    pub(super) fn read(file: &Weights) -> Result<Self> {
        let parse = |what: &str, text: &[u8]| {
            serde_json::from_slice(text)
                .map_err(|error| Error::file(file.label(), format!("{what} is not valid JSON: {error}")))
        };
        let packed = match file.metadata().get("lora_adapter_metadata") {
            Some(text) => parse("its `lora_adapter_metadata`", text.as_bytes())?,
            None => Json::Null,
        };
        let path = Path::new(file.label());
        let beside = path.with_file_name("adapter_config.json");
        let is_peft = path.file_name().is_some_and(|name| name == "adapter_model.safetensors");
        let beside = if is_peft && beside.is_file() {
            parse("the `adapter_config.json` beside it", &small_file::read(&beside)?)?
        } else {
            Json::Null
        };
        Ok(Self { packed, beside })
    }

    /// What a low-rank change of this module is scaled by; `None` when nothing is said.
    pub(super) fn scale(&self, module: &str, family: Option<Family>, rank: usize) -> Option<f64> {
        let component = COMPONENTS
            .into_iter()
            .find_map(|component| Some((component, module.strip_prefix(component)?.strip_prefix('.')?)));
        let get = |name: &str| match component {
            _ if family == Some(Family::Peft) => self.beside.get(name),
            Some((component, _)) => self.packed.get(format!("{component}.{name}")),
            None => self.packed.get(format!("transformer.{name}")),
        };
        let path = component.map_or(module, |(_, path)| path);
        let path = path.strip_prefix("base_model.model.").unwrap_or(path);
        let pattern = get("alpha_pattern").and_then(Json::as_object).and_then(|patterns| {
            let fitting = patterns.iter().filter(|(pattern, _)| fits(path, pattern));
            fitting.max_by_key(|(pattern, _)| pattern.len())?.1.as_f64()
        });
        let alpha = pattern.or_else(|| get("lora_alpha")?.as_f64())?;
        let stabilized = get("use_rslora").and_then(Json::as_bool) == Some(true);
        Some(alpha / if stabilized { (rank as f64).sqrt() } else { rank as f64 })
    }
}

/// Whether a pattern means a module: its whole name or the end of it, from a dot on. `^` asks for the whole name.
fn fits(path: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('^') {
        Some(whole) => path == whole,
        None => path == pattern || path.strip_suffix(pattern).is_some_and(|rest| rest.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As PEFT's `get_pattern_key` and `LoraLayer.update_layer` do.
    #[test]
    fn the_pattern_of_a_module_goes_before_the_alpha_of_all() {
        let packed = json!({
            "transformer.r": 16, "transformer.lora_alpha": 8,
            "transformer.alpha_pattern": { "attn.to_q": 4, "to_q": 2, "^x_embedder": 1 },
            "text_encoder.lora_alpha": 32, "text_encoder.use_rslora": true,
        });
        let metadata = Metadata { packed, beside: Json::Null };
        let scale = |module: &str| metadata.scale(module, Some(Family::Diffusers), 16);
        assert_eq!(scale("transformer.transformer_blocks.0.attn.to_k"), Some(0.5));
        assert_eq!(scale("transformer.transformer_blocks.0.attn.to_q"), Some(0.25));
        assert_eq!(scale("transformer.x_embedder"), Some(0.0625));
        assert_eq!(scale("transformer.time.x_embedder"), Some(0.5));
        assert_eq!(scale("text_encoder.text_model.encoder.layers.0.mlp.fc1"), Some(8.0));
        assert_eq!(scale("text_encoder_2.encoder.block.0.layer.0.SelfAttention.q"), None);
    }
}
