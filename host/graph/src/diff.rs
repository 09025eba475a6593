//! What changed between two graphs, by name.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::literal::shown;
use crate::{Graph, Path};

/// One change: something added (no `old`), removed (no `new`) or changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Place in the document, `nodes.t5.inputs.text`.
    pub path: String,
    /// What was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Json>,
    /// What is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Json>,
}

/// The changes between two graphs, logic and layout apart, each list in the order of the document.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Diff {
    /// Everything but the layout: nodes, inputs, exposed ports, titles, notes.
    pub logic: Vec<Change>,
    /// What only moves boxes.
    pub layout: Vec<Change>,
}

/// The changes that turn one graph into another.
///
/// A node that is new or gone is one change, in a node that stays each input is one. A renamed node is one that is
/// gone and a new one.
pub fn diff(old: &Graph, new: &Graph) -> Diff {
    let mut diff = Diff::default();
    let (old, new) = (old.to_value(), new.to_value());
    if let (Json::Object(old), Json::Object(new)) = (&old, &new) {
        diff.objects(old, new, Path::root(), false);
    }
    diff
}

impl Diff {
    /// Whether the graphs are equal.
    pub fn is_empty(&self) -> bool {
        self.logic.is_empty() && self.layout.is_empty()
    }

    fn objects(&mut self, old: &Map<String, Json>, new: &Map<String, Json>, path: &Path<'_>, layout: bool) {
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let here = path.key(key);
            // A layout belongs to the document or to a subgraph; a node may well be called `layout`.
            let is_layout = key == "layout" && (path.depth() == 0 || is_subgraph(path));
            self.value(old.get(key), new.get(key), &here, layout || is_layout);
        }
    }

    fn value(&mut self, old: Option<&Json>, new: Option<&Json>, path: &Path<'_>, layout: bool) {
        match (old, new) {
            (old, new) if old == new => {}
            (Some(Json::Object(old)), Some(Json::Object(new))) if !is_link(old) && !is_link(new) => {
                self.objects(old, new, path, layout);
            }
            // An absent map is an empty one: `inputs`, `exposed`, `layout` are left out when empty.
            (None, Some(Json::Object(new))) if is_map(path) => self.objects(&Map::new(), new, path, layout),
            (Some(Json::Object(old)), None) if is_map(path) => self.objects(old, &Map::new(), path, layout),
            (old, new) => {
                let change = Change { path: path.to_string(), old: old.cloned(), new: new.cloned() };
                if layout { self.layout.push(change) } else { self.logic.push(change) }
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "~ {}: {} → {}", self.path, brief(old), brief(new)),
            (Some(old), None) => write!(f, "- {}: {}", self.path, brief(old)),
            (None, Some(new)) => write!(f, "+ {}: {}", self.path, brief(new)),
            (None, None) => f.write_str(&self.path),
        }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, change) in self.logic.iter().chain(&self.layout).enumerate() {
            write!(f, "{}{change}", if index > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

/// A value in a few words: a link as its source, a node as its type.
fn brief(value: &Json) -> String {
    let word = |key: &str| value.get(key).and_then(Json::as_str).map(str::to_owned);
    word("from").or_else(|| word("type")).unwrap_or_else(|| shown(value))
}

fn is_link(map: &Map<String, Json>) -> bool {
    map.contains_key("from")
}

fn is_subgraph(path: &Path<'_>) -> bool {
    path.depth() == 2 && path.starts_with("definitions")
}

/// Whether the object here is a map that is left out when empty, at the top, in a node or in a subgraph.
fn is_map(path: &Path<'_>) -> bool {
    let depth = path.depth();
    depth == 1
        || (depth == 3 && (path.starts_with("nodes") || path.starts_with("definitions")))
        || (depth == 5 && path.starts_with("definitions"))
}
