//! A plugin's own files: a data folder it brought along and reads, a scratch folder it keeps files in.
//!
//! Both are reached by name only, never by path, and only with the permission of the same name. Every refusal is a
//! failure that the node gets as an answer.

mod folder;
mod scratch;

use std::path::Path;

use wirebrush_schema::{Failure, Manifest, Permission};

use self::folder::Folder;
use self::scratch::Scratch;
use crate::error::one_line;

// A whole file crosses a boundary in one piece: this bounds what it costs the host.
const MAX_FILE_BYTES: u64 = 256 << 20;
const MAX_FILES: usize = 10_000;

/// The folders of one plugin, or why it has none.
pub(crate) struct Storage {
    data: Result<Folder, Failure>,
    scratch: Result<Scratch, Failure>,
}

impl Storage {
    /// The folders that a plugin in `folder` has with the permissions in `granted`; `scratch` is where all plugins keep
    /// their files.
    pub(crate) fn new(
        folder: &Path,
        manifest: &Manifest,
        granted: &[String],
        scratch: Option<&Path>,
    ) -> Self {
        let permitted = |name: &str| {
            if granted.iter().any(|permission| permission == name) {
                Ok(())
            } else if manifest.permissions.iter().any(|permission| permission == name) {
                Err(denied(name, "it was not granted"))
            } else {
                Err(denied(name, "its plugin.json does not ask for it"))
            }
        };
        let kept = || {
            let home =
                scratch.ok_or_else(|| Failure::unsupported("files in `scratch`: this host keeps none"))?;
            Ok(Scratch::new(home.join(&manifest.id)))
        };
        Self {
            data: permitted(Permission::DATA).map(|()| Folder::new("data", folder, &manifest.data)),
            scratch: permitted(Permission::SCRATCH).and_then(|()| kept()),
        }
    }

    /// No folders, for calls that are no run of a node.
    pub(crate) fn none() -> Self {
        let none =
            |name: &str| Failure::unsupported(format!("files in `{name}`: only a running node has any"));
        Self { data: Err(none(Permission::DATA)), scratch: Err(none(Permission::SCRATCH)) }
    }

    /// Names of all files in the data folder, sorted.
    pub(crate) fn data_list(&self) -> Result<Vec<String>, Failure> {
        allowed(&self.data)?.list()
    }

    /// A file of the data folder.
    pub(crate) fn data_read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        allowed(&self.data)?.read(name)
    }

    /// Names of all files in the scratch folder, sorted.
    pub(crate) fn scratch_list(&self) -> Result<Vec<String>, Failure> {
        allowed(&self.scratch)?.list()
    }

    /// A file of the scratch folder.
    pub(crate) fn scratch_read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        allowed(&self.scratch)?.read(name)
    }

    /// Writes a file of the scratch folder, whole or not at all. Costs a look at each file of the folder.
    pub(crate) fn scratch_write(&self, name: &str, contents: &[u8]) -> Result<(), Failure> {
        allowed(&self.scratch)?.write(name, contents)
    }

    /// Removes a file of the scratch folder; fine when there is none.
    pub(crate) fn scratch_remove(&self, name: &str) -> Result<(), Failure> {
        allowed(&self.scratch)?.remove(name)
    }

    /// What identifies the contents of the data folder; nothing when the plugin has none. Reads all of it.
    ///
    /// # Errors
    /// `Failed` when it cannot be read.
    pub(crate) fn data_digest(&self) -> Result<Option<String>, Failure> {
        self.data.as_ref().ok().map(Folder::digest).transpose()
    }
}

fn allowed<T>(folder: &Result<T, Failure>) -> Result<&T, Failure> {
    folder.as_ref().map_err(Failure::clone)
}

fn denied(permission: &str, why: &str) -> Failure {
    Failure::unsupported(format!(
        "files in `{permission}`: the plugin has no permission `{permission}`: {why}"
    ))
}

/// A name that may be one of a plugin's files.
///
/// # Errors
/// `Failed` with the rule it breaks.
fn check(name: &str) -> Result<(), Failure> {
    wirebrush_package::check_path(name).map_err(|why| Failure::failed(one_line(&why)))
}

fn failed(name: &str, why: impl std::fmt::Display) -> Failure {
    Failure::failed(format!("`{name}`: {why}"))
}
