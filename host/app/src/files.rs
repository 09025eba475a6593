//! The world around a run as the command line sees it: files beside the graph, models in the store.

use std::fs;
use std::path::{Path, PathBuf};

use wirebrush_engine::{Buffer, Bytes, Environment, File};
use wirebrush_schema::Failure;

use crate::models::ModelStore;

// A picture of 60 000 × 60 000 pixels is refused by its decoder; a file this large need not even be read.
const MAX_FILE_BYTES: u64 = 2 << 30;

/// Reads files relative to a folder and finds models in a store.
pub(crate) struct Files {
    /// What relative names are relative to.
    pub(crate) base: PathBuf,
    /// Where models are.
    pub(crate) models: ModelStore,
}

impl Environment for Files {
    fn read_file(&self, name: &str) -> Result<File, Failure> {
        let path = self.base.join(name);
        let failed = |why: String| Failure::failed(format!("file {}: {why}", path.display()));
        let metadata = fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
        if !metadata.is_file() {
            return Err(failed("expected a file, found something else".to_owned()));
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(failed(format!("{} bytes; at most {MAX_FILE_BYTES} are read", metadata.len())));
        }
        let data = fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let hash = blake3::hash(&data).into();
        Ok(File { bytes: Bytes { media_type: media_type(&path).into(), data: Buffer::new(data) }, hash })
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        self.models.find(name)
    }

    fn model_identity(&self, name: &str) -> String {
        self.models.identity(name)
    }
}

/// A guess from the ending; decoders look at the bytes.
fn media_type(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "bmp" => "image/bmp",
        "tif" | "tiff" => "image/tiff",
        "json" => "application/json",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}
