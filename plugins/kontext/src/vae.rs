//! The image autoencoder: [`Vae::open`], [`Vae::encode`], [`Vae::decode`].
//!
//! Pixels and features are rows of channels (`(height·width, channels)`), which makes a convolution a gather of contiguous runs and
//! one GEMM, done in bands. A picture never exists nine times over, as im2col of the whole would have it.
//!
//! Source: <https://github.com/black-forest-labs/flux/blob/main/src/flux/modules/autoencoder.py>.

mod config;
mod conv;
mod feature;
mod layers;

use std::path::Path;

use candle_core::Tensor;

use crate::error::{Error, Result};
use crate::transformer::OnBlock;
use crate::transformer::config::read_json_beside;
use crate::weights::{Part, Weights};

pub use config::Config;

use conv::Conv;
use feature::Feature;
use layers::{Level, Loader, Mid, Norm};

/// The loaded autoencoder. `Send + Sync`; share it in an [`std::sync::Arc`].
pub struct Vae {
    config: Config,
    encoder: Half,
    decoder: Half,
    quant_conv: Option<Conv>,
    post_quant_conv: Option<Conv>,
}

/// Encoder or decoder; the decoder's levels are stored in the order they run.
struct Half {
    conv_in: Conv,
    levels: Vec<Level>,
    mid: Mid,
    norm_out: Norm,
    conv_out: Conv,
}

impl Vae {
    /// Loads from a file, an index or a diffusers folder, with the `config.json` beside it when there is one.
    ///
    /// # Errors
    /// As [`Weights::open`], [`Weights::part`], [`Config::from_weights`] and [`Vae::load`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let weights = Weights::open(path)?.part(Part::Vae)?;
        let json = read_json_beside(path)?;
        let config = Config::from_weights(&weights, json.as_ref())?;
        Self::load(&weights, config)
    }

    /// Loads from canonical weights ([`Part::Vae`]); all are widened to f32 and kept (335 MB at the real size).
    ///
    /// # Errors
    /// [`Error::Tensor`] when a tensor is missing or has another shape; [`Error::Unsupported`] for its dtype.
    pub fn load(weights: &Weights, config: Config) -> Result<Self> {
        let loader = Loader { weights, groups: config.groups };
        let c = &config;
        let (first, last) = (c.channels[0], *c.channels.last().expect("a config has at least one level"));
        let mut down = Vec::new();
        let mut width = first;
        for (i, &channels) in c.channels.iter().enumerate() {
            let sampler = (i + 1 < c.channels.len()).then_some("downsample");
            down.push(Level::load(
                &loader,
                &format!("encoder.down.{i}"),
                c.encoder_blocks,
                width,
                channels,
                sampler,
            )?);
            width = channels;
        }
        let mut up = Vec::new();
        width = last;
        for (i, &channels) in c.channels.iter().enumerate().rev() {
            let sampler = (i > 0).then_some("upsample");
            up.push(Level::load(
                &loader,
                &format!("decoder.up.{i}"),
                c.decoder_blocks,
                width,
                channels,
                sampler,
            )?);
            width = channels;
        }
        let z = c.latent_channels;
        let moments = 2 * z;
        let pointwise = |name: &str, n: usize| {
            weights.contains(&format!("{name}.weight")).then(|| loader.conv(name, n, n, 1)).transpose()
        };
        Ok(Self {
            encoder: Half {
                conv_in: loader.conv("encoder.conv_in", c.image_channels, first, 3)?,
                levels: down,
                mid: Mid::load(&loader, "encoder.mid", last)?,
                norm_out: loader.norm("encoder.norm_out", last)?,
                conv_out: loader.conv("encoder.conv_out", last, moments, 3)?,
            },
            decoder: Half {
                conv_in: loader.conv("decoder.conv_in", z, last, 3)?,
                levels: up,
                mid: Mid::load(&loader, "decoder.mid", last)?,
                norm_out: loader.norm("decoder.norm_out", first)?,
                conv_out: loader.conv("decoder.conv_out", first, c.image_channels, 3)?,
            },
            quant_conv: pointwise("quant_conv", moments)?,
            post_quant_conv: pointwise("post_quant_conv", z)?,
            config,
        })
    }

    /// The sizes of the autoencoder.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Mean and log-variance of the latent distribution, unscaled: `(3, H, W)` to `(2·latent_channels, H/f, W/f)`.
    ///
    /// Sides must be multiples of the factor `f` (8 at the real size).
    ///
    /// # Errors
    /// [`Error::Input`] for other shapes, whatever `on_block` returns.
    pub fn moments(&self, image: &Tensor, on_block: OnBlock<'_>) -> Result<Tensor> {
        let factor = self.config.factor();
        match image.dims() {
            &[c, h, w]
                if c == self.config.image_channels && h * w > 0 && h % factor == 0 && w % factor == 0 => {}
            found => {
                let expected =
                    format!("({}, H, W) with sides in multiples of {factor}", self.config.image_channels);
                return Err(Error::input("image", expected, format!("shape {found:?}")));
            }
        }
        let half = &self.encoder;
        let total = half.levels.iter().map(Level::len).sum::<usize>() + 3;
        let mut steps = Steps { done: 0, total, on_block };
        let mut x = half.conv_in.forward(&Feature::from_chw(image)?)?;
        for level in &half.levels {
            x = level.down(x, &mut steps)?;
        }
        x = half.mid.forward(x, &mut steps)?;
        x = half.conv_out.forward_normed(&x, &half.norm_out)?;
        if let Some(conv) = &self.quant_conv {
            x = conv.forward(&x)?;
        }
        steps.finish()?;
        x.into_chw()
    }

    /// The latent of an image with values in `[-1, 1]`: the mean of the distribution, scaled for the transformer.
    ///
    /// Shapes: `(3, H, W)` to `(latent_channels, H/f, W/f)`. Cost at 1024²: about 2.4 TFLOP and 1.5 GB.
    ///
    /// # Errors
    /// As [`Vae::moments`].
    pub fn encode(&self, image: &Tensor, on_block: OnBlock<'_>) -> Result<Tensor> {
        let mean = self.moments(image, on_block)?.narrow(0, 0, self.config.latent_channels)?.contiguous()?;
        Ok(mean.affine(self.config.scaling_factor, -self.config.shift_factor * self.config.scaling_factor)?)
    }

    /// The image of a latent from the transformer: `(latent_channels, h, w)` to `(3, h·f, w·f)`, about `[-1, 1]`, not clamped.
    ///
    /// Cost at 128×128 latent pixels: about 5 TFLOP and 2.2 GB.
    ///
    /// # Errors
    /// [`Error::Input`] for other shapes, whatever `on_block` returns.
    pub fn decode(&self, latent: &Tensor, on_block: OnBlock<'_>) -> Result<Tensor> {
        match latent.dims() {
            &[c, h, w] if c == self.config.latent_channels && h * w > 0 => {}
            found => {
                let expected = format!("({}, h, w)", self.config.latent_channels);
                return Err(Error::input("latent", expected, format!("shape {found:?}")));
            }
        }
        let half = &self.decoder;
        let total = half.levels.iter().map(Level::len).sum::<usize>() + 3;
        let mut steps = Steps { done: 0, total, on_block };
        let z = latent.affine(1.0 / self.config.scaling_factor, self.config.shift_factor)?;
        let mut x = Feature::from_chw(&z)?;
        if let Some(conv) = &self.post_quant_conv {
            x = conv.forward(&x)?;
        }
        x = half.conv_in.forward(&x)?;
        x = half.mid.forward(x, &mut steps)?;
        for level in &half.levels {
            x = level.up(x, &mut steps)?;
        }
        let image = half.conv_out.forward_normed(&x, &half.norm_out)?;
        steps.finish()?;
        image.into_chw()
    }
}

/// Counts blocks for the caller's hook.
struct Steps<'a> {
    done: usize,
    total: usize,
    on_block: OnBlock<'a>,
}

impl Steps<'_> {
    fn next(&mut self) -> Result<()> {
        (self.on_block)(self.done.min(self.total), self.total)?;
        self.done += 1;
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        (self.on_block)(self.total, self.total)
    }
}
