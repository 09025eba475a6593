//! A usable plugin: opened when one of its nodes first runs, and asked for every node after that.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use wirebrush_engine::{NodeContext, Value};
use wirebrush_schema::{Definition, Description, Failure, Manifest};

use super::health::Health;
use super::{check, check_hash};
use crate::component::{self, ComponentConfig};
use crate::isolated::{self, Isolation, Opening};
use crate::native::NativePlugin;
use crate::plugin::{Fault, LoadedPlugin};
use crate::storage::Storage;
use crate::{Error, native};

/// A plugin that passed all checks.
pub(super) struct Entry {
    pub(super) manifest: Manifest,
    pub(super) folder: PathBuf,
    pub(super) artifact: PathBuf,
    pub(super) sha256: String,
    pub(super) native: bool,
    pub(super) granted: Vec<String>,
    pub(super) description: Description,
    pub(super) health: Arc<Health>,
    /// Where each usable node is in the description.
    nodes: HashMap<String, usize>,
    storage: Arc<Storage>,
    identity: OnceLock<String>,
    component: ComponentConfig,
    /// How the plugin's process is started, if it shall have one.
    isolation: Option<Isolation>,
    scratch: Option<PathBuf>,
    /// Where native files are copied to; see [`native::open_anew`].
    copies: Option<PathBuf>,
    loaded: OnceLock<Result<Box<dyn LoadedPlugin>, String>>,
}

/// What an entry is made from.
pub(super) struct Parts<'a> {
    pub(super) manifest: Manifest,
    pub(super) folder: &'a Path,
    pub(super) artifact: PathBuf,
    pub(super) sha256: String,
    pub(super) native: bool,
    pub(super) granted: Vec<String>,
    pub(super) config: &'a super::Config,
}

impl Entry {
    /// A plugin whose description is known from an earlier time, or is asked for: then the plugin is opened.
    ///
    /// # Errors
    /// When it cannot be opened, or is not what its manifest says.
    pub(super) fn new(parts: Parts<'_>, known: Option<Description>) -> Result<Self, Error> {
        let Parts { manifest, folder, artifact, sha256, native, granted, config } = parts;
        let storage = Arc::new(Storage::new(folder, &manifest, &granted, config.scratch_dir.as_deref()));
        let isolation = config.isolation.covers(&manifest.id).then(|| config.isolation.clone());
        let mut entry = Self {
            manifest,
            folder: folder.to_owned(),
            artifact,
            sha256,
            native,
            granted,
            description: Description::default(),
            health: Arc::default(),
            nodes: HashMap::new(),
            storage,
            identity: OnceLock::new(),
            component: config.component.clone(),
            isolation,
            scratch: config.scratch_dir.clone(),
            copies: config.cache_dir.as_ref().map(|folder| folder.join("native")),
            loaded: OnceLock::new(),
        };
        entry.description = match known {
            Some(description) => description,
            None => {
                let plugin = entry.open(None)?;
                let description = plugin.description().clone();
                let _ = entry.loaded.set(Ok(plugin));
                description
            }
        };
        check::check_description(&entry.manifest, &entry.description)?;
        let nodes = entry.description.nodes.iter().enumerate();
        let usable = nodes.filter(|(_, definition)| check::unusable(definition).is_none());
        entry.nodes = usable.map(|(index, definition)| (definition.id.clone(), index)).collect();
        Ok(entry)
    }

    fn open(&self, known: Option<Description>) -> Result<Box<dyn LoadedPlugin>, Error> {
        let storage = self.storage.clone();
        if !self.native {
            return component::load(&self.artifact, &self.manifest, &self.component, storage);
        }
        if let Some(isolation) = &self.isolation {
            let Self { artifact, sha256, folder, manifest, granted, scratch, .. } = self;
            let opening = Opening::new(artifact, sha256, folder, manifest, granted, scratch.as_deref());
            return isolated::open(isolation, opening, known);
        }
        // The file may have changed since the start; what is opened must be what was approved.
        let module = native::open_anew(&self.artifact, &self.sha256, self.copies.as_deref(), |file| {
            check_hash(file, &self.sha256)
        })?;
        Ok(Box::new(NativePlugin::new(&self.artifact, module, &self.manifest.id, known, storage)?))
    }

    fn loaded(&self) -> Result<&dyn LoadedPlugin, Failure> {
        let open = || self.open(Some(self.description.clone())).map_err(|error| error.to_string());
        match self.loaded.get_or_init(open) {
            Ok(loaded) => Ok(&**loaded),
            Err(why) => {
                Err(Failure::failed(format!("plugin `{}` cannot be opened: {why}", self.manifest.id)))
            }
        }
    }

    /// What results of this plugin depend on beside its nodes' inputs: its code and its data. Reads the data once.
    pub(super) fn identity(&self) -> &str {
        self.identity.get_or_init(|| match self.storage.data_digest() {
            Ok(None) => self.sha256.clone(),
            Ok(Some(data)) => format!("{}+{data}", self.sha256),
            // Nodes that read what cannot be read fail, and failures are not reused.
            Err(failure) => format!("{}+{failure}", self.sha256),
        })
    }

    /// Whether a plugin that was looked at again is this one, so that it can go on as it is.
    pub(super) fn is_still(&self, parts: &Parts<'_>) -> bool {
        let same = self.manifest == parts.manifest && self.folder == parts.folder;
        if !same || self.sha256 != parts.sha256 || self.granted != parts.granted {
            return false;
        }
        let scratch = parts.config.scratch_dir.as_deref();
        let now = Storage::new(&self.folder, &self.manifest, &self.granted, scratch).data_digest();
        let suffix = match now {
            Ok(None) => return self.identity() == self.sha256,
            Ok(Some(data)) => data,
            Err(failure) => failure.to_string(),
        };
        self.identity().strip_suffix(&suffix) == Some(&format!("{}+", self.sha256))
    }

    /// What a node declares; `None` when the plugin has no such node, or this host cannot use it.
    pub(super) fn definition(&self, node_type: &str) -> Option<&Definition> {
        self.nodes.get(node_type).map(|index| &self.description.nodes[*index])
    }

    /// The usable nodes, in no particular order.
    pub(super) fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.nodes.values().map(|index| &self.description.nodes[*index])
    }

    /// Runs a node and checks what it gives.
    ///
    /// # Errors
    /// As [`Runner::run`](wirebrush_engine::Runner::run).
    pub(super) fn run(
        &self,
        node_type: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Failure> {
        let definition = self.definition(node_type).ok_or_else(|| no_node(node_type))?;
        let outputs = self.loaded()?.run(node_type, inputs, cx).and_then(|outputs| {
            let checked = check::check_outputs(definition, &outputs);
            checked.map_err(|why| Fault::Crash(Failure::failed(why)))?;
            Ok(outputs)
        });
        outputs
            .inspect(|_| self.health.well())
            .inspect_err(|fault| {
                if matches!(fault, Fault::Crash(_)) {
                    cx.crashed();
                }
            })
            .map_err(|fault| self.note(fault, node_type))
    }

    /// Rebuilds a handle.
    ///
    /// # Errors
    /// As [`Runner::restore`](wirebrush_engine::Runner::restore).
    pub(super) fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Failure> {
        if !self.description.handles.iter().any(|known| known == kind) {
            return Err(no_handle(kind));
        }
        let value = self.loaded()?.restore(kind, bytes).map_err(|fault| self.note(fault, kind))?;
        if value.kind() == kind {
            Ok(value)
        } else {
            let (id, found) = (&self.manifest.id, value.kind());
            Err(Failure::failed(format!("plugin `{id}` restored a {found} from a {kind}")))
        }
    }

    /// Remembers how a call ended, and names what was called in a failure of its own making.
    fn note(&self, fault: Fault, what: &str) -> Failure {
        match fault {
            Fault::Said(failure) => {
                // Whoever was stopped, or found no memory, has shown neither.
                if !matches!(failure, Failure::Cancelled | Failure::OutOfMemory { .. }) {
                    self.health.well();
                }
                name(failure, what)
            }
            Fault::Lost(failure) => name(failure, what),
            Fault::Crash(failure) => {
                let failure = name(failure, what);
                self.health.crashed(failure.to_string());
                failure
            }
        }
    }
}

/// No usable plugin has a node.
pub(super) fn no_node(node_type: &str) -> Failure {
    Failure::failed(format!("{node_type}: no usable plugin has this node"))
}

/// No usable plugin can restore a handle.
pub(super) fn no_handle(kind: &str) -> Failure {
    Failure::unsupported(format!("no plugin can restore `{kind}`"))
}

/// Names the node, and with it the plugin, in a failure of its own making.
fn name(failure: Failure, node: &str) -> Failure {
    match failure {
        Failure::Failed { why } => Failure::failed(format!("{node}: {why}")),
        other => other,
    }
}
