//! The plain graph that an engine runs: no instances, nothing muted, nothing bypassed.

mod inline;
mod source;
mod states;

use std::collections::BTreeMap;

use crate::cycles;
use crate::interface::{Interfaces, NESTING, nesting};
use crate::{Definitions, Exposed, Graph, Limits, Link, Node, Path, Problem, Problems};
use source::{Source, Sources};

/// A graph of plain nodes. Keys of inner nodes are scoped: `relight/blur`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flat {
    /// The nodes that run; every link leads to one of them. Types are ids of definitions, states are `Normal`.
    pub nodes: BTreeMap<String, Node>,
    /// The exposed outputs that can be computed, by name.
    pub outputs: BTreeMap<String, Link>,
    /// The nodes that do not run, each with the reason.
    pub skipped: BTreeMap<String, String>,
    /// Outputs of instances and bypassed nodes, each with where it really comes from.
    aliases: BTreeMap<Link, Link>,
}

impl Flat {
    /// The output of a plain node that an output of the document comes from: through instances and bypassed nodes.
    ///
    /// `None` when nothing computes it. Whether the node has such an output is not checked.
    pub fn resolve(&self, link: &Link) -> Option<Link> {
        let found = self.aliases.get(link).unwrap_or(link);
        self.nodes.contains_key(&found.node).then(|| found.clone())
    }
}

/// Turns a document into the plain graph that an engine runs.
///
/// Instances are replaced by copies of their nodes, with the instance's values. A bypassed node hands on what its
/// definition pairs, or else its first input of the output's kind. What cannot do without a muted node is skipped
/// too; a list merely gets shorter, and an input with a default falls back to it. Expects a validated graph; of
/// others it gives what can be made of them. Linear in the number of nodes after expansion.
///
/// # Errors
/// Recursive or too deeply nested subgraphs, and more nodes than [`Limits::nodes`] after expansion.
pub fn expand(graph: &Graph, definitions: &dyn Definitions) -> Result<Flat, Problems> {
    expand_with(graph, definitions, &Limits::default())
}

fn expand_with(graph: &Graph, definitions: &dyn Definitions, limits: &Limits) -> Result<Flat, Problems> {
    let interfaces = Interfaces::new(graph, definitions);
    check_nesting(graph, &interfaces)?;
    let mut sources = Sources::default();
    let mut nodes = inline::inline(graph, limits, &mut sources)?;
    states::bypass(&mut nodes, &interfaces, &mut sources);
    let skipped = states::resolve(&mut nodes, &interfaces, &sources)?;
    let mut flat = Flat { nodes, skipped, ..Flat::default() };
    for link in sources.outputs() {
        if let Source::Link(found) = sources.follow(link) {
            flat.aliases.insert(link.clone(), found);
        }
    }
    for (name, exposed) in &graph.exposed {
        if let Exposed::Output(link, _) = exposed
            && let Some(found) = flat.resolve(link)
        {
            flat.outputs.insert(name.clone(), found);
        }
    }
    Ok(flat)
}

fn check_nesting(graph: &Graph, interfaces: &Interfaces<'_>) -> Result<(), Problems> {
    let root = Path::root().key("definitions");
    let mut problems = Problems::new();
    for cycle in cycles::cycles(&nesting(graph)) {
        let here = cycle.first().map_or(root, |name| root.key(name));
        problems.push(Problem::error("recursion", here, "no subgraph inside itself", cycles::shown(&cycle)));
    }
    for name in graph.definitions.keys() {
        if interfaces.levels(name).is_some_and(|it| it > NESTING) {
            let expected = format!("at most {NESTING} subgraphs inside each other");
            problems.push(Problem::error("nesting", root.key(name), expected, "more"));
        }
    }
    problems.or(())
}
