//! From names to indices: types are looked up once, wires resolved, unneeded nodes left out.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use wirebrush_graph::feeds;
use wirebrush_schema::{Concurrency, Definition, Kind, Port};

use super::graph::{default_literals, typed};
use super::{
    End, NodeType, Plan, PlanError, PlanInput, PlanNode, PortType, Source, Target, Wanted, Wire, Wiring,
};
use crate::{Runner, Value, fingerprint};

// All exclusive nodes share one gate; no node type can have this name, because ids contain a slash.
const EXCLUSIVE: &str = "exclusive";

impl Plan {
    /// Plans what `wanted` needs of `wiring`. About a microsecond a node.
    ///
    /// # Errors
    /// [`PlanError`] for the first name, kind or circle among the needed nodes that cannot be.
    pub fn new(wiring: &Wiring<'_>, wanted: &Wanted, runner: &dyn Runner) -> Result<Self, PlanError> {
        match wanted {
            Wanted::Ends => Self::of_ends(wiring, runner, true),
            Wanted::These(names) => {
                let ends: Vec<End> =
                    names.iter().map(|name| End { name: name.clone(), target: name.clone() }).collect();
                Self::of(wiring, &ends, runner)
            }
        }
    }

    /// Plans the sinks and named ends; without any, the leaves, if that is wished.
    pub(crate) fn of_ends(
        wiring: &Wiring<'_>,
        runner: &dyn Runner,
        or_leaves: bool,
    ) -> Result<Self, PlanError> {
        // A node of unknown type is no sink; it matters only when something needs it.
        let is_sink = |id| runner.definition(id).is_some_and(|definition| definition.sink);
        let sinks = wiring.nodes.iter().filter(|node| is_sink(node.node_type)).map(|node| node.key);
        let mut ends: Vec<End> = sinks.map(End::whole).collect();
        ends.extend_from_slice(&wiring.ends);
        if ends.is_empty() && or_leaves {
            ends.extend(leaves(wiring).map(End::whole));
        }
        Self::of(wiring, &ends, runner)
    }

    /// Plans exactly these.
    pub(crate) fn of(wiring: &Wiring<'_>, ends: &[End], runner: &dyn Runner) -> Result<Self, PlanError> {
        let mut builder = Builder::new(wiring, runner);
        let mut wanted = Vec::with_capacity(ends.len());
        for end in ends {
            builder.named(end, &mut wanted)?;
        }
        for it in &wanted {
            builder.visit(it.index)?;
        }
        Ok(builder.finish(wanted))
    }
}

/// A wanted output by its place in the wiring.
struct WantedOutput {
    name: Arc<str>,
    index: usize,
    output: Option<u32>,
}

/// The nodes that feed no other.
fn leaves<'a>(wiring: &'a Wiring<'a>) -> impl Iterator<Item = &'a str> {
    let wires = wiring.nodes.iter().flat_map(|node| &node.inputs);
    let feeding: HashSet<&str> = wires
        .filter_map(|(_, wire)| match wire {
            Wire::From { node, .. } => Some(*node),
            Wire::Literal(_) | Wire::Written(_) => None,
        })
        .collect();
    wiring.nodes.iter().map(|node| node.key).filter(move |key| !feeding.contains(key))
}

struct Builder<'a> {
    wiring: &'a Wiring<'a>,
    runner: &'a dyn Runner,
    by_key: HashMap<&'a str, usize>,
    types: HashMap<&'a str, (Arc<NodeType>, &'a Definition)>,
    gates: Vec<Arc<str>>,
    marks: Vec<Mark>,
    nodes: Vec<PlanNode>,
}

/// Where a node of the wiring stands in the walk.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Untouched,
    Open,
    Planned(u32),
}

impl<'a> Builder<'a> {
    fn new(wiring: &'a Wiring<'a>, runner: &'a dyn Runner) -> Self {
        Self {
            wiring,
            runner,
            by_key: wiring.nodes.iter().enumerate().map(|(index, node)| (node.key, index)).collect(),
            types: HashMap::new(),
            gates: Vec::new(),
            marks: vec![Mark::Untouched; wiring.nodes.len()],
            nodes: Vec::with_capacity(wiring.nodes.len()),
        }
    }

    /// Adds what `node` or `node.output` names.
    fn named(&mut self, end: &End, wanted: &mut Vec<WantedOutput>) -> Result<(), PlanError> {
        let place = || "wanted outputs".to_owned();
        if let Some(index) = self.by_key.get(end.target.as_str()).copied() {
            let (ty, _) = self.node_type(index)?;
            if ty.outputs.is_empty() {
                wanted.push(WantedOutput { name: end.name.as_str().into(), index, output: None });
            }
            wanted.extend(ty.outputs.iter().zip(0..).map(|(port, output)| WantedOutput {
                name: format!("{}.{}", end.name, port.name).into(),
                index,
                output: Some(output),
            }));
            return Ok(());
        }
        let pair =
            end.target.rsplit_once('.').and_then(|(node, output)| Some((*self.by_key.get(node)?, output)));
        let Some((index, output)) = pair else {
            return Err(PlanError::UnknownNode { place: place(), node: end.target.clone() });
        };
        let (ty, _) = self.node_type(index)?;
        let output = self.output(&ty, output, self.wiring.nodes[index].key, place)?;
        wanted.push(WantedOutput { name: end.name.as_str().into(), index, output: Some(output) });
        Ok(())
    }

    /// Plans a node behind everything it is wired to. Its own stack, so that long chains cannot overflow ours.
    fn visit(&mut self, root: usize) -> Result<(), PlanError> {
        let wiring = self.wiring;
        let mut path: Vec<(usize, usize)> = Vec::new();
        if self.marks[root] == Mark::Untouched {
            self.marks[root] = Mark::Open;
            path.push((root, 0));
        }
        while let Some((index, wire)) = path.last_mut() {
            let node = &wiring.nodes[*index];
            let Some((input, next)) = node.inputs.get(*wire) else {
                let index = *index;
                let planned = self.compile(index)?;
                self.marks[index] = Mark::Planned(self.nodes.len() as u32);
                self.nodes.push(planned);
                path.pop();
                continue;
            };
            *wire += 1;
            let Wire::From { node: from, .. } = next else { continue };
            let Some(up) = self.by_key.get(from).copied() else {
                let place = format!("node `{}`, input `{input}`", node.key);
                return Err(PlanError::UnknownNode { place, node: (*from).to_owned() });
            };
            match self.marks[up] {
                Mark::Planned(_) => {}
                Mark::Untouched => {
                    self.marks[up] = Mark::Open;
                    path.push((up, 0));
                }
                Mark::Open => {
                    let start = path.iter().position(|(index, _)| *index == up).unwrap_or(0);
                    let circle = path[start..].iter().map(|(index, _)| *index).chain([up]);
                    return Err(PlanError::Cycle {
                        nodes: circle.map(|it| wiring.nodes[it].key.to_owned()).collect(),
                    });
                }
            }
        }
        Ok(())
    }

    /// A node whose upstream nodes are planned.
    fn compile(&mut self, index: usize) -> Result<PlanNode, PlanError> {
        let node = &self.wiring.nodes[index];
        let (ty, definition) = self.node_type(index)?;
        for (name, _) in &node.inputs {
            if !ty.inputs.iter().any(|port| *port.name == **name) {
                return Err(PlanError::UnknownInput {
                    node: node.key.to_owned(),
                    node_type: node.node_type.to_owned(),
                    input: (*name).to_owned(),
                    known: names(&ty.inputs),
                });
            }
        }
        let mut inputs = Vec::with_capacity(definition.inputs.len());
        for (position, port) in definition.inputs.iter().enumerate() {
            let mut wires = 0;
            for (_, wire) in node.inputs.iter().filter(|(name, _)| *name == port.name) {
                wires += 1;
                let source = self.source(node.key, port, wire)?;
                inputs.extend(source.map(|source| PlanInput { port: position as u32, source }));
            }
            match wires {
                0 => inputs.extend(
                    defaults(node.key, port)?
                        .into_iter()
                        .map(|source| PlanInput { port: position as u32, source }),
                ),
                1 => {}
                _ if port.list => {}
                count => return Err(mismatch(node.key, port, "one value", format!("{count} values"))),
            }
        }
        Ok(PlanNode { key: node.key.into(), ty, inputs })
    }

    fn source(&self, key: &str, port: &Port, wire: &Wire<'_>) -> Result<Option<Source>, PlanError> {
        match wire {
            Wire::Literal(value) => literal(key, port, value.clone()),
            Wire::Written(value) => literal(key, port, typed(key, port, value)?),
            Wire::From { node, output } => {
                let Some(Mark::Planned(up)) = self.by_key.get(node).map(|index| self.marks[*index]) else {
                    let place = format!("node `{key}`, input `{}`", port.name);
                    return Err(PlanError::UnknownNode { place, node: (*node).to_owned() });
                };
                let ty = &self.nodes[up as usize].ty;
                let output =
                    self.output(ty, output, node, || format!("node `{key}`, input `{}`", port.name))?;
                let kind = &ty.outputs[output as usize].kind;
                if !feeds(kind, port) {
                    return Err(mismatch(key, port, &port.kind.0, format!("{kind} from `{node}`")));
                }
                Ok(Some(Source::Node { node: up, output }))
            }
        }
    }

    fn output(
        &self,
        ty: &NodeType,
        output: &str,
        node: &str,
        place: impl FnOnce() -> String,
    ) -> Result<u32, PlanError> {
        match ty.outputs.iter().position(|port| *port.name == *output) {
            Some(position) => Ok(position as u32),
            None => Err(PlanError::UnknownOutput {
                place: place(),
                node: node.to_owned(),
                output: output.to_owned(),
                known: names(&ty.outputs),
            }),
        }
    }

    fn node_type(&mut self, index: usize) -> Result<(Arc<NodeType>, &'a Definition), PlanError> {
        let node = &self.wiring.nodes[index];
        if let Some((ty, definition)) = self.types.get(node.node_type) {
            return Ok((ty.clone(), definition));
        }
        let Some(definition) = self.runner.definition(node.node_type) else {
            return Err(PlanError::UnknownType {
                node: node.key.to_owned(),
                node_type: node.node_type.to_owned(),
            });
        };
        let ty = Arc::new(NodeType {
            id: node.node_type.into(),
            digest: fingerprint::type_digest(
                node.node_type,
                definition.version,
                self.runner.artifact(node.node_type).unwrap_or_default(),
            ),
            deterministic: definition.deterministic,
            gate: self.gate(definition),
            inputs: definition.inputs.iter().map(port_type).collect(),
            outputs: definition.outputs.iter().map(port_type).collect(),
        });
        self.types.insert(node.node_type, (ty.clone(), definition));
        Ok((ty, definition))
    }

    fn gate(&mut self, definition: &Definition) -> Option<u32> {
        let name = match definition.concurrency {
            Concurrency::Parallel => return None,
            Concurrency::OnePerNode => definition.id.as_str(),
            Concurrency::Exclusive => EXCLUSIVE,
        };
        let known = self.gates.iter().position(|gate| **gate == *name);
        Some(known.unwrap_or_else(|| {
            self.gates.push(name.into());
            self.gates.len() - 1
        }) as u32)
    }

    fn finish(self, wanted: Vec<WantedOutput>) -> Plan {
        let mut consumers = vec![Vec::new(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            for up in node.upstream() {
                consumers[up as usize].push(index as u32);
            }
        }
        let wanted = wanted.into_iter().filter_map(|it| match self.marks[it.index] {
            Mark::Planned(node) => Some(Target { name: it.name, node, output: it.output }),
            Mark::Untouched | Mark::Open => None,
        });
        // Whoever asks for a node and for one of its outputs gets that output once.
        let mut seen = HashSet::new();
        let wanted = wanted.filter(|it| seen.insert((it.name.clone(), it.node, it.output)));
        Plan {
            consumers,
            wanted: wanted.collect(),
            skipped: Vec::new(),
            nodes: self.nodes,
            gates: self.gates,
        }
    }
}

fn port_type(port: &Port) -> PortType {
    PortType {
        name: port.name.as_str().into(),
        kind: port.kind.clone(),
        also: port.also.clone(),
        optional: port.optional,
        hint: port.hint,
    }
}

/// What an input without wire or value gets: its default, nothing, or an error.
fn defaults(key: &str, port: &Port) -> Result<Vec<Source>, PlanError> {
    let values = default_literals(key, port)?;
    if values.is_empty() && !port.optional && !port.list {
        return Err(PlanError::Missing {
            node: key.to_owned(),
            input: port.name.clone(),
            expected: port.kind.0.clone(),
        });
    }
    values.into_iter().filter_map(|value| literal(key, port, value).transpose()).collect()
}

/// A value written in the document, as what its port makes of it; `None` for an optional input left empty.
fn literal(key: &str, port: &Port, value: Value) -> Result<Option<Source>, PlanError> {
    Ok(Some(match (port.kind.as_str(), value) {
        (_, Value::None) if port.optional => return Ok(None),
        (Kind::BYTES, Value::Text(name)) => Source::File(name),
        (Kind::TEXT, Value::Text(name)) if port.widget == "model" => Source::Model(name),
        (Kind::TEXT, Value::Text(amount)) if port.widget == "memory" && amount.is_empty() => Source::Memory,
        (_, value @ (Value::Image(_) | Value::Mask(_) | Value::Tensor(_) | Value::Handle(_))) => {
            return Err(mismatch(key, port, "a value that can be written down", value.kind().to_owned()));
        }
        (kind, value) if kind == Kind::ANY || kind == value.kind() => Source::Literal(value),
        (kind, value) => match crate::check::convert(value, kind) {
            Ok(value) => Source::Literal(value),
            Err(value) => return Err(mismatch(key, port, kind, value.kind().to_owned())),
        },
    }))
}

fn mismatch(key: &str, port: &Port, expected: &str, found: String) -> PlanError {
    PlanError::Mismatch {
        node: key.to_owned(),
        input: port.name.clone(),
        expected: expected.to_owned(),
        found,
    }
}

fn names(ports: &[PortType]) -> String {
    let names: Vec<String> = ports.iter().map(|port| format!("`{}`", port.name)).collect();
    if names.is_empty() { "there is none".to_owned() } else { names.join(", ") }
}
