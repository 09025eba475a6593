//! Compares a document with what the node types declare.

mod ports;
mod requires;
mod subgraphs;

use std::collections::BTreeMap;

use crate::cycles::{self, Needs};
use crate::definitions::{did_you_mean, did_you_mean_type, successor};
use crate::interface::Interfaces;
use crate::{Definitions, Graph, Node, Path, Problem, Problems, Severity, State};

/// Finds everything that would keep a graph from running, and what is probably not meant, all at once.
///
/// Checks node types, inputs, literals, links, cycles, exposed ports, subgraphs and `requires`. What is wrong at a
/// muted or bypassed node is a warning. Costs one pass over the graph and changes nothing.
pub fn validate(graph: &Graph, definitions: &dyn Definitions) -> Problems {
    let interfaces = &Interfaces::new(graph, definitions);
    let mut checker = Checker { graph, definitions, interfaces, problems: Problems::new() };
    checker.scope(&graph.nodes, &Path::root().key("nodes"), &|_, _| false);
    checker.subgraphs();
    checker.exposed();
    checker.requires();
    checker.problems.sort();
    checker.problems
}

struct Checker<'a> {
    graph: &'a Graph,
    definitions: &'a dyn Definitions,
    interfaces: &'a Interfaces<'a>,
    problems: Problems,
}

/// The nodes that can see each other: those of the graph, or of one subgraph.
type Scope = BTreeMap<String, Node>;

impl Checker<'_> {
    /// Checks nodes that can see each other; `given` says which inputs get their value from outside.
    fn scope(&mut self, nodes: &Scope, path: &Path<'_>, given: &dyn Fn(&str, &str) -> bool) {
        for (name, node) in nodes {
            let first = self.problems.list.len();
            let here = path.key(name);
            match self.interfaces.get(&node.node_type) {
                Some(definition) => {
                    self.inputs(name, node, definition, nodes, &here.key("inputs"), given);
                    self.soften(first, node.state != State::Normal);
                }
                None => {
                    self.unknown_type(node, &here.key("type"));
                    self.soften(first, node.state == State::Muted);
                }
            }
        }
        let mut needs = Needs::new();
        for (name, node) in nodes {
            needs.insert(name, node.links().map(|(_, link)| link.node.as_str()).collect());
        }
        for cycle in cycles::cycles(&needs) {
            let start = cycle.first().map_or(*path, |name| path.key(name));
            self.error("cycle", &start, "links without a cycle", cycles::shown(&cycle));
        }
    }

    fn unknown_type(&mut self, node: &Node, path: &Path<'_>) {
        let found = format!("`{}`", node.node_type);
        if let Some(name) = node.instance_of() {
            // One that contains itself is reported where it is defined.
            if !self.graph.definitions.contains_key(name) {
                let hint = did_you_mean(name, self.graph.definitions.keys().map(String::as_str));
                self.push(
                    Problem::error("unknown-type", path, "a subgraph in `definitions`", found).hint(hint),
                );
            }
            return;
        }
        if let Some((definition, _)) = successor(self.definitions, &node.node_type) {
            let expected = format!("`{}`, which took its place", definition.id);
            self.push(Problem::error("replaced-type", path, expected, found));
            return;
        }
        let Some(plugin) = node.plugin() else {
            let problem = Problem::error("unknown-type", path, "a node type such as `plugin/Name`", found);
            self.push(problem.hint(did_you_mean_type(&node.node_type, self.definitions)));
            return;
        };
        let hint = if self.definitions.plugins().is_some_and(|it| it.contains_key(plugin)) {
            let near = did_you_mean_type(&node.node_type, self.definitions);
            let pinned = self.graph.made_with.get(plugin).filter(|it| self.is_at_hand(plugin, it));
            match pinned {
                _ if !near.is_empty() => near,
                Some(version) => {
                    format!("plugin `{plugin}` {version}, which the graph was made with, has no such node")
                }
                None => format!("plugin `{plugin}` has no such node"),
            }
        } else {
            let version = self.graph.requires.get(plugin).map_or_else(String::new, |it| format!(" {it}"));
            format!("plugin `{plugin}`{version} would provide it")
        };
        self.push(
            Problem::error("unknown-type", path, "a node type of an available plugin", found).hint(hint),
        );
    }

    /// Whether the nodes of a plugin are those of this version.
    fn is_at_hand(&self, plugin: &str, version: &str) -> bool {
        self.definitions.plugins().and_then(|plugins| plugins.get(plugin)).is_some_and(|it| it == version)
    }

    /// Makes the problems found since `first` warnings.
    fn soften(&mut self, first: usize, soften: bool) {
        if soften {
            for problem in self.problems.list.iter_mut().skip(first) {
                problem.severity = Severity::Warning;
            }
        }
    }

    fn error(
        &mut self,
        code: &'static str,
        path: &Path<'_>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.problems.push(Problem::error(code, path, expected, found));
    }

    fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}
