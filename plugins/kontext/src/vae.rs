//! The image autoencoder: [`Vae::open`], [`Vae::encode`], [`Vae::decode`], and both in tiles.
//!
//! Pixels and features are rows of channels (`(height·width, channels)`), which makes a convolution a gather of contiguous runs and
//! one GEMM, done in bands. A picture never exists nine times over, as im2col of the whole would have it.
//!
//! Source: <https://github.com/black-forest-labs/flux/blob/main/src/flux/modules/autoencoder.py>.

mod bands;
mod coder;
mod config;
mod conv;
mod cost;
mod feature;
mod layers;
mod norm;
mod progress;
mod taef1;
mod tiling;

use std::path::Path;

use candle_core::Tensor;

use crate::error::{Error, Result};
use crate::kernels::tensor;
use crate::transformer::OnBlock;
use crate::transformer::config::read_json_of;
use crate::weights::{Part, Weights};

pub use config::Config;
pub use cost::{MODES, Mode, decode_bytes, decode_flop, encode_bytes, encode_flop, fitting_mode};
pub use taef1::Taef1;

use coder::{Decoder, Encoder};
use conv::{Conv, Sampling, Shape};
use feature::{Feature, Span};
use layers::{Loader, Run};
use norm::{Core, Norms, Statistics};
use progress::Progress;
use tiling::{Grid, Tile};

/// The loaded autoencoder. `Send + Sync`; share it in an [`std::sync::Arc`].
pub struct Vae {
    config: Config,
    encoder: Encoder,
    decoder: Decoder,
    quant_conv: Option<Conv>,
    post_quant_conv: Option<Conv>,
}

impl Vae {
    /// Loads from a file, an index or a diffusers folder, with its configuration when it has one.
    ///
    /// # Errors
    /// As [`Weights::open`], [`Weights::part`], [`Config::from_weights`] and [`Vae::load`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let weights = Weights::open(path)?.part(Part::Vae)?;
        let json = read_json_of(path, &weights)?;
        let config = Config::from_weights(&weights, json.as_ref())?;
        Self::load(&weights, config)
    }

    /// Loads from canonical weights ([`Part::Vae`]); all are widened to f32 and kept (335 MB at the real size).
    ///
    /// # Errors
    /// [`Error::Tensor`] when a tensor is missing or has another shape; [`Error::Unsupported`] for its dtype.
    pub fn load(weights: &Weights, config: Config) -> Result<Self> {
        let loader = Loader { weights, groups: config.groups };
        let pointwise = |name: &str, n: usize| {
            weights.contains(&format!("{name}.weight")).then(|| loader.conv(name, n, n, 1)).transpose()
        };
        Ok(Self {
            encoder: Encoder::load(&loader, &config)?,
            decoder: Decoder::load(&loader, &config)?,
            quant_conv: pointwise("quant_conv", 2 * config.latent_channels)?,
            post_quant_conv: pointwise("post_quant_conv", config.latent_channels)?,
            config,
        })
    }

    /// The sizes of the autoencoder.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Mean and log-variance of the latent distribution, unscaled: `(3, H, W)` to `(2·latent_channels, H/f, W/f)`.
    ///
    /// Sides must be multiples of the factor `f` (8 at the real size). `mode` is as in [`Vae::decode_as`]. `on_block` is
    /// called several times a second with the thousandths that are done.
    ///
    /// # Errors
    /// [`Error::Input`] for other shapes, whatever `on_block` returns.
    pub fn moments(&self, image: &Tensor, mode: Mode, on_block: OnBlock<'_>) -> Result<Tensor> {
        let c = &self.config;
        let factor = c.factor();
        let (height, width) = match image.dims() {
            &[channels, h, w]
                if channels == c.image_channels && h * w > 0 && h % factor == 0 && w % factor == 0 =>
            {
                (h / factor, w / factor)
            }
            found => {
                let expected = format!("({}, H, W) with sides in multiples of {factor}", c.image_channels);
                return Err(Error::input("image", expected, format!("shape {found:?}")));
            }
        };
        let grid = cost::grid(c, height, width, mode, cost::encoder_margin);
        let work = cost::encode(c, height, width, mode).work;
        let progress = Progress::start(
            work + pointwise_work(2 * c.latent_channels, height * width, &self.quant_conv),
            on_block,
        )?;
        let (rows, columns) = (Span::all(height), Span::all(width));
        let read =
            |rows: Span, columns: Span| Feature::from_chw(image, rows.times(factor), columns.times(factor));
        let mut run = Run { norms: Norms::new(Statistics::Measured), progress: &progress };
        let x = match grid {
            None if mode == Mode::Bands => self.encoder.fine_in_bands(read(rows, columns)?, &mut run)?,
            None => self.encoder.fine(vec![read(rows, columns)?], &mut run)?.remove(0),
            Some(grid) => {
                let mut whole = Feature::zeros(rows, columns, self.encoder.fine_channels());
                in_tiles(
                    &grid,
                    &progress,
                    read,
                    |batch, run| self.encoder.fine(batch, run),
                    |tile, mut part| {
                        part.crop(tile.core_rows(1), tile.core_columns(1));
                        whole.paste(&part);
                    },
                )?;
                whole
            }
        };
        let mut x = self.encoder.coarse(x, &mut run)?;
        if let Some(conv) = &self.quant_conv {
            x = conv.forward(&x, None, Sampling::Same, &progress)?;
        }
        progress.finish()?;
        chw(x)
    }

    /// The latent of an image with values in `[-1, 1]`: the mean of the distribution, scaled for the transformer.
    ///
    /// Shapes: `(3, H, W)` to `(latent_channels, H/f, W/f)`. Cost at 1024²: about 5 TFLOP, and memory as [`encode_bytes`] says.
    ///
    /// # Errors
    /// As [`Vae::moments`].
    pub fn encode(&self, image: &Tensor, on_block: OnBlock<'_>) -> Result<Tensor> {
        self.encode_as(image, Mode::Whole, on_block)
    }

    /// Like [`Vae::encode`], in a chosen way; see [`Vae::decode_as`].
    ///
    /// # Errors
    /// As [`Vae::moments`].
    pub fn encode_as(&self, image: &Tensor, mode: Mode, on_block: OnBlock<'_>) -> Result<Tensor> {
        let c = &self.config;
        let mean = self.moments(image, mode, on_block)?.narrow(0, 0, c.latent_channels)?.contiguous()?;
        Ok(mean.affine(c.scaling_factor, -c.shift_factor * c.scaling_factor)?)
    }

    /// The image of a latent from the transformer: `(latent_channels, h, w)` to `(3, h·f, w·f)`, about `[-1, 1]`, not clamped.
    ///
    /// Cost at 128×128 latent pixels: about 10 TFLOP, and memory as [`decode_bytes`] says.
    ///
    /// # Errors
    /// [`Error::Input`] for other shapes, whatever `on_block` returns.
    pub fn decode(&self, latent: &Tensor, on_block: OnBlock<'_>) -> Result<Tensor> {
        self.decode_as(latent, Mode::Whole, on_block)
    }

    /// Like [`Vae::decode`], in a chosen way.
    ///
    /// Bands give the picture of the whole. Tiles have no seams: they are read wide enough for their convolutions and share the
    /// statistics of their norms; as these are estimated, the picture differs from that of the whole by a slight change of tone.
    ///
    /// # Errors
    /// As [`Vae::decode`].
    pub fn decode_as(&self, latent: &Tensor, mode: Mode, on_block: OnBlock<'_>) -> Result<Tensor> {
        let c = &self.config;
        let (height, width) = match latent.dims() {
            &[channels, h, w] if channels == c.latent_channels && h * w > 0 => (h, w),
            found => {
                let expected = format!("({}, h, w)", c.latent_channels);
                return Err(Error::input("latent", expected, format!("shape {found:?}")));
            }
        };
        let factor = c.factor();
        let grid = cost::grid(c, height, width, mode, cost::decoder_margin);
        let work = cost::decode(c, height, width, mode).work;
        let progress = Progress::start(
            work + pointwise_work(c.latent_channels, height * width, &self.post_quant_conv),
            on_block,
        )?;
        let z = latent.affine(1.0 / c.scaling_factor, c.shift_factor)?;
        let mut x = Feature::from_chw(&z, Span::all(height), Span::all(width))?;
        drop(z);
        if let Some(conv) = &self.post_quant_conv {
            x = conv.forward(&x, None, Sampling::Same, &progress)?;
        }
        let mut run = Run { norms: Norms::new(Statistics::Measured), progress: &progress };
        let x = self.decoder.coarse(x, &mut run)?;
        let Some(grid) = grid else {
            let image = match mode {
                Mode::Bands => self.decoder.fine_in_bands(x, &mut run)?,
                _ => self.decoder.fine(vec![x], &mut run)?.remove(0),
            };
            progress.finish()?;
            return chw(image);
        };
        let mut planes = vec![0f32; c.image_channels * factor * factor * height * width];
        let read = |rows, columns| Ok(x.part(rows, columns));
        in_tiles(
            &grid,
            &progress,
            read,
            |batch, run| self.decoder.fine(batch, run),
            |tile, mut part| {
                part.crop(tile.core_rows(factor), tile.core_columns(factor));
                part.write_chw(&mut planes);
            },
        )?;
        progress.finish()?;
        tensor(planes, &[c.image_channels, factor * height, factor * width])
    }
}

/// Runs `fine` on samples and then twice on each tile, the second time for `write`; see [`tiling`].
fn in_tiles(
    grid: &Grid,
    progress: &Progress<'_>,
    read: impl Fn(Span, Span) -> Result<Feature>,
    fine: impl Fn(Vec<Feature>, &mut Run<'_>) -> Result<Vec<Feature>>,
    mut write: impl FnMut(&Tile, Feature),
) -> Result<()> {
    let (mut sampled, mut measured) = (Vec::new(), Vec::new());
    let samples = grid.samples().into_iter().map(|[rows, columns]| read(rows, columns));
    let mut run = Run { norms: Norms::new(Statistics::Recorded(&mut sampled)), progress };
    fine(samples.collect::<Result<_>>()?, &mut run)?;
    let tiles = grid.tiles();
    for tile in &tiles {
        let [rows, columns] = tile.core.clone();
        let core = Core { rows, columns, height: grid.height };
        let statistics = Statistics::Refined { given: &sampled, found: &mut measured, core };
        let mut run = Run { norms: Norms::new(statistics), progress };
        fine(vec![read(tile.rows, tile.columns)?], &mut run)?;
    }
    for tile in &tiles {
        let mut run = Run { norms: Norms::new(Statistics::Given(&measured)), progress };
        let part = fine(vec![read(tile.rows, tile.columns)?], &mut run)?;
        part.into_iter().for_each(|part| write(tile, part));
    }
    Ok(())
}

fn pointwise_work(channels: usize, pixels: usize, conv: &Option<Conv>) -> u64 {
    let shape = Shape { kernel: 1, inputs: channels, outputs: channels };
    if conv.is_some() { shape.work(pixels) } else { 0 }
}

/// A whole picture as `(C, H, W)`.
fn chw(x: Feature) -> Result<Tensor> {
    let mut out = vec![0f32; x.values.len()];
    x.write_chw(&mut out);
    tensor(out, &[x.channels, x.rows.whole, x.columns.whole])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(t: &Tensor) -> Vec<f32> {
        t.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn tiles_with_the_statistics_of_the_whole_are_the_whole() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/models/kontext-tiny/vae");
        let vae = Vae::open(folder).unwrap();
        let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/pictures/landscape.png");
        let picture = image::open(picture).unwrap().to_rgb8();
        let at = |i: usize| {
            let (c, y, x) = (i / (256 * 256), i / 256 % 256, i % 256);
            f32::from(picture.get_pixel(x as u32, y as u32).0[c]) / 127.5 - 1.0
        };
        let picture = tensor((0..3 * 256 * 256).map(at).collect(), &[3, 256, 256]).unwrap();
        let quiet = |_: usize, _: usize| Ok(());
        let progress = Progress::start(1 << 60, &quiet).unwrap();
        let latent = vae.encode(&picture, &quiet).unwrap();
        let c = vae.config();
        let (factor, side) = (c.factor(), latent.dims()[1]);
        let z = latent.affine(1.0 / c.scaling_factor, c.shift_factor).unwrap();
        let mut run = Run { norms: Norms::new(Statistics::Measured), progress: &progress };
        let z = Feature::from_chw(&z, Span::all(side), Span::all(side)).unwrap();
        let coarse = vae.decoder.coarse(z, &mut run).unwrap();
        let mut recorded = Vec::new();
        let mut run = Run { norms: Norms::new(Statistics::Recorded(&mut recorded)), progress: &progress };
        let whole =
            vae.decoder.fine(vec![coarse.part(coarse.rows, coarse.columns)], &mut run).unwrap().remove(0);
        let grid = cost::grid(c, side, side, Mode::Tiles(64), cost::decoder_margin).unwrap();
        let mut tiled = vec![0f32; 3 * 256 * 256];
        for tile in grid.tiles() {
            let mut run = Run { norms: Norms::new(Statistics::Given(&recorded)), progress: &progress };
            let mut part =
                vae.decoder.fine(vec![coarse.part(tile.rows, tile.columns)], &mut run).unwrap().remove(0);
            part.crop(tile.core_rows(factor), tile.core_columns(factor));
            part.write_chw(&mut tiled);
        }
        // Rows of a GEMM may be summed in another order when there are more or fewer of them.
        let worst = values(&chw(whole).unwrap())
            .iter()
            .zip(&tiled)
            .map(|(whole, tiled)| (whole - tiled).abs())
            .fold(0.0, f32::max);
        println!("differ by {worst:e}");
        assert!(worst < 1e-5, "{worst:e}");
    }
}
