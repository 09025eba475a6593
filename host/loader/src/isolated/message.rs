//! What host and child say to each other. Bytes of values travel behind a message, in the order it names them.

use serde::{Deserialize, Serialize};
use wirebrush_schema::{Description, Failure, ImageInfo, LogLevel};

use super::Opening;
use super::value::Port;
use crate::plugin::Fault;

/// What the host says.
#[derive(Serialize, Deserialize)]
pub(super) enum ToChild {
    /// The first message: what to be.
    Open(Box<Opening>),
    /// Do this, and answer under this number.
    Call { call: u64, request: Request },
    /// The run of a call shall stop.
    Cancel { call: u64 },
    /// Nobody has this handle any more.
    Forget { handle: u64 },
    /// The answer to a question of a call, and whether the run shall stop.
    Answer { call: u64, question: u64, answer: Answer, cancelled: bool },
}

/// Something the child does.
#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    /// Run a node.
    Run { node: String, inputs: Vec<Port> },
    /// Rebuild a handle from the first blob.
    Restore { kind: String },
    /// Ask a handle.
    Handle { number: u64, what: Wish },
}

/// What a handle is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Wish {
    Device,
    Size,
    Evict,
    Save,
}

/// What the child says, and to which call; the first message is to call 0.
#[derive(Serialize, Deserialize)]
pub(super) struct ToHost {
    pub(super) call: u64,
    pub(super) said: Said,
}

/// What the child says.
#[derive(Serialize, Deserialize)]
pub(super) enum Said {
    /// The plugin is open.
    Opened(Box<Description>),
    /// The plugin cannot be opened.
    Refused { why: String, detail: String },
    /// What a node gave, or the one restored handle.
    Outputs(Vec<Port>),
    /// A call gave nothing.
    Fault(Fault),
    /// The device of a handle.
    Device(String),
    /// The size of a handle, also when it was evicted.
    Size(u64),
    /// Whether a handle can be saved; then the first blob is what it wrote.
    Saved(bool),
    /// A run needs something; it waits for the answer.
    Asked { question: u64, what: Question },
}

/// What a run needs of its host.
#[derive(Serialize, Deserialize)]
pub(super) enum Question {
    Progress {
        step: u64,
        total: u64,
        message: String,
    },
    /// The pixels are the first blob.
    Preview(ImageInfo),
    Log {
        level: LogLevel,
        message: String,
    },
    FindModel(String),
    /// Save a handle that was lent to the call.
    SaveLent(usize),
    /// Evict a handle that was lent to the call.
    EvictLent(usize),
}

/// What the host answers.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    Heard,
    Model(Result<String, Failure>),
    /// Whether the handle can be saved; then the first blob is what it wrote.
    Saved(Result<bool, Failure>),
}
