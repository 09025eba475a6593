use candle_core::{IndexOp, Tensor};
use candle_nn::{Linear, Module};

use crate::error::{Error, Result};
use crate::text::matrix;
use crate::weights::Weights;

/// The Redux adapter: SigLIP tokens in, tokens as T5 writes them out.
///
/// Memory: four bytes a parameter (FLUX.1 Redux: 0.26 GB).
///
/// Source: `ReduxImageEncoder` in
/// <https://github.com/black-forest-labs/flux/blob/main/src/flux/modules/image_embedders.py>
pub struct Redux {
    up: Linear,
    down: Linear,
    input: usize,
    output: usize,
}

impl Redux {
    /// An adapter on the tensors of [`Part::Redux`](crate::weights::Part::Redux).
    ///
    /// # Errors
    /// When one of the four tensors is missing or they do not fit each other.
    pub fn new(weights: &Weights) -> Result<Self> {
        let (middle, input) = matrix(weights, "redux_up.weight")?;
        let (output, _) = matrix(weights, "redux_down.weight")?;
        let linear = |name: &str, rows: usize, columns: usize| -> Result<Linear> {
            let weight = weights.get(&format!("{name}.weight"), &[rows, columns])?;
            Ok(Linear::new(weight, Some(weights.get(&format!("{name}.bias"), &[rows])?)))
        };
        let (up, down) = (linear("redux_up", middle, input)?, linear("redux_down", output, middle)?);
        Ok(Self { up, down, input, output })
    }

    /// Length of a SigLIP token it takes.
    pub fn input(&self) -> usize {
        self.input
    }

    /// Length of a token it gives, the width of T5.
    pub fn output(&self) -> usize {
        self.output
    }

    /// `[1, tokens, input]` to `[1, tokens, output]`.
    ///
    /// # Errors
    /// When the tokens have another length.
    pub fn forward(&self, tokens: &Tensor) -> Result<Tensor> {
        let width = tokens.dim(candle_core::D::Minus1)?;
        if width != self.input {
            return Err(Error::input(
                "model",
                format!(
                    "a vision tower that gives tokens of {} numbers, as the Redux adapter takes",
                    self.input
                ),
                format!("one that gives {width}"),
            ));
        }
        Ok(self.down.forward(&self.up.forward(tokens)?.silu()?)?)
    }
}

/// Averages a square grid of tokens `[1, side², width]` down to `⌊side / factor⌋` a side; 1 changes nothing.
///
/// Fewer tokens leave more weight to the words of the prompt. The cells are those of torch's adaptive average
/// pooling, which is what `interpolate(mode="area")` does.
///
/// # Errors
/// When `factor` is 0 or larger than the side, or the tokens are no square grid.
pub fn pool(tokens: &Tensor, factor: usize) -> Result<Tensor> {
    if factor == 1 {
        return Ok(tokens.clone());
    }
    let (_, count, width) = tokens.dims3()?;
    let side = count.isqrt();
    if side * side != count || factor == 0 || factor > side {
        return Err(Error::input(
            "downsample",
            format!("a factor of 1 to the side of a square grid of {count} tokens"),
            factor.to_string(),
        ));
    }
    let cells = side / factor;
    let range = |cell: usize| (cell * side / cells, ((cell + 1) * side).div_ceil(cells));
    let grid = tokens.reshape((side, side, width))?;
    let mut pooled = Vec::with_capacity(cells * cells);
    for row in 0..cells {
        let (top, bottom) = range(row);
        for column in 0..cells {
            let (left, right) = range(column);
            pooled.push(grid.i((top..bottom, left..right))?.mean((0, 1))?);
        }
    }
    Ok(Tensor::stack(&pooled, 0)?.unsqueeze(0)?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn pooling_averages_whole_cells_and_overlapping_ones() {
        let grid = |side: usize| {
            let values: Vec<f32> = (0..side * side).map(|at| at as f32).collect();
            Tensor::from_vec(values, (1, side * side, 1), &Device::Cpu).unwrap()
        };
        let values = |tokens: &Tensor| tokens.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(values(&pool(&grid(4), 2).unwrap()), [2.5, 4.5, 10.5, 12.5]);
        // torch.nn.functional.adaptive_avg_pool2d(arange(25).view(1, 1, 5, 5), 2): cells of 3 share the middle line.
        assert_eq!(values(&pool(&grid(5), 2).unwrap()), [6.0, 8.0, 16.0, 18.0]);
        assert_eq!(values(&pool(&grid(3), 1).unwrap()), values(&grid(3)));
        assert!(pool(&grid(3), 4).is_err());
    }
}
