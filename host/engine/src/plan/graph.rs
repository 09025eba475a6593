//! From a document to a [`Plan`]: the only place that knows what a graph document looks like.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wirebrush_graph::{Exposed, Flat, Graph, Input, Link, Literal, Node, State, expand, literal, lookup};
use wirebrush_schema::Port;

use super::{End, Plan, PlanError, Wanted, Wire, WiredNode, Wiring};
use crate::{Runner, Value};

impl Plan {
    /// Plans what `wanted` needs of a document: instances opened, muted and bypassed nodes taken out.
    ///
    /// # Errors
    /// As [`Plan::new`]; also when subgraphs cannot be opened or a wanted output is muted.
    pub fn of_graph(graph: &Graph, wanted: &Wanted, runner: &dyn Runner) -> Result<Self, PlanError> {
        let document = Document::new(graph, runner)?;
        let wiring = document.wiring();
        let mut plan = match wanted {
            Wanted::Ends => Self::of_ends(&wiring, runner, document.skipped().next().is_none())?,
            Wanted::These(names) => {
                let mut ends = Vec::with_capacity(names.len());
                for name in names {
                    document.find(name, runner, &mut ends)?;
                }
                Self::of(&wiring, &ends, runner)?
            }
        };
        plan.skipped = document.skipped().map(|(node, why)| (node.into(), why.to_owned())).collect();
        Ok(plan)
    }
}

/// A document and what is left of it when it is flat.
struct Document<'a> {
    graph: &'a Graph,
    /// `None` for a document that is flat as it is: most are, and copying it costs as much as planning it.
    flat: Option<Flat>,
}

impl<'a> Document<'a> {
    fn new(graph: &'a Graph, runner: &dyn Runner) -> Result<Self, PlanError> {
        let is_plain = |node: &Node| node.state == State::Normal && node.instance_of().is_none();
        if graph.nodes.values().all(is_plain) {
            return Ok(Self { graph, flat: None });
        }
        let flat = expand(graph, &lookup(|id| runner.definition(id)))
            .map_err(|problems| PlanError::Graph(problems.to_string()))?;
        Ok(Self { graph, flat: Some(flat) })
    }

    fn nodes(&self) -> &BTreeMap<String, Node> {
        self.flat.as_ref().map_or(&self.graph.nodes, |flat| &flat.nodes)
    }

    fn skipped(&self) -> impl Iterator<Item = (&str, &str)> {
        let skipped = self.flat.iter().flat_map(|flat| &flat.skipped);
        skipped.map(|(node, why)| (node.as_str(), why.as_str()))
    }

    /// The node and output that an output of the document really comes from.
    fn resolve(&self, link: &Link) -> Option<Link> {
        match &self.flat {
            Some(flat) => flat.resolve(link),
            None => self.graph.nodes.contains_key(&link.node).then(|| link.clone()),
        }
    }

    /// The exposed outputs that can be computed.
    fn exposed(&self) -> impl Iterator<Item = End> {
        self.graph.exposed.iter().filter_map(|(name, exposed)| match exposed {
            Exposed::Output(link, _) => {
                Some(End { name: name.clone(), target: self.resolve(link)?.to_string() })
            }
            Exposed::Input(..) => None,
        })
    }

    fn wiring(&self) -> Wiring<'_> {
        let nodes = self.nodes().iter().map(|(key, node)| {
            let mut inputs = Vec::with_capacity(node.inputs.len());
            for (name, input) in &node.inputs {
                inputs.extend(input.items().iter().filter_map(|item| match item {
                    Input::Link(Link { node, output }) => Some((name.as_str(), Wire::From { node, output })),
                    Input::Literal(value) => Some((name.as_str(), Wire::Written(value))),
                    Input::List(_) => None,
                }));
            }
            WiredNode { key, node_type: &node.node_type, inputs }
        });
        Wiring { nodes: nodes.collect(), ends: self.exposed().collect() }
    }

    /// Adds what a wanted name means: an exposed output, a node, an output, also of instances and bypassed nodes.
    fn find(&self, name: &str, runner: &dyn Runner, ends: &mut Vec<End>) -> Result<(), PlanError> {
        if let Some(end) = self.exposed().find(|end| end.name == name) {
            ends.push(end);
            return Ok(());
        }
        if self.nodes().contains_key(name) {
            ends.push(End::whole(name));
            return Ok(());
        }
        let before = ends.len();
        for output in self.outputs_of(name, runner) {
            if let Some(link) = self.resolve(&Link { node: name.to_owned(), output: output.to_owned() }) {
                ends.push(End { name: format!("{name}.{output}"), target: link.to_string() });
            }
        }
        if ends.len() > before {
            return Ok(());
        }
        let (node, output) = name.rsplit_once('.').unwrap_or((name, ""));
        let link = self.resolve(&Link { node: node.to_owned(), output: output.to_owned() });
        if let Some(link) = link.filter(|_| !output.is_empty()) {
            ends.push(End { name: name.to_owned(), target: link.to_string() });
            return Ok(());
        }
        // Of a muted instance only the inner nodes are named.
        let is_it = |skipped: &str| {
            skipped.strip_prefix(node).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        Err(match self.skipped().find(|(skipped, _)| is_it(skipped)) {
            Some((_, why)) => PlanError::Muted { name: name.to_owned(), why: why.to_owned() },
            None => PlanError::UnknownNode { place: "wanted outputs".to_owned(), node: name.to_owned() },
        })
    }

    /// The outputs of a node of the document that is not among the flat ones.
    fn outputs_of<'d>(&'d self, name: &str, runner: &'d dyn Runner) -> Vec<&'d str> {
        let Some(node) = self.graph.nodes.get(name) else { return Vec::new() };
        match node.instance_of() {
            Some(subgraph) => {
                let subgraph = self.graph.definitions.get(subgraph);
                subgraph.into_iter().flat_map(|it| it.outputs.keys()).map(String::as_str).collect()
            }
            None => {
                let definition = runner.definition(&node.node_type);
                definition.into_iter().flat_map(|it| &it.outputs).map(|port| port.name.as_str()).collect()
            }
        }
    }
}

/// The values an input has when nothing is wired or set; several only for a list.
pub(super) fn default_literals(key: &str, port: &Port) -> Result<Vec<Value>, PlanError> {
    match &port.default {
        None => Ok(Vec::new()),
        Some(Json::Array(items)) if port.list => items.iter().map(|item| typed(key, port, item)).collect(),
        Some(value) => Ok(vec![typed(key, port, value)?]),
    }
}

/// A written value with the type its port gives it.
pub(super) fn typed(key: &str, port: &Port, value: &Json) -> Result<Value, PlanError> {
    let literal = literal(value, port).map_err(|mismatch| PlanError::Mismatch {
        node: key.to_owned(),
        input: port.name.clone(),
        expected: mismatch.expected,
        found: mismatch.found,
    })?;
    Ok(match literal {
        Literal::None => Value::None,
        Literal::Bool(it) => Value::Bool(it),
        Literal::Int(it) => Value::Int(it),
        Literal::Float(it) => Value::Float(it),
        Literal::Choice(it) => Value::Choice(it.into()),
        // The plan reads text at a `bytes` port as the name of a file.
        Literal::Text(it) | Literal::File(it) => Value::Text(it.into()),
    })
}
