use serde::{Deserialize, Serialize};

use crate::Port;

/// What a plugin answers to `describe`: every node it has.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Description {
    /// Version of the SDK the plugin was built with, for messages only.
    #[serde(default)]
    pub sdk: String,
    /// The nodes, in the author's order.
    #[serde(default)]
    pub nodes: Vec<Definition>,
    /// Kinds of handles this plugin can restore from saved bytes, for example `kontext/latent@1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handles: Vec<String>,
}

/// What a node declares: its name, ports and the promises the engine may rely on.
///
/// ```
/// # use wirebrush_schema as wirebrush_sdk;
/// use wirebrush_sdk::{Definition, Port};
///
/// let definition = Definition::new("acme.tone/Levels", "image/adjust")
///     .title("Levels")
///     .description("Moves black and white.")
///     .version(2) // since 0.3 the result is rounded
///     .replaces("acme.tone/Stretch")
///     .input(Port::image("image"))
///     .input(Port::float("black", 0.0, 0.0..=1.0))
///     .output(Port::image("image"))
///     .bypass("image", "image");
/// assert_eq!(definition.inputs.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// `plugin/Name`, for example `image/Resize`; a third party's plugin id carries its publisher.
    pub id: String,
    /// Name shown to people; empty means the part of [`Definition::id`] behind the slash.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Place in the menu, levels separated by `/`, for example `image/adjust`.
    pub category: String,
    /// Rises when the result for equal inputs changes; part of the cache key.
    #[serde(default = "one")]
    pub version: u32,
    /// What the node does, one sentence first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Old node ids, with renamed ports, that this node takes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<Replacement>,
    /// Whether equal inputs give equal outputs. Only deterministic nodes are cached.
    #[serde(default = "yes")]
    pub deterministic: bool,
    /// How many runs of this node may be under way at once.
    #[serde(default)]
    pub concurrency: Concurrency,
    /// What must be there for the node to run, as open names such as `gpu`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Whether the node ends a graph: it runs without anybody asking for its outputs, and the host writes the
    /// `bytes` it returns to where the user said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sink: bool,
    /// For a bypassed node: pairs of (output, input that passes through to it).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bypass: Vec<(String, String)>,
    /// What comes in.
    #[serde(default)]
    pub inputs: Vec<Port>,
    /// What goes out.
    #[serde(default)]
    pub outputs: Vec<Port>,
}

impl Definition {
    /// A definition of version 1 without ports: deterministic, parallel.
    pub fn new(id: impl Into<String>, category: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: String::new(),
            category: category.into(),
            version: 1,
            description: String::new(),
            replaces: Vec::new(),
            deterministic: true,
            concurrency: Concurrency::Parallel,
            requires: Vec::new(),
            sink: false,
            bypass: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Sets the name shown to people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the version; raise it when the result for equal inputs changes, so that no cache gives the old one.
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Says what the node does.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Adds an input port.
    pub fn input(mut self, port: Port) -> Self {
        self.inputs.push(port);
        self
    }

    /// Adds an output port.
    pub fn output(mut self, port: Port) -> Self {
        self.outputs.push(port);
        self
    }

    /// Says how many runs may be under way at once.
    pub fn concurrency(mut self, concurrency: Concurrency) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Declares that equal inputs may give different outputs: results are never reused.
    pub fn nondeterministic(mut self) -> Self {
        self.deterministic = false;
        self
    }

    /// Declares that the node ends a graph and returns what the host shall write.
    pub fn sink(mut self) -> Self {
        self.sink = true;
        self
    }

    /// Says which input a bypassed node hands to which output.
    pub fn bypass(mut self, output: impl Into<String>, input: impl Into<String>) -> Self {
        self.bypass.push((output.into(), input.into()));
        self
    }

    /// Takes over an older node id, ports unchanged.
    pub fn replaces(mut self, id: impl Into<String>) -> Self {
        self.replaces.push(Replacement { id: id.into(), ports: Vec::new() });
        self
    }
}

/// An old node id that a definition takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// The old id.
    pub id: String,
    /// Pairs of (old port name, new port name).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<(String, String)>,
}

/// How many runs of a node may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concurrency {
    /// Any number.
    #[default]
    Parallel,
    /// One of this node type at a time.
    OnePerNode,
    /// One exclusive node of any type at a time: it uses the whole machine.
    Exclusive,
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}
