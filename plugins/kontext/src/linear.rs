//! Linear layers whose weights are kept in f32 or widened from the file, a few rows at a time, at each use.
//!
//! A tile of rows is widened into a buffer that stays in cache and multiplied at once, straight into its columns of the result: no
//! layer is ever in memory as a whole in f32. Kept weights go through the same tiles, so that both give the same bits.
//!
//! candle's `QMatMul` rounds its inputs to 8 bits, which is an error of its own beside the format's. For 1024 rows of 3072 → 9216 with
//! AVX2 it takes 0.8 (Q4_K), 0.9 (Q6_K) and 3.2 (Q8_0) times as long.

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

    /// Some of the outputs.
    pub(crate) fn forward_part(&self, x: &Tensor, outputs: Range<usize>) -> Result<Tensor> {
        self.apply(&[x], outputs)
    }

    /// Number of outputs.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// The layer applied to `a` and `b` side by side, without joining them.
    pub(crate) fn forward_joined(&self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.apply(&[a, b], 0..self.outputs)
    }

    /// Some of the outputs for inputs that lie side by side in several tensors.
    fn apply(&self, parts: &[&Tensor], outputs: Range<usize>) -> Result<Tensor> {
        self.apply_in_tiles(parts, outputs, TILE_BYTES)
    }

    fn apply_in_tiles(&self, parts: &[&Tensor], outputs: Range<usize>, tile_bytes: usize) -> Result<Tensor> {
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
        let mut tiles = Tiles { layer: self, rest: outputs.clone(), bytes: tile_bytes, buffer: Vec::new() };
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
    bytes: usize,
    buffer: Vec<f32>,
}

impl Tiles<'_> {
    /// The next rows and their elements; `None` behind the last ones.
    fn next(&mut self) -> Result<Option<(Range<usize>, &[f32])>> {
        let width = self.layer.inputs;
        let count = self.rest.len().min((self.bytes / (4 * width.max(1))).max(1));
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
    // Each task reads the inner factors of changes, so that few tasks are best.
    let tasks = if weights.is_patched(name) { 1 } else { 4 };
    let per_task = rows.len().div_ceil(tasks * rayon::current_num_threads());
    out.par_chunks_mut((per_task * width).max(1)).enumerate().try_for_each(|(task, out)| {
        let first = rows.start + task * per_task;
        weights.read_rows(name, first..first + out.len() / width, out)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use candle_core::quantized::{GgmlDType, QMatMul, QTensor, gguf_file};
    use candle_core::{Device, Module};

    use super::*;

    /// Numbers between -1 and 1 without a pattern that blocks could share.
    fn noise(rows: usize, columns: usize) -> Tensor {
        let values = (0..rows * columns).map(|i| (i as f32 * 12.9898).sin()).collect();
        tensor(values, &[rows, columns]).unwrap()
    }

    /// Layers `layer.weight` of a GGUF file in `kind`, widened once and at each use, and what candle holds of it.
    fn layers(kind: GgmlDType, inputs: usize, outputs: usize) -> (Linear, Linear, QTensor) {
        let stored = QTensor::quantize(&noise(outputs, inputs), kind).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layer.gguf");
        let mut file = std::fs::File::create(&path).unwrap();
        gguf_file::write(&mut file, &[], &[("layer.weight", &stored)]).unwrap();
        // An open file outlives its name.
        let weights = Weights::open(&path).unwrap();
        let load = |keep| {
            let loader = Loader { weights: weights.clone(), keep };
            loader.linear_without_bias("layer", inputs, outputs).unwrap()
        };
        (load(true), load(false), stored)
    }

    fn values(x: &Tensor) -> Vec<f32> {
        x.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn kept_and_streamed_weights_give_the_same_bits_for_every_tile() {
        let (inputs, outputs) = (1024, 1100);
        assert!(4 * inputs * outputs > TILE_BYTES, "more than one tile");
        let (kept, streamed, stored) = layers(GgmlDType::Q4K, inputs, outputs);
        let x = noise(9, inputs);
        let found = streamed.forward(&x).unwrap();
        assert_eq!(values(&found), values(&kept.forward(&x).unwrap()));

        // Another order of adding 1024 products: sums come near 512, where numbers are 6e-5 apart; some 30 such steps.
        const REORDERED: f32 = 2e-3;
        let expected = x.matmul(&stored.dequantize(&Device::Cpu).unwrap().t().unwrap()).unwrap();
        let worst =
            values(&found).iter().zip(values(&expected)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < REORDERED, "differs by {worst}");

        let first = streamed.forward_part(&x, 0..700).unwrap();
        let rest = streamed.forward_part(&x, 700..outputs).unwrap();
        let joined = Tensor::cat(&[&first, &rest], 1).unwrap();
        assert_eq!(values(&joined), values(&found));
        let (a, b) = (x.narrow(1, 0, 300).unwrap(), x.narrow(1, 300, 724).unwrap());
        let joined = streamed.forward_joined(&a, &b).unwrap();
        let worst =
            values(&joined).iter().zip(values(&found)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < REORDERED, "differs by {worst}");
    }

    /// Milliseconds of a layer of the real size, by tile; the last tile is the whole layer. `QMatMul` rounds its input to 8 bits.
    #[test]
    #[ignore = "measures"]
    fn tiles_against_whole_layers_and_candle() {
        let (inputs, outputs) = (3072, 9216);
        let best = |f: &dyn Fn()| {
            let run = |_| {
                let start = Instant::now();
                f();
                start.elapsed().as_secs_f64() * 1e3
            };
            (0..3).map(run).fold(f64::INFINITY, f64::min)
        };
        for kind in [GgmlDType::F32, GgmlDType::BF16, GgmlDType::Q8_0, GgmlDType::Q4K, GgmlDType::Q6K] {
            let (kept, streamed, stored) = layers(kind, inputs, outputs);
            let candle = QMatMul::from_qtensor(stored).unwrap();
            for rows in [1, 256, 1024] {
                let x = noise(rows, inputs);
                print!("{kind:?} × {rows:4}:");
                for mebibytes in [1, 2, 4, 8, 16, 108] {
                    let ms = best(&|| {
                        streamed.apply_in_tiles(&[&x], 0..outputs, mebibytes << 20).unwrap();
                    });
                    print!(" {mebibytes} MiB {ms:.0}");
                }
                let resident = best(&|| drop(kept.forward(&x).unwrap()));
                println!("; kept {resident:.0}; candle {:.0}", best(&|| drop(candle.forward(&x).unwrap())));
            }
        }
    }
}
