//! The values written in a graph, each with the port it goes to; also those inside subgraphs.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wirebrush_graph::{Definitions, Graph, Input, Node, Path, State, interface};
use wirebrush_schema::{Definition, Port};

/// Visits every literal; the port is `None` when nobody knows the node or the input.
pub(crate) fn visit(
    graph: &mut Graph,
    definitions: &dyn Definitions,
    see: &mut dyn FnMut(Option<&Port>, &mut Json),
) {
    let known = definitions_of(graph, definitions);
    let inner = graph.definitions.values_mut().flat_map(|subgraph| subgraph.nodes.values_mut());
    for node in graph.nodes.values_mut().chain(inner) {
        let definition = known.get(&node.node_type);
        for (name, input) in &mut node.inputs {
            let port = definition.and_then(|it| it.inputs.iter().find(|port| port.name == *name));
            match input {
                Input::Literal(value) => see(port, value),
                Input::List(items) => {
                    for item in items {
                        if let Input::Literal(value) = item {
                            see(port, value);
                        }
                    }
                }
                Input::Link(_) => {}
            }
        }
    }
}

/// The names of models that the graph's nodes would load, defaults included; sorted, each once.
pub(crate) fn models(graph: &Graph, definitions: &dyn Definitions) -> Vec<String> {
    let mut names = Vec::new();
    visit_models(graph, definitions, &mut |_, _, name| names.push(name.to_owned()));
    names.sort();
    names.dedup();
    names
}

/// Visits the names of models that the graph's nodes would load, each with its node, unless that is inside a
/// subgraph, and its place in the document.
pub(crate) fn visit_models(
    graph: &Graph,
    definitions: &dyn Definitions,
    see: &mut dyn FnMut(Option<&str>, &Path<'_>, &str),
) {
    let known = definitions_of(graph, definitions);
    let mut look = |nodes: &BTreeMap<String, Node>, outer: bool, path: &Path<'_>| {
        for (name, node) in nodes {
            for (port, model) in models_of(node, &known) {
                see(outer.then_some(name), &path.key(name).key("inputs").key(&port), &model);
            }
        }
    };
    look(&graph.nodes, true, &Path::root().key("nodes"));
    for (name, subgraph) in &graph.definitions {
        look(&subgraph.nodes, false, &Path::root().key("definitions").key(name).key("nodes"));
    }
}

/// Writes other names of models into the graph, also where a node had its default; `other` gives those that change.
pub(crate) fn set_models(
    graph: &mut Graph,
    definitions: &dyn Definitions,
    other: &mut dyn FnMut(&str) -> Option<Json>,
) {
    let known = definitions_of(graph, definitions);
    let inner = graph.definitions.values_mut().flat_map(|subgraph| subgraph.nodes.values_mut());
    for node in graph.nodes.values_mut().chain(inner) {
        for (port, name) in models_of(node, &known) {
            if let Some(value) = other(&name) {
                node.inputs.insert(port, Input::Literal(value));
            }
        }
    }
}

/// The models that a node would load, by port; none when it does not run.
fn models_of(node: &Node, known: &BTreeMap<String, Definition>) -> Vec<(String, String)> {
    let definition = known.get(&node.node_type).filter(|_| node.state == State::Normal);
    let ports = definition.into_iter().flat_map(|definition| &definition.inputs);
    let named = ports.filter(|port| port.widget == "model").filter_map(|port| {
        let name = match node.inputs.get(&port.name) {
            Some(Input::Literal(value)) => value.as_str(),
            Some(_) => None,
            None => port.default.as_ref().and_then(Json::as_str),
        };
        Some((port.name.clone(), name.filter(|name| !name.is_empty())?.to_owned()))
    });
    named.collect()
}

fn nodes(graph: &Graph) -> impl Iterator<Item = &Node> {
    graph.nodes.values().chain(graph.definitions.values().flat_map(|subgraph| subgraph.nodes.values()))
}

fn definitions_of(graph: &Graph, definitions: &dyn Definitions) -> BTreeMap<String, Definition> {
    let mut known = BTreeMap::new();
    for node in nodes(graph) {
        if !known.contains_key(&node.node_type)
            && let Some(definition) = interface(graph, &node.node_type, definitions)
        {
            known.insert(node.node_type.clone(), definition);
        }
    }
    known
}
