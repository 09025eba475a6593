//! How a command ends.

use std::process::ExitCode;

/// The exit codes of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything asked for is there.
    Ok = 0,
    /// Something failed.
    Failed = 1,
    /// The command line or the graph is wrong.
    WrongUse = 2,
    /// The user stopped it.
    Cancelled = 130,
}

impl Exit {
    /// How a command ends that failed with this.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if error.is::<WrongUse>() {
            Self::WrongUse
        } else if error.is::<Cancelled>() {
            Self::Cancelled
        } else {
            Self::Failed
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with its causes on one line; a cause that the error before it has told already is not told again.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let mut line = String::new();
    let mut last = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line.clone_from(&cause);
        } else if !last.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
        last = cause;
    }
    line
}

/// An error that is the user's to mend; ends with code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUse(pub(crate) String);

/// The user stopped what a command was doing; ends with code 130.
#[derive(Debug, thiserror::Error)]
#[error("cancelled")]
pub(crate) struct Cancelled;

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let causes = anyhow!("no such file").context("a.pem: no such file").context("the key");
        assert_eq!(told(&causes), "the key: a.pem: no such file");
        assert_eq!(told(&anyhow!("too long").context("the name")), "the name: too long");
    }
}
