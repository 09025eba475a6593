//! Linear layers whose weights are kept in f32 or widened from the file, a few rows at a time, at each use.
//!
//! A tile of rows is widened into a buffer that stays in cache and multiplied at once, straight into its columns of the result: no
//! layer is ever in memory as a whole in f32. Kept weights go through the same tiles, so that both give the same bits.

use std::ops::Range;

use candle_core::Tensor;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::interrupt;
use crate::kernels::gemm::{Matrix, multiply_transposed};
use crate::kernels::{for_rows, tensor, with_slice};
use crate::weights::Weights;

/// Bytes of a tile as f32, which is what a product allocates beside its result. Smaller ones make it pack its left side too often,
/// larger ones leave the cache.
pub(crate) const TILE_BYTES: usize = 4 << 20;

/// Makes layers from one set of weights.
pub(crate) struct Loader {
    weights: Weights,
    keep: bool,
}

/// y = x·Wᵀ + b.
pub(crate) struct Linear {
    weight: Weight,
    inputs: usize,
    outputs: usize,
    /// Empty when there is none.
    bias: Vec<f32>,
}

/// A weight, `(out, in)`.
enum Weight {
    Kept(Vec<f32>),
    Streamed { weights: Weights, name: String },
}

impl Loader {
    /// Layers that keep their matrices in f32, or leave them in the file. Vectors are kept always.
    pub(crate) fn new(weights: &Weights, keep: bool) -> Self {
        Self { weights: weights.clone(), keep }
    }

    /// The layer `name.weight`, `name.bias`.
    pub(crate) fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        let bias = self.vector(&format!("{name}.bias"), outputs)?;
        Ok(Linear { bias, ..self.linear_without_bias(name, inputs, outputs)? })
    }

    /// The layer `name.weight`.
    pub(crate) fn linear_without_bias(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        let name = format!("{name}.weight");
        self.weights.check_shape(&name, &[outputs, inputs])?;
        let weight = if self.keep {
            Weight::Kept(self.weights.get(&name, &[outputs, inputs])?.flatten_all()?.to_vec1()?)
        } else {
            Weight::Streamed { weights: self.weights.clone(), name }
        };
        Ok(Linear { weight, inputs, outputs, bias: Vec::new() })
    }

    /// A vector, always kept.
    pub(crate) fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        Ok(self.weights.get(name, &[len])?.to_vec1()?)
    }
}

impl Linear {
    /// `(L, in)` to `(L, out)`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.apply(&[x], 0..self.outputs)
    }

    /// The layer applied to one row.
    pub(crate) fn forward_row(&self, x: &Tensor) -> Result<Vec<f32>> {
        Ok(self.forward(x)?.flatten_all()?.to_vec1()?)
    }

    /// The first `split` outputs and the others, each as its own contiguous tensor.
    pub(crate) fn forward_split(&self, x: &Tensor, split: usize) -> Result<(Tensor, Tensor)> {
        Ok((self.apply(&[x], 0..split)?, self.apply(&[x], split..self.outputs)?))
    }

    /// The layer applied to `a` and `b` side by side, without joining them.
    pub(crate) fn forward_joined(&self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.apply(&[a, b], 0..self.outputs)
    }

    /// Some of the outputs for inputs that lie side by side in several tensors.
    fn apply(&self, parts: &[&Tensor], outputs: Range<usize>) -> Result<Tensor> {
        let rows = parts[0].dim(0)?;
        let inputs: usize = parts.iter().map(|x| x.dims()[x.rank() - 1]).sum();
        if inputs != self.inputs || parts.iter().any(|x| x.rank() != 2 || x.dims()[0] != rows) {
            let found: Vec<_> = parts.iter().map(|x| x.dims()).collect();
            return Err(Error::input(
                "rows of a layer",
                format!("{} channels", self.inputs),
                format!("{found:?}"),
            ));
        }
        let mut out = vec![0f32; rows * outputs.len()];
        let mut tiles = Tiles::new(self, outputs.clone());
        while let Some((tile, values)) = tiles.next()? {
            interrupt::check()?;
            let w = Matrix::new(values, self.inputs);
            let mut first = 0;
            for x in parts {
                let width = x.dims()[1];
                with_slice(x, |x| {
                    let at = tile.start - outputs.start;
                    let w = w.columns(first, width);
                    multiply_transposed(Matrix::new(x, width), w, &mut out, at, outputs.len(), first > 0);
                    Ok(())
                })?;
                first += width;
            }
        }
        if !self.bias.is_empty() {
            let bias = &self.bias[outputs.clone()];
            for_rows(&mut out, outputs.len(), |_, y| y.iter_mut().zip(bias).for_each(|(y, b)| *y += b));
        }
        tensor(out, &[rows, outputs.len()])
    }
}

/// The rows of a weight as f32, some at a time.
struct Tiles<'a> {
    layer: &'a Linear,
    rest: Range<usize>,
    buffer: Vec<f32>,
}

impl<'a> Tiles<'a> {
    fn new(layer: &'a Linear, rows: Range<usize>) -> Self {
        Self { layer, rest: rows, buffer: Vec::new() }
    }

    /// The next rows and their elements; `None` behind the last ones.
    fn next(&mut self) -> Result<Option<(Range<usize>, &[f32])>> {
        let width = self.layer.inputs;
        let count = self.rest.len().min((TILE_BYTES / (4 * width.max(1))).max(1));
        if count == 0 {
            return Ok(None);
        }
        let rows = self.rest.start..self.rest.start + count;
        self.rest.start = rows.end;
        let values = match &self.layer.weight {
            Weight::Kept(values) => &values[rows.start * width..rows.end * width],
            Weight::Streamed { weights, name } => {
                self.buffer.resize(count * width, 0.0);
                widen(weights, name, rows.clone(), width, &mut self.buffer)?;
                &self.buffer
            }
        };
        Ok(Some((rows, values)))
    }
}

/// Widens rows on all threads.
fn widen(weights: &Weights, name: &str, rows: Range<usize>, width: usize, out: &mut [f32]) -> Result<()> {
    let per_task = rows.len().div_ceil(4 * rayon::current_num_threads());
    out.par_chunks_mut((per_task * width).max(1)).enumerate().try_for_each(|(task, out)| {
        let first = rows.start + task * per_task;
        weights.read_rows(name, first..first + out.len() / width, out)
    })
}
