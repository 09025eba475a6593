//! Embeddings of time, guidance and pooled text.

use candle_core::Tensor;

use super::row;
use crate::error::Result;
use crate::kernels;
use crate::linear::{Linear, Loader};

/// Width of the sinusoidal embedding.
pub(super) const WIDTH: usize = 256;

/// Linear, SiLU, Linear.
pub(super) struct Mlp {
    inner: Linear,
    outer: Linear,
}

impl Mlp {
    pub(super) fn load(loader: &Loader, name: &str, width: usize, hidden: usize) -> Result<Self> {
        Ok(Self {
            inner: loader.linear(&format!("{name}.in_layer"), width, hidden)?,
            outer: loader.linear(&format!("{name}.out_layer"), hidden, hidden)?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.inner.forward(x)?;
        kernels::silu(&x)?;
        self.outer.forward(&x)
    }
}

/// Cosines, then sines, of 1000·`value` at 128 frequencies from 1 to 1/10000: `(1, 256)`.
///
/// Source: `timestep_embedding` in <https://github.com/black-forest-labs/flux/blob/main/src/flux/modules/layers.py>.
pub(super) fn sinusoid(value: f64) -> Result<Tensor> {
    row(sinusoid_values(value))
}

fn sinusoid_values(value: f64) -> Vec<f32> {
    let half = WIDTH / 2;
    let angle = |i: usize| 1000.0 * value * (-(10_000f64.ln()) * i as f64 / half as f64).exp();
    let cos = (0..half).map(|i| angle(i).cos() as f32);
    cos.chain((0..half).map(|i| angle(i).sin() as f32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the reference implementation in f32, whose angles of up to 2500 are off by 1e-4.
    #[test]
    fn sinusoid_agrees_with_the_reference() {
        let at = [0, 1, 2, 127, 128, 129, 255];
        for (value, expected) in [
            (0.7, [-0.8391043, -0.4618004, -0.9884104, 0.9971721, 0.5439705, -0.8869839, 0.0751516]),
            (2.5, [0.7598251, -0.0807279, -0.9382339, 0.9641296, -0.6501275, 0.9967362, 0.2654319]),
        ] {
            let found = sinusoid_values(value);
            for (i, e) in at.into_iter().zip(expected) {
                assert!(
                    (found[i] - e as f32).abs() < 1.5e-4,
                    "temb({value})[{i}] = {}, expected {e}",
                    found[i]
                );
            }
        }
    }
}
