//! Where a model lies, and which files it consists of.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// How deep folders of models go.
const DEPTH: u32 = 3;

/// Where a model lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Location {
    /// A file, or a folder with all of the model.
    Path(PathBuf),
    /// Files and folders that lie anywhere, by the part they play.
    Set(BTreeMap<String, PathBuf>),
}

/// One file of a model.
#[derive(Debug)]
pub(crate) struct ModelFile {
    /// Its name within the model, with `/` between folders; empty when the model is this file.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) stamp: Stamp,
}

/// What tells without reading it that a file has not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    /// Time of the last change in nanoseconds since 1970.
    pub(crate) modified: u64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        Self { bytes: metadata.len(), modified }
    }
}

impl Location {
    /// The files, in the order of their names; those that are missing are left out.
    pub(crate) fn files(&self) -> Vec<ModelFile> {
        let mut files = Vec::new();
        match self {
            Self::Path(path) => walk(path, "", DEPTH, &mut files),
            Self::Set(parts) => parts.iter().for_each(|(part, path)| walk(path, part, DEPTH, &mut files)),
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    }

    /// The paths it was put together from.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Path(path) => vec![path],
            Self::Set(parts) => parts.values().map(PathBuf::as_path).collect(),
        }
    }

    /// Whether everything it was put together from is there.
    pub(crate) fn exists(&self) -> bool {
        self.paths().iter().all(|path| path.exists())
    }

    /// The stamp of its files together: their bytes, the latest change. `None` when there are none.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.files()
            .iter()
            .map(|file| file.stamp)
            .reduce(|a, b| Stamp { bytes: a.bytes + b.bytes, modified: a.modified.max(b.modified) })
    }

    /// Bytes of all its files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files().iter().map(|file| file.stamp.bytes).sum()
    }

    /// Something that changes when the files do: names, sizes and times of change.
    pub(crate) fn identity(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for file in self.files() {
            hasher.update(&(file.name.len() as u64).to_le_bytes());
            hasher.update(file.name.as_bytes());
            hasher.update(&file.stamp.bytes.to_le_bytes());
            hasher.update(&file.stamp.modified.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn walk(path: &Path, name: &str, depth: u32, found: &mut Vec<ModelFile>) {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            let (name, path, stamp) = (name.to_owned(), path.to_owned(), Stamp::of(&metadata));
            found.push(ModelFile { name, path, stamp });
        }
        // A link that leads back up ends with the depth.
        Ok(metadata) if metadata.is_dir() && depth > 0 => {
            for entry in fs::read_dir(path).into_iter().flatten().flatten() {
                let inner = entry.file_name().to_string_lossy().into_owned();
                let inner = if name.is_empty() { inner } else { format!("{name}/{inner}") };
                walk(&entry.path(), &inner, depth - 1, found);
            }
        }
        _ => {}
    }
}
