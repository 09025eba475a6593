//! What is known of a plugin folder, usable or not.

use std::path::PathBuf;
use std::sync::Arc;

use wirebrush_schema::Manifest;

use super::health::{Failing, Health};
use crate::Error;

/// What became of a plugin folder.
#[derive(Debug)]
pub struct PluginState {
    /// The plugin's id; the folder's name when its manifest cannot be read.
    pub id: String,
    /// The folder.
    pub folder: PathBuf,
    /// Whether it came with the program.
    pub bundled: bool,
    /// Whether the user installed it; then it has only the permissions the user granted.
    pub installed: bool,
    /// Whether graphs get it unless they ask for another version.
    pub active: bool,
    /// The manifest, if it can be read.
    pub manifest: Option<Manifest>,
    /// The file for this machine.
    pub artifact: Option<PathBuf>,
    /// Its target: a triple, or `wasm32-component`.
    pub target: String,
    /// Its hash according to the manifest.
    pub sha256: String,
    /// Permissions it has.
    pub granted: Vec<String>,
    /// Its nodes, in the author's order; none when it is refused.
    pub nodes: Vec<NodeState>,
    /// What the user should know although the plugin works, one line each.
    pub notices: Vec<String>,
    /// Whether it can be used.
    pub status: Status,
    pub(super) health: Arc<Health>,
}

/// Whether a plugin can be used.
#[derive(Debug)]
pub enum Status {
    /// It can; it is opened when one of its nodes first runs.
    Ready,
    /// It cannot, and why.
    Refused(Error),
}

/// A node of a usable plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeState {
    /// The node's id.
    pub id: String,
    /// Why the host cannot use this node, if it cannot.
    pub disabled: Option<String>,
}

impl PluginState {
    /// Why the plugin cannot be used, on one line.
    pub fn refusal(&self) -> Option<String> {
        match &self.status {
            Status::Ready => None,
            Status::Refused(error) => Some(error.to_string()),
        }
    }

    /// Its version, if its manifest can be read.
    pub fn version(&self) -> Option<&str> {
        self.manifest.as_ref().map(|manifest| manifest.version.as_str())
    }

    /// How it crashes, if it did so every time lately. Asks for the present: the rest of the state is of the time the
    /// plugins were looked for.
    pub fn failing(&self) -> Option<Failing> {
        self.health.failing()
    }

    /// The folder with the plugin's own models.
    pub fn models(&self) -> Option<PathBuf> {
        let models = &self.manifest.as_ref()?.models;
        (!models.is_empty()).then(|| self.folder.join(models))
    }
}
