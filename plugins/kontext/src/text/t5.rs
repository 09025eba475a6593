use candle_core::{D, Device, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::linear::{Linear, Loader};
use crate::memory::Residency;
use crate::weights::{ReadAhead, Weights};

use super::{matrix, outside_vocabulary};

/// What the tensors of a T5 encoder do not say themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct T5Config {
    /// `layer_norm_epsilon`.
    pub epsilon: f64,
    /// `relative_attention_max_distance`: distances from here on share one bucket.
    pub max_distance: usize,
    /// Activation of the feed-forward part.
    pub activation: Activation,
    /// Id that fills a prompt up to its length.
    pub pad: u32,
}

/// Activation of the feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// GELU in its tanh form, which is what `gated-gelu` means.
    GeluTanh,
    /// ReLU, as in T5 1.0.
    Relu,
    /// SiLU.
    Silu,
}

impl Default for T5Config {
    /// T5 v1.1.
    fn default() -> Self {
        Self { epsilon: 1e-6, max_distance: 128, activation: Activation::GeluTanh, pad: 0 }
    }
}

impl T5Config {
    /// Reads a `config.json` as transformers writes it; what it does not name is as in T5 v1.1.
    ///
    /// # Errors
    /// `Unsupported` for an unknown `feed_forward_proj`.
    pub fn from_json(config: &Json) -> Result<Self> {
        let default = Self::default();
        let activation = match config.get("feed_forward_proj").and_then(Json::as_str) {
            None | Some("gated-gelu" | "gelu_new") => Activation::GeluTanh,
            Some("relu" | "gated-relu") => Activation::Relu,
            Some("silu" | "gated-silu") => Activation::Silu,
            Some(other) => {
                return Err(Error::unsupported(
                    format!("a T5 encoder with feed_forward_proj `{other}`"),
                    "FLUX.1 uses T5 v1.1 with `gated-gelu`",
                ));
            }
        };
        let number = |key: &str| config.get(key).and_then(Json::as_f64);
        Ok(Self {
            epsilon: number("layer_norm_epsilon").unwrap_or(default.epsilon),
            max_distance: number("relative_attention_max_distance")
                .map_or(default.max_distance, |n| n as usize),
            activation,
            pad: number("pad_token_id").map_or(default.pad, |n| n as u32),
        })
    }
}

/// T5's encoder, version 1.0 or 1.1, in f32.
///
/// Sizes are read from the tensors. An encoder of up to 268 million parameters is widened once and kept; a larger one
/// (T5-XXL: 4.76 billion, 9.5 GB at 16 bits) is read from its file in each run, some rows of a matrix at a
/// time and the rows of the embedding table that the prompt names.
///
/// Source: <https://github.com/huggingface/transformers/blob/v4.38.0/src/transformers/models/t5/modeling_t5.py>
pub struct T5Encoder {
    weights: Weights,
    config: T5Config,
    sizes: Sizes,
    // (buckets, heads); shared by all layers.
    relative_bias: Tensor,
    layers: Vec<Layer>,
    final_norm: Tensor,
    residency: Residency,
}

/// Sizes of a T5 encoder, read from its tensors.
#[derive(Debug, Clone)]
pub(crate) struct Sizes {
    vocabulary: usize,
    /// Width of the hidden state.
    pub(crate) width: usize,
    /// Width of all heads together.
    pub(crate) inner: usize,
    /// Attention heads.
    pub(crate) heads: usize,
    buckets: usize,
    /// Width inside the feed-forward part.
    pub(crate) feed_forward: usize,
    /// Whether that part has a gate.
    pub(crate) gated: bool,
    /// Layers.
    pub(crate) layers: usize,
}

struct Layer {
    attention_norm: Tensor,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    feed_forward_norm: Tensor,
    // One matrix, or the gate's and the linear one.
    wide: Vec<Linear>,
    narrow: Linear,
}

impl T5Encoder {
    /// An encoder on the tensors of [`Part::T5`](crate::weights::Part::T5); kept when it is at most 1 GiB in f32, else streamed.
    ///
    /// # Errors
    /// When the tensors are not those of a T5 encoder; the message names the first one that is missing.
    pub fn new(weights: Weights, config: T5Config) -> Result<Self> {
        let residency = Residency::of(&weights);
        Self::load(weights, config, residency)
    }

    /// As [`T5Encoder::new`], with the weights where the caller wants them.
    ///
    /// # Errors
    /// As [`T5Encoder::new`].
    pub fn load(weights: Weights, config: T5Config, residency: Residency) -> Result<Self> {
        let sizes = Sizes::read(&weights)?;
        let relative_bias = weights.get(RELATIVE_BIAS, &[sizes.buckets, sizes.heads])?;
        let loader = Loader::new(&weights, residency == Residency::Kept);
        let layer = |index| Layer::load(&weights, &loader, index, &sizes);
        let layers = (0..sizes.layers).map(layer).collect::<Result<_>>()?;
        let final_norm = weights.get("encoder.final_layer_norm.weight", &[sizes.width])?;
        Ok(Self { weights, config, sizes, relative_bias, layers, final_norm, residency })
    }

    /// Length of one output row.
    pub fn width(&self) -> usize {
        self.sizes.width
    }

    /// Id that fills a prompt up to its length.
    pub fn pad(&self) -> u32 {
        self.config.pad
    }

    /// The last hidden state of `ids`: `[1, ids, width]`. Padding is part of `ids` and is attended like any token, as
    /// in every implementation of FLUX.1.
    ///
    /// `each_layer(done, all)` is called before each layer and behind the last one; its error ends the run.
    ///
    /// # Errors
    /// When an id is outside the vocabulary, a tensor is missing, or `each_layer` fails.
    pub fn forward(
        &self,
        ids: &[u32],
        mut each_layer: impl FnMut(usize, usize) -> Result<()>,
    ) -> Result<Tensor> {
        let sizes = &self.sizes;
        if let Some(id) = ids.iter().find(|id| **id as usize >= sizes.vocabulary) {
            return Err(outside_vocabulary(*id, sizes.vocabulary));
        }
        let mut hidden = self.embed(ids)?;
        let bias = self.position_bias(ids.len())?;
        let ahead = (self.residency == Residency::Streamed).then(|| ReadAhead::new(&self.weights));
        for (index, layer) in self.layers.iter().enumerate() {
            each_layer(index, sizes.layers)?;
            if let Some(ahead) = &ahead {
                ahead.ask(block(index + 1));
            }
            hidden = layer.forward(&hidden, &bias, sizes, &self.config)?;
        }
        each_layer(sizes.layers, sizes.layers)?;
        Ok(rms_norm(&hidden, &self.final_norm, self.config.epsilon as f32)?.unsqueeze(0)?)
    }

    /// Rows of the embedding table; the others are never widened.
    fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        let width = self.sizes.width;
        let mut rows = vec![0f32; ids.len() * width];
        for (id, row) in ids.iter().zip(rows.chunks_exact_mut(width)) {
            self.weights.read_rows(EMBEDDING, *id as usize..*id as usize + 1, row)?;
        }
        Ok(Tensor::from_vec(rows, (ids.len(), width), &Device::Cpu)?)
    }

    /// What is added to the attention scores: `[heads, length, length]`.
    fn position_bias(&self, length: usize) -> Result<Tensor> {
        // Row `i` of the table of distances is a window of one line, from -(length-1) to length-1.
        let line: Vec<u32> = (0..2 * length - 1)
            .map(|at| bucket(at as i64 - (length as i64 - 1), self.sizes.buckets, self.config.max_distance))
            .collect();
        let buckets: Vec<u32> = (0..length)
            .flat_map(|query| &line[length - 1 - query..2 * length - 1 - query])
            .copied()
            .collect();
        let buckets = Tensor::from_vec(buckets, length * length, &Device::Cpu)?;
        let bias = self.relative_bias.index_select(&buckets, 0)?;
        Ok(bias.t()?.reshape((self.sizes.heads, length, length))?.contiguous()?)
    }
}

/// Bucket of the distance `key - query`, bidirectional.
///
/// Source: `T5Attention._relative_position_bucket` in transformers 4.38, `modeling_t5.py` line 390; in f32 as there.
fn bucket(distance: i64, buckets: usize, max_distance: usize) -> u32 {
    let half = buckets / 2;
    let side = if distance > 0 { half } else { 0 };
    let distance = distance.unsigned_abs() as usize;
    let exact = half / 2;
    let bucket = if distance < exact {
        distance
    } else {
        let position = (distance as f32 / exact as f32).ln() / (max_distance as f32 / exact as f32).ln();
        (exact + (position * (half - exact) as f32) as usize).min(half - 1)
    };
    (side + bucket) as u32
}

const EMBEDDING: &str = "shared.weight";
const RELATIVE_BIAS: &str = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";

/// Heads whose scores are in memory at once: 8 MiB for 512 tokens, where T5-XXL's 64 heads are 64.
pub(crate) const HEADS: usize = 8;

/// What the names of a layer's tensors begin with.
fn block(index: usize) -> String {
    format!("encoder.block.{index}.")
}

impl Sizes {
    /// Reads the sizes; no matrix is read.
    ///
    /// # Errors
    /// When the tensors are not those of a T5 encoder.
    pub(crate) fn read(weights: &Weights) -> Result<Self> {
        let two = |name: &str| matrix(weights, name);
        let (vocabulary, width) = two(EMBEDDING)?;
        let (buckets, heads) = two(RELATIVE_BIAS)?;
        let (inner, _) = two("encoder.block.0.layer.0.SelfAttention.q.weight")?;
        let gated = weights.contains("encoder.block.0.layer.1.DenseReluDense.wi_0.weight");
        let (_, feed_forward) = two("encoder.block.0.layer.1.DenseReluDense.wo.weight")?;
        let layers = (0..)
            .take_while(|layer| {
                weights.contains(&format!("encoder.block.{layer}.layer.0.SelfAttention.q.weight"))
            })
            .count();
        if heads == 0 || inner % heads != 0 || buckets < 4 {
            return Err(Error::file(
                weights.label(),
                format!(
                    "not a T5 encoder: {heads} heads for {inner} attention channels, {buckets} distance buckets"
                ),
            ));
        }
        Ok(Self { vocabulary, width, inner, heads, buckets, feed_forward, gated, layers })
    }
}

impl Layer {
    fn load(weights: &Weights, loader: &Loader, index: usize, sizes: &Sizes) -> Result<Self> {
        let Sizes { width, inner, feed_forward, .. } = *sizes;
        let name = |name: &str| format!("{}layer.{name}", block(index));
        let norm = |of: &str| weights.get(&format!("{}.weight", name(of)), &[width]);
        let matrix = |of: &str, inputs, outputs| loader.linear_without_bias(&name(of), inputs, outputs);
        let wide: &[&str] = if sizes.gated { &["wi_0", "wi_1"] } else { &["wi"] };
        Ok(Self {
            attention_norm: norm("0.layer_norm")?,
            query: matrix("0.SelfAttention.q", width, inner)?,
            key: matrix("0.SelfAttention.k", width, inner)?,
            value: matrix("0.SelfAttention.v", width, inner)?,
            output: matrix("0.SelfAttention.o", inner, width)?,
            feed_forward_norm: norm("1.layer_norm")?,
            wide: wide
                .iter()
                .map(|of| matrix(&format!("1.DenseReluDense.{of}"), width, feed_forward))
                .collect::<Result<_>>()?,
            narrow: matrix("1.DenseReluDense.wo", feed_forward, width)?,
        })
    }

    /// `hidden` is `[length, width]`, `bias` `[heads, length, length]`.
    fn forward(&self, hidden: &Tensor, bias: &Tensor, sizes: &Sizes, config: &T5Config) -> Result<Tensor> {
        let epsilon = config.epsilon as f32;
        let normal = rms_norm(hidden, &self.attention_norm, epsilon)?;
        let hidden = (hidden + self.attend(&normal, bias, sizes)?)?;

        let normal = rms_norm(&hidden, &self.feed_forward_norm, epsilon)?;
        let wide = self.wide[0].forward(&normal)?;
        let mut wide = match config.activation {
            Activation::GeluTanh => wide.gelu()?,
            Activation::Relu => wide.relu()?,
            Activation::Silu => wide.silu()?,
        };
        if let Some(linear) = self.wide.get(1) {
            wide = (wide * linear.forward(&normal)?)?;
        }
        Ok((hidden + self.narrow.forward(&wide)?)?)
    }

    fn attend(&self, normal: &Tensor, bias: &Tensor, sizes: &Sizes) -> Result<Tensor> {
        let length = normal.dim(0)?;
        let heads = |layer: &Linear| -> Result<Tensor> {
            let rows = layer.forward(normal)?;
            Ok(rows
                .reshape((length, sizes.heads, sizes.inner / sizes.heads))?
                .transpose(0, 1)?
                .contiguous()?)
        };
        let (query, key, value) = (heads(&self.query)?, heads(&self.key)?, heads(&self.value)?);
        let mut mixed = Vec::new();
        for first in (0..sizes.heads).step_by(HEADS) {
            let some = |x: &Tensor| x.narrow(0, first, HEADS.min(sizes.heads - first));
            // T5 does not divide by the root of the head's width: its initialization does.
            let scores = (some(&query)?.matmul(&some(&key)?.t()?)? + some(bias)?)?;
            mixed.push(softmax_last_dim(&scores)?.matmul(&some(&value)?)?);
        }
        let mixed = Tensor::cat(&mixed, 0)?;
        self.output.forward(&mixed.transpose(0, 1)?.flatten(1, D::Minus1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table in "Exploring the Limits of Transfer Learning" (2019) as transformers computes it for 32 buckets.
    #[test]
    fn distances_fall_into_the_reference_buckets() {
        for (distances, expected) in [
            (0..=7, None),
            (8..=11, Some(8)),
            (12..=15, Some(9)),
            (16..=22, Some(10)),
            (23..=31, Some(11)),
            (32..=45, Some(12)),
            (46..=63, Some(13)),
            (64..=90, Some(14)),
            (91..=5000, Some(15)),
        ] {
            for distance in distances {
                let expected = expected.unwrap_or(distance as u32);
                assert_eq!(bucket(-distance, 32, 128), expected, "-{distance}");
                let ahead = if distance == 0 { 0 } else { expected + 16 };
                assert_eq!(bucket(distance, 32, 128), ahead, "{distance}");
            }
        }
    }
}
