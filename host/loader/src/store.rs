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
const REPLACED: &str = ".replaced-";

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
            if name.starts_with(REPLACED) {
                self.settle(&entry)?;
            } else if name.starts_with(STAGING) || name.starts_with(REMOVED) {
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

    /// Where a version waits while another build takes its place.
    fn replaced(&self, id: &str, version: &str) -> PathBuf {
        self.root.join(format!("{REPLACED}{id}-{version}"))
    }

    /// Makes room for another build of a version.
    fn set_aside(&self, folder: &Path, id: &str, version: &str) -> Result<(), Error> {
        match std::fs::rename(folder, self.replaced(id, version)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(folder, error)),
            _ => Ok(()),
        }
    }

    /// Puts a version back that was set aside, unless the other build has taken its place.
    fn settle(&self, aside: &Path) -> Result<(), Error> {
        if let Ok(manifest) = manifest::read_manifest(aside) {
            let place = folder(&self.root, &manifest.id, &manifest.version);
            if !place.exists() {
                return std::fs::rename(aside, &place).map_err(|source| Error::io(&place, source));
            }
        }
        remove_all(aside)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Discovery, LockedPlugin, LockedVersion};

    fn plugin(folder: &Path, id: &str, version: &str) {
        std::fs::create_dir_all(folder).unwrap();
        let manifest = serde_json::json!({
            "id": id, "version": version, "abi": "1.0", "nodes": [],
            "artifacts": [{ "target": "wasm32-component", "file": "a.wasm", "sha256": "0a".repeat(32) }],
        });
        std::fs::write(folder.join("plugin.json"), manifest.to_string()).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A store in which 1.0.0 of `acme.tone` is installed.
    fn store(home: &Path) -> Store {
        let lock_file = home.join("plugins.lock.json");
        let config = Config {
            discovery: Discovery::new().user(home.join("plugins")),
            lock_file: Some(lock_file.clone()),
            ..Config::default()
        };
        plugin(&home.join("plugins/acme.tone/1.0.0"), "acme.tone", "1.0.0");
        Lock::update(&lock_file, |lock| {
            let tone = lock.plugins.entry("acme.tone".to_owned()).or_default();
            tone.active = Some("1.0.0".to_owned());
            tone.versions.insert("1.0.0".to_owned(), LockedVersion::default());
            Ok(())
        })
        .unwrap();
        Store::new(&config).unwrap()
    }

    #[test]
    fn what_was_interrupted_is_swept_away_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        let plugins = home.path().join("plugins");
        // Killed while it was unpacked; while it was removed; between its place and the lock.
        plugin(&plugins.join(".staging-77"), "acme.tone", "2.0.0");
        plugin(&plugins.join(".removed-acme.tone-0.9.0"), "acme.tone", "0.9.0");
        plugin(&plugins.join("acme.tone/2.0.0"), "acme.tone", "2.0.0");
        plugin(&plugins.join("acme.blur/1.0.0"), "acme.blur", "1.0.0");
        // The user's own: a plugin put there by hand, a copy under another name, notes.
        plugin(&plugins.join("by-hand"), "by.hand", "1.0.0");
        plugin(&plugins.join("copies/old"), "acme.tone", "0.5.0");
        std::fs::create_dir_all(plugins.join("acme.tone/notes")).unwrap();

        store.sweep(&store.lock().unwrap()).unwrap();

        assert_eq!(names(&plugins), ["acme.tone", "by-hand", "copies"]);
        assert_eq!(names(&plugins.join("acme.tone")), ["1.0.0", "notes"]);
    }

    #[test]
    fn a_version_that_was_set_aside_comes_back_unless_another_build_took_its_place() {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        let (plugins, lock) = (home.path().join("plugins"), store.lock().unwrap());
        let place = plugins.join("acme.tone/1.0.0");
        // Killed before the other build was in place.
        store.set_aside(&place, "acme.tone", "1.0.0").unwrap();
        store.sweep(&lock).unwrap();
        assert_eq!(names(&place), ["plugin.json"]);
        // Killed after it was.
        store.set_aside(&place, "acme.tone", "1.0.0").unwrap();
        plugin(&place, "acme.tone", "1.0.0");
        std::fs::write(place.join("new.wasm"), "").unwrap();
        store.sweep(&lock).unwrap();
        assert_eq!(names(&place), ["new.wasm", "plugin.json"]);
        assert_eq!(names(&plugins), ["acme.tone"]);
    }

    #[test]
    fn what_is_removed_is_forgotten_before_it_is_deleted() {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        assert_eq!(store.remove("acme.tone", Some("1.0.0")).unwrap(), ["1.0.0"]);
        assert_eq!(store.lock().unwrap(), Lock::default());
        assert!(names(&home.path().join("plugins")).is_empty());
        let gone = store.remove("acme.tone", None).unwrap_err().to_string();
        assert_eq!(gone, "plugin `acme.tone` is not installed");
    }

    #[test]
    fn a_disabled_plugin_is_remembered_until_it_is_enabled() {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        plugin(&home.path().join("plugins/by-hand"), "by.hand", "1.0.0");
        store.disable("by.hand", "too slow").unwrap();
        let disabled = LockedPlugin { disabled: Some("too slow".to_owned()), ..LockedPlugin::default() };
        assert_eq!(store.lock().unwrap().plugins["by.hand"], disabled);
        assert!(store.enable("by.hand").unwrap());
        assert!(!store.enable("by.hand").unwrap());
        assert!(!store.lock().unwrap().plugins.contains_key("by.hand"));
        assert!(store.disable("no.such", "").unwrap_err().to_string().contains("no plugin `no.such`"));
    }
}
