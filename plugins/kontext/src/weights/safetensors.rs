//! Reads the headers of safetensors files.
//!
//! Source: <https://huggingface.co/docs/safetensors/index#format>.

use std::collections::BTreeMap;
use std::sync::Arc;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, SafeTensorError, SafeTensors};

use super::file::WeightFile;
use super::{Contents, Encoding, Entry, Piece, Stored};
use crate::error::{Error, Result};

/// Bytes before the header, which say how long it is.
const LENGTH_BYTES: u64 = 8;
/// The format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;
/// Longer than any model's header; those of LoRA trainers list every picture they saw.
const MOST_HEADER: u64 = 32 << 20;

/// The tensors of a file; nothing but its header is read.
pub(super) fn read(file: &Arc<WeightFile>) -> Result<Contents> {
    let wrong = |problem: String| Error::file(file.name(), problem);
    let header = header(file)?;
    let (_, text) = header.split_at(LENGTH_BYTES as usize);
    // The library's other reader says better what is wrong, but wants the whole file in memory.
    let metadata: Metadata = serde_json::from_slice(text).map_err(|error| {
        SafeTensors::read_metadata(&header)
            .map_or_else(|why| wrong(damage(&why)), |_| wrong(error.to_string()))
    })?;
    let data_start = header.len();
    let (whole, length) = ((data_start as u64).saturating_add(metadata.data_len() as u64), file.length());
    if whole > length {
        return Err(wrong(format!("is cut short: {length} of {whole} bytes are there")));
    }
    if whole < length {
        return Err(wrong(
            "has bytes after its last tensor, so it was damaged or joined with another file".to_owned(),
        ));
    }
    let mut entries = BTreeMap::new();
    for (name, info) in metadata.tensors() {
        let (start, end) = info.data_offsets;
        let piece = Piece { file: file.clone(), bytes: data_start + start..data_start + end, scale: 1.0 };
        let entry = Entry { shape: info.shape.clone(), stored: stored(info.dtype), pieces: vec![piece] };
        entries.insert(name, entry);
    }
    Ok(Contents { entries, metadata: metadata.metadata().clone().unwrap_or_default() })
}

/// The length of the header and the header.
fn header(file: &WeightFile) -> Result<Vec<u8>> {
    let mut promised = [0; LENGTH_BYTES as usize];
    file.read_at(0, &mut promised)?;
    let promised = u64::from_le_bytes(promised);
    let wrong = |problem: String| Err(Error::file(file.name(), problem));
    if promised > LONGEST_HEADER || file.head(LENGTH_BYTES + 1)?.last() != Some(&b'{') {
        return wrong(format!(
            "is not a safetensors file: its first bytes ask for a header of {promised} bytes"
        ));
    }
    let whole = LENGTH_BYTES + promised;
    if whole > file.length() {
        return wrong(format!(
            "is cut short: its header needs {promised} bytes, the file has {}",
            file.length()
        ));
    }
    if promised > MOST_HEADER {
        return wrong(format!("has a header of {promised} bytes, more than any model"));
    }
    file.head(whole)
}

fn stored(dtype: Dtype) -> Stored {
    Stored::As(match dtype {
        Dtype::F32 => Encoding::F32,
        Dtype::F16 => Encoding::F16,
        Dtype::BF16 => Encoding::BF16,
        Dtype::F8_E4M3 => Encoding::F8E4M3,
        Dtype::F8_E5M2 => Encoding::F8E5M2,
        Dtype::F8_E4M3FNUZ => return Stored::Other("F8_E4M3FNUZ"),
        Dtype::F8_E5M2FNUZ => return Stored::Other("F8_E5M2FNUZ"),
        Dtype::F8_E8M0 => return Stored::Other("F8_E8M0"),
        Dtype::F4 => return Stored::Other("F4"),
        Dtype::F6_E2M3 => return Stored::Other("F6_E2M3"),
        Dtype::F6_E3M2 => return Stored::Other("F6_E3M2"),
        Dtype::F64 => return Stored::Other("F64"),
        Dtype::BOOL => return Stored::Other("BOOL"),
        Dtype::U8 => return Stored::Other("U8"),
        Dtype::I8 => return Stored::Other("I8"),
        Dtype::U16 => return Stored::Other("U16"),
        Dtype::I16 => return Stored::Other("I16"),
        Dtype::U32 => return Stored::Other("U32"),
        Dtype::I32 => return Stored::Other("I32"),
        Dtype::U64 => return Stored::Other("U64"),
        Dtype::I64 => return Stored::Other("I64"),
        _ => return Stored::Other("of an unknown type"),
    })
}

/// What the header check found.
fn damage(error: &SafeTensorError) -> String {
    match error {
        SafeTensorError::InvalidHeader(_) => "is not a safetensors file: its header is not text".to_owned(),
        SafeTensorError::InvalidHeaderDeserialization(e) => format!("has a header that cannot be read: {e}"),
        SafeTensorError::InvalidOffset(tensor) => {
            format!("gives tensor `{tensor}` a wrong place in the file")
        }
        SafeTensorError::TensorInvalidInfo
        | SafeTensorError::ValidationOverflow
        | SafeTensorError::MisalignedSlice => "has a tensor whose shape and size do not agree".to_owned(),
        other => format!("is damaged: {other}"),
    }
}
