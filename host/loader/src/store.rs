//! Installed plugins: `ID/VERSION` below one folder, side by side, each as it was when it was installed.
//!
//! What counts is the lock. A version is put together in a hidden folder, renamed into place, and installed at the
//! moment the lock that lists it is written; a version is removed from the lock before its folder goes. So whatever
//! interrupts this, the plugins are as before or as wished, and what is left over is removed the next time.

mod change;
mod offer;
mod source;

use std::path::{Path, PathBuf};

use semver::Version;

use crate::registry::Config;
use crate::{Error, Lock, manifest};

pub use self::offer::{KeyState, Offer};
pub use self::source::Source;

const STAGING: &str = ".staging-";
const REMOVED: &str = ".removed-";

/// Installs, removes and chooses among versions of plugins, for the user whose data these are.
#[derive(Debug, Clone)]
pub struct Store {
    config: Config,
    root: PathBuf,
    lock_file: PathBuf,
}

/// Where a version of a plugin lies.
pub(crate) fn folder(root: &Path, id: &str, version: &str) -> PathBuf {
    root.join(id).join(version)
}

impl Store {
    /// The store of a host: the directory of [`Discovery::user`](crate::Discovery::user) with the host's lock file;
    /// `None` when the configuration lacks one of them.
    pub fn new(config: &Config) -> Option<Self> {
        let root = config.discovery.user_directory()?.to_owned();
        let lock_file = config.lock_file.clone()?;
        Some(Self { config: config.clone(), root, lock_file })
    }

    /// What the user has decided so far.
    ///
    /// # Errors
    /// When the lock file cannot be read.
    pub fn lock(&self) -> Result<Lock, Error> {
        Lock::read(&self.lock_file)
    }

    /// Removes what interrupted installations and removals left behind. Nobody else works here meanwhile: the lock is
    /// held.
    fn sweep(&self, lock: &Lock) -> Result<(), Error> {
        for entry in entries(&self.root)? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(STAGING) || name.starts_with(REMOVED) {
                remove_all(&entry)?;
            } else if !entry.join(manifest::FILE).exists() {
                self.sweep_plugin(&name, lock)?;
            }
        }
        Ok(())
    }

    fn sweep_plugin(&self, id: &str, lock: &Lock) -> Result<(), Error> {
        for version in entries(&self.root.join(id))? {
            let name = version.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let listed = lock.plugins.get(id).is_some_and(|plugin| plugin.versions.contains_key(&name));
            // Only what is certainly ours: the user may keep other folders here.
            let ours = manifest::read_manifest(&version).is_ok_and(|it| it.id == id && it.version == name);
            if !listed && ours {
                self.discard(id, &name)?;
            }
        }
        Ok(())
    }

    /// Removes a version's folder, which the lock does not list; it is never seen in part.
    fn discard(&self, id: &str, version: &str) -> Result<(), Error> {
        let folder = folder(&self.root, id, version);
        let removed = self.root.join(format!("{REMOVED}{id}-{version}"));
        remove_all(&removed)?;
        match std::fs::rename(&folder, &removed) {
            Ok(()) => remove_all(&removed)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::io(&folder, source)),
        }
        // Fails while another version is there.
        let _ = std::fs::remove_dir(self.root.join(id));
        Ok(())
    }
}

/// The folders in a directory; none when it is missing.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let found = match std::fs::read_dir(directory) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::io(directory, source)),
    };
    Ok(found.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

fn remove_all(folder: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(folder, error)),
        _ => Ok(()),
    }
}

/// The highest of some versions.
fn highest<'a>(versions: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let parsed = versions.into_iter().filter_map(|text| Some((Version::parse(text).ok()?, text)));
    parsed.max().map(|(_, text)| text.clone())
}
