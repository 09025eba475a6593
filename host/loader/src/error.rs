use std::path::{Path, PathBuf};

/// Why a plugin cannot be used. Every message is one line; longer explanations are in [`Error::detail`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// `plugin.json` is not a manifest this host understands.
    #[error("{}: {}{why}", path.display(), if field.is_empty() { String::new() } else { format!("`{field}`: ") })]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The field, for example `artifacts[0].file`; empty when the whole file is meant.
        field: String,
        /// What was expected and what came.
        why: String,
    },
    /// A plugin has nothing that runs on this machine.
    #[error("plugin `{id}` has no artifact for {expected}, only for {}", found.join(", "))]
    Target {
        /// The plugin.
        id: String,
        /// What would run here.
        expected: String,
        /// What there is.
        found: Vec<String>,
    },
    /// An artifact is not the file its manifest describes.
    #[error("{}: expected sha256 {expected}, found {found}", path.display())]
    Hash {
        /// The artifact.
        path: PathBuf,
        /// What the manifest says.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// A native plugin is not the one that was approved.
    #[error(
        "plugin `{id}` has changed since it was approved (sha256 {approved} then, {found} now): \
         run `wirebrush plugin approve {id}` if you trust it"
    )]
    Changed {
        /// The plugin.
        id: String,
        /// The approved hash.
        approved: String,
        /// The hash of the file.
        found: String,
    },
    /// A package, a key or a folder to be packed is not what it should be.
    #[error(transparent)]
    Package(#[from] wirebrush_package::Error),
    /// A plugin that came with the program cannot be replaced.
    #[error("plugin `{id}` comes with Wirebrush: no other can be installed under this id")]
    Bundled {
        /// The plugin.
        id: String,
    },
    /// A version is installed already, with other contents.
    #[error(
        "plugin `{id}` {version} is installed already, from elsewhere: remove it first, or raise the version"
    )]
    Installed {
        /// The plugin.
        id: String,
        /// The version.
        version: String,
    },
    /// A plugin, or a version of it, is not installed.
    #[error("plugin `{id}`{} is not installed", version.as_ref().map_or(String::new(), |it| format!(" {it}")))]
    NotInstalled {
        /// The plugin.
        id: String,
        /// The version that was asked for.
        version: Option<String>,
    },
    /// What the user agreed to is not what would happen.
    #[error("plugin `{id}`: something has changed since this was offered: look at it again")]
    Stale {
        /// The plugin.
        id: String,
    },
    /// A package is not signed with the key of its publisher.
    #[error(
        "plugin `{id}` is {found}, but `{publisher}` is known to sign with {pinned}: somebody else may have made it. \
         Only if the publisher says that the key is new, run `wirebrush plugin trust {publisher}` with it"
    )]
    Key {
        /// The plugin.
        id: String,
        /// Who should have signed it.
        publisher: String,
        /// The key that is known.
        pinned: String,
        /// What was found instead.
        found: String,
    },
    /// The user disabled a plugin.
    #[error(
        "plugin `{id}` is disabled{}: `wirebrush plugin enable {id}` enables it",
        if why.is_empty() { String::new() } else { format!(" ({why})") }
    )]
    Disabled {
        /// The plugin.
        id: String,
        /// What the user said; may be empty.
        why: String,
    },
    /// Whether a native plugin is approved cannot be said.
    #[error("plugin `{id}`: whether it is approved is not known: {why}")]
    Undecided {
        /// The plugin.
        id: String,
        /// Why the lock file cannot be read.
        why: String,
    },
    /// An artifact cannot be loaded by this host.
    #[error("{}: {why}", path.display())]
    Incompatible {
        /// The artifact.
        path: PathBuf,
        /// What was expected and what came, one line.
        why: String,
        /// Everything there is to say, for a log; may be thousands of lines.
        detail: String,
    },
    /// A plugin misbehaved while it was asked what it is.
    #[error("{}: {why}", path.display())]
    Probe {
        /// The artifact.
        path: PathBuf,
        /// What it did: died of a signal, hung, answered nonsense.
        why: String,
        /// What it wrote while doing so.
        detail: String,
    },
    /// A plugin describes itself in a way that contradicts its manifest or itself.
    #[error("plugin `{id}`: {why}")]
    Description {
        /// The plugin.
        id: String,
        /// What was expected and what came.
        why: String,
    },
    /// Another folder has a plugin of the same id and was found first.
    #[error("plugin `{id}` is already loaded from {}", first.display())]
    Duplicate {
        /// The plugin.
        id: String,
        /// The folder that is used.
        first: PathBuf,
    },
    /// No plugin of this id was found.
    #[error("no plugin `{id}`: there are {}", known.join(", "))]
    Unknown {
        /// The id that was asked for.
        id: String,
        /// Ids that were found.
        known: Vec<String>,
    },
}

impl Error {
    /// Everything there is to say beyond the one line, for a log; empty when the line says it all.
    pub fn detail(&self) -> &str {
        match self {
            Self::Incompatible { detail, .. } | Self::Probe { detail, .. } => detail,
            _ => "",
        }
    }

    /// The same of an artifact that lies in `folder` for a moment only: it is named by its package instead.
    pub(crate) fn within(mut self, folder: &Path, id: &str, version: &str) -> Self {
        if let Self::Hash { path, .. } | Self::Incompatible { path, .. } | Self::Probe { path, .. } =
            &mut self
            && let Ok(file) = path.strip_prefix(folder)
        {
            *path = Path::new(&format!("{id}-{version}")).join(file);
        }
        self
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn incompatible(path: &Path, why: impl AsRef<str>, detail: impl Into<String>) -> Self {
        Self::Incompatible { path: path.to_owned(), why: one_line(why.as_ref()), detail: detail.into() }
    }

    pub(crate) fn probe(path: &Path, why: impl AsRef<str>, detail: impl Into<String>) -> Self {
        Self::Probe { path: path.to_owned(), why: one_line(why.as_ref()), detail: detail.into() }
    }

    pub(crate) fn description(id: &str, why: impl AsRef<str>) -> Self {
        Self::Description { id: id.to_owned(), why: one_line(why.as_ref()) }
    }
}

// Foreign texts are shortened to this many characters: a plugin writes them.
const LINE_LENGTH: usize = 300;

/// A foreign text on one line of bounded length.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LINE_LENGTH) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
