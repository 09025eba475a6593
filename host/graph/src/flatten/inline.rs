//! Replaces instances by copies of their nodes.

use std::collections::BTreeMap;

use super::{Source, Sources};
use crate::{Graph, Input, Limits, Link, Node, Path, Problem, Problems, State, Subgraph};

/// The nodes of a graph with every instance that runs replaced by its inner nodes.
///
/// An instance that is bypassed stays, as does one of an unknown subgraph.
pub(super) fn inline(
    graph: &Graph,
    limits: &Limits,
    sources: &mut Sources,
) -> Result<BTreeMap<String, Node>, Problems> {
    let mut plain = BTreeMap::new();
    let mut open: Vec<(String, Node)> =
        graph.nodes.iter().map(|(key, node)| (key.clone(), node.clone())).collect();
    let mut count = open.len();
    while let Some((key, node)) = open.pop() {
        let subgraph = node.instance_of().and_then(|name| graph.definitions.get(name));
        let Some(subgraph) = subgraph.filter(|_| node.state != State::Bypassed) else {
            plain.insert(key, node);
            continue;
        };
        // Empty subgraphs count too: they can multiply just as well.
        count += subgraph.nodes.len().max(1);
        if count > limits.nodes {
            let expected = format!("at most {} nodes after expansion", limits.nodes);
            let path = Path::root().key("nodes");
            return Err(Problem::error("size", path.key(&key), expected, "more").into());
        }
        for (output, link) in &subgraph.outputs {
            let outside = Link { node: key.clone(), output: output.clone() };
            sources.insert(outside, Source::Link(scoped(link, &key)));
        }
        open.extend(inner_nodes(&key, &node, subgraph));
    }
    Ok(plain)
}

/// Copies of the inner nodes under scoped keys, with the instance's values in place.
fn inner_nodes(key: &str, instance: &Node, subgraph: &Subgraph) -> Vec<(String, Node)> {
    let mut nodes = BTreeMap::new();
    for (name, node) in &subgraph.nodes {
        let mut node = node.clone();
        for input in node.inputs.values_mut() {
            scope_input(input, key);
        }
        if instance.state == State::Muted {
            node.state = State::Muted;
        }
        nodes.insert(name.as_str(), node);
    }
    for (name, value) in &instance.inputs {
        for target in subgraph.inputs.get(name).into_iter().flatten() {
            if let Some(node) = nodes.get_mut(target.node.as_str()) {
                node.inputs.insert(target.input.clone(), value.clone());
            }
        }
    }
    nodes.into_iter().map(|(name, node)| (format!("{key}/{name}"), node)).collect()
}

fn scope_input(input: &mut Input, key: &str) {
    match input {
        Input::Literal(_) => {}
        Input::Link(link) => *link = scoped(link, key),
        Input::List(items) => items.iter_mut().for_each(|item| scope_input(item, key)),
    }
}

fn scoped(link: &Link, key: &str) -> Link {
    Link { node: format!("{key}/{}", link.node), output: link.output.clone() }
}
