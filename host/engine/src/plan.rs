//! What is left of a graph once only the wanted outputs count: nodes in order, wires as indices.
//!
//! A [`Plan`] is made from a graph by [`Engine::plan`](crate::Engine::plan), or from a [`Wiring`] by hand. Nodes stand
//! in an order in which every node comes behind those it is wired to; equal requests give equal plans.

mod build;
mod graph;
mod wiring;

use std::sync::Arc;

use wirebrush_schema::Kind;

use crate::{NodeKey, Value};

pub use wiring::{End, Wire, WiredNode, Wiring};

/// Which outputs a run shall give.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Wanted {
    /// What the graph is for: its sinks and exposed outputs; without any, the nodes that feed no other. Nothing when
    /// all of them are muted.
    #[default]
    Ends,
    /// These nodes (`save`) or outputs (`decode.image`), in this order.
    These(Vec<String>),
}

/// The nodes that wanted outputs depend on, in an order in which they can run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) nodes: Vec<PlanNode>,
    /// By node, one entry for every wire out of it: the node at the other end.
    pub(crate) consumers: Vec<Vec<u32>>,
    pub(crate) wanted: Vec<Target>,
    pub(crate) skipped: Vec<(NodeKey, String)>,
    /// What only one node at a time may pass, see [`NodeType::gate`].
    pub(crate) gates: Vec<Arc<str>>,
}

impl Plan {
    /// How many nodes may have to run.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing has to run.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Name and type of every node, in the plan's order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (&NodeKey, &NodeKey)> {
        self.nodes.iter().map(|node| (&node.key, &node.ty.id))
    }

    /// The nodes of the document that do not run because somebody muted them or what they need, with the reasons.
    pub fn skipped(&self) -> &[(NodeKey, String)] {
        &self.skipped
    }
}

/// Something a run shall give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// What the result calls it.
    pub(crate) name: Arc<str>,
    pub(crate) node: u32,
    /// The output, or `None` for a node without outputs that shall only run.
    pub(crate) output: Option<u32>,
}

/// A node of a plan.
#[derive(Debug, Clone)]
pub(crate) struct PlanNode {
    pub(crate) key: NodeKey,
    pub(crate) ty: Arc<NodeType>,
    /// In the definition's order; a list input is the same port several times.
    pub(crate) inputs: Vec<PlanInput>,
}

impl PlanNode {
    /// The nodes this one is wired to, once for every wire.
    pub(crate) fn upstream(&self) -> impl Iterator<Item = u32> {
        self.inputs.iter().filter_map(|input| match input.source {
            Source::Node { node, .. } => Some(node),
            _ => None,
        })
    }
}

/// What comes into one port.
#[derive(Debug, Clone)]
pub(crate) struct PlanInput {
    /// Index among the type's inputs.
    pub(crate) port: u32,
    pub(crate) source: Source,
}

/// Where the value of an input comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// The document, or the port's default.
    Literal(Value),
    /// A file that the environment reads.
    File(Arc<str>),
    /// The name of a model: a text whose meaning can change.
    Model(Arc<str>),
    /// The memory that the environment gives.
    Memory,
    /// An output of another node, both as indices.
    Node { node: u32, output: u32 },
}

/// What the engine has to know of a node type.
#[derive(Debug)]
pub(crate) struct NodeType {
    pub(crate) id: NodeKey,
    /// Id, version and artifact; the start of every fingerprint.
    pub(crate) digest: [u8; 32],
    pub(crate) deterministic: bool,
    /// Index of what only one node at a time may pass: the node type's own gate, or the one of exclusive nodes.
    pub(crate) gate: Option<u32>,
    pub(crate) inputs: Vec<PortType>,
    pub(crate) outputs: Vec<PortType>,
}

/// What the engine has to know of a port.
#[derive(Debug, Clone)]
pub(crate) struct PortType {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) also: Vec<Kind>,
    pub(crate) optional: bool,
    /// Whether values do not count in fingerprints.
    pub(crate) hint: bool,
}

/// Why a request cannot be planned. Validate the graph first: that finds every problem at once, with its place.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The graph itself is not sound.
    #[error("{0}")]
    Graph(String),
    /// Nobody has a node type.
    #[error("node `{node}`: no plugin has the node type `{node_type}`")]
    UnknownType {
        /// Name of the node.
        node: String,
        /// The type it asks for.
        node_type: String,
    },
    /// A wanted name, or a wire, leads to no node.
    #[error("{place}: expected the name of a node, found `{node}`")]
    UnknownNode {
        /// What names it.
        place: String,
        /// The name.
        node: String,
    },
    /// A wanted name, or a wire, leads to no output.
    #[error("{place}: expected an output of `{node}` ({known}), found `{output}`")]
    UnknownOutput {
        /// What names it.
        place: String,
        /// Name of the node.
        node: String,
        /// The name that is no output.
        output: String,
        /// The outputs there are.
        known: String,
    },
    /// A node has no input of this name.
    #[error("node `{node}`: expected an input of `{node_type}` ({known}), found `{input}`")]
    UnknownInput {
        /// Name of the node.
        node: String,
        /// Its type.
        node_type: String,
        /// The name that is no input.
        input: String,
        /// The inputs there are.
        known: String,
    },
    /// An input has a value, or a wire, of another kind.
    #[error("node `{node}`, input `{input}`: expected {expected}, found {found}")]
    Mismatch {
        /// Name of the node.
        node: String,
        /// Name of the input.
        input: String,
        /// What the port takes.
        expected: String,
        /// What came.
        found: String,
    },
    /// A required input has nothing.
    #[error("node `{node}`, input `{input}`: expected {expected}, found nothing")]
    Missing {
        /// Name of the node.
        node: String,
        /// Name of the input.
        input: String,
        /// What the port takes.
        expected: String,
    },
    /// A wanted output belongs to a node that does not run.
    #[error("wanted outputs: `{name}` does not run: {why}")]
    Muted {
        /// The wanted name.
        name: String,
        /// Why it does not run.
        why: String,
    },
    /// Nodes wait for each other.
    #[error("nodes wait for each other: {}", nodes.join(" → "))]
    Cycle {
        /// The nodes along the circle; the first once more at its end.
        nodes: Vec<String>,
    },
}
