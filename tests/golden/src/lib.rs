//! Tiny models whose weights come from a formula, and the numbers the reference implementations compute with them.
//!
//! [`weight`] and [`input`] make tensors from their names; [`Expected`] checks a result against a few printed values. The numbers in
//! `data/` were printed by BFL's own `flux` package and by Hugging Face transformers 4.38, running in f64 with the same formula.

pub mod bad;
pub mod fp8;
pub mod memory;
pub mod models;

use std::path::Path;

use safetensors::tensor::TensorView;
use serde::Deserialize;

/// A tensor by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// Name in the file.
    pub name: String,
    /// Dimensions.
    pub shape: Vec<usize>,
    /// Elements, row-major.
    pub values: Vec<f32>,
}

/// Element `i` of the tensor `name`: `offset + r·scale`, r in `[-1, 1)`.
///
/// FNV-1a 64 of the name seeds a SplitMix64 sequence whose top 24 bits count.
pub fn value(name: &str, i: usize, scale: f64, offset: f64) -> f32 {
    let hash =
        name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mut z = hash.wrapping_add((i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    let r = 2.0 * ((z >> 40) as f64 / f64::from(1u32 << 24)) - 1.0;
    (offset + r * scale) as f32
}

/// A weight: matrices scaled by their fan-in, biases small, norm weights near one.
pub fn weight(name: &str, shape: &[usize]) -> Named {
    let (scale, offset) = match shape {
        [_] if name.ends_with("bias") => (0.1, 0.0),
        [_] => (0.1, 1.0),
        [_, rest @ ..] => (1.0 / (rest.iter().product::<usize>() as f64).sqrt(), 0.0),
        [] => (0.1, 1.0),
    };
    let values = (0..shape.iter().product()).map(|i| value(name, i, scale, offset)).collect();
    Named { name: name.to_owned(), shape: shape.to_vec(), values }
}

/// An input of a model.
pub fn input(name: &str, len: usize, scale: f64) -> Vec<f32> {
    (0..len).map(|i| value(name, i, scale, 0.0)).collect()
}

/// Writes a safetensors file in f32.
///
/// # Panics
/// When the file cannot be written.
pub fn write(path: &Path, tensors: &[Named]) {
    write_as(path, tensors, safetensors::Dtype::F32);
}

/// Writes a safetensors file in F32, F16 or BF16.
///
/// # Panics
/// When the file cannot be written or the dtype is another one.
pub fn write_as(path: &Path, tensors: &[Named], dtype: safetensors::Dtype) {
    let bytes = |t: &Named| -> Vec<u8> {
        match dtype {
            safetensors::Dtype::F32 => t.values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            safetensors::Dtype::F16 => {
                t.values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect()
            }
            safetensors::Dtype::BF16 => {
                t.values.iter().flat_map(|v| half::bf16::from_f32(*v).to_le_bytes()).collect()
            }
            other => panic!("cannot write {other:?}"),
        }
    };
    let data: Vec<Vec<u8>> = tensors.iter().map(bytes).collect();
    let views = tensors
        .iter()
        .zip(&data)
        .map(|(t, d)| (&t.name, TensorView::new(dtype, t.shape.clone(), d).unwrap()));
    safetensors::serialize_to_file(views, None, path).unwrap();
}

/// What is known of a result: its first and last elements, its sum and the sum of its absolute values.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// First elements, row-major.
    pub first: Vec<f64>,
    /// Last elements.
    #[serde(default)]
    pub last: Vec<f64>,
    /// Sum of all elements.
    pub sum: Option<f64>,
    /// Sum of all absolute values.
    pub abs_sum: Option<f64>,
}

impl Expected {
    /// Checks a result and prints by how much it differs.
    ///
    /// # Panics
    /// When an element differs by more than `element`, or a sum by more than `sum`.
    #[track_caller]
    pub fn check(&self, what: &str, found: &[f32], element: f64, sum: f64) {
        let ends = self.first.iter().zip(found).chain(self.last.iter().rev().zip(found.iter().rev()));
        let worst = ends.map(|(e, f)| (e - f64::from(*f)).abs()).fold(0.0, f64::max);
        let total: f64 = found.iter().map(|v| f64::from(*v)).sum();
        let abs: f64 = found.iter().map(|v| f64::from(v.abs())).sum();
        let off = |expected: Option<f64>, found: f64| expected.map_or(0.0, |e| (e - found).abs());
        let (sum_off, abs_off) = (off(self.sum, total), off(self.abs_sum, abs));
        println!("{what}: elements within {worst:.1e}, sum {sum_off:.1e}, sum of absolutes {abs_off:.1e}");
        let start = &found[..self.first.len().min(found.len())];
        assert!(found.iter().all(|v| v.is_finite()), "{what}: not finite, starts {start:?}");
        let end = &found[found.len().saturating_sub(self.last.len())..];
        assert!(
            worst <= element,
            "{what}: an element differs by {worst:e}: {start:?} … {end:?}, expected {self:?}"
        );
        assert!(sum_off <= sum, "{what}: the sum is {total}, expected {:?}", self.sum);
        assert!(abs_off <= sum, "{what}: the sum of absolutes is {abs}, expected {:?}", self.abs_sum);
    }
}

/// Reads a data file.
///
/// # Panics
/// When it does not parse.
pub fn data<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formula_agrees_with_its_check_values() {
        let expected = [-0.7572101354598999, -0.7612546682357788, -0.10146188735961914, 0.8768837451934814];
        let found: Vec<f64> = (0..4).map(|i| f64::from(value("t", i, 1.0, 0.0))).collect();
        assert_eq!(found, expected);
    }
}
