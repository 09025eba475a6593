//! The models that a graph names and that are not here, and what could stand in for them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value as Json;
use wirebrush_graph::{Definitions, Graph, Problem, Problems};

use super::{Model, ModelStore, Reach};
use crate::literals;

/// How many substitutes a message names.
const NAMED: usize = 5;

/// Says which models are missing, and which are others than the graph was made with.
///
/// A model with the same hash takes the place of a missing one and is a warning; anything else is the user's choice.
pub(crate) fn check(
    graph: &Graph,
    definitions: &dyn Definitions,
    store: &ModelStore,
    reach: Reach,
) -> Problems {
    let all = graph.nodes.keys().map(String::as_str).collect();
    check_nodes(graph, definitions, store, reach, &all)
}

/// The same for some of the nodes, and those inside subgraphs.
pub(crate) fn check_nodes(
    graph: &Graph,
    definitions: &dyn Definitions,
    store: &ModelStore,
    reach: Reach,
    nodes: &HashSet<&str>,
) -> Problems {
    let mut problems = Problems::new();
    let mut looked = BTreeMap::new();
    literals::visit_models(graph, definitions, &mut |node, path, name| {
        if node.is_some_and(|node| !nodes.contains(node)) {
            return;
        }
        let found = looked.entry(name.to_owned()).or_insert_with(|| look(name, graph, store, reach));
        let expected = "a model that is here";
        let named = || format!("`{name}`");
        match found {
            Found::Here => {}
            Found::Other(note, here) => problems.push(Problem::warning(
                "other-model",
                path,
                format!("`{name}` with blake3 {}…, which the graph was made with", start(note)),
                format!("one with blake3 {}…", start(here)),
            )),
            Found::Same(same) => problems.push(
                Problem::warning("missing-model", path, expected, named())
                    .hint(format!("`{same}` is the same model and is used instead")),
            ),
            Found::Missing(hint) => {
                problems.push(Problem::error("missing-model", path, expected, named()).hint(hint.clone()));
            }
        }
    });
    problems
}

/// Puts models with the same hash in place of missing ones.
pub(crate) fn substitute(graph: &mut Graph, definitions: &dyn Definitions, store: &ModelStore, reach: Reach) {
    let missing: Vec<_> = literals::models(graph, definitions)
        .into_iter()
        .filter_map(|name| match look(&name, graph, store, reach) {
            Found::Same(same) => Some((name, same)),
            _ => None,
        })
        .collect();
    if missing.is_empty() {
        return;
    }
    let missing: BTreeMap<_, _> = missing.into_iter().collect();
    literals::set_models(graph, definitions, &mut |name| {
        missing.get(name).map(|same| Json::from(same.as_str()))
    });
    for (name, same) in missing {
        if let Some(note) = graph.models.remove(&name) {
            graph.models.insert(same, note);
        }
    }
}

enum Found {
    Here,
    /// It is here, with another hash: that of the graph, that of the model.
    Other(String, String),
    /// This one has the same hash.
    Same(String),
    /// What to do about it.
    Missing(String),
}

fn look(name: &str, graph: &Graph, store: &ModelStore, reach: Reach) -> Found {
    let note = graph.models.get(name);
    if let Some(location) = store.locate(name, reach) {
        let hash = note.and_then(|note| Some((note, store.known_hash(&location)?)));
        return match hash {
            Some((note, here)) if !note.blake3.is_empty() && note.blake3 != here => {
                Found::Other(note.blake3.clone(), here)
            }
            _ => Found::Here,
        };
    }
    let models = store.list();
    let same = note.filter(|note| !note.blake3.is_empty()).and_then(|note| {
        models.iter().find(|model| store.known_hash(&model.location).as_ref() == Some(&note.blake3))
    });
    match same {
        Some(model) => Found::Same(model.name.clone()),
        None => Found::Missing(hint(&models, note.map_or("", |note| note.family.as_str()))),
    }
}

/// Names models of the same family, else says where models come from.
fn hint(models: &[Model], family: &str) -> String {
    let alike = models.iter().filter(|model| !family.is_empty() && model.family == family);
    let alike: BTreeSet<_> = alike.map(|model| format!("`{}`", model.name)).collect();
    if alike.is_empty() {
        return "`wirebrush model list` shows what is here, `wirebrush model pull` gets more".to_owned();
    }
    let more = if alike.len() > NAMED { " and more" } else { "" };
    let alike: Vec<_> = alike.into_iter().take(NAMED).collect();
    format!("of the same family ({family}) here: {}{more}", alike.join(", "))
}

fn start(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
