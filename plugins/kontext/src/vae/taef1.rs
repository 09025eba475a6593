//! TAEF1, a decoder of FLUX.1's latents so small that it can show a picture at every step: [`Taef1::decode`].
//!
//! It has no norms and looks only a few pixels around, so that it always works in tiles and these are exact.
//!
//! Source: <https://github.com/madebyollin/taesd/blob/main/taesd.py>, and `DecoderTiny` in
//! <https://github.com/huggingface/diffusers/blob/v0.35.0/src/diffusers/models/autoencoders/vae.py>.

use std::path::Path;

use candle_core::Tensor;

use super::conv::{Conv, Sampling};
use super::feature::{Feature, Span};
use super::progress::Progress;
use super::tiling::{Grid, Tile};
use crate::error::{Error, Result};
use crate::kernels::{for_rows, tensor};
use crate::sampling::Rgb;
use crate::transformer::OnBlock;
use crate::weights::{Part, Weights};

/// Latent pixels of a tile's side: about 200 MiB between input and result.
const SIDE: usize = 64;

// A file with more layers than this is no TAEF1.
const MOST_LAYERS: usize = 64;

/// The loaded decoder (5 MB at the real size). `Send + Sync`; share it in an [`std::sync::Arc`].
pub struct Taef1 {
    layers: Vec<Layer>,
}

enum Layer {
    /// A convolution; `double` when every pixel is repeated first.
    Conv {
        conv: Conv,
        double: bool,
    },
    Relu,
    /// relu(conv(relu(conv(relu(conv(x))))) + x).
    Block([Conv; 3]),
}

impl Taef1 {
    /// Loads a file of ComfyUI's `vae_approx` or of diffusers.
    ///
    /// # Errors
    /// As [`Weights::open`], [`Weights::part`] and [`Taef1::load`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::load(&Weights::open(path)?.part(Part::Taef1)?)
    }

    /// Loads from canonical weights ([`Part::Taef1`]).
    ///
    /// # Errors
    /// [`Error::File`] when the layers are not those of such a decoder, or the encoder's only; [`Error::Tensor`] when a tensor is
    /// missing or has another shape.
    pub fn load(weights: &Weights) -> Result<Self> {
        let number = |n: &str| n.strip_prefix("decoder.layers.")?.split('.').next()?.parse::<usize>().ok();
        let Some(last) = weights.names().filter_map(number).max() else {
            let problem = "holds TAEF1's encoder only: pictures come from taef1_decoder.safetensors";
            return Err(Error::file(weights.label(), problem));
        };
        if last >= MOST_LAYERS {
            return Err(Error::file(weights.label(), format!("has {} layers, TAEF1 has 19", last + 1)));
        }
        let mut layers = Vec::new();
        let mut double = false;
        for n in 0..=last {
            let name = format!("decoder.layers.{n}");
            if weights.contains(&format!("{name}.weight")) {
                layers.push(Layer::Conv { conv: conv(weights, &name)?, double });
                double = false;
            } else if weights.contains(&format!("{name}.conv.0.weight")) {
                let conv = |i: usize| conv(weights, &format!("{name}.conv.{i}"));
                // Between them are activations, which count.
                layers.push(Layer::Block([conv(0)?, conv(2)?, conv(4)?]));
            } else if n == 1 {
                layers.push(Layer::Relu);
            } else {
                double = true;
            }
        }
        let found = Self { layers };
        found.check(weights.label())?;
        Ok(found)
    }

    /// Channels of a latent.
    pub fn latent_channels(&self) -> usize {
        self.convs().next().map_or(0, Conv::inputs)
    }

    /// Pixels per latent pixel, along a side.
    pub fn factor(&self) -> usize {
        let doubles = self.layers.iter().filter(|layer| matches!(layer, Layer::Conv { double: true, .. }));
        1 << doubles.count()
    }

    /// The image of a latent from the transformer: `(latent_channels, h, w)` to `(3, h·f, w·f)`, about `[-1, 1]`, not clamped.
    ///
    /// Cost at 128×128 latent pixels: about 0.6 TFLOP and 0.2 GB. `on_block` is as in [`super::Vae::moments`].
    ///
    /// # Errors
    /// [`Error::Input`] for other shapes, whatever `on_block` returns.
    pub fn decode(&self, latent: &Tensor, on_block: OnBlock<'_>) -> Result<Tensor> {
        let channels = self.latent_channels();
        let (height, width) = match latent.dims() {
            &[c, h, w] if c == channels && h * w > 0 => (h, w),
            found => {
                return Err(Error::input(
                    "latent",
                    format!("({channels}, h, w)"),
                    format!("shape {found:?}"),
                ));
            }
        };
        let tiles = self.tiles(height, width);
        let work = tiles.iter().map(|tile| self.walk(tile.rows, tile.columns).work).sum();
        let progress = Progress::start(work, on_block)?;
        let factor = self.factor();
        let mut planes = vec![0f32; 3 * factor * factor * height * width];
        for tile in &tiles {
            let mut x = Feature::from_chw(latent, tile.rows, tile.columns)?;
            x.values.iter_mut().for_each(|v| *v = (*v / 3.0).tanh() * 3.0);
            let mut x = self.forward(x, &progress)?;
            x.crop(tile.core_rows(factor), tile.core_columns(factor));
            // From [0, 1].
            x.values.iter_mut().for_each(|v| *v = 2.0 * *v - 1.0);
            x.write_chw(&mut planes);
        }
        progress.finish()?;
        tensor(planes, &[3, factor * height, factor * width])
    }

    /// A small picture of a latent: the decoded one, averaged until its longer side has at most `longest` pixels.
    ///
    /// # Errors
    /// As [`Taef1::decode`].
    pub fn preview(&self, latent: &Tensor, longest: usize) -> Result<Rgb> {
        let image = self.decode(latent, &|_, _| Ok(()))?;
        let (_, height, width) = image.dims3()?;
        let by = height.max(width).div_ceil(longest.max(1));
        let small = if by > 1 { image.unsqueeze(0)?.avg_pool2d(by)?.squeeze(0)? } else { image };
        let (_, height, width) = small.dims3()?;
        let values = small.permute((1, 2, 0))?.contiguous()?.flatten_all()?.to_vec1::<f32>()?;
        let bytes = values.iter().map(|v| ((v + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8).collect();
        Ok(Rgb { width, height, bytes })
    }

    /// Most bytes between a latent and its picture of (height, width) pixels, the picture included, and floating-point operations.
    pub fn cost(&self, height: usize, width: usize) -> (u64, f64) {
        let (mut values, mut work) = (0, 0);
        for tile in self.tiles(height / self.factor(), width / self.factor()) {
            let walk = self.walk(tile.rows, tile.columns);
            values = walk.values.max(values);
            work += walk.work;
        }
        (4 * (values + 3 * height * width) as u64, 2.0 * work as f64)
    }

    fn forward(&self, mut x: Feature, progress: &Progress<'_>) -> Result<Feature> {
        for layer in &self.layers {
            match layer {
                Layer::Conv { conv, double } => x = conv.forward(&x, None, sampling(*double), progress)?,
                Layer::Relu => relu(&mut x),
                Layer::Block([first, second, third]) => {
                    let mut y = first.forward(&x, None, Sampling::Same, progress)?;
                    relu(&mut y);
                    y = second.forward(&y, None, Sampling::Same, progress)?;
                    relu(&mut y);
                    // What the first two convolutions could not know at the border is gone from `x` as well.
                    third.add_to(&mut x, &y, None, progress)?;
                    relu(&mut x);
                }
            }
        }
        Ok(x)
    }

    fn tiles(&self, height: usize, width: usize) -> Vec<Tile> {
        let inside = Span { start: 1 << 12, end: 1 << 13, whole: 1 << 14 };
        let margin = self.walk(inside, inside).rows.start.div_ceil(self.factor()) - inside.start;
        Grid { height, width, side: SIDE, margin }.tiles()
    }

    /// Goes through the layers with some rows and columns of the latent.
    fn walk(&self, rows: Span, columns: Span) -> Walk {
        let mut walk = Walk { rows, columns, work: 0, values: 0 };
        for layer in &self.layers {
            match layer {
                Layer::Conv { conv, double } => walk.step(conv, sampling(*double), 1),
                Layer::Relu => {}
                Layer::Block(convs) => convs.iter().for_each(|conv| walk.step(conv, Sampling::Same, 2)),
            }
        }
        walk
    }

    fn convs(&self) -> impl Iterator<Item = &Conv> {
        self.layers.iter().flat_map(|layer| match layer {
            Layer::Conv { conv, .. } => std::slice::from_ref(conv),
            Layer::Relu => &[],
            Layer::Block(convs) => convs.as_slice(),
        })
    }

    fn check(&self, label: &str) -> Result<()> {
        let mut width = self.latent_channels();
        for conv in self.convs() {
            let shape = conv.shape();
            if shape.kernel != 3 || shape.inputs != width {
                let found = format!("a kernel of {} over {} channels", shape.kernel, shape.inputs);
                let problem = format!("is no TAEF1: found {found} where {width} channels come");
                return Err(Error::file(label, problem));
            }
            width = shape.outputs;
        }
        for layer in &self.layers {
            if let Layer::Block([first, _, third]) = layer
                && first.inputs() != third.outputs()
            {
                return Err(Error::file(label, "is no TAEF1: a block changes the number of channels"));
            }
        }
        if width != 3 {
            return Err(Error::file(label, format!("is no TAEF1: it ends in {width} channels, not in 3")));
        }
        Ok(())
    }
}

/// A part of a latent on its way through the layers.
struct Walk {
    rows: Span,
    columns: Span,
    /// Multiplications so far.
    work: u64,
    /// Most values in memory at once.
    values: usize,
}

impl Walk {
    /// A convolution beside whose result there are `others` features of its size, one of them its input.
    fn step(&mut self, conv: &Conv, sampling: Sampling, others: usize) {
        let shape = conv.shape();
        let before = self.rows.len() * self.columns.len();
        self.rows = shape.output(self.rows, sampling);
        self.columns = shape.output(self.columns, sampling);
        let pixels = self.rows.len() * self.columns.len();
        let band = shape.band(self.columns.len()).min(self.rows.len()) * self.columns.len();
        let scratch = band * (shape.patch() + shape.outputs);
        self.work += shape.work(pixels);
        self.values = self.values.max(others * before * shape.inputs + pixels * shape.outputs + scratch);
    }
}

fn sampling(double: bool) -> Sampling {
    if double { Sampling::Double } else { Sampling::Same }
}

fn relu(x: &mut Feature) {
    let run = x.columns.len() * x.channels;
    for_rows(&mut x.values, run, |_, row| row.iter_mut().for_each(|v| *v = v.max(0.0)));
}

/// A convolution whose sizes are its tensor's; those behind an upsampling have no bias.
fn conv(weights: &Weights, name: &str) -> Result<Conv> {
    let weight = weights.get_any(&format!("{name}.weight"))?;
    let bias = format!("{name}.bias");
    let Ok((outputs, ..)) = weight.dims4() else {
        let problem = format!("has shape {:?}, expected four dimensions", weight.dims());
        return Err(Error::Tensor {
            file: weights.label().to_owned(),
            tensor: format!("{name}.weight"),
            problem,
        });
    };
    let bias = if weights.contains(&bias) {
        weights.get(&bias, &[outputs])?.to_vec1()?
    } else {
        vec![0f32; outputs]
    };
    Conv::new(&weight, bias)
}
