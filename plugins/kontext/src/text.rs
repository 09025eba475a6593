//! Prompts to numbers: tokenizers and the two text encoders.
//!
//! Both encoders get the same prompt. T5 gives one row for each token, padding included; CLIP gives one vector.
//! Lengths, special tokens and sizes come from the model's files, never from the code.

mod clip;
mod t5;
mod tokenizer;

pub use clip::{ClipConfig, ClipEncoder};
pub use t5::{Activation as T5Activation, T5Config, T5Encoder};
pub(crate) use t5::{HEADS, Sizes as T5Sizes};
pub use tokenizer::{Encoded, Tokenizer, Truncation};

use crate::error::{Error, Result};
use crate::weights::Weights;

/// Rows and columns of a tensor that must be a matrix.
pub(crate) fn matrix(weights: &Weights, name: &str) -> Result<(usize, usize)> {
    match *weights.shape(name)? {
        [rows, columns] => Ok((rows, columns)),
        ref shape => Err(Error::Tensor {
            file: weights.label().to_owned(),
            tensor: name.to_owned(),
            problem: format!("has shape {shape:?}, expected a matrix"),
        }),
    }
}

fn outside_vocabulary(id: u32, vocabulary: usize) -> Error {
    Error::input(
        "text",
        format!("tokens below {vocabulary}, the size of the text encoder's vocabulary"),
        format!("token {id}: the tokenizer is another model's"),
    )
}
