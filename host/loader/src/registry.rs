//! All plugins of a host, behind the engine's [`Runner`].

mod check;
mod descriptions;
mod entry;
mod grant;
mod health;
mod inspect;
mod prepare;
mod selection;
mod state;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use semver::Version;
use wirebrush_engine::{NodeContext, Runner, Value};
use wirebrush_schema::{Definition, Failure};

use self::descriptions::Descriptions;
use self::entry::{Entry, no_handle, no_node};
use self::selection::owner;
use crate::component::ComponentConfig;
use crate::discovery::{Found, Origin};
use crate::isolated::Isolation;
use crate::probe::Probe;
use crate::{Discovery, Error, Lock, manifest};

pub(crate) use self::check::check_image;
pub use self::grant::in_words as permissions_in_words;
pub use self::health::Failing;
pub use self::inspect::{Inspected, describe, inspect};
pub use self::prepare::{BUILD_FAILED, approve};
pub use self::selection::Selection;
pub use self::state::{NodeState, PluginState, Status};

/// Where plugins are and how they are loaded.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where to look.
    pub discovery: Discovery,
    /// Folder for descriptions and compiled components, so that a start opens no plugin; `None` opens them all.
    pub cache_dir: Option<PathBuf>,
    /// The `plugins.lock.json`; `None` probes native plugins at each start and remembers nothing.
    pub lock_file: Option<PathBuf>,
    /// Folder for what plugins with the permission `scratch` keep, a sub-folder each; `None` keeps nothing.
    pub scratch_dir: Option<PathBuf>,
    /// How unknown native plugins are probed.
    pub probe: Probe,
    /// Which native plugins run in processes of their own.
    pub isolation: Isolation,
    /// How components are loaded; a missing cache folder is taken from [`Config::cache_dir`].
    pub component: ComponentConfig,
}

/// The plugins of a host. Runs their nodes; opens each when it is first needed.
///
/// A registry never changes. Of a plugin with several versions, ids of nodes mean the active one;
/// [`Registry::select`] gives a view in which they mean others.
#[derive(Default)]
pub struct Registry {
    states: Vec<PluginState>,
    problems: Vec<Error>,
    entries: Vec<Arc<Entry>>,
    usable: BTreeMap<String, Usable>,
}

/// The usable versions of a plugin, as places among the entries.
struct Usable {
    active: usize,
    /// From the lowest to the highest; the texts are those of the manifests.
    versions: Vec<(Version, String, usize)>,
}

impl Usable {
    fn place(&self, version: &str) -> Option<usize> {
        self.versions.iter().find(|(_, text, _)| text == version).map(|(.., place)| *place)
    }
}

impl Registry {
    /// Looks for plugins and checks them. Never fails: what is wrong with a plugin is in its state.
    ///
    /// With a warm cache a plugin costs reading two small files; otherwise it is opened, a component also compiled.
    pub fn load(config: &Config) -> Self {
        Self::default().reload(config)
    }

    /// Looks for plugins again. Those that have not changed go on as they are: open, with what is known of crashes.
    /// Of the others, a component is gone when the last run that uses it is over; a native library never is.
    pub fn reload(&self, config: &Config) -> Self {
        let mut config = config.clone();
        if config.component.cache_dir.is_none() {
            config.component.cache_dir = config.cache_dir.as_ref().map(|folder| folder.join("components"));
        }
        let mut registry = Self::default();
        let lock = match config.lock_file.as_deref().map(Lock::read).transpose() {
            Ok(lock) => Ok(lock.unwrap_or_default()),
            Err(error) => {
                let why = error.to_string();
                registry.problems.push(error);
                Err(why)
            }
        };
        let (found, problems) = config.discovery.find(lock.as_ref().unwrap_or(&Lock::default()));
        registry.problems.extend(problems);
        let preparation = prepare::Preparation {
            descriptions: Descriptions::new(config.cache_dir.as_deref()),
            config: &config,
            lock: &lock,
            old: self,
        };
        let mut origins = Vec::new();
        for found in found {
            registry.add(&preparation, found, &mut origins);
        }
        registry.activate(&origins, lock.as_ref().unwrap_or(&Lock::default()));
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

    /// Each usable plugin with its active version and all usable versions, the lowest first.
    pub fn versions(&self) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
        self.usable.iter().map(|(id, usable)| {
            let versions = usable.versions.iter().map(|(_, text, _)| text.as_str()).collect();
            (id.as_str(), self.entries[usable.active].manifest.version.as_str(), versions)
        })
    }

    /// For each usable version of each plugin its id and what identifies its code and data.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (entry.manifest.id.as_str(), entry.identity()))
    }

    /// The definitions of all usable nodes of active versions, in no particular order.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.active().flat_map(Entry::definitions)
    }

    /// The nodes that usable plugins have but this host cannot use, each with the reason.
    pub fn unusable(&self) -> impl Iterator<Item = (&Definition, String)> {
        let declared = self.active().flat_map(|entry| &entry.description.nodes);
        declared.filter_map(|definition| Some((definition, check::unusable(definition)?)))
    }

    fn active(&self) -> impl Iterator<Item = &Entry> {
        self.usable.values().map(|usable| &*self.entries[usable.active])
    }

    fn entry(&self, id: &str) -> Option<&Entry> {
        self.usable.get(owner(id)).map(|usable| &*self.entries[usable.active])
    }

    fn add(&mut self, preparation: &prepare::Preparation<'_>, found: Found, origins: &mut Vec<Origin>) {
        let mut state = PluginState {
            id: match &found.origin {
                Origin::Installed { id, .. } => id.clone(),
                _ => found.folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            },
            folder: found.folder,
            bundled: matches!(found.origin, Origin::Bundled),
            installed: matches!(found.origin, Origin::Installed { .. }),
            active: false,
            manifest: None,
            artifact: None,
            target: String::new(),
            sha256: String::new(),
            granted: Vec::new(),
            nodes: Vec::new(),
            notices: Vec::new(),
            status: Status::Ready,
            health: Arc::default(),
        };
        match self.prepare(preparation, &found.origin, &mut state) {
            Ok(entry) => {
                state.nodes.extend(entry.description.nodes.iter().map(|definition| NodeState {
                    id: definition.id.clone(),
                    disabled: check::unusable(definition),
                }));
                state.health = entry.health.clone();
                self.entries.push(entry);
                origins.push(found.origin);
            }
            Err(error) => state.status = Status::Refused(error),
        }
        self.states.push(state);
    }

    fn prepare(
        &self,
        preparation: &prepare::Preparation<'_>,
        origin: &Origin,
        state: &mut PluginState,
    ) -> Result<Arc<Entry>, Error> {
        let manifest = manifest::read_manifest(&state.folder)?;
        if let Origin::Installed { id, version } = origin
            && (manifest.id != *id || manifest.version != *version)
        {
            let why = format!("its folder has {} {} in it", manifest.id, manifest.version);
            return Err(Error::description(id, why));
        }
        state.id.clone_from(&manifest.id);
        state.manifest = Some(manifest.clone());
        // Only installed versions stand side by side: which one counts is written down for them.
        let is_taken = |first: &&PluginState| {
            first.id == manifest.id
                && first.manifest.is_some()
                && (!state.installed || first.version() == Some(&manifest.version))
        };
        if let Some(first) = self.states.iter().find(is_taken) {
            return Err(Error::Duplicate { id: manifest.id, first: first.folder.clone() });
        }
        prepare::prepare(preparation, manifest, state)
    }

    /// Decides which version of each plugin is active: one in a folder that was named, the one of the lock, or the
    /// highest.
    fn activate(&mut self, origins: &[Origin], lock: &Lock) {
        let mut usable = BTreeMap::<String, Vec<(Version, String, usize)>>::new();
        for (place, entry) in self.entries.iter().enumerate() {
            let text = entry.manifest.version.clone();
            // Manifests with another version are refused when they are read.
            let version = Version::parse(&text).unwrap_or(Version::new(0, 0, 0));
            usable.entry(entry.manifest.id.clone()).or_default().push((version, text, place));
        }
        for (id, mut versions) in usable {
            versions.sort();
            let locked = lock.plugins.get(&id).and_then(|plugin| plugin.active.as_deref());
            let named = |it: &&(Version, String, usize)| !matches!(origins[it.2], Origin::Installed { .. });
            let active = versions.iter().find(named);
            let active =
                active.or_else(|| versions.iter().find(|(_, text, _)| Some(text.as_str()) == locked));
            let Some((_, text, active)) = active.or(versions.last()).cloned() else { continue };
            let is_it = |state: &&mut PluginState| {
                state.id == id && state.version() == Some(&text) && matches!(state.status, Status::Ready)
            };
            if let Some(state) = self.states.iter_mut().find(is_it) {
                state.active = true;
            }
            self.usable.insert(id, Usable { active, versions });
        }
    }
}

impl Runner for Registry {
    fn definition(&self, node_type: &str) -> Option<&Definition> {
        self.entry(node_type)?.definition(node_type)
    }

    fn artifact(&self, node_type: &str) -> Option<&str> {
        let entry = self.entry(node_type)?;
        entry.definition(node_type).map(|_| entry.identity())
    }

    fn run(
        &self,
        node_type: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Failure> {
        self.entry(node_type).ok_or_else(|| no_node(node_type))?.run(node_type, inputs, cx)
    }

    fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Failure> {
        self.entry(kind).ok_or_else(|| no_handle(kind))?.restore(kind, bytes)
    }
}

/// Whether a file is the one of the manifest.
///
/// # Errors
/// [`Error::Hash`]; [`Error::Io`].
pub(crate) fn check_hash(path: &Path, expected: &str) -> Result<(), Error> {
    let found = manifest::sha256_file(path)?;
    if found == expected {
        Ok(())
    } else {
        Err(Error::Hash { path: path.to_owned(), expected: expected.to_owned(), found })
    }
}
