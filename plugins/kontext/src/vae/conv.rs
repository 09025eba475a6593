//! Convolutions in bands of rows, with norm, activation, upsampling and residual folded in.

use std::ops::Range;

use candle_core::Tensor;

use super::feature::{Feature, Span};
use super::norm::Affine;
use super::progress::Progress;
use crate::error::Result;
use crate::kernels::{for_rows, tensor, with_slice};

/// Values of one band of gathered patches. 16 MiB stays in the last-level cache and keeps GEMM efficient.
const BAND_VALUES: usize = 4 << 20;

/// A square convolution of kernel 1 or 3.
pub(super) struct Conv {
    /// `(kernel·kernel·in, out)`: taps row by row, channels innermost.
    weight: Tensor,
    bias: Vec<f32>,
    shape: Shape,
}

/// Kernel and channels of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) kernel: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

/// How source pixels become the input of the convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// As they are, zero padding all around.
    Same,
    /// Every second position; zero padding on the right and at the bottom only.
    Half,
    /// Each source pixel stands for 2×2 pixels.
    Double,
}

impl Shape {
    /// Values under the kernel at one position.
    pub(super) fn patch(self) -> usize {
        self.kernel * self.kernel * self.inputs
    }

    /// Multiplications for so many results.
    pub(super) fn work(self, pixels: usize) -> u64 {
        (pixels * self.patch() * self.outputs) as u64
    }

    /// Which rows (or columns) result from `span`.
    pub(super) fn output(self, span: Span, sampling: Sampling) -> Span {
        match sampling {
            Sampling::Same if self.kernel == 1 => span,
            Sampling::Same => span.convolved(),
            Sampling::Half => span.halved(),
            Sampling::Double => span.times(2).convolved(),
        }
    }

    /// Rows of results in one band.
    pub(super) fn band(self, width: usize) -> usize {
        (BAND_VALUES / (self.patch() * width).max(1)).max(1)
    }

    fn pad(self, sampling: Sampling) -> usize {
        if sampling == Sampling::Half { 0 } else { self.kernel / 2 }
    }
}

impl Conv {
    /// `weight` is `(out, in, kernel, kernel)`.
    pub(super) fn new(weight: &Tensor, bias: Vec<f32>) -> Result<Self> {
        let (outputs, inputs, kernel, _) = weight.dims4()?;
        let shape = Shape { kernel, inputs, outputs };
        let weight = weight.permute((2, 3, 1, 0))?.contiguous()?.reshape((shape.patch(), outputs))?;
        Ok(Self { weight, bias, shape })
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// Channels of the input.
    pub(super) fn inputs(&self) -> usize {
        self.shape.inputs
    }

    /// Channels of results.
    pub(super) fn outputs(&self) -> usize {
        self.shape.outputs
    }

    /// The convolution of `x`, or of `swish(affine(x))`.
    pub(super) fn forward(
        &self,
        x: &Feature,
        affine: Option<&Affine>,
        sampling: Sampling,
        progress: &Progress<'_>,
    ) -> Result<Feature> {
        let span = |span| self.shape.output(span, sampling);
        let mut out = Feature::zeros(span(x.rows), span(x.columns), self.shape.outputs);
        self.bands(x, affine, sampling, &mut out, progress, |out, y| *out = y)?;
        Ok(out)
    }

    /// Adds the convolution of `swish(affine(x))` to `out`, which loses what `x` does not tell.
    pub(super) fn add_to(
        &self,
        out: &mut Feature,
        x: &Feature,
        affine: Option<&Affine>,
        progress: &Progress<'_>,
    ) -> Result<()> {
        let span = |span| self.shape.output(span, Sampling::Same);
        out.crop(span(x.rows), span(x.columns));
        self.bands(x, affine, Sampling::Same, out, progress, |out, y| *out += y)
    }

    /// A 1×1 convolution of `x`. One that narrows works in place: both results never exist at once.
    pub(super) fn forward_pointwise(&self, mut x: Feature, progress: &Progress<'_>) -> Result<Feature> {
        let Shape { inputs, outputs, .. } = self.shape;
        if outputs > inputs {
            return self.forward(&x, None, Sampling::Same, progress);
        }
        let pixels = x.pixels();
        let band = self.shape.band(1);
        for first in (0..pixels).step_by(band) {
            let last = (first + band).min(pixels);
            let source = tensor(x.values[first * inputs..last * inputs].to_vec(), &[last - first, inputs])?;
            let y = source.matmul(&self.weight)?;
            // Ends before the first source value that is still needed.
            self.store(&y, &mut x.values[first * outputs..last * outputs], |out, y| *out = y)?;
            progress.advance(self.shape.work(last - first))?;
        }
        x.values.truncate(pixels * outputs);
        x.values.shrink_to_fit();
        x.channels = outputs;
        Ok(x)
    }

    fn bands(
        &self,
        x: &Feature,
        affine: Option<&Affine>,
        sampling: Sampling,
        out: &mut Feature,
        progress: &Progress<'_>,
        store: impl Fn(&mut f32, f32) + Sync,
    ) -> Result<()> {
        let (rows, columns) = (out.rows, out.columns);
        let width = columns.len();
        let band = self.shape.band(width);
        let values = out.values.chunks_mut((band * width * self.shape.outputs).max(1));
        for (first, values) in (rows.start..rows.end).step_by(band).zip(values) {
            let last = (first + band).min(rows.end);
            let y = self.gather(x, affine, sampling, first..last, columns)?.matmul(&self.weight)?;
            self.store(&y, values, &store)?;
            progress.advance(self.shape.work((last - first) * width))?;
        }
        Ok(())
    }

    fn store(&self, y: &Tensor, out: &mut [f32], store: impl Fn(&mut f32, f32) + Sync) -> Result<()> {
        let outputs = self.shape.outputs;
        with_slice(y, |y| {
            for_rows(out, outputs, |at, out| {
                for ((out, &y), &bias) in out.iter_mut().zip(&y[at * outputs..]).zip(&self.bias) {
                    store(out, y + bias);
                }
            });
            Ok(())
        })
    }

    /// Patches of the output positions in these rows and columns: `(pixels, kernel·kernel·in)`.
    fn gather(
        &self,
        x: &Feature,
        affine: Option<&Affine>,
        sampling: Sampling,
        rows: Range<usize>,
        columns: Span,
    ) -> Result<Tensor> {
        let Shape { kernel, inputs, .. } = self.shape;
        let (patch, pad) = (self.shape.patch(), self.shape.pad(sampling));
        let (stride, repeat) = match sampling {
            Sampling::Same => (1, 1),
            Sampling::Half => (2, 1),
            Sampling::Double => (1, 2),
        };
        let top = (rows.start * stride).saturating_sub(pad) / repeat;
        let bottom =
            (((rows.end - 1) * stride + kernel - 1).saturating_sub(pad) / repeat + 1).min(x.rows.end);
        let run = x.columns.len() * inputs;
        let source = &x.values[(top - x.rows.start) * run..(bottom - x.rows.start) * run];
        // Norm and activation once per source value of the band, not once per tap.
        let normed = affine.map(|affine| affine.swish(source));
        let source = normed.as_deref().unwrap_or(source);
        let (left, width) = (x.columns.start, columns.len());
        let mut out = vec![0f32; rows.len() * width * patch];
        for_rows(&mut out, patch, |at, out| {
            let (y, x0) = (rows.start + at / width, columns.start + at % width);
            for (tap, out) in out.chunks_exact_mut(inputs).enumerate() {
                let row = (y * stride + tap / kernel).checked_sub(pad).map(|v| v / repeat);
                let column = (x0 * stride + tap % kernel).checked_sub(pad).map(|v| v / repeat);
                if let (Some(row), Some(column)) = (row, column)
                    && row < x.rows.whole
                    && column < x.columns.whole
                {
                    out.copy_from_slice(&source[(row - top) * run + (column - left) * inputs..][..inputs]);
                }
            }
        });
        tensor(out, &[rows.len() * width, patch])
    }
}
