//! Encoder and decoder, each in two parts: at the latent's resolution, and above it.

use super::config::Config;
use super::conv::{Conv, Sampling};
use super::feature::Feature;
use super::layers::{Level, Loader, Mid, Run, forward_all};
use super::norm::Norm;
use crate::error::Result;

/// From pictures to features of the latent's size, to moments.
pub(super) struct Encoder {
    conv_in: Conv,
    /// From full resolution down.
    levels: Vec<Level>,
    mid: Mid,
    norm_out: Norm,
    conv_out: Conv,
}

/// From latents to features of the latent's size, to pictures.
pub(super) struct Decoder {
    conv_in: Conv,
    mid: Mid,
    /// From the latent's resolution up.
    levels: Vec<Level>,
    norm_out: Norm,
    conv_out: Conv,
}

impl Encoder {
    pub(super) fn load(loader: &Loader<'_>, c: &Config) -> Result<Self> {
        let mut width = c.channels[0];
        let mut level = |(i, &channels): (usize, &usize)| {
            let sampler = (i + 1 < c.channels.len()).then_some("downsample");
            let name = format!("encoder.down.{i}");
            let level = Level::load(loader, &name, c.encoder_blocks, width, channels, sampler);
            width = channels;
            level
        };
        Ok(Self {
            conv_in: loader.conv("encoder.conv_in", c.image_channels, c.channels[0], 3)?,
            levels: c.channels.iter().enumerate().map(&mut level).collect::<Result<_>>()?,
            mid: Mid::load(loader, "encoder.mid", c.last())?,
            norm_out: loader.norm("encoder.norm_out", c.last())?,
            conv_out: loader.conv("encoder.conv_out", c.last(), 2 * c.latent_channels, 3)?,
        })
    }

    /// Channels of what [`Self::fine`] gives.
    pub(super) fn fine_channels(&self) -> usize {
        let channels = self.levels[..self.levels.len() - 1].iter().rev().find_map(Level::outputs);
        channels.unwrap_or(self.conv_in.outputs())
    }

    /// Pictures to features of the latent's size.
    pub(super) fn fine(&self, batch: Vec<Feature>, run: &mut Run<'_>) -> Result<Vec<Feature>> {
        let mut batch = forward_all(&batch, |x| self.conv_in.forward(x, None, Sampling::Same, run.progress))?;
        for level in &self.levels[..self.levels.len() - 1] {
            batch = level.blocks(batch, run)?;
            batch = level.resample(batch, Sampling::Half, run)?;
        }
        Ok(batch)
    }

    /// Like [`Encoder::fine`] for one whole picture, the highest resolution in bands.
    pub(super) fn fine_in_bands(&self, x: Feature, run: &mut Run<'_>) -> Result<Feature> {
        let mut x = self.conv_in.forward(&x, None, Sampling::Same, run.progress)?;
        for (i, level) in self.levels[..self.levels.len() - 1].iter().enumerate() {
            let batch =
                if i == 0 { vec![level.blocks_in_place(x, run)?] } else { level.blocks(vec![x], run)? };
            x = level.resample(batch, Sampling::Half, run)?.remove(0);
        }
        Ok(x)
    }

    /// Features of the latent's size to moments.
    pub(super) fn coarse(&self, x: Feature, run: &mut Run<'_>) -> Result<Feature> {
        let mut batch = vec![x];
        if let Some(level) = self.levels.last() {
            batch = level.blocks(batch, run)?;
        }
        batch = self.mid.forward(batch, run)?;
        let affine = run.norms.next(&self.norm_out, &batch);
        self.conv_out.forward(&batch[0], Some(&affine), Sampling::Same, run.progress)
    }
}

impl Decoder {
    pub(super) fn load(loader: &Loader<'_>, c: &Config) -> Result<Self> {
        let mut width = c.last();
        let mut level = |(i, &channels): (usize, &usize)| {
            let sampler = (i > 0).then_some("upsample");
            let name = format!("decoder.up.{i}");
            let level = Level::load(loader, &name, c.decoder_blocks, width, channels, sampler);
            width = channels;
            level
        };
        Ok(Self {
            conv_in: loader.conv("decoder.conv_in", c.latent_channels, c.last(), 3)?,
            mid: Mid::load(loader, "decoder.mid", c.last())?,
            levels: c.channels.iter().enumerate().rev().map(&mut level).collect::<Result<_>>()?,
            norm_out: loader.norm("decoder.norm_out", c.channels[0])?,
            conv_out: loader.conv("decoder.conv_out", c.channels[0], c.image_channels, 3)?,
        })
    }

    /// A latent to features of its size.
    pub(super) fn coarse(&self, x: Feature, run: &mut Run<'_>) -> Result<Feature> {
        let x = self.conv_in.forward(&x, None, Sampling::Same, run.progress)?;
        let mut batch = self.mid.forward(vec![x], run)?;
        batch = self.levels[0].blocks(batch, run)?;
        Ok(batch.remove(0))
    }

    /// Features of the latent's size to pictures.
    pub(super) fn fine(&self, mut batch: Vec<Feature>, run: &mut Run<'_>) -> Result<Vec<Feature>> {
        for (below, level) in self.levels.iter().zip(&self.levels[1..]) {
            batch = below.resample(batch, Sampling::Double, run)?;
            batch = level.blocks(batch, run)?;
        }
        let affine = run.norms.next(&self.norm_out, &batch);
        forward_all(&batch, |x| self.conv_out.forward(x, Some(&affine), Sampling::Same, run.progress))
    }

    /// Like [`Decoder::fine`] for one whole picture, the highest resolution in bands.
    pub(super) fn fine_in_bands(&self, mut x: Feature, run: &mut Run<'_>) -> Result<Feature> {
        let last = self.levels.len() - 1;
        for (at, (below, level)) in self.levels.iter().zip(&self.levels[1..]).enumerate() {
            x = if at + 1 == last {
                level.blocks_in_bands(below, x, run)?
            } else {
                level.blocks(below.resample(vec![x], Sampling::Double, run)?, run)?.remove(0)
            };
        }
        let affine = run.norms.next(&self.norm_out, std::slice::from_ref(&x));
        self.conv_out.forward(&x, Some(&affine), Sampling::Same, run.progress)
    }
}
