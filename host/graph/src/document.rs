//! The document as plain data: what a user wired, named and placed.
//!
//! Every map is sorted by key, so equal graphs are written as equal bytes. Fields that this version does not know
//! stay in `extra` and are written back.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

/// Fields that this version does not know, kept as they came.
pub type Extra = BTreeMap<String, Json>;

/// A graph document, version 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// What people call it; may be empty.
    pub title: String,
    /// The nodes by the user's names; [`check_name`](crate::check_name) says which names are allowed.
    pub nodes: BTreeMap<String, Node>,
    /// Where the nodes are drawn; never changes what a graph does.
    pub layout: Layout,
    /// Plugin ids with the versions the graph was made for, as semantic-version requirements.
    pub requires: BTreeMap<String, String>,
    /// Plugin ids with the versions the graph last ran with; those are taken again while they are installed.
    pub made_with: BTreeMap<String, String>,
    /// The models the graph last ran with, by the name that its nodes use.
    pub models: BTreeMap<String, MadeModel>,
    /// Inputs and outputs offered to whoever uses the graph without looking inside, by name.
    pub exposed: BTreeMap<String, Exposed>,
    /// Subgraphs by name; a node of type `#Name` is an instance.
    pub definitions: BTreeMap<String, Subgraph>,
    /// Unknown top-level fields.
    pub extra: Extra,
}

/// What tells a model again under another name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MadeModel {
    /// BLAKE3 in lower-case hex: of a file, of its contents; of several files, over their names and hashes. May be empty.
    pub blake3: String,
    /// What it is for, such as `transformer` or `lora`; may be empty.
    pub role: String,
    /// Models of equal role and family may stand in for one another; may be empty.
    pub family: String,
    /// What `wirebrush model pull` gets it with: `OWNER/REPO`, `OWNER/REPO/FILE` or a preset; may be empty.
    pub pull: String,
    /// Bytes of all its files, so that only models of this size need be read to find it again; 0 when it is not known.
    pub bytes: u64,
    /// Unknown fields.
    pub extra: Extra,
}

/// One box in a graph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// Id of a definition, `plugin/Name`, or `#Name` for an instance of a subgraph.
    pub node_type: String,
    /// The inputs that are wired or set, by port name; the others have their defaults.
    pub inputs: BTreeMap<String, Input>,
    /// Whether the node runs.
    pub state: State,
    /// What the user wrote beside it; may be empty.
    pub note: String,
    /// Unknown fields of the node.
    pub extra: Extra,
}

/// Whether a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// It runs.
    #[default]
    Normal,
    /// It does not run, and neither does what cannot do without its outputs.
    Muted,
    /// It does not run; its definition says which input passes through to which output.
    Bypassed,
}

/// What comes into an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A value written in the document; [`literal`](crate::literal()) gives it a type.
    Literal(Json),
    /// The output of another node: `{ "from": "node.output" }`.
    Link(Link),
    /// Literals and links in order, for an input that takes a list. Never nested.
    List(Vec<Input>),
}

/// An output of a node, written `node.output`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Link {
    /// Name of the node.
    pub node: String,
    /// Name of its output.
    pub output: String,
}

/// An input of a node, written `node.input`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// Name of the node.
    pub node: String,
    /// Name of its input.
    pub input: String,
}

/// Something a graph offers by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exposed {
    /// An input, written `"node.input"`, or `{ "input": "node.input", … }` with fields this version does not know.
    Input(Endpoint, Extra),
    /// An output, written `{ "from": "node.output" }`.
    Output(Link, Extra),
}

/// A subgraph. Its own literals are the defaults; an instance owns its values, by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subgraph {
    /// The inputs by name, each with the inner inputs it goes to (at least one).
    pub inputs: BTreeMap<String, Vec<Endpoint>>,
    /// The outputs by name, each with the inner output it comes from.
    pub outputs: BTreeMap<String, Link>,
    /// The inner nodes.
    pub nodes: BTreeMap<String, Node>,
    /// Where the inner nodes are drawn.
    pub layout: Layout,
    /// Unknown fields.
    pub extra: Extra,
}

/// Where things are drawn. Kept apart from the logic, so that moving boxes never touches it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// Places of nodes, by node name.
    pub places: BTreeMap<String, Place>,
    /// Frames around nodes, by title.
    pub frames: BTreeMap<String, Frame>,
    /// The points wires bend at, by input, and entries of other shapes.
    pub extra: Extra,
}

/// Where a node is drawn, in editor pixels at zoom 1: `[x, y]` or `[x, y, width, height]`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Place {
    /// Left edge.
    pub x: f64,
    /// Upper edge; y grows downwards.
    pub y: f64,
    /// Width and height when the user set them.
    pub size: Option<(f64, f64)>,
}

/// A titled rectangle behind nodes, or a free note: `{ "rect": [x, y, width, height], … }`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    /// Left, top, width, height in editor pixels.
    pub rect: [f64; 4],
    /// A color such as `#3a7`; empty for the editor's own.
    pub color: String,
    /// Text inside; may be empty.
    pub note: String,
    /// Unknown fields.
    pub extra: Extra,
}

impl Graph {
    /// An empty graph.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a node; one of the same name is replaced.
    pub fn with(mut self, name: impl Into<String>, node: Node) -> Self {
        self.nodes.insert(name.into(), node);
        self
    }

    /// Offers an input by name.
    pub fn expose(
        mut self,
        name: impl Into<String>,
        node: impl Into<String>,
        input: impl Into<String>,
    ) -> Self {
        let endpoint = Endpoint { node: node.into(), input: input.into() };
        self.exposed.insert(name.into(), Exposed::Input(endpoint, Extra::new()));
        self
    }

    /// Offers an output by name.
    pub fn expose_output(
        mut self,
        name: impl Into<String>,
        node: impl Into<String>,
        output: impl Into<String>,
    ) -> Self {
        let link = Link { node: node.into(), output: output.into() };
        self.exposed.insert(name.into(), Exposed::Output(link, Extra::new()));
        self
    }

    /// Ids of the plugins whose nodes the graph uses, subgraphs included.
    pub fn plugins(&self) -> std::collections::BTreeSet<&str> {
        let inner = self.definitions.values().flat_map(|subgraph| subgraph.nodes.values());
        self.nodes.values().chain(inner).filter_map(Node::plugin).collect()
    }
}

impl Node {
    /// A node without inputs.
    pub fn new(node_type: impl Into<String>) -> Self {
        Self { node_type: node_type.into(), ..Self::default() }
    }

    /// Sets an input to a value.
    pub fn set(mut self, input: impl Into<String>, value: impl Into<Json>) -> Self {
        self.inputs.insert(input.into(), Input::Literal(value.into()));
        self
    }

    /// Wires an input to an output of another node; again for the same input makes a list.
    pub fn wire(
        mut self,
        input: impl Into<String>,
        node: impl Into<String>,
        output: impl Into<String>,
    ) -> Self {
        let link = Input::Link(Link { node: node.into(), output: output.into() });
        let input = input.into();
        let now = match self.inputs.remove(&input) {
            None => link,
            Some(Input::List(mut list)) => {
                list.push(link);
                Input::List(list)
            }
            Some(first) => Input::List(vec![first, link]),
        };
        self.inputs.insert(input, now);
        self
    }

    /// Sets the state.
    pub fn state(mut self, state: State) -> Self {
        self.state = state;
        self
    }

    /// Name of the subgraph that this node is an instance of.
    pub fn instance_of(&self) -> Option<&str> {
        self.node_type.strip_prefix('#')
    }

    /// Id of the plugin the node's type belongs to; `None` for an instance or a type without a slash.
    pub fn plugin(&self) -> Option<&str> {
        if self.instance_of().is_some() {
            None
        } else {
            self.node_type.split_once('/').map(|(plugin, _)| plugin)
        }
    }

    /// The links into the node, each with the input's name, in order.
    pub fn links(&self) -> impl Iterator<Item = (&str, &Link)> {
        self.inputs.iter().flat_map(|(name, input)| input.links().map(move |link| (name.as_str(), link)))
    }
}

impl Input {
    /// The single values: the input itself, or the items of a list in order.
    pub fn items(&self) -> &[Input] {
        match self {
            Self::List(items) => items,
            single => std::slice::from_ref(single),
        }
    }

    /// The links in it, in order.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.items().iter().filter_map(|item| match item {
            Self::Link(link) => Some(link),
            _ => None,
        })
    }
}

impl State {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Muted => "muted",
            Self::Bypassed => "bypassed",
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.node, self.output)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.node, self.input)
    }
}
