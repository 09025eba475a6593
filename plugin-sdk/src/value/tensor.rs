use std::borrow::Cow;

use half::{bf16, f16};

use crate::{Failure, Result};

/// Numbers of any shape, row-major, native endian.
///
/// Packed bytes with a description, so that plugins built on different libraries can pass numbers on:
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// let tensor = Tensor::from_f32(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!((tensor.dtype.as_str(), tensor.data.len()), ("f32", 24));
/// let row_sums: Vec<f32> = tensor.to_f32()?.chunks(3).map(|row| row.iter().sum()).collect();
/// assert_eq!(row_sums, [6.0, 15.0]);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tensor {
    /// Type of one element as in safetensors files, lower case: `f32`, `bf16`, `i64`, `u8`, …
    pub dtype: String,
    /// Length of each axis, slowest first; none for a single number.
    pub shape: Vec<u64>,
    /// The elements.
    pub data: Vec<u8>,
}

impl Tensor {
    /// A tensor of dtype `f32`. Copies the numbers once.
    ///
    /// # Errors
    /// `Failed` when `shape` has more or fewer elements than there are numbers.
    pub fn from_f32(shape: &[u64], numbers: &[f32]) -> Result<Self> {
        let elements = shape.iter().try_fold(1, |product: u64, length| product.checked_mul(*length));
        if elements != Some(numbers.len() as u64) {
            let found = numbers.len();
            return Err(Failure::failed(format!("tensor of shape {shape:?}: found {found} numbers")));
        }
        let data = bytemuck::cast_slice(numbers).to_vec();
        Ok(Self { dtype: "f32".to_owned(), shape: shape.to_vec(), data })
    }

    /// The elements as `f32`: borrowed when that is what they are, converted from `f16` and `bf16`.
    ///
    /// # Errors
    /// `Unsupported` for another dtype, `Failed` when the bytes are not whole elements.
    pub fn to_f32(&self) -> Result<Cow<'_, [f32]>> {
        match self.dtype.as_str() {
            // A buffer that is not aligned for numbers has to be copied.
            "f32" => match bytemuck::try_cast_slice(&self.data) {
                Ok(numbers) => Ok(Cow::Borrowed(numbers)),
                Err(_) => self.elements(f32::from_ne_bytes).map(Cow::Owned),
            },
            "f16" => self.elements(|bytes| f16::from_ne_bytes(bytes).to_f32()).map(Cow::Owned),
            "bf16" => self.elements(|bytes| bf16::from_ne_bytes(bytes).to_f32()).map(Cow::Owned),
            other => {
                Err(Failure::unsupported(format!("numbers of dtype {other}: expected f32, f16 or bf16")))
            }
        }
    }

    fn elements<const N: usize>(&self, number: impl Fn([u8; N]) -> f32) -> Result<Vec<f32>> {
        let (elements, rest) = self.data.as_chunks::<N>();
        if !rest.is_empty() {
            let why = format!("tensor of {}: {} bytes are not whole elements", self.dtype, self.data.len());
            return Err(Failure::failed(why));
        }
        Ok(elements.iter().map(|bytes| number(*bytes)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(dtype: &str, data: &[u8]) -> Tensor {
        Tensor { dtype: dtype.to_owned(), shape: vec![], data: data.to_vec() }
    }

    #[test]
    fn numbers_of_half_the_width_are_converted() {
        let one = |dtype, bytes: [u8; 2]| tensor(dtype, &bytes).to_f32().unwrap()[0];
        assert_eq!(one("f16", f16::from_f32(0.25).to_ne_bytes()), 0.25);
        assert_eq!(one("bf16", bf16::from_f32(-8.0).to_ne_bytes()), -8.0);
    }

    #[test]
    fn what_cannot_be_read_as_numbers_is_an_error() {
        assert!(matches!(tensor("i64", &[0; 8]).to_f32(), Err(Failure::Unsupported { .. })));
        assert!(matches!(tensor("f32", &[0; 6]).to_f32(), Err(Failure::Failed { .. })));
        assert!(matches!(tensor("f16", &[0; 3]).to_f32(), Err(Failure::Failed { .. })));
    }

    #[test]
    fn the_shape_must_fit_the_numbers() {
        assert!(Tensor::from_f32(&[2, 2], &[0.0; 3]).is_err());
        assert!(Tensor::from_f32(&[u64::MAX, 2], &[]).is_err());
        assert_eq!(Tensor::from_f32(&[], &[1.0]).unwrap().to_f32().unwrap().as_ref(), [1.0]);
    }
}
