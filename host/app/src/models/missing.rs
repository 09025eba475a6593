//! The models that a graph names and that are not here, and what could stand in for them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value as Json;
use wirebrush_graph::{Definitions, Graph, MadeModel, Problem, Problems};

use super::{Model, ModelStore, Reach};
use crate::hub::{address, presets};
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

/// What the graph says of the models that are missing and that none here is the same as.
pub(crate) fn notes<'a>(
    graph: &'a Graph,
    definitions: &dyn Definitions,
    store: &ModelStore,
    reach: Reach,
) -> Vec<&'a MadeModel> {
    literals::models(graph, definitions)
        .into_iter()
        .filter(|name| matches!(look(name, graph, store, reach), Found::Missing(_)))
        .filter_map(|name| graph.models.get(&name))
        .collect()
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
        None => {
            let unread = note.and_then(|note| unread(note, &models, store));
            Found::Missing(hint(name, &models, note, unread))
        }
    }
}

/// A model that could be the missing one: it has its size, and nobody has read it.
fn unread<'a>(note: &MadeModel, models: &'a [Model], store: &ModelStore) -> Option<&'a str> {
    let fits =
        |model: &&Model| model.location.bytes() == note.bytes && store.known_hash(&model.location).is_none();
    let known = !note.blake3.is_empty() && note.bytes > 0;
    models.iter().filter(|_| known).find(fits).map(|model| model.name.as_str())
}

/// Names what could be this one, models of the same family and the command that gets this one, else says where models
/// come from.
fn hint(name: &str, models: &[Model], note: Option<&MadeModel>, unread: Option<&str>) -> String {
    let (role, family) = note.map_or(("", ""), |note| (&note.role, &note.family));
    // Graphs of earlier versions say no role.
    let plays = |model: &Model| role.is_empty() || model.role.is_some_and(|it| it.as_str() == role);
    let alike = models.iter().filter(|model| !family.is_empty() && model.family == family && plays(model));
    let alike: BTreeSet<_> = alike.map(|model| format!("`{}`", model.name)).collect();
    let mut hints = Vec::new();
    if let Some(unread) = unread {
        hints.push(format!(
            "`{unread}` has the same size: `wirebrush model verify {unread}` tells whether it is the same"
        ));
    }
    if !alike.is_empty() {
        let more = if alike.len() > NAMED { " and more" } else { "" };
        let alike: Vec<_> = alike.into_iter().take(NAMED).collect();
        hints.push(format!("of the same family ({family}) here: {}{more}", alike.join(", ")));
    }
    if let Some(words) = pull_words(name, note) {
        hints.push(format!("`wirebrush model pull {words}` gets it"));
    }
    if hints.is_empty() {
        hints.push("`wirebrush model list` shows what is here, `wirebrush model pull` gets more".to_owned());
    }
    hints.join("; ")
}

/// What gets the model from the hub: what the graph says, or a preset of its name.
fn pull_words<'a>(name: &'a str, note: Option<&'a MadeModel>) -> Option<&'a str> {
    let noted = note.map(|note| note.pull.as_str()).filter(|words| address::is_plain(words));
    noted.or_else(|| presets::PRESETS.iter().any(|preset| preset.name == name).then_some(name))
}

fn start(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(pull: &str) -> MadeModel {
        MadeModel { pull: pull.to_owned(), ..MadeModel::default() }
    }

    #[test]
    fn the_command_that_gets_a_model_is_named_where_it_is_known() {
        assert!(
            hint("mine", &[], Some(&note("acme/model/w.gguf")), None)
                .contains("`wirebrush model pull acme/model/w.gguf`")
        );
        assert!(hint("kontext-dev-q4", &[], None, None).contains("`wirebrush model pull kontext-dev-q4`"));
        assert!(hint("mine", &[], None, None).contains("`wirebrush model list`"));
    }

    #[test]
    fn a_graph_from_elsewhere_cannot_put_words_into_a_shell() {
        let told = hint("mine", &[], Some(&note("acme/model; rm -rf ~")), None);
        assert!(!told.contains("rm -rf"), "{told}");
    }
}
