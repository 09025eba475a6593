//! `plugins.lock.json`: which native plugins the user trusts, by hash.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::one_line;

const FORMAT: &str = "wirebrush/plugins-lock";

/// The approved native plugins, one hash a plugin id.
///
/// A native plugin runs with the user's rights. Its hash is recorded when it has passed its first probe; when the file
/// changes afterwards, the plugin stays disabled until it is approved again.
#[derive(Debug, Clone)]
pub struct Lock {
    path: PathBuf,
    entries: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    plugins: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    sha256: String,
}

/// What a lock says about a native plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// This very file is approved.
    Approved,
    /// Nothing is known of this plugin.
    Unknown,
    /// Another file was approved; its hash.
    Changed(String),
}

impl Lock {
    /// Reads a lock file; a missing one approves nothing.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Manifest`] when it is no lock file: then nothing is known to be approved.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), entries: BTreeMap::new() });
            }
            Err(source) => return Err(Error::io(path, source)),
        };
        let refuse = |field: &str, why: String| Error::Manifest {
            path: path.to_owned(),
            field: field.to_owned(),
            why: one_line(&why),
        };
        let document: Document =
            serde_json::from_str(&text).map_err(|error| refuse("", error.to_string()))?;
        if document.format != FORMAT {
            return Err(refuse("format", format!("expected `{FORMAT}`, found `{}`", document.format)));
        }
        if document.version != 1 {
            return Err(refuse("version", format!("expected 1, found {}", document.version)));
        }
        let entries = document.plugins.into_iter().map(|(id, entry)| (id, entry.sha256)).collect();
        Ok(Self { path: path.to_owned(), entries })
    }

    /// What is known of plugin `id` with this hash.
    pub fn trust(&self, id: &str, sha256: &str) -> Trust {
        match self.entries.get(id) {
            None => Trust::Unknown,
            Some(approved) if approved == sha256 => Trust::Approved,
            Some(approved) => Trust::Changed(approved.clone()),
        }
    }

    /// Approves a file for plugin `id` and writes the lock file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn approve(&mut self, id: &str, sha256: &str) -> Result<(), Error> {
        self.entries.insert(id.to_owned(), sha256.to_owned());
        let plugins =
            self.entries.iter().map(|(id, sha256)| (id.clone(), Entry { sha256: sha256.clone() })).collect();
        let document = Document { format: FORMAT.to_owned(), version: 1, plugins };
        let mut text = serde_json::to_string_pretty(&document).expect("strings and numbers only");
        text.push('\n');
        write_whole(&self.path, text.as_bytes())
    }
}

/// Writes a file so that nobody ever sees half of it; makes its folder.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The process id keeps two hosts that write at once apart; the last one wins.
    let unfinished = folder.join(format!(".{name}.{}", std::process::id()));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&unfinished, bytes))
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|source| Error::io(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approval_survives_a_restart_and_notices_a_change() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("data/plugins.lock.json");
        let mut lock = Lock::read(&path).unwrap();
        assert_eq!(lock.trust("acme.tone", "aa"), Trust::Unknown);
        lock.approve("acme.tone", "aa").unwrap();

        let lock = Lock::read(&path).unwrap();
        assert_eq!(lock.trust("acme.tone", "aa"), Trust::Approved);
        assert_eq!(lock.trust("acme.tone", "bb"), Trust::Changed("aa".to_owned()));
        assert_eq!(lock.trust("acme", "aa"), Trust::Unknown);
    }

    #[test]
    fn a_damaged_lock_is_an_error_and_approves_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("plugins.lock.json");
        std::fs::write(&path, "{\"format\":").unwrap();
        let error = Lock::read(&path).unwrap_err().to_string();
        assert!(error.contains("plugins.lock.json: EOF"), "{error}");
    }
}
