//! The part of a GGUF file before the numbers.
//!
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>

use crate::weights::Encoding;

/// Every tensor begins at a multiple of this.
pub(super) const ALIGNMENT: u64 = 32;

/// A fact about the model.
pub(super) enum Value {
    U32(u32),
    F32(f32),
    Text(String),
}

/// A tensor in the table of a file.
pub(super) struct TensorInfo<'a> {
    pub(super) name: &'a str,
    pub(super) shape: &'a [usize],
    pub(super) encoding: Encoding,
    /// Where it begins, from the end of the header.
    pub(super) offset: u64,
}

/// Magic number, facts and table of tensors, filled up to a multiple of [`ALIGNMENT`].
pub(super) fn header(facts: &[(&str, Value)], tensors: &[TensorInfo<'_>]) -> Vec<u8> {
    const VERSION: u32 = 3;
    let mut out = b"GGUF".to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((facts.len() as u64).to_le_bytes());
    for (key, value) in facts {
        text(&mut out, key);
        match value {
            Value::U32(value) => {
                out.extend(4u32.to_le_bytes());
                out.extend(value.to_le_bytes());
            }
            Value::F32(value) => {
                out.extend(6u32.to_le_bytes());
                out.extend(value.to_le_bytes());
            }
            Value::Text(value) => {
                out.extend(8u32.to_le_bytes());
                text(&mut out, value);
            }
        }
    }
    for tensor in tensors {
        text(&mut out, tensor.name);
        // The dimension whose elements lie side by side comes first; a single number is a row of one.
        let mut dims: Vec<u64> = tensor.shape.iter().rev().map(|&dim| dim as u64).collect();
        if dims.is_empty() {
            dims.push(1);
        }
        out.extend((dims.len() as u32).to_le_bytes());
        out.extend(dims.into_iter().flat_map(u64::to_le_bytes));
        out.extend(type_id(tensor.encoding).to_le_bytes());
        out.extend(tensor.offset.to_le_bytes());
    }
    out.resize(out.len().next_multiple_of(ALIGNMENT as usize), 0);
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

/// Number of an encoding in `enum ggml_type`.
fn type_id(encoding: Encoding) -> u32 {
    match encoding {
        Encoding::F32 => 0,
        Encoding::F16 => 1,
        Encoding::Q4_0 => 2,
        Encoding::Q4_1 => 3,
        Encoding::Q5_0 => 6,
        Encoding::Q5_1 => 7,
        Encoding::Q8_0 => 8,
        Encoding::Q2K => 10,
        Encoding::Q3K => 11,
        Encoding::Q4K => 12,
        Encoding::Q5K => 13,
        Encoding::Q6K => 14,
        Encoding::BF16 => 30,
        Encoding::F8E4M3 | Encoding::F8E5M2 => {
            unreachable!("GGUF has no 8-bit floats, so no rule chooses them")
        }
    }
}
