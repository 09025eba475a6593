//! Reads the headers of safetensors files.
//!
//! Source: <https://huggingface.co/docs/safetensors/index#format>.

use std::collections::BTreeMap;
use std::sync::Arc;

use safetensors::Dtype;
use safetensors::tensor::{SafeTensorError, SafeTensors};

use super::file::MappedFile;
use super::{Contents, Encoding, Entry, Piece, Stored};
use crate::error::{Error, Result};

/// The tensors of a mapped file; nothing but its header is read.
pub(super) fn read(file: &Arc<MappedFile>) -> Result<Contents> {
    let (header, metadata) = SafeTensors::read_metadata(file.bytes()).map_err(|e| damaged(file, &e))?;
    let data_start = header + 8;
    let mut entries = BTreeMap::new();
    for (name, info) in metadata.tensors() {
        let (start, end) = info.data_offsets;
        let piece = Piece { file: file.clone(), bytes: data_start + start..data_start + end, scale: 1.0 };
        let entry = Entry { shape: info.shape.clone(), stored: stored(info.dtype), pieces: vec![piece] };
        entries.insert(name, entry);
    }
    Ok(Contents { entries, metadata: metadata.metadata().clone().unwrap_or_default() })
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

/// A sentence for what the header check found.
fn damaged(file: &MappedFile, error: &SafeTensorError) -> Error {
    let (map, length) = (file.bytes(), file.bytes().len() as u64);
    let promised = u64::from_le_bytes(map[..8].try_into().expect("at least ten bytes were checked"));
    let problem = match error {
        SafeTensorError::InvalidHeaderLength if map.get(8) == Some(&b'{') => {
            format!("is cut short: its header needs {promised} bytes, the file has {length}")
        }
        SafeTensorError::MetadataIncompleteBuffer => match promised_data(map, promised) {
            Some(data) if data.saturating_add(promised + 8) > length => {
                let whole = data.saturating_add(promised + 8);
                format!("is cut short: {length} of {whole} bytes are there")
            }
            _ => "has bytes after its last tensor, so it was damaged or joined with another file".to_owned(),
        },
        SafeTensorError::HeaderTooLarge
        | SafeTensorError::InvalidHeaderLength
        | SafeTensorError::HeaderTooSmall => {
            format!("is not a safetensors file: its first bytes ask for a header of {promised} bytes")
        }
        SafeTensorError::InvalidHeader(_) => "is not a safetensors file: its header is not text".to_owned(),
        SafeTensorError::InvalidHeaderDeserialization(e) => format!("has a header that cannot be read: {e}"),
        SafeTensorError::InvalidOffset(tensor) => {
            format!("gives tensor `{tensor}` a wrong place in the file")
        }
        SafeTensorError::TensorInvalidInfo
        | SafeTensorError::ValidationOverflow
        | SafeTensorError::MisalignedSlice => "has a tensor whose shape and size do not agree".to_owned(),
        other => format!("is damaged: {other}"),
    };
    Error::file(file.name(), problem)
}

/// Bytes of tensor data that a header asks for.
fn promised_data(map: &[u8], header: u64) -> Option<u64> {
    let header: serde_json::Value =
        serde_json::from_slice(map.get(8..8 + usize::try_from(header).ok()?)?).ok()?;
    header.as_object()?.values().filter_map(|t| t.get("data_offsets")?.get(1)?.as_u64()).max()
}
