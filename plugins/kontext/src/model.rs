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

use std::path::Path;

use crate::error::Error;

pub(crate) fn refusal(path: &Path, problem: impl Into<String>) -> Error {
    Error::file(path.display().to_string(), problem)
}
