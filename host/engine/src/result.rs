//! What a run has given, output by output and node by node.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use wirebrush_schema::Failure;

use crate::{NodeKey, Value};

/// What a run has given.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// How it ended.
    pub status: RunStatus,
    /// The wanted outputs that are there, in the order they were wanted.
    pub outputs: Vec<RunOutput>,
    /// Every node of the plan, in its order.
    pub nodes: Vec<NodeResult>,
    /// From queued to the end.
    pub elapsed: Duration,
}

impl RunResult {
    /// The value of a wanted output by its [`RunOutput::name`], or `None` when it is not there.
    pub fn output(&self, name: &str) -> Option<&Value> {
        self.outputs.iter().find(|it| &*it.name == name).map(|it| &it.value)
    }

    /// What became of a node, or `None` when the wanted outputs do not depend on it.
    pub fn node(&self, node: &str) -> Option<&NodeResult> {
        self.nodes.iter().find(|it| it.key == node)
    }

    /// The nodes that failed, with the reasons, in the order of the plan.
    pub fn failures(&self) -> impl Iterator<Item = (&NodeKey, &Failure)> {
        self.nodes.iter().filter_map(|it| match &it.state {
            NodeState::Failed(failure) => Some((&it.key, failure)),
            _ => None,
        })
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Every wanted output is there.
    Finished,
    /// At least one node failed.
    Failed,
    /// It was stopped before every wanted output was there.
    Cancelled,
}

/// A wanted output.
#[derive(Debug, Clone)]
pub struct RunOutput {
    /// What the request called it: an exposed name, or `node.output`.
    pub name: Arc<str>,
    /// Name of the node.
    pub node: NodeKey,
    /// Name of the output.
    pub output: Arc<str>,
    /// Its value.
    pub value: Value,
}

/// What became of a node.
#[derive(Debug, Clone)]
pub struct NodeResult {
    /// Name of the node.
    pub key: NodeKey,
    /// What became of it.
    pub state: NodeState,
    /// How long it ran; zero when it did not.
    pub took: Duration,
}

/// What became of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeState {
    /// Nobody asked: everything behind it was there already.
    Unneeded,
    /// Its result was there already.
    Cached(Reuse),
    /// It ran and gave its outputs.
    Done,
    /// It ran, or could not be started, and gave none.
    Failed(Failure),
    /// It did not run because this node, which it depends on, failed.
    Skipped(NodeKey),
    /// It was stopped or never started because the run was cancelled.
    Cancelled,
}

/// Where a result that need not be computed comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reuse {
    /// The memory cache.
    Memory,
    /// The disk cache.
    Disk,
    /// A node with equal inputs that ran at the same time, in this run or another.
    Twin,
}
