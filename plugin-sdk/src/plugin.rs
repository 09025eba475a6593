use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use crate::schema::Description;
use crate::{Context, Definition, Failure, Handle, HandleType, Inputs, Node, Outputs, Result};

/// What a plugin consists of, independent of how it is loaded. Made by [`export_nodes!`](crate::export_nodes), which
/// also gives the crate a function `__wirebrush_plugin()` for tests of the whole.
#[derive(Default)]
pub struct Plugin {
    /// The nodes, in the author's order.
    pub nodes: Vec<NodeEntry>,
    /// The kinds of handles that can be restored.
    pub handles: Vec<HandleEntry>,
}

/// One node of a plugin.
pub struct NodeEntry {
    /// What it declares; made when first asked for, because a component starts anew for each run.
    pub definition: LazyLock<Definition>,
    /// Runs a fresh instance.
    pub run: fn(Inputs, &Context<'_>) -> Result<Outputs>,
}

/// One kind of handle of a plugin.
pub struct HandleEntry {
    /// The kind.
    pub kind: &'static str,
    /// Rebuilds a handle from saved bytes.
    pub restore: fn(&[u8]) -> Result<Handle>,
}

impl Plugin {
    /// Adds a node.
    pub fn node<N: Node>(mut self) -> Self {
        self.nodes.push(NodeEntry {
            definition: LazyLock::new(N::definition),
            run: |inputs, cx| N::default().run(inputs, cx),
        });
        self
    }

    /// Adds a kind of handle.
    pub fn handle<T: HandleType>(mut self) -> Self {
        self.handles.push(HandleEntry { kind: T::KIND, restore: |bytes| T::restore(bytes).map(Handle::new) });
        self
    }

    /// The JSON document both binary interfaces hand to the host.
    pub fn describe(&self) -> String {
        let description = Description {
            sdk: env!("CARGO_PKG_VERSION").to_owned(),
            nodes: self.nodes.iter().map(|node| Definition::clone(&node.definition)).collect(),
            handles: self.handles.iter().map(|handle| handle.kind.to_owned()).collect(),
        };
        serde_json::to_string(&description).expect("definitions are plain data with string keys")
    }

    /// Runs a node by id; a panic becomes a failure.
    ///
    /// # Errors
    /// What the node returns; `Failed` when it panics or does not exist.
    pub fn run(&self, id: &str, inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let node = self
            .nodes
            .iter()
            .find(|node| node.definition.id == id)
            .ok_or_else(|| Failure::failed(format!("this plugin has no node `{id}`")))?;
        guard(|| (node.run)(inputs, cx))
    }

    /// Runs the node at a place in the description; like [`Plugin::run`], without asking any node for its definition.
    ///
    /// # Errors
    /// As [`Plugin::run`].
    pub fn run_nth(&self, index: usize, inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let node = self.nodes.get(index).ok_or_else(|| {
            Failure::failed(format!("this plugin has {} nodes, none at place {index}", self.nodes.len()))
        })?;
        guard(|| (node.run)(inputs, cx))
    }

    /// Rebuilds a handle from what its `save` wrote; a panic becomes a failure.
    ///
    /// # Errors
    /// `Unsupported` for a kind this plugin does not know, or what the type returns.
    pub fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Handle> {
        let handle = self
            .handles
            .iter()
            .find(|handle| handle.kind == kind)
            .ok_or_else(|| Failure::unsupported(format!("this plugin cannot restore `{kind}`")))?;
        guard(|| (handle.restore)(bytes))
    }
}

/// Runs `f` and turns a panic into a failure. Nothing of what `f` touched is used afterwards.
pub(crate) fn guard<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        // What was thrown may itself panic when it is dropped, outside of any guard.
        std::mem::forget(panic);
        Err(Failure::failed(format!("panicked: {text}")))
    })
}
