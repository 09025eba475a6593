//! What the engine needs from the rest of the host.

use std::path::PathBuf;

use wirebrush_schema::{Definition, Failure, LogLevel};

use crate::{Bytes, Image, Value};

/// Runs nodes. The loader implements it; tests implement it with closures.
pub trait Runner: Send + Sync {
    /// What a node type declares, or `None` when no usable plugin has it.
    fn definition(&self, node_type: &str) -> Option<&Definition>;

    /// Identity of the code behind a node type: the artifact's hash. Part of every cache key.
    fn artifact(&self, node_type: &str) -> Option<&str>;

    /// Runs a node to its end on this thread. A list input is the same name several times, in order.
    ///
    /// # Errors
    /// What the node says; a panic, trap, time-out or lie of the plugin is `Failed` with the plugin's name in it.
    fn run(
        &self,
        node_type: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Failure>;

    /// Rebuilds a handle from saved bytes.
    ///
    /// # Errors
    /// `Unsupported` when no plugin can.
    fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Failure>;
}

/// The engine as one running node sees it.
pub trait NodeContext: Send + Sync {
    /// Takes note of progress; `total` may be 0 for unknown.
    fn progress(&self, step: u64, total: u64, message: &str);
    /// Passes on an unfinished result.
    fn preview(&self, image: Image);
    /// Passes on a log line.
    fn log(&self, level: LogLevel, message: &str);
    /// Whether the run shall stop.
    fn is_cancelled(&self) -> bool;
    /// Finds a model by name or path.
    ///
    /// # Errors
    /// `Failed`, naming the places looked in.
    fn find_model(&self, name: &str) -> Result<PathBuf, Failure>;
    /// Takes note of the linear memory a component's run has taken, when it has ended.
    fn memory(&self, _bytes: u64) {}
    /// Takes note of the instructions a component's run has executed, when it has ended and they were counted.
    fn instructions(&self, _count: u64) {}
    /// Takes note that the failure that follows is a trap, a panic, a hang or a broken promise of the node.
    fn crashed(&self) {}
}

/// The world around a run: files named in the graph, and models.
pub trait Environment: Send + Sync {
    /// The contents of a file that a literal of a `bytes` port names.
    ///
    /// # Errors
    /// `Failed` with the path and the reason.
    fn read_file(&self, name: &str) -> Result<File, Failure>;

    /// Where the model of this name, or at this path, lies.
    ///
    /// # Errors
    /// `Failed`, naming the places looked in.
    fn find_model(&self, name: &str) -> Result<PathBuf, Failure>;

    /// Something that changes when the model of this name does; part of the cache key of inputs whose widget is
    /// `model`. The name itself is always part of the key.
    fn model_identity(&self, name: &str) -> String;

    /// What inputs whose widget is `memory` get where they are empty, such as `8G`; empty leaves it to the nodes.
    fn memory(&self) -> &str {
        ""
    }
}

/// A file named in a graph.
#[derive(Debug, Clone)]
pub struct File {
    /// Media type and contents.
    pub bytes: Bytes,
    /// BLAKE3 of the contents.
    pub hash: [u8; 32],
}
