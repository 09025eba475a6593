//! The world around a run as the server lets nodes see it: assets, the input folder, models by name.
//!
//! A graph came over the network, so that nothing in it is ever a path.

use std::path::PathBuf;
use std::sync::Arc;

use wirebrush_engine::{Environment, File};
use wirebrush_schema::Failure;

use super::input::InputFolder;
use crate::files;
use crate::models::{ModelStore, Reach};
use crate::reference::Reference;
use crate::store::blobs::Blobs;

/// Reads only what was uploaded or lies in the input folder.
pub(crate) struct ServerEnvironment {
    /// Contents of assets.
    pub(crate) blobs: Blobs,
    /// Files by name.
    pub(crate) input: InputFolder,
    /// Where models are.
    pub(crate) models: ModelStore,
    /// What nodes may use of the machine's memory.
    pub(crate) memory: Arc<str>,
}

impl Environment for ServerEnvironment {
    fn read_file(&self, name: &str) -> Result<File, Failure> {
        match Reference::parse(name).map_err(Failure::failed)? {
            Some(reference) => reference.read(&self.blobs),
            None => files::read(&self.input.find(name).map_err(Failure::failed)?),
        }
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        self.models.find(name, Reach::Names)
    }

    fn model_identity(&self, name: &str) -> String {
        self.models.identity(name, Reach::Names)
    }

    fn memory(&self) -> &str {
        &self.memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::DataDir;

    fn environment(folder: &std::path::Path) -> ServerEnvironment {
        std::fs::create_dir_all(folder.join("input")).unwrap();
        std::fs::create_dir_all(folder.join("models/tiny")).unwrap();
        ServerEnvironment {
            blobs: Blobs::new(folder.join("assets")),
            input: InputFolder::new(folder.join("input")),
            models: ModelStore::new(&DataDir::new(Some(folder)).unwrap(), []),
            memory: "".into(),
        }
    }

    #[test]
    fn files_are_read_from_the_input_folder_and_the_assets_only() {
        let folder = tempfile::tempdir().unwrap();
        let environment = environment(folder.path());
        std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(folder.path().join("input/cup.txt"), "cup").unwrap();
        assert_eq!(&*environment.read_file("cup.txt").unwrap().bytes.data, b"cup");
        let mut new = environment.blobs.begin().unwrap();
        new.write(b"asset").unwrap();
        let reference = Reference { hash: new.finish().unwrap().hash, name: "a.txt".into() };
        assert_eq!(&*environment.read_file(&reference.to_string()).unwrap().bytes.data, b"asset");

        let absolute = folder.path().join("secret.txt");
        let hex = reference.hash.to_hex();
        for name in [
            "../secret.txt",
            "..\\secret.txt",
            "input/../../secret.txt",
            absolute.to_str().unwrap(),
            "asset:../../secret.txt",
            &format!("../assets/{}/{hex}", &hex[..2]),
            "",
            ".",
        ] {
            assert!(environment.read_file(name).is_err(), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_input_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let environment = environment(folder.path());
        std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        std::os::unix::fs::symlink("../secret.txt", folder.path().join("input/cup.txt")).unwrap();
        assert!(environment.read_file("cup.txt").is_err());
        assert!(environment.input.list().is_empty());
    }

    #[test]
    fn models_are_found_by_name_never_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let environment = environment(folder.path());
        assert!(environment.find_model("tiny").is_ok());
        let absolute = folder.path().join("models/tiny");
        for name in [absolute.to_str().unwrap(), "../models/tiny", "tiny/..", ".", "", "tiny\\..", "C:tiny"] {
            assert!(environment.find_model(name).is_err(), "{name}");
            assert_eq!(environment.model_identity(name), "missing");
        }
    }
}
