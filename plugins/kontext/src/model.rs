//! Models on disk: which file plays which part, what the model's own settings say, and one shared copy in memory.
//!
//! A model is whatever its user has: a diffusers folder, a folder of single files, ComfyUI's `models` folder, or one
//! file. [`Model::open`] takes the path; nothing is read before a part is asked for, and nothing is read twice.

mod folder;
mod names;
mod patched;
mod set;
mod settings;
mod sizes;
mod store;

pub use folder::{Layout, ModelFiles, Part};
pub use patched::WithLora;
pub use settings::{LatentPreview, ModelSettings};
pub use sizes::{KONTEXT_SIZES, preferred_size};
pub(crate) use store::kept_bytes;
pub use store::{Model, evict_idle};

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where a file or folder is. A file keeps the name it was asked for by: in Hugging Face's cache that is a link, and what
/// belongs to the file lies beside the link.
pub(crate) fn place(path: &Path) -> Result<PathBuf> {
    let at = match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if path.is_file() => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            folder.canonicalize().map(|folder| folder.join(name))
        }
        _ => path.canonicalize(),
    };
    at.map_err(|source| Error::Io { path: path.to_owned(), source })
}

pub(crate) fn refusal(path: &Path, problem: impl Into<String>) -> Error {
    Error::file(path.display().to_string(), problem)
}
