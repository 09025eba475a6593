//! Sharded indexes, and the one model in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Weights;
use crate::error::{Error, Result};
use crate::small_file;

/// Maps the shards named by a `*.safetensors.index.json`.
pub(super) fn open_index(path: &Path) -> Result<Weights> {
    let label = path.display().to_string();
    let index: serde_json::Value = serde_json::from_slice(&small_file::read(path)?)
        .map_err(|e| Error::file(&label, format!("is not valid JSON: {e}")))?;
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
    if owners.is_empty() {
        return Err(Error::file(label, "names no tensor in its `weight_map`"));
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

/// What files of weights are called.
const EXTENSIONS: [&str; 3] = [".safetensors", ".sft", ".gguf"];

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
        files.iter().filter(|p| EXTENSIONS.iter().any(|e| name(p).ends_with(e))).collect();
    match candidates.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let other = files
                .iter()
                .map(name)
                .find(|n| [".bin", ".ckpt", ".pt", ".pth"].iter().any(|e| n.ends_with(e)));
            let problem = match other {
                Some(other) => {
                    format!(
                        "holds no safetensors or GGUF file (`{other}` is in a format that is not supported)"
                    )
                }
                None => "holds no safetensors or GGUF file".to_owned(),
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
