mod files;
mod format;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Outputs;
use crate::{Fingerprint, Runner, Value};
use files::Files;
use writer::Writer;

/// Results on disk, up to a budget in bytes; what was not used for longest goes first. Survives restarts.
///
/// One file a result, written behind the run's back by a thread of its own and moved into place when whole. A file
/// that is not exactly as it was written is removed and counts as not there. Several processes may share a directory;
/// each sees what was there when it first looked, and what it wrote itself.
#[derive(Debug)]
pub struct DiskCache {
    files: Arc<Files>,
    writer: Writer,
}

impl DiskCache {
    /// The cache in a directory, which is made when missing and should hold nothing else.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn new(directory: impl Into<PathBuf>, budget: u64) -> io::Result<Self> {
        let directory = directory.into();
        std::fs::create_dir_all(&directory)?;
        let files = Arc::new(Files::new(directory, budget));
        Ok(Self { writer: Writer::new(files.clone()), files })
    }

    /// Where the files lie.
    pub fn directory(&self) -> &Path {
        self.files.directory()
    }

    /// Bytes of all files.
    pub fn size_bytes(&self) -> u64 {
        self.files.size_bytes()
    }

    /// Waits until everything stored so far is written.
    pub fn flush(&self) {
        self.writer.flush();
    }

    /// Removes every result.
    pub fn clear(&self) {
        self.flush();
        self.files.clear();
    }

    /// Reads a result, by output name. Costs a look into a table when there is none.
    pub(super) fn load(&self, key: &Fingerprint, runner: &dyn Runner) -> Option<Vec<(String, Value)>> {
        self.files.load(key, runner)
    }

    /// Has a result written soon, unless one of its handles cannot be saved.
    pub(super) fn store(&self, key: Fingerprint, names: Vec<Arc<str>>, outputs: Outputs) {
        if !self.files.contains(&key) {
            self.writer.store(key, names, outputs);
        }
    }

    pub(super) fn remove(&self, key: &Fingerprint) {
        self.files.remove(key);
    }

    /// What could not be written since somebody last asked.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        self.files.take_warnings()
    }
}
