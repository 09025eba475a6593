//! `models.json`: what the user said of models, and what was found out about their files.
//!
//! A model that only lies in the models folder needs no entry: copying a file there is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::location::{Location, Stamp};
use super::places::Place;
use super::role::Role;
use crate::results::write_atomically;

const FORMAT: &str = "wirebrush/models";
const VERSION: u32 = 1;

/// The contents of the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Register {
    /// Models the user added or downloaded, by name.
    #[serde(default)]
    pub(crate) models: BTreeMap<String, Registered>,
    /// Folders of other programs, used in place.
    #[serde(default)]
    pub(crate) places: Vec<Place>,
    /// Downloads that have begun and are not whole, as `model pull` takes them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) pulls: BTreeSet<String>,
    /// What is known of files, by canonical path.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, FileFacts>,
}

/// A model with a name of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Registered {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
    /// Models of equal family may stand in for one another.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) family: String,
    /// The file or folder; absent for a set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<PathBuf>,
    /// The files and folders of a set, by part.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) parts: BTreeMap<String, PathBuf>,
    /// Where it was downloaded from, `REPO@COMMIT`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) source: String,
    /// What `model pull` gets it with; empty for a revision other than the main one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) pull: String,
    /// The license the user was shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) license: String,
}

/// What is known of a file, as long as its size and time of change stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileFacts {
    #[serde(flatten)]
    pub(crate) stamp: Stamp,
    /// Lower-case hex; absent until somebody had reason to read the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) blake3: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) family: String,
}

impl FileFacts {
    /// Nothing but the stamp.
    pub(crate) fn new(stamp: Stamp) -> Self {
        Self { stamp, blake3: None, sha256: None, role: None, family: String::new() }
    }
}

impl Registered {
    /// Where the model lies.
    pub(crate) fn location(&self) -> Location {
        self.path.clone().map_or_else(|| Location::Set(self.parts.clone()), Location::Path)
    }
}

impl Register {
    /// What is known of a file that has this stamp now.
    pub(crate) fn facts(&self, path: &Path, stamp: Stamp) -> Option<&FileFacts> {
        self.files.get(&key(path)?).filter(|facts| facts.stamp == stamp)
    }

    /// What is known of a file, to be changed; what was known of earlier contents is forgotten. `None` for a path that
    /// cannot be written down.
    pub(crate) fn facts_mut(&mut self, path: &Path, stamp: Stamp) -> Option<&mut FileFacts> {
        let facts = self.files.entry(key(path)?).or_insert_with(|| FileFacts::new(stamp));
        if facts.stamp != stamp {
            *facts = FileFacts::new(stamp);
        }
        Some(facts)
    }

    /// What was known of files in one folder is known of them in another: it was renamed.
    pub(crate) fn moved(&mut self, from: &Path, to: &Path) {
        let Some(to) = key(to) else { return };
        // The old path has no canonical form any more; its parent has.
        let parent = from.parent().and_then(key);
        let (Some(parent), Some(name)) = (parent, from.file_name()) else { return };
        let from = Path::new(&parent).join(name);
        let there: Vec<_> =
            self.files.keys().filter(|path| Path::new(path).starts_with(&from)).cloned().collect();
        for path in there {
            let inner = Path::new(&path).strip_prefix(&from).expect("it was found by this beginning");
            let new = Path::new(&to).join(inner).to_string_lossy().into_owned();
            if let Some(facts) = self.files.remove(&path) {
                self.files.insert(new, facts);
            }
        }
    }

    /// Forgets files that are gone.
    fn tidy(&mut self) {
        self.files.retain(|path, _| Path::new(path).exists());
    }
}

/// A file has one key however many links lead to it.
pub(crate) fn key(path: &Path) -> Option<String> {
    let canonical = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    canonical.to_str().map(str::to_owned)
}

/// The file on disk, shared by threads and processes.
#[derive(Debug)]
pub(crate) struct RegisterFile {
    path: PathBuf,
    /// What was read last, and what the file looked like then.
    read: Mutex<Option<(Stamp, Arc<Register>)>>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    #[serde(flatten)]
    register: Register,
}

impl RegisterFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, read: Mutex::new(None) }
    }

    /// The contents as they are now; a missing file says nothing. Cost: a look at the file's time of change.
    ///
    /// # Errors
    /// When the file cannot be read, or is no `models.json`.
    pub(crate) fn read(&self) -> Result<Arc<Register>> {
        let Ok(metadata) = fs::metadata(&self.path) else { return Ok(Arc::default()) };
        let stamp = Stamp::of(&metadata);
        let mut last = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, register)) = &*last
            && *known == stamp
        {
            return Ok(register.clone());
        }
        let register = Arc::new(self.parse()?);
        *last = Some((stamp, register.clone()));
        Ok(register)
    }

    /// Changes the file: reads it, lets `change` work, writes it whole. Nobody else changes it meanwhile, in this process
    /// or another; who wants to waits.
    ///
    /// # Errors
    /// As [`RegisterFile::read`], what `change` says, and when the file cannot be written; then it is as it was.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Register) -> Result<T>) -> Result<T> {
        let _guard = self.guard()?;
        let before = if self.path.exists() { self.parse()? } else { Register::default() };
        let mut register = before.clone();
        let answer = change(&mut register)?;
        if register != before {
            register.tidy();
            let document = Document { format: FORMAT.to_owned(), version: VERSION, register };
            let text = format!("{}\n", serde_json::to_string_pretty(&document)?);
            write_atomically(&self.path, text.as_bytes())?;
            // Two changes may fall into one tick of the file system's clock.
            *self.read.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(answer)
    }

    fn parse(&self) -> Result<Register> {
        let at = || self.path.display().to_string();
        // A pipe would never end.
        if !self.path.is_file() {
            bail!("{}: expected a file", at());
        }
        let text = fs::read_to_string(&self.path).with_context(at)?;
        let document: Document = serde_json::from_str(&text).with_context(|| {
            format!(
                "{}: expected {FORMAT} version {VERSION}; moved away, it is begun anew, and models that were added or \
                 imported are added and imported again",
                at()
            )
        })?;
        if (document.format.as_str(), document.version) != (FORMAT, VERSION) {
            bail!(
                "{}: expected {FORMAT} version {VERSION}, found {} version {}",
                at(),
                document.format,
                document.version
            );
        }
        Ok(document.register)
    }

    /// Locks a file that nobody ever removes, until the guard is dropped or the process ends.
    fn guard(&self) -> Result<File> {
        let file = self.path.with_file_name(".models.json.guard");
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| File::options().create(true).append(true).open(&file))
            .and_then(|open| open.lock().map(|()| open))
            .with_context(|| file.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path) -> RegisterFile {
        RegisterFile::new(folder.join("models.json"))
    }

    fn add(file: &RegisterFile, name: &str) -> Result<()> {
        file.update(|register| {
            register.models.insert(name.to_owned(), Registered::default());
            Ok(())
        })
    }

    #[test]
    fn changes_made_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let file = file(folder.path());
                scope.spawn(move || (0..8).for_each(|n| add(&file, &format!("{thread}-{n}")).unwrap()));
            }
        });
        assert_eq!(file(folder.path()).read().unwrap().models.len(), 32);
    }

    #[test]
    fn a_change_by_another_process_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (here, there) = (file(folder.path()), file(folder.path()));
        add(&here, "first").unwrap();
        assert_eq!(here.read().unwrap().models.len(), 1);
        add(&there, "second").unwrap();
        assert_eq!(here.read().unwrap().models.len(), 2);
    }

    #[test]
    fn a_newer_format_is_neither_read_nor_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let newer = r#"{ "format": "wirebrush/models", "version": 2, "models": {} }"#;
        fs::write(&file.path, newer).unwrap();
        assert!(file.read().unwrap_err().to_string().contains("version 2"));
        assert!(add(&file, "first").is_err());
        assert_eq!(fs::read_to_string(&file.path).unwrap(), newer);
    }

    #[test]
    fn what_is_known_of_files_stays_known_when_their_folder_is_renamed() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        fs::create_dir(&old).unwrap();
        fs::write(old.join("a.gguf"), "abc").unwrap();
        let stamp = Stamp { bytes: 3, modified: 1 };
        let mut register = Register::default();
        register.facts_mut(&old.join("a.gguf"), stamp).unwrap().blake3 = Some("aa".to_owned());
        fs::rename(&old, &new).unwrap();
        register.moved(&old, &new);
        assert_eq!(register.facts(&new.join("a.gguf"), stamp).unwrap().blake3.as_deref(), Some("aa"));
        assert_eq!(register.files.len(), 1);
    }

    #[test]
    fn what_is_known_of_a_file_is_forgotten_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        fs::write(&path, "abc").unwrap();
        let (old, new) = (Stamp { bytes: 3, modified: 1 }, Stamp { bytes: 3, modified: 2 });
        let mut register = Register::default();
        register.facts_mut(&path, old).unwrap().blake3 = Some("aa".to_owned());
        assert_eq!(register.facts(&path, old).unwrap().blake3.as_deref(), Some("aa"));
        assert_eq!(register.facts(&path, new), None);
        assert_eq!(register.facts_mut(&path, new).unwrap().blake3, None);
    }
}
