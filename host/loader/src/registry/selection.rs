//! One version of each plugin, as one graph sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use wirebrush_engine::{NodeContext, Runner, Value};
use wirebrush_schema::{Definition, Failure};

use super::Registry;
use super::entry::{Entry, no_handle, no_node};

/// The plugins of a registry, of some another version than the active one. Ids of nodes mean the chosen version's.
pub struct Selection {
    registry: Arc<Registry>,
    /// Places in the registry, by plugin id.
    chosen: BTreeMap<String, usize>,
}

impl Registry {
    /// Chooses versions by plugin id; what is not named or not there is the active one.
    pub fn select(self: &Arc<Self>, versions: &BTreeMap<String, String>) -> Selection {
        let places = self.usable.iter().map(|(id, usable)| {
            let wanted = versions.get(id).and_then(|version| usable.place(version));
            (id.clone(), wanted.unwrap_or(usable.active))
        });
        Selection { chosen: places.collect(), registry: self.clone() }
    }
}

impl Selection {
    /// Id, version and usable nodes of each plugin, by id.
    pub fn plugins(&self) -> impl Iterator<Item = (&str, &str, impl Iterator<Item = &Definition>)> {
        self.chosen.iter().map(|(id, place)| {
            let entry = &self.registry.entries[*place];
            (id.as_str(), entry.manifest.version.as_str(), entry.definitions())
        })
    }

    fn entry(&self, id: &str) -> Option<&Entry> {
        self.chosen.get(owner(id)).map(|place| &*self.registry.entries[*place])
    }
}

/// The plugin that a node or a kind of handle belongs to.
pub(super) fn owner(id: &str) -> &str {
    id.split_once('/').map_or(id, |(plugin, _)| plugin)
}

impl Runner for Selection {
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
