use serde_json::Value as Json;

use crate::Value;

/// A graph without subgraphs, muted or bypassed nodes: what a plan is made from.
///
/// Graphs become one through [`Engine::plan`](crate::Engine::plan); build one by hand to run nodes without a document.
///
/// ```
/// use wirebrush_engine::{Value, Wiring};
///
/// let wiring = Wiring::new()
///     .node("prompt", "text/Text", |node| node.set("text", Value::Text("a red teapot".into())))
///     .node("t5", "kontext/T5Encode", |node| node.wire("text", "prompt", "text"));
/// assert_eq!(wiring.nodes.len(), 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Wiring<'a> {
    /// The nodes; their order only breaks ties in the order of running.
    pub nodes: Vec<WiredNode<'a>>,
    /// What [`Wanted::Ends`](crate::Wanted::Ends) asks for beside the sinks.
    pub ends: Vec<End>,
}

/// An output under a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What the run's result calls it.
    pub name: String,
    /// The output, as `node.output`, or all outputs of `node`.
    pub target: String,
}

/// A node of a [`Wiring`].
#[derive(Debug, Clone)]
pub struct WiredNode<'a> {
    /// Its name, unique in the wiring.
    pub key: &'a str,
    /// Id of its definition.
    pub node_type: &'a str,
    /// What comes in, by port name; a list is the same name several times. Ports not named have their defaults.
    pub inputs: Vec<(&'a str, Wire<'a>)>,
}

/// What comes into an input.
#[derive(Debug, Clone)]
pub enum Wire<'a> {
    /// A value. At a `bytes` port, text names a file that the environment reads.
    Literal(Value),
    /// A value as a document writes it; the port gives it a type.
    Written(&'a Json),
    /// An output of another node.
    From {
        /// Name of the node.
        node: &'a str,
        /// Name of its output.
        output: &'a str,
    },
}

impl End {
    /// All outputs of a node, under their own names.
    pub fn whole(node: &str) -> Self {
        Self { name: node.to_owned(), target: node.to_owned() }
    }
}

impl<'a> Wiring<'a> {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node; `inputs` sets and wires it.
    pub fn node(
        mut self,
        key: &'a str,
        node_type: &'a str,
        inputs: impl FnOnce(WiredNode<'a>) -> WiredNode<'a>,
    ) -> Self {
        self.nodes.push(inputs(WiredNode { key, node_type, inputs: Vec::new() }));
        self
    }
}

impl<'a> WiredNode<'a> {
    /// Sets an input to a value.
    pub fn set(mut self, input: &'a str, value: Value) -> Self {
        self.inputs.push((input, Wire::Literal(value)));
        self
    }

    /// Wires an input to an output of another node; again for the same input makes a list.
    pub fn wire(mut self, input: &'a str, node: &'a str, output: &'a str) -> Self {
        self.inputs.push((input, Wire::From { node, output }));
        self
    }
}
