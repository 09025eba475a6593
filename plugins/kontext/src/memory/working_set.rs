//! Bytes and operations between the inputs and the result of a stage, from its sizes.
//!
//! Each function follows the code it speaks of from one allocation to the next and takes the worst moment. Counted in f32 values;
//! what is smaller than a row of tokens is left out. A test compares them with what is really allocated.

use crate::kernels::{SCORE_BYTES, attention_bytes};
use crate::linear::TILE_BYTES;
use crate::text::{HEADS, T5Sizes};
use crate::transformer::{Config, ROWS};
use crate::weights::Weights;

/// Bytes of an f32.
const F32: u64 = 4;

/// The tokens of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// Of T5 and Redux.
    pub text: usize,
    /// Of the picture to be made.
    pub target: usize,
    /// Of all references.
    pub references: usize,
    /// Prompts: 2 with a negative one, else 1.
    pub prompts: usize,
}

impl Tokens {
    fn image(self) -> u64 {
        (self.target + self.references) as u64
    }

    fn all(self) -> u64 {
        self.text as u64 + self.image()
    }
}

/// Bytes of [`Transformer::prepare`](crate::transformer::Transformer::prepare) and a step.
pub(super) fn transformer(config: &Config, tokens: Tokens) -> u64 {
    let (h, m) = (config.hidden as u64, config.mlp_hidden as u64);
    let (text, all) = (tokens.text as u64, tokens.all());
    // What a prepared prompt holds: its inputs, embedded text and references, the rotary table.
    let prepared = text * (config.context_dim as u64 + h)
        + tokens.references as u64 * (config.in_channels as u64 + h)
        + all * config.head_dim as u64;
    let latents = 6 * tokens.target as u64 * config.in_channels as u64;
    // The stream as it came in lives as long as a block; beside it are joint queries, keys and values and what attention makes of
    // them, or what is done with that and the wide layers of some tokens.
    let some = all.min(ROWS as u64);
    let attend = 5 * all * h;
    let finish = 3 * all * h + some * (3 * h + m);
    let split = 4 * all * h + some * 4 * h;
    let scores =
        attention_bytes(config.heads, tokens.all() as usize, tokens.all() as usize, config.head_dim) as u64;
    let layers = finish.max(split) * F32 + TILE_BYTES as u64;
    let blocks = (attend * F32 + scores).max(layers);
    (tokens.prompts as u64 * prepared + latents) * F32 + blocks + PACKING
}

/// Operations of a step: two for each weight and token, and attention.
pub(super) fn transformer_flop(config: &Config, tokens: Tokens) -> f64 {
    let (h, m) = (config.hidden as f64, config.mlp_hidden as f64);
    let all = tokens.all() as f64;
    // qkv, proj and the two MLP matrices; of the double blocks each token sees one stream's.
    let linear = 2.0 * all * (4.0 * h * h + 2.0 * h * m);
    let attention = 4.0 * all * all * h;
    tokens.prompts as f64 * (config.depth + config.depth_single) as f64 * (linear + attention)
}

/// Bytes of [`T5Encoder::forward`](crate::text::T5Encoder::forward).
pub(super) fn t5(sizes: &T5Sizes, tokens: usize) -> u64 {
    let length = tokens as u64;
    let (width, inner, wide) = (sizes.width as u64, sizes.inner as u64, sizes.feed_forward as u64);
    let table = sizes.heads as u64 * length * length;
    // The bias stays; scores, their sum with it and their softmax follow one another, two at a time, for some heads.
    let some = sizes.heads.min(HEADS) as u64 * length * length;
    let attend = table + 2 * some + length * (2 * width + 5 * inner);
    let feed_forward = table + length * (3 * width + 3 * wide);
    attend.max(feed_forward) * F32 + scratch()
}

/// Operations of one prompt.
pub(super) fn t5_flop(sizes: &T5Sizes, tokens: usize) -> f64 {
    let length = tokens as f64;
    let (width, inner, wide) = (sizes.width as f64, sizes.inner as f64, sizes.feed_forward as f64);
    let matrices = if sizes.gated { 3.0 } else { 2.0 };
    let layer = 2.0 * length * width * (4.0 * inner + matrices * wide) + 4.0 * length * length * inner;
    sizes.layers as f64 * layer
}

/// Bytes of an encoder of `layers` layers that keeps nothing of a layer behind it: CLIP, SigLIP.
pub(super) fn encoder(tokens: usize, width: usize, wide: usize, heads: usize) -> u64 {
    let (length, width, wide, heads) = (tokens as u64, width as u64, wide as u64, heads as u64);
    let attend = 3 * heads * length * length + 6 * length * width;
    let feed_forward = length * (3 * width + 3 * wide);
    attend.max(feed_forward) * F32 + scratch()
}

/// Bytes that changes by LoRAs add to any of these: their inner factors on each thread, and copies of a tile of rows: as its file
/// has it, changed, and the products in between.
pub(super) fn changes(weights: &Weights) -> u64 {
    const COPIES: u64 = 4;
    let threads = rayon::current_num_threads() as u64;
    weights.patch_working_bytes().map_or(0, |bytes| threads * bytes + COPIES * TILE_BYTES as u64)
}

/// A tile of weights, scores of attention, and what matrix multiplication packs.
fn scratch() -> u64 {
    (TILE_BYTES + SCORE_BYTES) as u64 + PACKING
}

/// Packed panels of all threads, as measured on two.
const PACKING: u64 = 4 << 20;
