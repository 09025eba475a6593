use serde::{Deserialize, Serialize};

/// Why a node gave no result. The set is closed: it crosses both binary interfaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "failure", rename_all = "kebab-case")]
pub enum Failure {
    /// An input cannot be used.
    #[error("input `{port}`: {why}")]
    InvalidInput {
        /// Name of the input.
        port: String,
        /// What was expected and what came.
        why: String,
    },
    /// The user stopped the run.
    #[error("cancelled")]
    Cancelled,
    /// More memory than there is. The engine evicts and tries once more.
    #[error("out of memory on {device}: {needed} bytes needed")]
    OutOfMemory {
        /// Bytes that were asked for.
        needed: u64,
        /// Where, for example `cpu`.
        device: String,
    },
    /// The node understands the wish but cannot fulfil it.
    #[error("unsupported: {what}")]
    Unsupported {
        /// What is not supported.
        what: String,
    },
    /// Anything else.
    #[error("{why}")]
    Failed {
        /// What happened.
        why: String,
    },
}

impl Failure {
    /// An input cannot be used.
    pub fn invalid(port: impl Into<String>, why: impl Into<String>) -> Self {
        Self::InvalidInput { port: port.into(), why: why.into() }
    }

    /// The node cannot do what is asked.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    /// The node failed.
    pub fn failed(why: impl Into<String>) -> Self {
        Self::Failed { why: why.into() }
    }
}
