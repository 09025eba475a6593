//! Where plugins are looked for.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::{Error, Lock, manifest, store};

/// Variable with further plugin directories, separated as in `PATH`.
pub const PATH_VARIABLE: &str = "WIREBRUSH_PLUGIN_PATH";

/// Directories in which plugins are looked for, in order: of two plugins of one id the first is used.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    places: Vec<Place>,
}

#[derive(Debug, Clone)]
struct Place {
    directory: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Bundled,
    Named,
    User,
}

/// A folder that should have a `plugin.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) folder: PathBuf,
    pub(crate) origin: Origin,
}

/// How a plugin's folder came to be where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It came with the program: its native code needs no approval.
    Bundled,
    /// The user named it or put it there.
    Named,
    /// `plugin install` put it there, and the lock lists it.
    Installed {
        /// Id of the plugin.
        id: String,
        /// Its version.
        version: String,
    },
}

impl Discovery {
    /// Looks nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the directory that came with the program; its native plugins need no approval. It may be missing.
    pub fn bundled(mut self, directory: impl Into<PathBuf>) -> Self {
        self.places.push(Place { directory: directory.into(), kind: Kind::Bundled });
        self
    }

    /// Adds directories the user named; a missing one is reported.
    pub fn directories<P: Into<PathBuf>>(mut self, directories: impl IntoIterator<Item = P>) -> Self {
        let places = directories.into_iter().map(P::into);
        self.places.extend(places.map(|directory| Place { directory, kind: Kind::Named }));
        self
    }

    /// Adds directories from the value of [`PATH_VARIABLE`]; a missing one is reported.
    pub fn path(self, value: Option<&OsStr>) -> Self {
        let directories: Vec<PathBuf> = value
            .map(|value| std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).collect())
            .unwrap_or_default();
        self.directories(directories)
    }

    /// Adds the user's own directory, where plugins are installed as `ID/VERSION`; it may also have folders of plugins
    /// that the user put there. It may be missing.
    pub fn user(mut self, directory: impl Into<PathBuf>) -> Self {
        self.places.push(Place { directory: directory.into(), kind: Kind::User });
        self
    }

    /// The user's own directory.
    pub(crate) fn user_directory(&self) -> Option<&Path> {
        self.places.iter().find(|place| place.kind == Kind::User).map(|place| &*place.directory)
    }

    /// Ids of all plugins that can be found, usable or not.
    pub(crate) fn ids(&self, lock: &Lock) -> BTreeSet<String> {
        ids(self.find(lock).0)
    }

    /// Ids of the plugins that came with the program.
    pub(crate) fn bundled_ids(&self) -> BTreeSet<String> {
        let places = self.places.iter().filter(|place| place.kind == Kind::Bundled).cloned();
        ids(Self { places: places.collect() }.find(&Lock::default()).0)
    }

    /// The plugin folders in order, and what could not be looked into.
    ///
    /// A directory is a plugin's folder itself or has such folders in it; those are taken by name. Installed versions
    /// are those that `lock` lists: what an interrupted installation left behind is no plugin.
    pub(crate) fn find(&self, lock: &Lock) -> (Vec<Found>, Vec<Error>) {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for place in &self.places {
            let origin = if place.kind == Kind::Bundled { Origin::Bundled } else { Origin::Named };
            match folders(&place.directory) {
                Ok(folders) => {
                    found.extend(folders.into_iter().map(|folder| Found { folder, origin: origin.clone() }));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && place.kind != Kind::Named => {}
                Err(error) => problems.push(Error::io(&place.directory, error)),
            }
            if place.kind == Kind::User {
                found.extend(installed(&place.directory, lock));
            }
        }
        (found, problems)
    }
}

fn ids(found: Vec<Found>) -> BTreeSet<String> {
    found.iter().filter_map(|found| Some(manifest::read_manifest(&found.folder).ok()?.id)).collect()
}

/// The installed versions, whether or not their folders are still there.
fn installed(directory: &Path, lock: &Lock) -> impl Iterator<Item = Found> {
    let versions =
        lock.plugins.iter().flat_map(|(id, plugin)| plugin.versions.keys().map(move |it| (id, it)));
    versions.map(|(id, version)| Found {
        folder: store::folder(directory, id, version),
        origin: Origin::Installed { id: id.clone(), version: version.clone() },
    })
}

fn folders(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_plugin = |folder: &Path| folder.join(manifest::FILE).is_file();
    if is_plugin(directory) {
        return Ok(vec![directory.to_owned()]);
    }
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let folder = entry.path();
        // A hidden folder is one that is about to be installed or removed.
        if !entry.file_name().as_encoded_bytes().starts_with(b".") && is_plugin(&folder) {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LockedPlugin, LockedVersion};

    fn plugin(folder: PathBuf) -> PathBuf {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("plugin.json"), "{}").unwrap();
        folder
    }

    #[test]
    fn a_directory_is_a_plugin_or_has_some() {
        let temp = tempfile::tempdir().unwrap();
        let b = plugin(temp.path().join("many/b"));
        let a = plugin(temp.path().join("many/a"));
        let one = plugin(temp.path().join("one"));
        std::fs::create_dir(temp.path().join("many/empty")).unwrap();

        let discovery = Discovery::new().bundled(temp.path().join("many")).directories([&one]);
        let (found, problems) = discovery.find(&Lock::default());

        assert!(problems.is_empty(), "{problems:?}");
        let expected = [(a, Origin::Bundled), (b, Origin::Bundled), (one, Origin::Named)]
            .map(|(folder, origin)| Found { folder, origin });
        assert_eq!(found, expected);
    }

    #[test]
    fn only_directories_the_user_named_must_exist() {
        let temp = tempfile::tempdir().unwrap();
        let missing = temp.path().join("missing");
        let discovery = Discovery::new().bundled(&missing).user(&missing).directories([&missing]);
        let (found, problems) = discovery.find(&Lock::default());
        assert!(found.is_empty());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].to_string().starts_with(&missing.display().to_string()));
    }

    #[test]
    fn the_path_variable_has_several_directories() {
        let temp = tempfile::tempdir().unwrap();
        let places = [plugin(temp.path().join("a")), plugin(temp.path().join("b"))];
        let value = std::env::join_paths(&places).unwrap();
        let (found, _) = Discovery::new().path(Some(&value)).path(None).find(&Lock::default());
        assert_eq!(found.into_iter().map(|found| found.folder).collect::<Vec<_>>(), places);
    }

    #[test]
    fn of_the_installed_versions_only_those_in_the_lock_count() {
        let temp = tempfile::tempdir().unwrap();
        let flat = plugin(temp.path().join("by-hand"));
        let first = plugin(temp.path().join("acme.tone/1.0.0"));
        plugin(temp.path().join("acme.tone/2.0.0"));
        plugin(temp.path().join(".staging-1"));
        let versions = ["1.0.0", "3.0.0"].map(|version| (version.to_owned(), LockedVersion::default()));
        let tone = LockedPlugin { versions: versions.into(), ..LockedPlugin::default() };
        let lock = Lock { plugins: [("acme.tone".to_owned(), tone)].into(), ..Lock::default() };

        let (found, problems) = Discovery::new().user(temp.path()).find(&lock);

        assert!(problems.is_empty(), "{problems:?}");
        let gone = temp.path().join("acme.tone/3.0.0");
        assert_eq!(found.into_iter().map(|found| found.folder).collect::<Vec<_>>(), [flat, first, gone]);
    }
}
