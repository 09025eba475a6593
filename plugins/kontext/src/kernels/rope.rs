//! Rotary position tables and the pass that normalizes and rotates queries and keys.

use candle_core::Tensor;
use rayon::prelude::*;

use super::{math, with_slice};
use crate::error::{Error, Result};

/// Cosines and sines of every token's rotation angles, `(L, D/2)` each.
///
/// Angles are computed in f64 and stored as f32: bf16 angles would be off by up to 0.26 in the cosine.
/// Source: Su et al., "RoFormer", 2021; axes as in
/// <https://github.com/black-forest-labs/flux/blob/main/src/flux/math.py>.
#[derive(Debug, Clone)]
pub(crate) struct RopeTable {
    pub(crate) cos: Vec<f32>,
    pub(crate) sin: Vec<f32>,
    half: usize,
}

impl RopeTable {
    /// The table of tokens whose positions are given per axis; `axes` are the head dimensions of each axis.
    pub(crate) fn new(ids: &[[i64; 3]], axes: &[usize; 3], theta: f64) -> Self {
        let half = axes.iter().sum::<usize>() / 2;
        let frequencies: Vec<(usize, f64)> = axes
            .iter()
            .enumerate()
            .flat_map(|(axis, &dim)| {
                (0..dim / 2).map(move |i| (axis, theta.powf(-2.0 * i as f64 / dim as f64)))
            })
            .collect();
        let angles = ids.iter().flat_map(|id| frequencies.iter().map(move |&(axis, f)| id[axis] as f64 * f));
        let (sin, cos) = angles.map(|a| (a.sin() as f32, a.cos() as f32)).unzip();
        Self { cos, sin, half }
    }

    /// Number of tokens.
    pub(crate) fn tokens(&self) -> usize {
        self.cos.len() / self.half.max(1)
    }

    /// The row of a token.
    fn row(&self, token: usize) -> (&[f32], &[f32]) {
        (&self.cos[token * self.half..][..self.half], &self.sin[token * self.half..][..self.half])
    }
}

/// Queries, keys and values by head, queries and keys RMS-normed and rotated.
///
/// Shapes: `x` `(rows, ≥ 3·H·D)` with columns q, k, v, each head by head; scales `(D)`; `out` `(3, H, L, D)`, of which the rows from
/// `first` on are written, and which are also those of the table. Adjacent pairs rotate together.
pub(crate) fn split_qkv(
    x: &Tensor,
    heads: usize,
    query_scale: &[f32],
    key_scale: &[f32],
    table: &RopeTable,
    first: usize,
    out: &mut [f32],
) -> Result<()> {
    let (rows, width) = x.dims2()?;
    let dim = query_scale.len();
    let tokens = out.len() / (3 * heads * dim).max(1);
    if width < 3 * heads * dim || table.half * 2 != dim || first + rows > tokens {
        let expected = format!("{} columns, at most {tokens} rows", 3 * heads * dim);
        return Err(Error::input("qkv", expected, format!("{width} columns, {} rows", first + rows)));
    }
    let arch = pulp::Arch::new();
    let token = |which: usize, head: usize, token: usize, x: &[f32], out: &mut [f32]| {
        let x = &x[token * width + (which * heads + head) * dim..][..dim];
        let scale = match which {
            0 => query_scale,
            1 => key_scale,
            _ => return out.copy_from_slice(x),
        };
        let inverse = 1.0 / (math::sum(x, |v| v * v) / dim as f32 + 1e-6).sqrt();
        let (cos, sin) = table.row(first + token);
        for (i, out) in out.chunks_exact_mut(2).enumerate() {
            let a = x[2 * i] * inverse * scale[2 * i];
            let b = x[2 * i + 1] * inverse * scale[2 * i + 1];
            out[0] = cos[i] * a - sin[i] * b;
            out[1] = sin[i] * a + cos[i] * b;
        }
    };
    with_slice(x, |x| {
        out.par_chunks_mut(tokens * dim).enumerate().for_each(|(at, out)| {
            let rows = &mut out[first * dim..(first + rows) * dim];
            arch.dispatch(|| {
                for (i, out) in rows.chunks_exact_mut(dim).enumerate() {
                    token(at / heads, at % heads, i, x, out);
                }
            });
        });
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: &[f32], expected: &[f32]) {
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() < 1e-6, "found {found:?}, expected {expected:?}");
        }
    }

    /// Angles of the reference implementation in f64, axes 16, 56, 56.
    #[test]
    fn table_holds_the_reference_angles() {
        let table = RopeTable::new(&[[1, 0, 0], [0, 63, 0]], &[16, 56, 56], 10_000.0);
        let (cos, sin) = table.row(0);
        check(cos, &[0.5403023, 0.9504153, 0.9950042, 0.9995, 0.99995, 0.999995, 0.9999995, 1.0]);
        check(sin, &[0.841471, 0.3109836, 0.0998334, 0.0316175, 0.0099998, 0.0031623, 0.001, 0.0003162]);
        let (cos, sin) = table.row(1);
        check(&cos[8..], &[0.9858966, 0.2112915, 0.3485582, -0.0780251]);
        check(&sin[8..], &[0.1673557, 0.9774231, 0.9372871, -0.9969514]);
        check(&[cos[35], sin[35]], &[0.9999617, 0.0087537]);
        check(&cos[36..], &[1.0; 28]);
    }
}
