use std::io;
use std::path::{Path, PathBuf};

/// Why a package, a key or an index cannot be used; each is one line but for the problems of an index, one a line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It is no package, or one that was damaged or tampered with.
    #[error("{file}: {why}")]
    Package {
        /// The package.
        file: String,
        /// What was expected and found.
        why: String,
    },
    /// The folder cannot be packed.
    #[error("{}: {why}", path.display())]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What was expected and found.
        why: String,
    },
    /// It is no key.
    #[error("{name}: {why}")]
    Key {
        /// The key's file or text.
        name: String,
        /// What was expected and found.
        why: String,
    },
    /// It is no index; every problem with its place.
    #[error("{}", problems.join("\n"))]
    Index {
        /// At least one.
        problems: Vec<String>,
    },
}

impl Error {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn folder(path: &Path, why: impl Into<String>) -> Self {
        Self::Folder { path: path.to_owned(), why: why.into() }
    }
}
