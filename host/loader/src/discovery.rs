//! Where plugins are looked for.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::{Error, manifest};

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
    bundled: bool,
    required: bool,
}

/// A folder with a `plugin.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) folder: PathBuf,
    /// Whether it came with the program: its native code needs no approval.
    pub(crate) bundled: bool,
}

impl Discovery {
    /// Looks nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the directory that came with the program; its native plugins need no approval. It may be missing.
    pub fn bundled(mut self, directory: impl Into<PathBuf>) -> Self {
        self.places.push(Place { directory: directory.into(), bundled: true, required: false });
        self
    }

    /// Adds directories the user named; a missing one is reported.
    pub fn directories<P: Into<PathBuf>>(mut self, directories: impl IntoIterator<Item = P>) -> Self {
        let places = directories.into_iter().map(P::into);
        self.places.extend(places.map(|directory| Place { directory, bundled: false, required: true }));
        self
    }

    /// Adds directories from the value of [`PATH_VARIABLE`]; a missing one is reported.
    pub fn path(self, value: Option<&OsStr>) -> Self {
        let directories: Vec<PathBuf> = value
            .map(|value| std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).collect())
            .unwrap_or_default();
        self.directories(directories)
    }

    /// Adds the user's own directory. It may be missing.
    pub fn user(mut self, directory: impl Into<PathBuf>) -> Self {
        self.places.push(Place { directory: directory.into(), bundled: false, required: false });
        self
    }

    /// The plugin folders in order, and what could not be looked into.
    ///
    /// A directory is a plugin's folder itself or has such folders in it; those are taken by name.
    pub(crate) fn find(&self) -> (Vec<Found>, Vec<Error>) {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for place in &self.places {
            match folders(&place.directory) {
                Ok(folders) => {
                    found.extend(folders.into_iter().map(|folder| Found { folder, bundled: place.bundled }));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && !place.required => {}
                Err(error) => problems.push(Error::io(&place.directory, error)),
            }
        }
        (found, problems)
    }
}

fn folders(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_plugin = |folder: &Path| folder.join(manifest::FILE).is_file();
    if is_plugin(directory) {
        return Ok(vec![directory.to_owned()]);
    }
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let folder = entry?.path();
        if is_plugin(&folder) {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

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

        let (found, problems) = Discovery::new().bundled(temp.path().join("many")).directories([&one]).find();

        assert!(problems.is_empty(), "{problems:?}");
        let expected =
            [(a, true), (b, true), (one, false)].map(|(folder, bundled)| Found { folder, bundled });
        assert_eq!(found, expected);
    }

    #[test]
    fn only_directories_the_user_named_must_exist() {
        let temp = tempfile::tempdir().unwrap();
        let missing = temp.path().join("missing");
        let (found, problems) =
            Discovery::new().bundled(&missing).user(&missing).directories([&missing]).find();
        assert!(found.is_empty());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].to_string().starts_with(&missing.display().to_string()));
    }

    #[test]
    fn the_path_variable_has_several_directories() {
        let temp = tempfile::tempdir().unwrap();
        let places = [plugin(temp.path().join("a")), plugin(temp.path().join("b"))];
        let value = std::env::join_paths(&places).unwrap();
        let (found, _) = Discovery::new().path(Some(&value)).path(None).find();
        assert_eq!(found.into_iter().map(|found| found.folder).collect::<Vec<_>>(), places);
    }
}
