//! The part of a GGUF file before the numbers.
//!
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>

use crate::weights::GGUF_ALIGNMENT as ALIGNMENT;

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
    /// Number of its encoding in `enum ggml_type`.
    pub(super) kind: u32,
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
        out.extend(tensor.kind.to_le_bytes());
        out.extend(tensor.offset.to_le_bytes());
    }
    out.resize(out.len().next_multiple_of(ALIGNMENT as usize), 0);
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}
