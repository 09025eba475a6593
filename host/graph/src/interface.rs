//! What a subgraph looks like from outside: a definition like any node's.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wirebrush_schema::{Definition, Kind, Port};

use crate::cycles::{self, Needs};
use crate::definitions::{input, output};
use crate::{Definitions, Endpoint, Graph, Input, Subgraph};

/// How many subgraphs may be inside each other.
pub(crate) const NESTING: usize = 32;

/// The ports of a node type as its nodes are wired: a plugin's definition, or one derived from a subgraph.
///
/// An input of a subgraph takes kind and range from the first inner input it goes to; the literal inside is its
/// default. `None` for unknown types, and for subgraphs that contain themselves.
pub fn interface(graph: &Graph, node_type: &str, definitions: &dyn Definitions) -> Option<Definition> {
    Interfaces::new(graph, definitions).get(node_type).cloned()
}

/// The definitions of all types in a graph, those of its subgraphs derived once.
pub(crate) struct Interfaces<'a> {
    definitions: &'a dyn Definitions,
    derived: BTreeMap<&'a str, Definition>,
    levels: BTreeMap<&'a str, usize>,
}

impl<'a> Interfaces<'a> {
    pub(crate) fn new(graph: &'a Graph, definitions: &'a dyn Definitions) -> Self {
        let mut interfaces = Self { definitions, derived: BTreeMap::new(), levels: BTreeMap::new() };
        for name in cycles::order(&nesting(graph)) {
            if let Some(subgraph) = graph.definitions.get(name) {
                let inner =
                    subgraph.nodes.values().filter_map(|node| interfaces.levels.get(node.instance_of()?));
                let level = 1 + inner.max().copied().unwrap_or(0);
                let derived = interfaces.derive(name, subgraph);
                interfaces.levels.insert(name, level);
                interfaces.derived.insert(name, derived);
            }
        }
        interfaces
    }

    /// The definition of a node type.
    pub(crate) fn get(&self, node_type: &str) -> Option<&Definition> {
        match node_type.strip_prefix('#') {
            Some(name) => self.derived.get(name),
            None => self.definitions.get(node_type),
        }
    }

    /// How many levels of subgraphs are in a subgraph, itself included; `None` when it contains itself.
    pub(crate) fn levels(&self, name: &str) -> Option<usize> {
        self.levels.get(name).copied()
    }

    fn derive(&self, name: &str, subgraph: &Subgraph) -> Definition {
        let mut definition = Definition::new(format!("#{name}"), "subgraph").title(name);
        for (name, targets) in &subgraph.inputs {
            let port = targets
                .first()
                .map_or_else(|| unknown(name), |target| self.inner_input(name, target, subgraph));
            definition.inputs.push(port);
        }
        for (name, link) in &subgraph.outputs {
            let node = subgraph.nodes.get(&link.node);
            let port = node.and_then(|node| output(self.get(&node.node_type)?, &link.output));
            let port = port.map_or_else(|| unknown(name), |port| Port { name: name.clone(), ..port.clone() });
            definition.outputs.push(port);
        }
        let inner = subgraph.nodes.values().filter_map(|node| self.get(&node.node_type));
        definition.sink = inner.into_iter().any(|it| it.sink);
        definition
    }

    fn inner_input(&self, name: &str, target: &Endpoint, subgraph: &Subgraph) -> Port {
        let node = subgraph.nodes.get(&target.node);
        let port = node.and_then(|node| input(self.get(&node.node_type)?, &target.input));
        let Some(port) = port else { return unknown(name) };
        let mut port = Port { name: name.to_owned(), ..port.clone() };
        match node.and_then(|node| node.inputs.get(&target.input)) {
            None => {}
            Some(Input::Literal(value)) => port.default = Some(value.clone()),
            Some(wired) => match literals(wired) {
                Some(values) => port.default = Some(Json::Array(values)),
                None => port.optional = true,
            },
        }
        port
    }
}

/// For each subgraph, the subgraphs inside it.
pub(crate) fn nesting(graph: &Graph) -> Needs<'_> {
    let entries = graph.definitions.iter();
    entries
        .map(|(name, it)| (name.as_str(), it.nodes.values().filter_map(|node| node.instance_of()).collect()))
        .collect()
}

/// A port of which nothing is known: everything connects.
fn unknown(name: &str) -> Port {
    Port::new(name, Kind::ANY).optional()
}

/// The literals of a list without links.
fn literals(input: &Input) -> Option<Vec<Json>> {
    let items = input.items().iter();
    items.map(|it| if let Input::Literal(value) = it { Some(value.clone()) } else { None }).collect()
}
