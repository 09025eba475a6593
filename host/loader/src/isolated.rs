//! Native plugins in a process of their own: what ends that process does not end the host.
//!
//! The host starts its own program once more ([`isolated_main`] is the whole of it), which opens the library as the
//! host would and runs nodes when told to. Both talk over one socket: [`message`] says what, [`frame`] how. Handles
//! stay in the child and are numbers at the host; those of others are lent to the child for the time of a call. When
//! the child ends, so do all calls, with how it ended; the next call starts another.
//!
//! This guards against accidents, not against malice: the child has the user's rights.

#[cfg(unix)]
mod child;
#[cfg(unix)]
mod frame;
#[cfg(unix)]
mod handle;
#[cfg(unix)]
mod message;
#[cfg(unix)]
mod plugin;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod value;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirebrush_schema::{Description, Manifest};

use crate::Error;
use crate::plugin::LoadedPlugin;

/// Which native plugins run in a process of their own, and how such a process is started.
#[derive(Debug, Clone)]
pub struct Isolation {
    /// Ids of plugins; [`Isolation::ALL`] means every native one. Default: none.
    pub plugins: BTreeSet<String>,
    /// The program; it must call [`isolated_main`] and nothing else. Default: this one.
    pub program: PathBuf,
    /// Its arguments. Default: the hidden `isolated-plugin`.
    pub arguments: Vec<OsString>,
    /// How long a plugin may take to be opened. Default: 20 s.
    pub opening: Duration,
    /// How long a node may go on after a cancel before its process is ended. Default: 10 s.
    pub grace: Duration,
    /// How long the process may take for what is no work: a process that does not read what the host says is ended, one
    /// that does not say how large a handle is keeps the last size. Default: 10 s.
    pub patience: Duration,
}

impl Isolation {
    /// Stands for every native plugin.
    pub const ALL: &str = "all";

    /// Whether a plugin gets a process of its own if it is native.
    pub fn covers(&self, id: &str) -> bool {
        self.plugins.contains(Self::ALL) || self.plugins.contains(id)
    }
}

impl Default for Isolation {
    fn default() -> Self {
        Self {
            plugins: BTreeSet::new(),
            program: std::env::current_exe().unwrap_or_else(|_| "wirebrush".into()),
            arguments: vec!["isolated-plugin".into()],
            opening: Duration::from_secs(20),
            grace: Duration::from_secs(10),
            patience: Duration::from_secs(10),
        }
    }
}

/// What a child needs to know to open a plugin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Opening {
    /// Version of the program: both sides must be the same.
    pub(crate) version: String,
    /// The library.
    pub(crate) library: PathBuf,
    /// What its hash must be.
    pub(crate) sha256: String,
    /// The plugin's folder.
    pub(crate) folder: PathBuf,
    /// Its manifest.
    pub(crate) manifest: Manifest,
    /// Permissions it has.
    pub(crate) granted: Vec<String>,
    /// Where all plugins keep their files.
    pub(crate) scratch: Option<PathBuf>,
}

impl Opening {
    pub(crate) fn new(
        library: &Path,
        sha256: &str,
        folder: &Path,
        manifest: &Manifest,
        granted: &[String],
        scratch: Option<&Path>,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            library: library.to_owned(),
            sha256: sha256.to_owned(),
            folder: folder.to_owned(),
            manifest: manifest.clone(),
            granted: granted.to_vec(),
            scratch: scratch.map(Path::to_owned),
        }
    }
}

/// A plugin whose process starts when it is first needed: at once when its description is not known.
///
/// # Errors
/// When it cannot be opened, or not on this system.
#[cfg(unix)]
pub(crate) fn open(
    isolation: &Isolation,
    opening: Opening,
    known: Option<Description>,
) -> Result<Box<dyn LoadedPlugin>, Error> {
    Ok(Box::new(plugin::IsolatedPlugin::new(isolation.clone(), opening, known)?))
}

/// A plugin in a process of its own, where there could be one.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub(crate) fn open(
    _isolation: &Isolation,
    opening: Opening,
    _known: Option<Description>,
) -> Result<Box<dyn LoadedPlugin>, Error> {
    let why = "plugins cannot be isolated on this system: that needs Unix domain sockets";
    Err(Error::incompatible(&opening.library, why, ""))
}

/// Runs a plugin for the host at the other end of the standard input, until the host ends or lets go of it.
///
/// For a hidden subcommand of a program that does nothing else: the library may well end the process.
pub fn isolated_main() -> ExitCode {
    #[cfg(unix)]
    match child::line() {
        Ok(line) => child::main(line),
        Err(error) => {
            eprintln!("error: this is for Wirebrush itself, which talks over the standard input: {error}");
            ExitCode::from(2)
        }
    }
    #[cfg(not(unix))]
    ExitCode::from(2)
}

/// A lock whose contents are sound even when a thread panicked while it held it.
#[cfg(unix)]
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
