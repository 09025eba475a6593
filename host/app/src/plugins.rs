//! The plugins as they are at one moment, and what one graph sees of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use wirebrush_engine::Runner;
use wirebrush_graph::{Catalog, Graph, Installed, Parsed};
use wirebrush_loader::{Config, PluginState, Registry, Selection};

/// A snapshot. Whoever holds one keeps its plugins, whatever is installed or removed meanwhile.
pub(crate) struct Plugins {
    /// All of them.
    pub(crate) registry: Arc<Registry>,
    /// What the active versions declare.
    pub(crate) catalog: Arc<Catalog>,
    installed: BTreeMap<String, Installed>,
}

/// What one graph sees: of each plugin one version.
pub(crate) struct Scope {
    /// What the versions declare.
    pub(crate) catalog: Arc<Catalog>,
    /// Runs them.
    pub(crate) runner: Arc<dyn Runner>,
    /// The versions of the plugins that the graph uses.
    pub(crate) versions: BTreeMap<String, String>,
}

/// What loading the plugins anew changed, as ids.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Changes {
    /// Plugins that were not there.
    pub(crate) added: Vec<String>,
    /// Plugins whose version, code or data differs.
    pub(crate) changed: Vec<String>,
    /// Plugins that are gone or cannot be used any more.
    pub(crate) removed: Vec<String>,
    /// Plugins that cannot be used.
    pub(crate) refused: Vec<Refusal>,
}

/// A plugin that cannot be used.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// Its id.
    pub(crate) id: String,
    /// Why not, on one line.
    pub(crate) why: String,
}

impl Plugins {
    /// Looks for plugins.
    pub(crate) fn load(config: &Config) -> Self {
        Self::of(Registry::load(config))
    }

    /// Looks for plugins again; those that have not changed are taken over, open as they are.
    pub(crate) fn reload(&self, config: &Config) -> Self {
        Self::of(self.registry.reload(config))
    }

    fn of(registry: Registry) -> Self {
        let registry = Arc::new(registry);
        let installed = registry.versions().map(|(id, active, versions)| {
            let versions = versions.into_iter().map(str::to_owned).collect();
            (id.to_owned(), Installed { active: active.to_owned(), versions })
        });
        let installed = installed.collect();
        let catalog = Arc::new(catalog(&registry.select(&BTreeMap::new()), &installed));
        Self { registry, catalog, installed }
    }

    /// What a graph sees. Nearly free unless it asks for versions that are not active.
    pub(crate) fn for_graph(&self, graph: &Graph) -> Scope {
        let versions = wirebrush_graph::choose_versions(graph, &self.installed);
        if versions.iter().all(|(id, version)| self.installed[id].active == *version) {
            return Scope { catalog: self.catalog.clone(), runner: self.registry.clone(), versions };
        }
        let selection = self.registry.select(&versions);
        let catalog = Arc::new(catalog(&selection, &self.installed));
        Scope { catalog, runner: Arc::new(selection), versions }
    }

    /// Notes in a graph which versions it gets, so that it gets them again.
    pub(crate) fn pin(&self, graph: &mut Graph) {
        graph.made_with = self.for_graph(graph).versions;
    }

    /// The folders with models that usable plugins brought along.
    pub(crate) fn models(&self) -> Vec<PathBuf> {
        let usable = self.registry.plugins().iter().filter(|plugin| plugin.refusal().is_none());
        usable.filter_map(PluginState::models).collect()
    }

    /// Reads a graph, brings it up to date and checks it against the versions it gets.
    pub(crate) fn check(&self, text: &[u8]) -> Parsed {
        let parsed = wirebrush_graph::parse(text);
        let scope = self.for_graph(parsed.graph.as_ref().unwrap_or(&Graph::default()));
        wirebrush_graph::check_read(text, parsed, &*scope.catalog)
    }

    /// What is different in `new`.
    pub(crate) fn changes(&self, new: &Self) -> Changes {
        let (before, after) = (self.identities(), new.identities());
        let ids: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        let mut changes = Changes::default();
        for id in ids {
            let list = match (before.get(id), after.get(id)) {
                (None, Some(_)) => &mut changes.added,
                (Some(_), None) => &mut changes.removed,
                (before, after) if before != after => &mut changes.changed,
                _ => continue,
            };
            list.push(id.to_owned());
        }
        let refused = new
            .registry
            .plugins()
            .iter()
            .filter_map(|plugin| Some(Refusal { id: plugin.id.clone(), why: plugin.refusal()? }));
        changes.refused = refused.collect();
        changes
    }

    /// By usable plugin, what all its versions consist of, and what is to know of them.
    fn identities(&self) -> BTreeMap<&str, Vec<String>> {
        let mut identities = BTreeMap::<&str, Vec<String>>::new();
        for (id, active, _) in self.registry.versions() {
            identities.insert(id, vec![active.to_owned()]);
        }
        for (id, identity) in self.registry.identities() {
            identities.entry(id).or_default().push(identity.to_owned());
        }
        for plugin in self.registry.plugins() {
            // A notice can be news: that the last build failed, that a permission is missing.
            if let Some(known) = identities.get_mut(plugin.id.as_str()) {
                known.extend(plugin.notices.iter().cloned());
            }
        }
        identities
    }
}

fn catalog(selection: &Selection, installed: &BTreeMap<String, Installed>) -> Catalog {
    let mut catalog = Catalog::new();
    for (id, version, definitions) in selection.plugins() {
        catalog = catalog.plugin(id, version, definitions.cloned());
    }
    for (id, installed) in installed {
        catalog = catalog.installed(id, installed.versions.clone());
    }
    catalog
}
