//! The world around a run as the command line sees it: files beside the graph, models in the store.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wirebrush_engine::{Buffer, Bytes, Environment, File};
use wirebrush_schema::Failure;

use crate::media_type;
use crate::models::{ModelStore, Reach};
use crate::reference::Reference;
use crate::store::blobs::Blobs;

// A picture of 60 000 × 60 000 pixels is refused by its decoder; a file this large need not even be read.
const MAX_FILE_BYTES: u64 = 2 << 30;

/// Reads files relative to a folder, and assets by their hash; finds models in a store.
pub(crate) struct Files {
    /// What relative names are relative to.
    pub(crate) base: PathBuf,
    /// What `asset:` names lead to.
    pub(crate) blobs: Blobs,
    /// Where models are.
    pub(crate) models: ModelStore,
    /// What nodes may use of the machine's memory.
    pub(crate) memory: Arc<str>,
}

impl Environment for Files {
    fn read_file(&self, name: &str) -> Result<File, Failure> {
        match Reference::parse(name).map_err(Failure::failed)? {
            Some(reference) => reference.read(&self.blobs),
            None => read(&self.base.join(name)),
        }
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        self.models.find(name, Reach::Paths)
    }

    fn model_identity(&self, name: &str) -> String {
        self.models.identity(name, Reach::Paths)
    }

    fn memory(&self) -> &str {
        &self.memory
    }
}

/// Reads a file whole.
///
/// # Errors
/// `Failed` with the path and the reason.
pub(crate) fn read(path: &Path) -> Result<File, Failure> {
    let failed = |why: String| Failure::failed(format!("file {}: {why}", path.display()));
    let metadata = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if !metadata.is_file() {
        return Err(failed("expected a file, found something else".to_owned()));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(failed(format!("{} bytes; at most {MAX_FILE_BYTES} are read", metadata.len())));
    }
    let data = fs::read(path).map_err(|error| failed(error.to_string()))?;
    let hash = blake3::hash(&data).into();
    let media_type = media_type::by_name(&path.to_string_lossy()).into();
    Ok(File { bytes: Bytes { media_type, data: Buffer::new(data) }, hash })
}
