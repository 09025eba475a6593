//! Runs as they cross `/api` and lie in the database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;
use wirebrush_schema::LogLevel;

use crate::server::document::Document;
use crate::store::assets::Asset;

/// A wish for a run.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewRun {
    /// 1 to 64 of `A–Z a–z 0–9 - _`, so that sending twice runs once; by default the server chooses. An id belongs to
    /// one wish for ever.
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// The graph.
    pub(crate) graph: Document,
    /// The saved graph it belongs to.
    #[serde(default)]
    pub(crate) graph_id: Option<String>,
    /// Nodes (`save`) or outputs (`decode.image`); by default the graph's ends.
    #[serde(default)]
    pub(crate) wanted: Option<Vec<String>>,
    /// Values for exposed inputs, by name; `null` takes a value out, so that the default counts.
    #[serde(default)]
    #[schema(value_type = HashMap<String, Value>)]
    pub(crate) set: BTreeMap<String, Json>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RunStatus {
    /// It waits for its turn.
    Queued,
    /// Its nodes run.
    Running,
    /// Every wanted output is there.
    Finished,
    /// A node failed, or the run could not begin.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// The server ended before the run did.
    Interrupted,
}

impl RunStatus {
    /// The word in JSON and in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// The status of this word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        use RunStatus::{Cancelled, Failed, Finished, Interrupted, Queued, Running};
        [Queued, Running, Finished, Failed, Cancelled, Interrupted].into_iter().find(|it| it.as_str() == word)
    }

    /// Whether nothing will happen to the run any more.
    pub(crate) fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A run in lists and events. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RunSummary {
    /// Chosen by the client or the server.
    pub(crate) id: String,
    /// How far it is.
    pub(crate) status: RunStatus,
    /// The graph's title; may be empty.
    pub(crate) title: String,
    /// The saved graph it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) graph_id: Option<String>,
    /// When it was asked for.
    pub(crate) created_at: i64,
    /// When its turn came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started_at: Option<i64>,
    /// When it was over; no two runs have the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<i64>,
    /// Place in the queue, from 0, while queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<usize>,
    /// Nodes done, cached ones included.
    pub(crate) done: usize,
    /// Nodes of the plan.
    pub(crate) total: usize,
    /// The first failure, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// What it gave.
    pub(crate) outputs: Vec<RunOutput>,
    /// The run this one repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_of: Option<String>,
}

/// A run with its graph and what became of each node.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Run {
    #[serde(flatten)]
    pub(crate) summary: RunSummary,
    /// The graph as it runs, exposed values set.
    pub(crate) graph: Document,
    /// The wanted nodes and outputs; absent for the graph's ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wanted: Option<Vec<String>>,
    /// By node name; inner nodes of an instance are `instance/inner`.
    pub(crate) nodes: BTreeMap<String, NodeRun>,
}

/// Runs as a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RunList {
    /// The queued ones in their order, the running one, those that are over newest first.
    pub(crate) runs: Vec<RunSummary>,
    /// Whether the next run waits although none is running.
    pub(crate) paused: bool,
    /// Number of the newest event this list includes.
    pub(crate) sequence: u64,
}

/// What becomes of one node of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct NodeRun {
    /// How far it is.
    pub(crate) state: NodeState,
    /// When it started, in milliseconds since the run did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started_ms: Option<u64>,
    /// How long it ran, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ms: Option<f64>,
    /// Steps done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<u64>,
    /// Steps there are; 0 for unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<u64>,
    /// What is done now; of a skipped node, why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// The failure as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// The input the failure is about, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<String>,
}

impl NodeRun {
    /// A node in this state, of which nothing else is known.
    pub(crate) fn new(state: NodeState) -> Self {
        Self {
            state,
            started_ms: None,
            ms: None,
            step: None,
            total: None,
            message: None,
            error: None,
            port: None,
        }
    }
}

/// Something a node of a run said.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct LogLine {
    /// From 0 in each run, without gaps.
    pub(crate) number: u32,
    /// When, in milliseconds since the run's start.
    pub(crate) at_ms: u64,
    /// Name of the node; empty when the engine speaks.
    pub(crate) node: String,
    /// How loud.
    pub(crate) level: Level,
    /// What; a long message is cut.
    pub(crate) message: String,
}

/// What a run's nodes said.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RunLog {
    /// In their order, at most 1000, with 256 KiB of messages.
    pub(crate) lines: Vec<LogLine>,
    /// Whether the run said more than is kept; the last line says so too.
    pub(crate) cut: bool,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// For the author of the node.
    Debug,
    /// For the curious.
    Info,
    /// Something was done differently from what was asked.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// The word in JSON and in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level of this word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Debug, Self::Info, Self::Warn, Self::Error].into_iter().find(|it| it.as_str() == word)
    }
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Warn => Self::Warn,
            LogLevel::Error => Self::Error,
        }
    }
}

/// How far a node of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NodeState {
    /// It waits for its inputs or its turn.
    Queued,
    /// It runs.
    Running,
    /// Its result, or everything that needs it, was there already.
    Cached,
    /// It gave its outputs.
    Finished,
    /// It gave none.
    Failed,
    /// It was stopped, or never started, because the run was.
    Cancelled,
    /// It is muted, or something it needs is or failed.
    Skipped,
}

/// A wanted output of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RunOutput {
    /// `save.file`, or the exposed name.
    pub(crate) name: String,
    /// Name of the node.
    pub(crate) node: String,
    /// Name of its output.
    pub(crate) output: String,
    /// What came out.
    pub(crate) value: ValueInfo,
}

/// A value as people are shown it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ValueInfo {
    /// Its kind, such as `image` or `kontext/latent@1`.
    pub(crate) kind: String,
    /// One line.
    pub(crate) summary: String,
    /// Of images, masks, bytes and long texts: the contents; PNG for pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asset: Option<Asset>,
    /// Of numbers, switches, choices and texts. Integers beyond ±2⁵³ are strings of digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub(crate) value: Option<Json>,
}
