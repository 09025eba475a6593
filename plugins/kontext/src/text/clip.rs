use candle_core::{DType, Device, IndexOp, Tensor};
use candle_transformers::models::clip::text_model::{Activation, ClipTextConfig, ClipTextTransformer};
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::weights::Weights;

use super::{matrix, outside_vocabulary};

/// What the tensors of a CLIP text encoder do not say themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClipConfig {
    /// `num_attention_heads`; `None` means one for each 64 channels, as in every CLIP of OpenAI.
    pub heads: Option<usize>,
}

impl ClipConfig {
    /// Reads a `config.json` as transformers writes it.
    ///
    /// # Errors
    /// `Unsupported` for an activation other than `quick_gelu` or an epsilon other than 1e-5.
    pub fn from_json(config: &Json) -> Result<Self> {
        let activation = config.get("hidden_act").and_then(Json::as_str).unwrap_or("quick_gelu");
        if activation != "quick_gelu" {
            return Err(Error::unsupported(
                format!("a CLIP text encoder with the activation `{activation}`"),
                "FLUX.1 uses CLIP-L with `quick_gelu`",
            ));
        }
        let epsilon = config.get("layer_norm_eps").and_then(Json::as_f64).unwrap_or(1e-5);
        if (epsilon - 1e-5).abs() > 1e-9 {
            return Err(Error::unsupported(
                format!("a CLIP text encoder with layer_norm_eps {epsilon}"),
                "FLUX.1 uses CLIP-L with 1e-5",
            ));
        }
        let heads = config.get("num_attention_heads").and_then(Json::as_u64).map(|heads| heads as usize);
        Ok(Self { heads })
    }
}

/// CLIP's text encoder in f32; gives the pooled vector that modulates FLUX.1.
///
/// Memory: four bytes a parameter (CLIP-L: 0.5 GB).
pub struct ClipEncoder {
    model: ClipTextTransformer,
    vocabulary: usize,
    width: usize,
    positions: usize,
}

const TOKENS: &str = "text_model.embeddings.token_embedding.weight";
const POSITIONS: &str = "text_model.embeddings.position_embedding.weight";

impl ClipEncoder {
    /// An encoder on the tensors of [`Part::Clip`](crate::weights::Part::Clip).
    ///
    /// # Errors
    /// When the tensors are not those of a CLIP text encoder; the message names the first one that is missing.
    pub fn new(weights: &Weights, config: &ClipConfig) -> Result<Self> {
        let (vocabulary, width) = matrix(weights, TOKENS)?;
        let (positions, _) = matrix(weights, POSITIONS)?;
        let (feed_forward, _) = matrix(weights, "text_model.encoder.layers.0.mlp.fc1.weight")?;
        let layers = (0..)
            .take_while(|layer| {
                weights.contains(&format!("text_model.encoder.layers.{layer}.mlp.fc1.weight"))
            })
            .count();
        let heads = config.heads.unwrap_or(width / 64);
        if heads == 0 || width % heads != 0 {
            let problem = format!(
                "{width} channels cannot be shared by {heads} heads: the encoder's config.json names the right number"
            );
            return Err(Error::file(weights.label(), problem));
        }
        let sizes = ClipTextConfig {
            vocab_size: vocabulary,
            embed_dim: width,
            activation: Activation::QuickGelu,
            intermediate_size: feed_forward,
            max_position_embeddings: positions,
            pad_with: None,
            num_hidden_layers: layers,
            num_attention_heads: heads,
            projection_dim: width,
        };
        let model =
            ClipTextTransformer::new(weights.var_builder(DType::F32, &Device::Cpu).pp("text_model"), &sizes)?;
        Ok(Self { model, vocabulary, width, positions })
    }

    /// Length of the pooled vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The longest prompt in tokens, begin and end included.
    pub fn max_tokens(&self) -> usize {
        self.positions
    }

    /// The last hidden state, `[1, ids, width]`, behind the final norm.
    ///
    /// # Errors
    /// When there are more ids than positions or one is outside the vocabulary.
    pub fn hidden(&self, ids: &[u32]) -> Result<Tensor> {
        if ids.is_empty() || ids.len() > self.positions {
            return Err(Error::input(
                "text",
                format!("1 to {} tokens", self.positions),
                ids.len().to_string(),
            ));
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.vocabulary) {
            return Err(outside_vocabulary(*id, self.vocabulary));
        }
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        Ok(self.model.forward_with_mask(&ids, usize::MAX)?)
    }

    /// The pooled vector `[1, width]`: the last hidden state at the first `end` token, without a text projection.
    ///
    /// Attention is causal, so what follows the end token changes nothing: `ids` need no padding.
    ///
    /// # Errors
    /// As [`ClipEncoder::hidden`]; also when there is no end token.
    pub fn pooled(&self, ids: &[u32], end: u32) -> Result<Tensor> {
        let row = ids
            .iter()
            .position(|id| *id == end)
            .ok_or_else(|| Error::input("text", format!("the end token {end}"), "none"))?;
        // Looked up here and not by `argmax` on the ids: ties are resolved differently on each device.
        Ok(self.hidden(&ids[..=row])?.i((.., row))?)
    }
}
