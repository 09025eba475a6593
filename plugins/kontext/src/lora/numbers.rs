//! Whether all numbers of a file are numbers.

use super::Lora;
use crate::error::{Error, Result};
use crate::interrupt;

// Elements between two looks at whether to go on; whole blocks of every encoding.
const CHUNK: usize = 1 << 18;

impl Lora {
    /// Passes when every number of every change is finite: one that is not would spoil every picture, and nothing would say why.
    ///
    /// Cost: reads the file once.
    ///
    /// # Errors
    /// [`Error::Tensor`] naming the key; [`Error::Cancelled`]; as [`Weights::get`](crate::weights::Weights::get).
    pub fn check_numbers(&self) -> Result<()> {
        for factor in self.layers.iter().flat_map(|layer| layer.change.factors()) {
            let source = self.file.source(&factor.key)?;
            let mut before = 0;
            for piece in source.pieces() {
                for start in (0..piece.elements()).step_by(CHUNK) {
                    interrupt::check()?;
                    let values = piece.decode(start, CHUNK.min(piece.elements() - start))?;
                    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                        return Err(Error::Tensor {
                            file: self.file.label().to_owned(),
                            tensor: factor.key.clone(),
                            problem: format!(
                                "is {} at element {}, expected a finite number",
                                values[at],
                                before + start + at
                            ),
                        });
                    }
                }
                before += piece.elements();
            }
        }
        Ok(())
    }
}
