//! What each stage needs, read from the headers of its files.

use super::budget::Budget;
use super::stage::Need;
use super::working_set::{self, Tokens};
use crate::error::Result;
use crate::model::{Model, Part};
use crate::text::{T5Sizes, matrix};
use crate::vae::{Config, Mode, Taef1, decode_bytes, decode_flop, encode_bytes, encode_flop, fitting_mode};
use crate::weights::Weights;

impl Need {
    /// A prompt of `tokens` tokens through T5.
    ///
    /// # Errors
    /// When the model has no T5, or one whose file cannot be used; likewise below.
    pub fn t5(model: &Model, tokens: usize) -> Result<Self> {
        let weights = model.weights(Part::T5)?;
        let sizes = T5Sizes::read(&weights)?;
        Ok(Self {
            streams: true,
            working_bytes: working_set::t5(&sizes, tokens) + working_set::changes(&weights),
            flop: working_set::t5_flop(&sizes, tokens),
            ..Self::of(Part::T5, &weights, format!("T5 with {tokens} tokens"))
        })
    }

    /// A prompt through CLIP.
    ///
    /// # Errors
    /// As [`Need::t5`].
    pub fn clip(model: &Model) -> Result<Self> {
        let weights = model.weights(Part::Clip)?;
        let (positions, width) = matrix(&weights, "text_model.embeddings.position_embedding.weight")?;
        let need = Self::of(Part::Clip, &weights, "CLIP".to_owned());
        Ok(Self {
            working_bytes: working_set::encoder(positions, width, 4 * width, width.div_ceil(64))
                + working_set::changes(&weights),
            flop: 2.0 * weights.parameter_count() as f64 * positions as f64,
            ..need
        })
    }

    /// A picture through SigLIP and Redux, and the tokens it becomes.
    ///
    /// # Errors
    /// As [`Need::t5`].
    pub fn redux(model: &Model) -> Result<(Self, usize)> {
        let weights = model.weights(Part::Vision)?;
        let (tokens, width) = matrix(&weights, "vision_model.embeddings.position_embedding.weight")?;
        let (wide, _) = matrix(&weights, "vision_model.encoder.layers.0.mlp.fc1.weight")?;
        let adapter = model.weights(Part::Redux)?;
        let (middle, _) = matrix(&adapter, "redux_up.weight")?;
        let working = working_set::encoder(tokens, width, wide, width.div_ceil(64));
        let parameters = weights.parameter_count() + adapter.parameter_count();
        let need = Self {
            f32_bytes: 4 * parameters,
            file_bytes: weights.stored_bytes() + adapter.stored_bytes(),
            working_bytes: working.max(12 * (tokens * middle) as u64),
            flop: 2.0 * parameters as f64 * tokens as f64,
            ..Self::of(Part::Vision, &weights, "SigLIP and Redux".to_owned())
        };
        Ok((need, tokens))
    }

    /// A step of the transformer.
    ///
    /// # Errors
    /// As [`Need::t5`].
    pub fn transformer(model: &Model, tokens: Tokens) -> Result<Self> {
        let weights = model.weights(Part::Transformer)?;
        let sizes = model.transformer_sizes(&weights)?;
        let purpose = format!(
            "the transformer with {} tokens of text, {} of the picture and {} of references",
            tokens.text, tokens.target, tokens.references
        );
        Ok(Self {
            streams: true,
            working_bytes: working_set::transformer(&sizes, tokens) + working_set::changes(&weights),
            flop: working_set::transformer_flop(&sizes, tokens),
            ..Self::of(Part::Transformer, &weights, purpose)
        })
    }

    /// A picture of (height, width) pixels into the latent space, and how: as asked, or the quickest way that stays
    /// within the budget.
    ///
    /// # Errors
    /// As [`Need::t5`].
    pub fn vae_encode(
        model: &Model,
        size: (usize, usize),
        mode: Option<Mode>,
        budget: Budget,
    ) -> Result<(Self, Mode)> {
        let (mut need, mode) = Self::vae(model, size, mode, budget, "encoding", encode_bytes, encode_flop)?;
        // The picture itself.
        need.working_bytes += 12 * (size.0 * size.1) as u64;
        Ok((need, mode))
    }

    /// A latent into a picture of (height, width) pixels, likewise.
    ///
    /// # Errors
    /// As [`Need::t5`].
    pub fn vae_decode(
        model: &Model,
        size: (usize, usize),
        mode: Option<Mode>,
        budget: Budget,
    ) -> Result<(Self, Mode)> {
        Self::vae(model, size, mode, budget, "decoding", decode_bytes, decode_flop)
    }

    /// A latent into a picture of (height, width) pixels by TAEF1.
    ///
    /// # Errors
    /// As [`Need::t5`].
    pub fn taef1(model: &Model, taef1: &Taef1, (height, width): (usize, usize)) -> Result<Self> {
        let weights = model.weights(Part::Taef1)?;
        let (working_bytes, flop) = taef1.cost(height, width);
        let purpose = format!("decoding {width}×{height} pixels with TAEF1");
        Ok(Self { working_bytes, flop, ..Self::of(Part::Taef1, &weights, purpose) })
    }

    fn vae(
        model: &Model,
        (height, width): (usize, usize),
        mode: Option<Mode>,
        budget: Budget,
        what: &str,
        bytes: fn(&Config, usize, usize, Mode) -> u64,
        flop: fn(&Config, usize, usize, Mode) -> f64,
    ) -> Result<(Self, Mode)> {
        let weights = model.weights(Part::Vae)?;
        let config = model.vae_sizes(&weights)?;
        let need = Self::of(Part::Vae, &weights, format!("{what} {width}×{height} pixels"));
        // The picture, which `bytes` does not count when it goes in.
        let others = need.least() + 12 * (height * width) as u64;
        let room = budget.bytes.saturating_sub(others);
        let mode = mode.unwrap_or_else(|| fitting_mode(room, |mode| bytes(&config, height, width, mode)));
        let purpose = match mode {
            Mode::Whole => need.purpose,
            Mode::Bands => format!("{} in bands", need.purpose),
            Mode::Tiles(side) => format!("{} in tiles of {side}", need.purpose),
        };
        let working_bytes = bytes(&config, height, width, mode);
        Ok((Self { purpose, working_bytes, flop: flop(&config, height, width, mode), ..need }, mode))
    }

    fn of(part: Part, weights: &Weights, purpose: String) -> Self {
        Self {
            part,
            purpose,
            f32_bytes: 4 * weights.parameter_count(),
            file_bytes: weights.stored_bytes(),
            streams: false,
            working_bytes: 0,
            flop: 0.0,
        }
    }
}
