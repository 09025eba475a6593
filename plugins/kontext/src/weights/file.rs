//! One memory-mapped safetensors file, sharded indexes, and telling other files apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;
use safetensors::tensor::{Metadata, SafeTensorError, SafeTensors};

use super::Weights;
use crate::error::{Error, Result};

/// A mapped file and where its tensor data begins.
pub(super) struct MappedFile {
    path: PathBuf,
    map: Mmap,
    data_start: usize,
}

impl MappedFile {
    pub(super) fn open(path: &Path) -> Result<(Arc<Self>, Metadata)> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        refuse_other_formats(path, &mut file, length)?;
        let map = map(&file).map_err(io)?;
        let (header, metadata) =
            SafeTensors::read_metadata(&map).map_err(|e| damaged(path, length, &map, &e))?;
        Ok((Arc::new(Self { path: path.to_owned(), map, data_start: header + 8 }), metadata))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn data_start(&self) -> usize {
        self.data_start
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &[u8] {
        &self.map[range]
    }
}

#[allow(unsafe_code, reason = "mapping a file is the one unsafe operation of this crate")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the map is only read, through bounds-checked slices of bytes whose every value is valid. A program that shortens
    // the file while it is mapped would fault; weight files are not written while in use.
    unsafe { Mmap::map(file) }
}

/// Maps the shards named by a `*.safetensors.index.json`.
pub(super) fn open_index(path: &Path) -> Result<Weights> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let label = path.display().to_string();
    let index: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| Error::file(&label, format!("is not valid JSON: {e}")))?;
    let Some(map) = index.get("weight_map").and_then(|m| m.as_object()) else {
        return Err(Error::file(label, "has no `weight_map`, so it is not the index of a sharded model"));
    };
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (tensor, shard) in map {
        let shard =
            shard.as_str().ok_or_else(|| Error::file(&label, format!("names no shard for `{tensor}`")))?;
        if Path::new(shard).components().count() != 1 || shard == ".." {
            return Err(Error::file(
                label,
                format!("names the shard `{shard}`, which is not a plain file name"),
            ));
        }
        owners.insert(tensor, shard);
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    let shards: BTreeSet<&str> = owners.values().copied().collect();
    for shard in &shards {
        if !dir.join(shard).is_file() {
            return Err(Error::file(label, format!("needs the shard `{shard}`, which is not beside it")));
        }
    }
    let paths: Vec<PathBuf> = shards.iter().map(|s| dir.join(s)).collect();
    let mut weights = Weights::open_files(&paths)?;
    if let Some((tensor, shard)) = owners.iter().find(|(t, _)| !weights.contains(t)) {
        return Err(Error::file(label, format!("says `{shard}` holds tensor `{tensor}`, but it does not")));
    }
    weights.label = label;
    Ok(weights)
}

/// The index or the single weight file of a folder.
pub(super) fn find_in_dir(dir: &Path) -> Result<PathBuf> {
    let io = |source| Error::Io { path: dir.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let name = |p: &PathBuf| p.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(index) = files.iter().find(|p| name(p).ends_with(".safetensors.index.json")) {
        return Ok(index.clone());
    }
    for usual in ["diffusion_pytorch_model.safetensors", "model.safetensors"] {
        if let Some(file) = files.iter().find(|p| name(p) == usual) {
            return Ok(file.clone());
        }
    }
    let candidates: Vec<&PathBuf> =
        files.iter().filter(|p| name(p).ends_with(".safetensors") || name(p).ends_with(".sft")).collect();
    match candidates.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let other = files
                .iter()
                .map(name)
                .find(|n| [".bin", ".ckpt", ".pt", ".gguf"].iter().any(|e| n.ends_with(e)));
            let problem = match other {
                Some(other) => {
                    format!("holds no safetensors file (`{other}` is in a format that is not supported)")
                }
                None => "holds no safetensors file".to_owned(),
            };
            Err(Error::file(dir.display().to_string(), problem))
        }
        several => {
            let names: Vec<String> = several.iter().map(|p| name(p)).collect();
            Err(Error::file(
                dir.display().to_string(),
                format!("holds several weight files and no index; name one of {}", names.join(", ")),
            ))
        }
    }
}

/// Formats that are recognized by their first bytes.
fn refuse_other_formats(path: &Path, file: &mut File, length: u64) -> Result<()> {
    let name = path.display().to_string();
    let mut start = Vec::new();
    file.by_ref()
        .take(64)
        .read_to_end(&mut start)
        .map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&start);
    let trimmed = text.trim_start().to_ascii_lowercase();
    if start.is_empty() {
        return Err(Error::file(name, "is empty"));
    }
    if start.starts_with(b"GGUF") {
        return Err(Error::unsupported(
            format!("{name}: the GGUF format"),
            "use the bf16 or f16 safetensors file of the same model",
        ));
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(&[0x80, 2]) || start.starts_with(&[0x80, 4]) {
        return Err(Error::unsupported(
            format!("{name}: the pickle format (.ckpt, .pt, .bin)"),
            "it can run code when opened; convert it to safetensors",
        ));
    }
    if trimmed.starts_with("version https://git-lfs") {
        return Err(Error::file(name, "is a Git LFS pointer, not the weights; run `git lfs pull`"));
    }
    if trimmed.starts_with("<!doctype") || trimmed.starts_with("<html") {
        return Err(Error::file(name, "is a web page, not weights; the download was probably refused"));
    }
    if length < 10 {
        return Err(Error::file(name, format!("is not a safetensors file: it has only {length} bytes")));
    }
    Ok(())
}

/// A sentence for what the header check found.
fn damaged(path: &Path, length: u64, map: &[u8], error: &SafeTensorError) -> Error {
    let promised = u64::from_le_bytes(map[..8].try_into().expect("at least ten bytes were checked"));
    let problem = match error {
        SafeTensorError::InvalidHeaderLength if map.get(8) == Some(&b'{') => {
            format!("is cut short: its header needs {promised} bytes, the file has {length}")
        }
        SafeTensorError::MetadataIncompleteBuffer => match promised_data(map, promised) {
            Some(data) if data + promised + 8 > length => {
                format!("is cut short: {length} of {} bytes are there", data + promised + 8)
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
    Error::file(path.display().to_string(), problem)
}

/// Bytes of tensor data that a header asks for.
fn promised_data(map: &[u8], header: u64) -> Option<u64> {
    let header: serde_json::Value =
        serde_json::from_slice(map.get(8..8 + usize::try_from(header).ok()?)?).ok()?;
    header.as_object()?.values().filter_map(|t| t.get("data_offsets")?.get(1)?.as_u64()).max()
}
