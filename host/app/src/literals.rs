//! The values written in a graph, each with the port it goes to; also those inside subgraphs.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wirebrush_graph::{Definitions, Graph, Input, Node, interface};
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
    let known = definitions_of(graph, definitions);
    let mut names = Vec::new();
    for node in nodes(graph) {
        for port in known.get(&node.node_type).into_iter().flat_map(|definition| &definition.inputs) {
            if port.widget != "model" {
                continue;
            }
            let name = match node.inputs.get(&port.name) {
                Some(Input::Literal(value)) => value.as_str(),
                Some(_) => None,
                None => port.default.as_ref().and_then(Json::as_str),
            };
            names.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    names.sort();
    names.dedup();
    names
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
