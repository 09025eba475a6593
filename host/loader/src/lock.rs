//! `plugins.lock.json`: what the user decided about plugins. Which are installed, which native files are trusted, what
//! components may do, which key speaks for a publisher.

mod document;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;

/// The contents of a lock file.
///
/// Read it with [`Lock::read`] as often as needed; change it only inside [`Lock::update`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The publishers whose key is known, by the first word of their plugins' ids.
    #[serde(default)]
    pub publishers: BTreeMap<String, Publisher>,
    /// What is known of plugins, by id.
    #[serde(default)]
    pub plugins: BTreeMap<String, LockedPlugin>,
}

/// Somebody who signs packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publisher {
    /// The key that was pinned when a package of theirs was first installed, `ed25519:BASE64`.
    pub key: String,
}

/// What is known of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedPlugin {
    /// The version that graphs get unless they ask for another; absent when none is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<String>,
    /// Why the user disabled it, if so; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<String>,
    /// SHA-256 of the native files the user trusts, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<String>,
    /// Permissions the user granted to all its installed versions.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub permissions: BTreeSet<String>,
    /// The installed versions. What lies in the store and is not here is not installed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, LockedVersion>,
}

/// An installed version of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedVersion {
    /// SHA-256 of the package it came in; null when it came from a folder.
    pub package: Option<String>,
    /// The key its package was signed with; absent when nobody signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Permissions its manifest asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// When it was installed, RFC 3339 in UTC.
    pub installed: String,
}

/// What a lock says about a native file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// This very file is approved.
    Approved,
    /// Nothing is known of this plugin.
    Unknown,
    /// Other files were approved; the hash of the newest.
    Changed(String),
}

impl Lock {
    /// Reads a lock file, also of version 1; a missing one says nothing.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Manifest`] when it is no lock file: then nothing is known to be approved.
    pub fn read(path: &Path) -> Result<Self, Error> {
        match std::fs::read_to_string(path) {
            Ok(text) => document::parse(path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(Error::io(path, source)),
        }
    }

    /// Changes a lock file: reads it, lets `change` work, writes it whole. Nobody else changes it meanwhile, in this
    /// process or another; who wants to waits.
    ///
    /// The lock is what counts: `change` may put files in place first, and nothing refers to them until it is written.
    ///
    /// # Errors
    /// What `change` says, or [`Error::Io`]; then the file is as it was.
    pub fn update<T>(path: &Path, change: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let _guard = guard(path)?;
        let before = Self::read(path)?;
        let mut lock = before.clone();
        let answer = change(&mut lock)?;
        if lock != before {
            write_whole(path, document::text(&lock).as_bytes())?;
        }
        Ok(answer)
    }

    /// What is known of a native file of plugin `id` with this hash.
    pub fn trust(&self, id: &str, sha256: &str) -> Trust {
        let approved = self.plugins.get(id).map_or(&[][..], |plugin| &plugin.approved);
        match approved.last() {
            None => Trust::Unknown,
            Some(_) if approved.iter().any(|known| known == sha256) => Trust::Approved,
            Some(newest) => Trust::Changed(newest.clone()),
        }
    }

    /// Approves a native file of plugin `id`.
    pub fn approve(&mut self, id: &str, sha256: &str) {
        let approved = &mut self.plugins.entry(id.to_owned()).or_default().approved;
        if !approved.iter().any(|known| known == sha256) {
            approved.push(sha256.to_owned());
        }
    }

    /// Whether the user granted this permission to the installed versions of plugin `id`.
    pub fn grants(&self, id: &str, permission: &str) -> bool {
        self.plugins.get(id).is_some_and(|plugin| plugin.permissions.contains(permission))
    }
}

/// Locks a file that nobody ever removes, until the guard is dropped or the process ends, however it ends.
fn guard(path: &Path) -> Result<File, Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = folder(path).join(format!(".{name}.guard"));
    std::fs::create_dir_all(folder(path))
        .and_then(|()| File::options().create(true).append(true).open(&file))
        .and_then(|open| open.lock().map(|()| open))
        .map_err(|source| Error::io(&file, source))
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new(".")).to_owned()
}

/// Writes a file so that nobody ever sees half of it; makes its folder.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The process id keeps two hosts that write at once apart; the last one wins.
    let unfinished = folder(path).join(format!(".{name}.{}", std::process::id()));
    std::fs::create_dir_all(folder(path))
        .and_then(|()| std::fs::write(&unfinished, bytes))
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|source| Error::io(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approve(path: &Path, id: &str, sha256: &str) {
        Lock::update(path, |lock| {
            lock.approve(id, sha256);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn approval_survives_a_restart_and_notices_a_change() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("data/plugins.lock.json");
        assert_eq!(Lock::read(&path).unwrap().trust("acme.tone", "aa"), Trust::Unknown);
        approve(&path, "acme.tone", "aa");

        let lock = Lock::read(&path).unwrap();
        assert_eq!(lock.trust("acme.tone", "aa"), Trust::Approved);
        assert_eq!(lock.trust("acme.tone", "bb"), Trust::Changed("aa".to_owned()));
        assert_eq!(lock.trust("acme", "aa"), Trust::Unknown);
    }

    #[test]
    fn files_of_several_versions_are_trusted_side_by_side() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("plugins.lock.json");
        for sha256 in ["aa", "bb", "aa"] {
            approve(&path, "acme.tone", sha256);
        }
        let lock = Lock::read(&path).unwrap();
        assert_eq!(lock.plugins["acme.tone"].approved, ["aa", "bb"]);
        assert_eq!(lock.trust("acme.tone", "aa"), Trust::Approved);
        assert_eq!(lock.trust("acme.tone", "cc"), Trust::Changed("bb".to_owned()));
    }

    #[test]
    fn a_change_that_fails_leaves_the_file_as_it_was() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("plugins.lock.json");
        approve(&path, "acme.tone", "aa");
        let before = std::fs::read(&path).unwrap();
        let failed: Result<(), Error> = Lock::update(&path, |lock| {
            lock.approve("acme.tone", "bb");
            Err(Error::Unknown { id: "acme.tone".to_owned(), known: Vec::new() })
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn changes_made_at_once_are_all_kept() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("plugins.lock.json");
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let path = &path;
                scope
                    .spawn(move || (0..8).for_each(|n| approve(path, &format!("p{thread}"), &n.to_string())));
            }
        });
        let lock = Lock::read(&path).unwrap();
        assert_eq!(lock.plugins.len(), 8);
        assert!(lock.plugins.values().all(|plugin| plugin.approved.len() == 8), "{lock:?}");
    }
}
