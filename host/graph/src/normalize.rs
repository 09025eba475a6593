//! Brings a document up to date with the definitions.

use std::collections::BTreeMap;

use wirebrush_schema::{Definition, Kind, Replacement};

use crate::definitions::input;
use crate::interface::Interfaces;
use crate::literal::exact_int;
use crate::{Definitions, Exposed, Graph, Input, Node, Path, Problem, Problems, number};

/// Replaces old node ids and port names by those that took over, and writes large integers so that none is rounded.
///
/// Integers of `int` ports beyond ±2⁵³ become strings of digits, others plain numbers. Gives a warning for each
/// replaced node. A graph that needs nothing stays as it is.
pub fn normalize(graph: &mut Graph, definitions: &dyn Definitions) -> Problems {
    let mut problems = Problems::new();
    let successors = successors(definitions);
    let root = Path::root();
    let mut renames = replace(&mut graph.nodes, definitions, &successors, &root.key("nodes"), &mut problems);
    renames.rewire(&mut graph.nodes);
    for exposed in graph.exposed.values_mut() {
        match exposed {
            Exposed::Input(endpoint, _) => renames.rename(&endpoint.node, &mut endpoint.input),
            Exposed::Output(link, _) => renames.rename(&link.node, &mut link.output),
        }
    }
    for (name, subgraph) in &mut graph.definitions {
        let path = root.key("definitions");
        let path = path.key(name);
        renames = replace(&mut subgraph.nodes, definitions, &successors, &path.key("nodes"), &mut problems);
        renames.rewire(&mut subgraph.nodes);
        for endpoint in subgraph.inputs.values_mut().flatten() {
            renames.rename(&endpoint.node, &mut endpoint.input);
        }
        for link in subgraph.outputs.values_mut() {
            renames.rename(&link.node, &mut link.output);
        }
    }
    integers(graph, definitions);
    problems
}

/// Old ids with what took over.
type Successors<'a> = BTreeMap<&'a str, (&'a Definition, &'a Replacement)>;

fn successors(definitions: &dyn Definitions) -> Successors<'_> {
    let all = definitions.all();
    all.flat_map(|new| new.replaces.iter().map(move |old| (old.id.as_str(), (new, old)))).collect()
}

/// For each replaced node, its renamed ports.
struct Renames<'a>(BTreeMap<String, &'a [(String, String)]>);

fn replace<'a>(
    nodes: &mut BTreeMap<String, Node>,
    definitions: &dyn Definitions,
    successors: &Successors<'a>,
    path: &Path<'_>,
    problems: &mut Problems,
) -> Renames<'a> {
    let mut renames = Renames(BTreeMap::new());
    for (name, node) in nodes {
        // A plugin that still has the old node keeps it.
        if definitions.get(&node.node_type).is_some() {
            continue;
        }
        let Some((new, old)) = successors.get(node.node_type.as_str()) else { continue };
        let problem = Problem::warning(
            "replaced-type",
            path.key(name).key("type"),
            format!("`{}`", new.id),
            format!("`{}`", node.node_type),
        );
        problems.push(problem.hint("it is taken for the new one"));
        node.node_type.clone_from(&new.id);
        let inputs = std::mem::take(&mut node.inputs);
        node.inputs = inputs.into_iter().map(|(port, value)| (renamed(&old.ports, port), value)).collect();
        renames.0.insert(name.clone(), &old.ports);
    }
    renames
}

impl Renames<'_> {
    fn rename(&self, node: &str, port: &mut String) {
        if let Some(ports) = self.0.get(node) {
            *port = renamed(ports, std::mem::take(port));
        }
    }

    /// Lets links follow the renamed outputs.
    fn rewire(&self, nodes: &mut BTreeMap<String, Node>) {
        if self.0.is_empty() {
            return;
        }
        for input in nodes.values_mut().flat_map(|node| node.inputs.values_mut()) {
            for item in items_mut(input) {
                if let Input::Link(link) = item {
                    self.rename(&link.node, &mut link.output);
                }
            }
        }
    }
}

fn renamed(ports: &[(String, String)], port: String) -> String {
    ports.iter().find(|(old, _)| *old == port).map_or(port, |(_, new)| new.clone())
}

/// Gives every integer its canonical form.
fn integers(graph: &mut Graph, definitions: &dyn Definitions) {
    let snapshot = graph.clone();
    let interfaces = Interfaces::new(&snapshot, definitions);
    let inner = graph.definitions.values_mut().flat_map(|it| it.nodes.values_mut());
    for node in graph.nodes.values_mut().chain(inner) {
        let Some(definition) = interfaces.get(&node.node_type) else { continue };
        for (name, given) in &mut node.inputs {
            if input(definition, name).is_some_and(|port| port.kind.as_str() == Kind::INT) {
                items_mut(given).iter_mut().for_each(canonical);
            }
        }
    }
}

fn canonical(item: &mut Input) {
    let Input::Literal(value) = item else { return };
    if let Some(exact) = exact_int(value) {
        *value = number::integer(exact);
    }
}

fn items_mut(input: &mut Input) -> &mut [Input] {
    match input {
        Input::List(items) => items,
        single => std::slice::from_mut(single),
    }
}
