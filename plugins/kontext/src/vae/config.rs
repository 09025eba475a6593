//! Sizes of an autoencoder, read from its tensors and config.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::weights::Weights;

/// Sizes; the real one has channels 128, 256, 512, 512, two encoder and three decoder blocks a level, 16 latent channels.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Channels of a picture.
    pub image_channels: usize,
    /// Channels of each level, from full resolution down.
    pub channels: Vec<usize>,
    /// Residual blocks in each encoder level; may be 0.
    pub encoder_blocks: usize,
    /// Residual blocks in each decoder level.
    pub decoder_blocks: usize,
    /// Channels of a latent.
    pub latent_channels: usize,
    /// Groups of the norms.
    pub groups: usize,
    /// latent = (mean − shift)·scaling.
    pub scaling_factor: f64,
    /// See `scaling_factor`.
    pub shift_factor: f64,
}

impl Config {
    /// Reads sizes from canonical tensors, and scaling, shift and norm groups from a diffusers `config.json`.
    ///
    /// Without a config these are FLUX.1's: 0.3611, 0.1159 and 32. A config without a shift (or with null) means 0.
    ///
    /// # Errors
    /// [`Error::Tensor`] when a tensor that tells a size is missing, [`Error::File`] when sizes do not fit each other.
    pub fn from_weights(weights: &Weights, config: Option<&Value>) -> Result<Self> {
        let dim = |name: &str, axis: usize| {
            weights.shape(name)?.get(axis).copied().ok_or_else(|| {
                Error::file(weights.label(), format!("tensor `{name}` has no dimension {axis}"))
            })
        };
        let count = |root: &str| {
            let number = |n: &str| n.strip_prefix(root)?.split('.').next()?.parse::<usize>().ok();
            weights.names().filter_map(number).max().map_or(0, |n| n.saturating_add(1))
        };
        let levels = count("decoder.up.");
        if !(1..=8).contains(&levels) {
            return Err(Error::file(
                weights.label(),
                format!("has a VAE decoder of {levels} levels, expected 1 to 8"),
            ));
        }
        let channels = (0..levels)
            .map(|i| dim(&format!("decoder.up.{i}.block.0.conv1.weight"), 0))
            .collect::<Result<Vec<_>>>()?;
        let number = |key: &str| config.and_then(|c| c.get(key)).and_then(Value::as_f64);
        let found = Self {
            image_channels: dim("encoder.conv_in.weight", 1)?,
            encoder_blocks: count("encoder.down.0.block."),
            decoder_blocks: count("decoder.up.0.block."),
            latent_channels: dim("decoder.conv_in.weight", 1)?,
            groups: number("norm_num_groups").map_or(32, |g| g as usize),
            scaling_factor: number("scaling_factor").unwrap_or(0.3611),
            shift_factor: number("shift_factor").unwrap_or(if config.is_some() { 0.0 } else { 0.1159 }),
            channels,
        };
        found.check(weights.label())?;
        Ok(found)
    }

    /// Pixels per latent pixel, along a side.
    pub fn factor(&self) -> usize {
        1 << (self.channels.len() - 1)
    }

    /// Channels at the latent's resolution.
    pub(super) fn last(&self) -> usize {
        *self.channels.last().expect("a config has at least one level")
    }

    fn check(&self, label: &str) -> Result<()> {
        if let Some(channels) = self.channels.iter().find(|&&c| self.groups == 0 || c % self.groups != 0) {
            let problem = format!("has {channels} channels, which {} norm groups do not divide", self.groups);
            return Err(Error::file(label, problem));
        }
        if !(self.scaling_factor.is_finite() && self.scaling_factor > 0.0 && self.shift_factor.is_finite()) {
            return Err(Error::file(
                label,
                format!("has an unusable scaling factor {}", self.scaling_factor),
            ));
        }
        Ok(())
    }
}
