//! Linear layers whose weights are kept in f32 or widened from the file at each use.

use candle_core::Tensor;

use crate::error::Result;
use crate::kernels;
use crate::weights::Weights;

/// Models whose f32 form is at most this large are widened once, at loading.
const KEEP_BYTES: u64 = 1 << 30;

/// Makes layers from one set of weights.
pub(crate) struct Loader {
    weights: Weights,
    keep: bool,
}

/// y = x·Wᵀ + b.
pub(crate) struct Linear {
    weight: Matrix,
    bias: Vec<f32>,
}

/// A weight, `(out, in)`.
enum Matrix {
    Kept(Tensor),
    Streamed { weights: Weights, name: String, shape: [usize; 2] },
}

impl Loader {
    pub(crate) fn new(weights: &Weights) -> Self {
        Self { weights: weights.clone(), keep: weights.parameter_count() * 4 <= KEEP_BYTES }
    }

    /// Keeps nothing but vectors.
    pub(crate) fn streaming(weights: &Weights) -> Self {
        Self { weights: weights.clone(), keep: false }
    }

    /// The layer `name.weight`, `name.bias`.
    pub(crate) fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        let (weight, shape) = (format!("{name}.weight"), [outputs, inputs]);
        let bias = self.vector(&format!("{name}.bias"), outputs)?;
        let weight = if self.keep {
            Matrix::Kept(self.weights.get(&weight, &shape)?)
        } else {
            self.weights.check_shape(&weight, &shape)?;
            Matrix::Streamed { weights: self.weights.clone(), name: weight, shape }
        };
        Ok(Linear { weight, bias })
    }

    /// A vector, always kept.
    pub(crate) fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        Ok(self.weights.get(name, &[len])?.to_vec1()?)
    }
}

impl Linear {
    /// `(L, in)` to `(L, out)`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = x.matmul(&self.weight()?.t()?)?;
        kernels::add_row(&y, &self.bias)?;
        Ok(y)
    }

    /// The layer applied to one row.
    pub(crate) fn forward_row(&self, x: &Tensor) -> Result<Vec<f32>> {
        Ok(self.forward(x)?.flatten_all()?.to_vec1()?)
    }

    /// The first `split` outputs and the others, each as its own contiguous tensor.
    pub(crate) fn forward_split(&self, x: &Tensor, split: usize) -> Result<(Tensor, Tensor)> {
        let weight = self.weight()?;
        let part = |start: usize, end: usize| -> Result<Tensor> {
            let y = x.matmul(&weight.narrow(0, start, end - start)?.t()?)?;
            kernels::add_row(&y, &self.bias[start..end])?;
            Ok(y)
        };
        Ok((part(0, split)?, part(split, self.bias.len())?))
    }

    /// The layer applied to `a` and `b` side by side, without joining them.
    pub(crate) fn forward_joined(&self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let weight = self.weight()?;
        let (left, right) = (a.dim(1)?, b.dim(1)?);
        let y = a.matmul(&weight.narrow(1, 0, left)?.t()?)?;
        let y = (y + b.matmul(&weight.narrow(1, left, right)?.t()?)?)?;
        kernels::add_row(&y, &self.bias)?;
        Ok(y)
    }

    fn weight(&self) -> Result<Tensor> {
        match &self.weight {
            Matrix::Kept(tensor) => Ok(tensor.clone()),
            Matrix::Streamed { weights, name, shape } => weights.get(name, shape),
        }
    }
}
