//! Single numbers, which tools store in types that no matrix has.

use super::{Stored, Weights};
use crate::error::Result;

impl Weights {
    /// The number in a tensor of one element, in any float or integer type.
    ///
    /// # Errors
    /// [`Error::Tensor`](crate::Error::Tensor) when it is missing or has more elements or another type.
    pub(crate) fn scalar(&self, name: &str) -> Result<f64> {
        let entry = self.entry(name)?;
        let bytes = match &entry.pieces[..] {
            [piece] if entry.elements() == 1 => piece.read()?,
            _ => {
                return Err(
                    self.tensor_error(name, format!("has shape {:?}, expected one number", entry.shape))
                );
            }
        };
        let number = match entry.stored {
            Stored::As(encoding) if encoding.block_elements() == 1 => {
                let mut out = [0f32];
                encoding.decode(&bytes, &mut out);
                Some(f64::from(out[0]))
            }
            Stored::Other("F64") => bytes.as_slice().try_into().ok().map(f64::from_le_bytes),
            Stored::Other("I64") => bytes.as_slice().try_into().ok().map(|it| i64::from_le_bytes(it) as f64),
            Stored::Other("I32") => {
                bytes.as_slice().try_into().ok().map(|it| f64::from(i32::from_le_bytes(it)))
            }
            _ => None,
        };
        number.ok_or_else(|| {
            self.tensor_error(name, format!("is of type {}, expected one number", entry.stored.name()))
        })
    }
}
