//! All plugins of a host, behind the engine's [`Runner`].

mod check;
mod descriptions;
mod prepare;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use wirebrush_engine::{NodeContext, Runner, Value};
use wirebrush_schema::{Definition, Description, Failure, Manifest};

use self::descriptions::Descriptions;
use crate::component::{self, ComponentConfig};
use crate::discovery::Found;
use crate::native::NativePlugin;
use crate::plugin::LoadedPlugin;
use crate::probe::Probe;
use crate::{Discovery, Error, Lock, manifest};

pub(crate) use self::check::check_image;

/// Where plugins are and how they are loaded.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where to look.
    pub discovery: Discovery,
    /// Folder for descriptions and compiled components, so that a start opens no plugin; `None` opens them all.
    pub cache_dir: Option<PathBuf>,
    /// The `plugins.lock.json`; `None` probes native plugins at each start and remembers nothing.
    pub lock_file: Option<PathBuf>,
    /// How unknown native plugins are probed.
    pub probe: Probe,
    /// How components are loaded; a missing cache folder is taken from [`Config::cache_dir`].
    pub component: ComponentConfig,
}

/// What became of a plugin folder.
#[derive(Debug)]
pub struct PluginState {
    /// The plugin's id; the folder's name when its manifest cannot be read.
    pub id: String,
    /// The folder.
    pub folder: PathBuf,
    /// Whether it came with the program.
    pub bundled: bool,
    /// The manifest, if it can be read.
    pub manifest: Option<Manifest>,
    /// The file for this machine.
    pub artifact: Option<PathBuf>,
    /// Its target: a triple, or `wasm32-component`.
    pub target: String,
    /// Its hash according to the manifest.
    pub sha256: String,
    /// Its nodes, in the author's order; none when it is refused.
    pub nodes: Vec<NodeState>,
    /// What the user should know although the plugin works, one line each.
    pub notices: Vec<String>,
    /// Whether it can be used.
    pub status: Status,
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

    /// The folder with the plugin's own models.
    pub fn models(&self) -> Option<PathBuf> {
        let models = &self.manifest.as_ref()?.models;
        (!models.is_empty()).then(|| self.folder.join(models))
    }
}

/// The plugins of a host. Runs their nodes; opens each when it is first needed.
pub struct Registry {
    states: Vec<PluginState>,
    problems: Vec<Error>,
    plugins: Vec<Entry>,
    nodes: HashMap<String, Node>,
    component: ComponentConfig,
}

/// A usable plugin.
pub(crate) struct Entry {
    manifest: Manifest,
    artifact: PathBuf,
    sha256: String,
    native: bool,
    description: Description,
    loaded: OnceLock<Result<Box<dyn LoadedPlugin>, String>>,
}

struct Node {
    plugin: usize,
    definition: Definition,
}

impl Registry {
    /// Looks for plugins and checks them. Never fails: what is wrong with a plugin is in its state.
    ///
    /// With a warm cache a plugin costs reading two small files; otherwise it is opened, a component also compiled.
    pub fn load(config: &Config) -> Self {
        let mut config = config.clone();
        if config.component.cache_dir.is_none() {
            config.component.cache_dir = config.cache_dir.as_ref().map(|folder| folder.join("components"));
        }
        let descriptions = Descriptions::new(config.cache_dir.as_deref());
        let (found, problems) = config.discovery.find();
        let mut registry = Self {
            states: Vec::new(),
            problems,
            plugins: Vec::new(),
            nodes: HashMap::new(),
            component: config.component.clone(),
        };
        for found in found {
            registry.add(&config, &descriptions, found);
        }
        registry
    }

    /// What became of each plugin folder, in the order they were found.
    pub fn plugins(&self) -> &[PluginState] {
        &self.states
    }

    /// What could not be looked into.
    pub fn problems(&self) -> &[Error] {
        &self.problems
    }

    /// The definitions of all usable nodes, in no particular order.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.nodes.values().map(|node| &node.definition)
    }

    /// The nodes that usable plugins have but this host cannot use, each with the reason.
    pub fn unusable(&self) -> impl Iterator<Item = (&Definition, String)> {
        let declared = self.plugins.iter().flat_map(|entry| &entry.description.nodes);
        declared.filter_map(|definition| Some((definition, check::unusable(definition)?)))
    }

    fn add(&mut self, config: &Config, descriptions: &Descriptions, found: Found) {
        let Found { folder, bundled } = found;
        let mut state = PluginState {
            id: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            bundled,
            manifest: None,
            artifact: None,
            target: String::new(),
            sha256: String::new(),
            nodes: Vec::new(),
            notices: Vec::new(),
            status: Status::Ready,
            folder,
        };
        match self.prepare(config, descriptions, &mut state) {
            Ok(entry) => self.enter(entry, &mut state),
            Err(error) => state.status = Status::Refused(error),
        }
        self.states.push(state);
    }

    fn prepare(
        &self,
        config: &Config,
        descriptions: &Descriptions,
        state: &mut PluginState,
    ) -> Result<Entry, Error> {
        let manifest = manifest::read_manifest(&state.folder)?;
        state.id.clone_from(&manifest.id);
        state.manifest = Some(manifest.clone());
        if let Some(first) =
            self.states.iter().find(|first| first.id == manifest.id && first.manifest.is_some())
        {
            return Err(Error::Duplicate { id: manifest.id, first: first.folder.clone() });
        }
        prepare::prepare(config, descriptions, manifest, state)
    }

    fn enter(&mut self, entry: Entry, state: &mut PluginState) {
        for definition in &entry.description.nodes {
            let disabled = check::unusable(definition);
            state.nodes.push(NodeState { id: definition.id.clone(), disabled: disabled.clone() });
            if disabled.is_none() {
                let node = Node { plugin: self.plugins.len(), definition: definition.clone() };
                self.nodes.insert(definition.id.clone(), node);
            }
        }
        self.plugins.push(entry);
    }

    fn open(&self, plugin: usize) -> Result<&dyn LoadedPlugin, Failure> {
        let entry = &self.plugins[plugin];
        let loaded =
            entry.loaded.get_or_init(|| entry.open(&self.component).map_err(|error| error.to_string()));
        match loaded {
            Ok(loaded) => Ok(&**loaded),
            Err(why) => {
                Err(Failure::failed(format!("plugin `{}` cannot be opened: {why}", entry.manifest.id)))
            }
        }
    }
}

impl Entry {
    fn open(&self, config: &ComponentConfig) -> Result<Box<dyn LoadedPlugin>, Error> {
        if !self.native {
            return component::load(&self.artifact, &self.manifest, config);
        }
        // The file may have changed since the start; what is opened must be what was approved.
        check_hash(&self.artifact, &self.sha256)?;
        let known = Some(self.description.clone());
        Ok(Box::new(NativePlugin::load(&self.artifact, &self.manifest.id, known)?))
    }
}

impl Runner for Registry {
    fn definition(&self, node_type: &str) -> Option<&Definition> {
        self.nodes.get(node_type).map(|node| &node.definition)
    }

    fn artifact(&self, node_type: &str) -> Option<&str> {
        self.nodes.get(node_type).map(|node| &*self.plugins[node.plugin].sha256)
    }

    fn run(
        &self,
        node_type: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Failure> {
        let node = self
            .nodes
            .get(node_type)
            .ok_or_else(|| Failure::failed(format!("{node_type}: no usable plugin has this node")))?;
        let outputs =
            self.open(node.plugin)?.run(node_type, inputs, cx).map_err(|failure| name(failure, node_type))?;
        check::check_outputs(&node.definition, &outputs)
            .map_err(|why| Failure::failed(format!("{node_type}: {why}")))?;
        Ok(outputs)
    }

    fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Failure> {
        let id = kind.split_once('/').map_or(kind, |(id, _)| id);
        let found = self.plugins.iter().position(|entry| entry.manifest.id == id);
        let plugin = found
            .filter(|plugin| self.plugins[*plugin].description.handles.iter().any(|known| known == kind))
            .ok_or_else(|| Failure::unsupported(format!("no plugin can restore `{kind}`")))?;
        let value = self.open(plugin)?.restore(kind, bytes).map_err(|failure| name(failure, kind))?;
        if value.kind() == kind {
            Ok(value)
        } else {
            Err(Failure::failed(format!("plugin `{id}` restored a {} from a {kind}", value.kind())))
        }
    }
}

/// Approves the native plugin `id` as it is now: checks and probes it, then records its hash.
///
/// # Errors
/// [`Error::Unknown`] when there is none, or why it cannot be used; then nothing is recorded.
pub fn approve(config: &Config, id: &str) -> Result<String, Error> {
    let (found, _) = config.discovery.find();
    let mut known = Vec::new();
    for Found { folder, .. } in found {
        let Ok(manifest) = manifest::read_manifest(&folder) else { continue };
        if manifest.id != id {
            known.push(manifest.id);
            continue;
        }
        let artifact = manifest::artifact(&manifest)?;
        let path = folder.join(&artifact.file);
        check_hash(&path, &artifact.sha256)?;
        if artifact.target.0 == manifest::HOST_TARGET {
            let description = config.probe.run(&path)?;
            check::check_description(&manifest, &description)?;
            if let Some(file) = &config.lock_file {
                Lock::read(file)?.approve(id, &artifact.sha256)?;
            }
        }
        return Ok(artifact.sha256.clone());
    }
    Err(Error::Unknown { id: id.to_owned(), known })
}

fn check_hash(path: &Path, expected: &str) -> Result<(), Error> {
    let found = manifest::sha256_file(path)?;
    if found == expected {
        Ok(())
    } else {
        Err(Error::Hash { path: path.to_owned(), expected: expected.to_owned(), found })
    }
}

/// Names the node, and with it the plugin, in a failure of its own making.
fn name(failure: Failure, node: &str) -> Failure {
    match failure {
        Failure::Failed { why } => Failure::failed(format!("{node}: {why}")),
        other => other,
    }
}
