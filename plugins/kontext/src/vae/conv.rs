//! Convolutions in bands of rows, with norm, activation, upsampling and residual folded in.

use candle_core::Tensor;

use super::feature::Feature;
use super::layers::{Affine, Norm};
use crate::error::Result;
use crate::kernels::{for_rows, silu_scalar, tensor, with_slice};

/// Values of one band of gathered patches. 16 MiB stays in the last-level cache and keeps GEMM efficient.
const BAND_VALUES: usize = 4 << 20;

/// A square convolution that keeps the size, or halves it.
pub(super) struct Conv {
    /// `(kernel·kernel·in, out)`: taps row by row, channels innermost.
    weight: Tensor,
    bias: Vec<f32>,
    kernel: usize,
    inputs: usize,
}

/// How source pixels become the input of the convolution.
#[derive(Clone, Copy, PartialEq)]
enum Sampling {
    /// As they are, zero padding all around.
    Same,
    /// Every second position; zero padding on the right and at the bottom only.
    Half,
    /// Each source pixel stands for 2×2 pixels.
    Double,
}

/// What is added to the result.
enum Residual<'a> {
    None,
    /// The source itself.
    Identity(&'a Feature),
    /// A 1×1 convolution of the source.
    Shortcut(&'a Feature, &'a Conv),
}

impl Conv {
    /// `weight` is `(out, in, kernel, kernel)`.
    pub(super) fn new(weight: &Tensor, bias: Vec<f32>) -> Result<Self> {
        let (outputs, inputs, kernel, _) = weight.dims4()?;
        let weight =
            weight.permute((2, 3, 1, 0))?.contiguous()?.reshape((kernel * kernel * inputs, outputs))?;
        Ok(Self { weight, bias, kernel, inputs })
    }

    pub(super) fn forward(&self, x: &Feature) -> Result<Feature> {
        self.run(x, None, Sampling::Same, Residual::None)
    }

    /// The convolution of `swish(norm(x))`.
    pub(super) fn forward_normed(&self, x: &Feature, norm: &Norm) -> Result<Feature> {
        self.run(x, Some(&norm.affine(x)), Sampling::Same, Residual::None)
    }

    /// `residual + conv(swish(norm(x)))`, the residual through `shortcut` when the widths differ.
    pub(super) fn forward_residual(
        &self,
        x: &Feature,
        norm: &Norm,
        residual: &Feature,
        shortcut: Option<&Self>,
    ) -> Result<Feature> {
        let residual = match shortcut {
            Some(conv) => Residual::Shortcut(residual, conv),
            None => Residual::Identity(residual),
        };
        self.run(x, Some(&norm.affine(x)), Sampling::Same, residual)
    }

    /// Half the size: every second position.
    pub(super) fn forward_half(&self, x: &Feature) -> Result<Feature> {
        self.run(x, None, Sampling::Half, Residual::None)
    }

    /// Double the size: the convolution of the picture with every pixel repeated.
    pub(super) fn forward_double(&self, x: &Feature) -> Result<Feature> {
        self.run(x, None, Sampling::Double, Residual::None)
    }

    fn run(
        &self,
        x: &Feature,
        affine: Option<&Affine>,
        sampling: Sampling,
        residual: Residual<'_>,
    ) -> Result<Feature> {
        let (height, width) = match sampling {
            Sampling::Same => (x.height, x.width),
            Sampling::Half => (x.height / 2, x.width / 2),
            Sampling::Double => (2 * x.height, 2 * x.width),
        };
        let outputs = self.bias.len();
        let patch = self.kernel * self.kernel * self.inputs;
        let rows = (BAND_VALUES / (patch * width)).clamp(1, height);
        let mut values = vec![0f32; height * width * outputs];
        for (band, out) in values.chunks_mut(rows * width * outputs).enumerate() {
            let first = band * rows;
            let pixels = out.len() / outputs;
            let y = self.gather(x, affine, sampling, first, width, pixels)?.matmul(&self.weight)?;
            let range = first * width..first * width + pixels;
            let shortcut = match residual {
                Residual::Shortcut(source, conv) => {
                    let source = &source.values[range.start * source.channels..range.end * source.channels];
                    let source = tensor(source.to_vec(), &[pixels, source.len() / pixels])?;
                    Some((source.matmul(&conv.weight)?, conv))
                }
                _ => None,
            };
            with_slice(&y, |y| {
                for_rows(out, outputs, |at, out| {
                    for ((out, &y), &bias) in out.iter_mut().zip(&y[at * outputs..]).zip(&self.bias) {
                        *out = y + bias;
                    }
                });
                Ok(())
            })?;
            if let Residual::Identity(source) = residual {
                let source = &source.values[range.start * outputs..range.end * outputs];
                add(out, source, None);
            }
            if let Some((y, conv)) = shortcut {
                with_slice(&y, |y| {
                    add(out, y, Some(&conv.bias));
                    Ok(())
                })?;
            }
        }
        Ok(Feature { height, width, channels: outputs, values })
    }

    /// Patches of `pixels` output positions from row `first` on: `(pixels, kernel·kernel·in)`.
    fn gather(
        &self,
        x: &Feature,
        affine: Option<&Affine>,
        sampling: Sampling,
        first: usize,
        width: usize,
        pixels: usize,
    ) -> Result<Tensor> {
        let (kernel, channels) = (self.kernel, self.inputs);
        let patch = kernel * kernel * channels;
        let (stride, pad, repeat) = match sampling {
            Sampling::Same => (1, kernel / 2, 1),
            Sampling::Half => (2, 0, 1),
            Sampling::Double => (1, kernel / 2, 2),
        };
        // Norm and activation once per source value of the band, not once per tap.
        let (source, top);
        let band;
        match affine {
            Some(affine) => {
                let rows = pixels.div_ceil(width);
                top = first.saturating_sub(pad);
                let bottom = (first + rows + pad).min(x.height);
                band = affine.swish(&x.values[top * x.width * channels..bottom * x.width * channels]);
                source = band.as_slice();
            }
            None => {
                top = 0;
                source = x.values.as_slice();
            }
        }
        let mut out = vec![0f32; pixels * patch];
        for_rows(&mut out, patch, |at, out| {
            let (y, x0) = (first + at / width, at % width);
            for (tap, out) in out.chunks_exact_mut(channels).enumerate() {
                let row = (y * stride + tap / kernel).checked_sub(pad).map(|v| v / repeat);
                let column = (x0 * stride + tap % kernel).checked_sub(pad).map(|v| v / repeat);
                if let (Some(row), Some(column)) = (row, column)
                    && row < x.height
                    && column < x.width
                {
                    out.copy_from_slice(&source[((row - top) * x.width + column) * channels..][..channels]);
                }
            }
        });
        tensor(out, &[pixels, patch])
    }
}

fn add(out: &mut [f32], source: &[f32], bias: Option<&[f32]>) {
    let width = bias.map_or(1024.min(out.len()), <[f32]>::len);
    // Without a bias the rows are only pieces of work; the last one may be short.
    if let Some(bias) = bias {
        for_rows(out, width, |at, out| {
            for ((out, &s), &b) in out.iter_mut().zip(&source[at * width..]).zip(bias) {
                *out += s + b;
            }
        });
        return;
    }
    let whole = out.len() / width * width;
    for_rows(&mut out[..whole], width, |at, out| {
        out.iter_mut().zip(&source[at * width..]).for_each(|(out, &s)| *out += s);
    });
    out[whole..].iter_mut().zip(&source[whole..]).for_each(|(out, &s)| *out += s);
}

impl Affine {
    /// swish(scale·x + offset), channel by channel.
    fn swish(&self, values: &[f32]) -> Vec<f32> {
        let channels = self.scale.len();
        let mut out = vec![0f32; values.len()];
        for_rows(&mut out, channels, |at, out| {
            for (((out, &x), &a), &b) in
                out.iter_mut().zip(&values[at * channels..]).zip(&self.scale).zip(&self.offset)
            {
                *out = silu_scalar(a * x + b);
            }
        });
        out
    }
}
