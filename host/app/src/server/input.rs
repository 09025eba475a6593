//! The one folder whose files the server reads by name: `DATA/input`, flat.
//!
//! A name is that of a file in the folder itself; a link that leads out of it is no such file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{file_name, media_type};

/// The folder. Cloning shares the path.
#[derive(Debug, Clone)]
pub(crate) struct InputFolder(Arc<Path>);

/// A file in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InputFile {
    /// What a `file` input of a graph holds to use it.
    pub(crate) name: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// By the ending of its name.
    pub(crate) media_type: String,
    /// Milliseconds since 1970.
    pub(crate) modified_at: i64,
}

impl InputFolder {
    /// A folder, which need not be there.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path.into())
    }

    /// Where the file of this name lies, links followed. Blocks.
    ///
    /// # Errors
    /// A sentence when the name is no plain file name, or leads to nothing or out of the folder.
    pub(crate) fn find(&self, name: &str) -> Result<PathBuf, String> {
        file_name::check(name)?;
        let missing = || format!("`{name}` is not in the input folder");
        let folder = self.0.canonicalize().map_err(|_| missing())?;
        let path = folder.join(name).canonicalize().map_err(|_| missing())?;
        if !path.starts_with(&folder) || !path.is_file() {
            return Err(missing());
        }
        Ok(path)
    }

    /// The files, by name. Blocks.
    pub(crate) fn list(&self) -> Vec<InputFile> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut files: Vec<_> =
            entries.filter_map(|entry| self.describe(entry.file_name().to_str()?)).collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    }

    fn describe(&self, name: &str) -> Option<InputFile> {
        let metadata = fs::metadata(self.find(name).ok()?).ok()?;
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Some(InputFile {
            name: name.to_owned(),
            bytes: metadata.len(),
            media_type: media_type::by_name(name).to_owned(),
            modified_at: i64::try_from(modified.unwrap_or_default().as_millis()).unwrap_or(i64::MAX),
        })
    }
}
