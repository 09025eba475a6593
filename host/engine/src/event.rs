//! Everything that happens in a run, as one stream of [`Report`]s.
//!
//! Terminal bars, JSON lines, a WebSocket and tests all read the same stream. Reports arrive one at a time, in the
//! order of their sequence numbers, from whichever thread the event happened on.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Serialize, Serializer};
use wirebrush_schema::{Failure, LogLevel};

use crate::{Image, Reuse};

/// Name of a node in its graph. Cloning shares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeKey(Arc<str>);

impl NodeKey {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NodeKey {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl std::ops::Deref for NodeKey {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<&str> for NodeKey {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for NodeKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// An event with its place in the run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// 0 for the first event of a run, then one more for each.
    pub sequence: u64,
    /// What happened; in JSON its fields stand beside `sequence`.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened in a run. In JSON the field `event` names it, for example `node-progress`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The run was accepted; files are read and caches looked through next.
    RunQueued {
        /// Nodes that the wanted outputs depend on.
        nodes: usize,
    },
    /// It is known what is left to do.
    RunStarted {
        /// Nodes that will run.
        to_run: usize,
        /// Nodes whose results are there already.
        cached: usize,
    },
    /// Every wanted output is there.
    RunFinished {
        /// Time since the run was queued, in milliseconds.
        ms: f64,
    },
    /// The run was stopped before every wanted output was there.
    RunCancelled {
        /// Time since the run was queued, in milliseconds.
        ms: f64,
    },
    /// Some nodes failed; everything that did not depend on them was done.
    RunFailed {
        /// Time since the run was queued, in milliseconds.
        ms: f64,
        /// The nodes that failed, in the order of the plan.
        failed: Vec<NodeKey>,
    },
    /// Something that spoils no result, such as a cache that could not be written.
    RunWarning {
        /// What happened.
        message: String,
    },
    /// The node will run when its inputs are there.
    NodeQueued {
        /// Name of the node.
        node: NodeKey,
        /// Its type, for example `image/Resize`.
        node_type: NodeKey,
    },
    /// The node runs.
    NodeStarted {
        /// Name of the node.
        node: NodeKey,
    },
    /// The node has done some of its steps.
    NodeProgress {
        /// Name of the node.
        node: NodeKey,
        /// Steps done.
        step: u64,
        /// Steps there are; 0 for unknown.
        total: u64,
        /// What is done now; may be empty.
        #[serde(skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// The node shows an unfinished result.
    NodePreview {
        /// Name of the node.
        node: NodeKey,
        /// The picture; in JSON only its size and type, never its pixels.
        #[serde(serialize_with = "image_info")]
        image: Image,
    },
    /// The node says something.
    NodeLog {
        /// Name of the node.
        node: NodeKey,
        /// How loud.
        level: LogLevel,
        /// What it says.
        message: String,
    },
    /// The node need not run: its result is there already.
    NodeCached {
        /// Name of the node.
        node: NodeKey,
        /// Where the result comes from.
        from: Reuse,
    },
    /// The node has given its outputs.
    NodeFinished {
        /// Name of the node.
        node: NodeKey,
        /// How long it ran, in milliseconds.
        ms: f64,
    },
    /// The node has given no outputs.
    NodeFailed {
        /// Name of the node.
        node: NodeKey,
        /// The failure as a sentence.
        message: String,
        /// The failure.
        failure: Failure,
    },
    /// The node was stopped, or never started, because the run was cancelled.
    NodeCancelled {
        /// Name of the node.
        node: NodeKey,
    },
    /// The node cannot run because one it depends on failed.
    NodeSkipped {
        /// Name of the node.
        node: NodeKey,
        /// Name of the node that failed.
        because: NodeKey,
    },
}

impl Event {
    /// The node it happened to, or `None` for an event of the whole run.
    pub fn node(&self) -> Option<&NodeKey> {
        match self {
            Self::RunQueued { .. }
            | Self::RunStarted { .. }
            | Self::RunFinished { .. }
            | Self::RunCancelled { .. }
            | Self::RunFailed { .. }
            | Self::RunWarning { .. } => None,
            Self::NodeQueued { node, .. }
            | Self::NodeStarted { node }
            | Self::NodeProgress { node, .. }
            | Self::NodePreview { node, .. }
            | Self::NodeLog { node, .. }
            | Self::NodeCached { node, .. }
            | Self::NodeFinished { node, .. }
            | Self::NodeFailed { node, .. }
            | Self::NodeCancelled { node }
            | Self::NodeSkipped { node, .. } => Some(node),
        }
    }
}

fn image_info<S: Serializer>(image: &Image, serializer: S) -> Result<S::Ok, S::Error> {
    image.info.serialize(serializer)
}

/// Numbers events and hands them to the listener one at a time.
pub(crate) struct Events<'a> {
    listener: &'a (dyn Fn(Report) + Sync),
    next: Mutex<u64>,
}

impl<'a> Events<'a> {
    pub(crate) fn new(listener: &'a (dyn Fn(Report) + Sync)) -> Self {
        Self { listener, next: Mutex::new(0) }
    }

    pub(crate) fn emit(&self, event: Event) {
        // The lock is held while the listener runs: that is what keeps reports in order.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = *next;
        *next += 1;
        (self.listener)(Report { sequence, event });
    }
}
