//! What can go wrong, by whose fault it is.

use std::fmt::{self, Display, Write};
use std::path::PathBuf;

/// Result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of loading or running a model; every message is a sentence for the user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller gave a value this function cannot use.
    #[error("input `{what}`: expected {expected}, found {}", Line(found))]
    Input {
        /// Name of the value, as the caller knows it.
        what: String,
        /// What would have been accepted.
        expected: String,
        /// What came.
        found: String,
    },
    /// A file is damaged, or is not what it is used as.
    #[error("{}: {}", Line(file), Line(problem))]
    File {
        /// The file or folder.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// One tensor of a file is missing or has another form than the model needs.
    #[error("{}: tensor `{}` {}", Line(file), Line(tensor), Line(problem))]
    Tensor {
        /// The file or folder searched.
        file: String,
        /// Canonical name of the tensor.
        tensor: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file or setting is recognized, and this version cannot use it.
    #[error("{} is not supported: {instead}", Line(what))]
    Unsupported {
        /// The format or feature, by name.
        what: String,
        /// Why, and what works in its place.
        instead: String,
    },
    /// More memory than the limit allows.
    #[error("out of memory: {purpose} needs {} MiB", needed >> 20)]
    OutOfMemory {
        /// Bytes needed.
        needed: u64,
        /// What they are for.
        purpose: String,
    },
    /// The user stopped the run.
    #[error("cancelled")]
    Cancelled,
    /// A number became infinite or not-a-number while sampling.
    #[error("the latents are no longer finite at step {step} of {n_steps}: {cause}")]
    NonFinite {
        /// Step, from 1.
        step: usize,
        /// Steps of the run.
        n_steps: usize,
        /// The likely cause.
        cause: String,
    },
    /// The file system refused.
    #[error("{}: {source}", Line(&path.to_string_lossy()))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The tensor library failed: a defect of this crate.
    #[error("tensor computation failed: {0}")]
    Candle(#[from] candle_core::Error),
}

impl Error {
    /// An [`Error::Input`].
    pub fn input(what: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Input { what: what.into(), expected: expected.into(), found: found.into() }
    }

    /// An [`Error::File`].
    pub fn file(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::File { file: file.into(), problem: problem.into() }
    }

    /// An [`Error::Unsupported`].
    pub fn unsupported(what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into(), instead: instead.into() }
    }
}

/// Text that may come from a file, as part of a line: control characters are escaped, and what is long is cut in the middle.
pub(crate) struct Line<'a>(pub(crate) &'a str);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 1000;
        let count = self.0.chars().count();
        for (at, c) in self.0.chars().enumerate() {
            match c {
                _ if count > MOST && at == MOST / 2 => f.write_str(" … ")?,
                _ if count > MOST && (MOST / 2..count - MOST / 2).contains(&at) => {}
                c if c.is_control() => write!(f, "{}", c.escape_debug())?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
