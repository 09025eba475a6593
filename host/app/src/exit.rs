//! How a command ends.

use std::process::ExitCode;

/// The exit codes of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: everything asked for is there.
    Ok,
    /// 1: something failed.
    Failed,
    /// 2: the command line or the graph is wrong.
    WrongUse,
    /// 130: the user stopped it.
    Cancelled,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::WrongUse => 2,
            Exit::Cancelled => 130,
        })
    }
}

/// An error that is the user's to mend; ends with code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUse(pub(crate) String);
