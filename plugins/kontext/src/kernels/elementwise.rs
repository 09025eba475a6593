//! Activations, modulation and residuals in one pass each.

use candle_core::Tensor;

use super::{for_rows, in_place, math, tensor, with_slice};
use crate::error::Result;

/// `(1 + scale)·LayerNorm(x) + shift`, LayerNorm without weights, eps 1e-6.
///
/// Shapes: `x` `(L, D)`; `shift`, `scale` `(D)`.
pub(crate) fn layer_norm_modulate(x: &Tensor, shift: &[f32], scale: &[f32]) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let mut out = vec![0f32; rows * width];
    with_slice(x, |x| {
        for_rows(&mut out, width, |row, out| {
            let x = &x[row * width..][..width];
            let mean = math::sum(x, |v| v) / width as f32;
            let variance = math::sum(x, |v| (v - mean) * (v - mean)) / width as f32;
            let inverse = 1.0 / (variance + 1e-6).sqrt();
            for (((out, &x), &shift), &scale) in out.iter_mut().zip(x).zip(shift).zip(scale) {
                *out = (x - mean) * inverse * (1.0 + scale) + shift;
            }
        });
        Ok(())
    })?;
    tensor(out, &[rows, width])
}

/// `x + gate·y`. Shapes: `x`, `y` `(L, D)`; `gate` `(D)`.
pub(crate) fn add_gated(x: &Tensor, y: &Tensor, gate: &[f32]) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let mut out = vec![0f32; rows * width];
    with_slice(x, |x| {
        with_slice(y, |y| {
            for_rows(&mut out, width, |row, out| {
                let at = row * width;
                for (((out, &x), &y), &gate) in out.iter_mut().zip(&x[at..at + width]).zip(&y[at..]).zip(gate)
                {
                    *out = x + gate * y;
                }
            });
            Ok(())
        })
    })?;
    tensor(out, &[rows, width])
}

/// Adds `row` to every row of `x` in place. Shapes: `x` `(L, D)`; `row` `(D)`.
pub(crate) fn add_row(x: &Tensor, row: &[f32]) -> Result<()> {
    in_place(x, |x| {
        for_rows(x, row.len(), |_, x| {
            for (x, &bias) in x.iter_mut().zip(row) {
                *x += bias;
            }
        });
    })
}

/// Tanh-GELU of every element, in place.
pub(crate) fn gelu(x: &Tensor) -> Result<()> {
    in_place(x, |x| {
        let width = row_width(x.len());
        for_rows(x, width, |_, x| x.iter_mut().for_each(|x| *x = math::gelu_tanh(*x)));
    })
}

/// x·sigmoid(x) of every element, in place.
pub(crate) fn silu(x: &Tensor) -> Result<()> {
    in_place(x, |x| {
        let width = row_width(x.len());
        for_rows(x, width, |_, x| x.iter_mut().for_each(|x| *x = math::silu(*x)));
    })
}

/// A divisor of `len` near a thousand, to cut elementwise work into rows.
fn row_width(len: usize) -> usize {
    (0..=10).map(|shift| 1024 >> shift).find(|w| len.is_multiple_of(*w)).unwrap_or(1)
}
