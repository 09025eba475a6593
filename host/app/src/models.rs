//! Where models are found by name: the user's folder, `WIREBRUSH_MODEL_PATH`, and what plugins bring along.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::UNIX_EPOCH;

use wirebrush_schema::Failure;

use crate::file_name;

/// Identity of a model that is not there.
const MISSING: &str = "missing";

/// The folders that hold models, in the order they are looked through. Cloning shares them.
#[derive(Debug, Clone)]
pub(crate) struct ModelStore {
    /// The user's folder and those of the environment.
    own: Arc<[PathBuf]>,
    plugins: Arc<RwLock<Vec<PathBuf>>>,
}

/// A model in the store.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Model {
    /// What nodes call it.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Bytes of all its files.
    pub(crate) bytes: u64,
}

impl ModelStore {
    /// A store over the user's folder, those of the environment and those of plugins.
    pub(crate) fn new(own: PathBuf, plugins: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut folders = vec![own];
        if let Some(path) = std::env::var_os("WIREBRUSH_MODEL_PATH") {
            folders.extend(std::env::split_paths(&path));
        }
        let plugins = plugins.into_iter().collect();
        Self { own: folders.into(), plugins: Arc::new(RwLock::new(plugins)) }
    }

    /// Looks from now on into the folders of these plugins.
    pub(crate) fn set_plugins(&self, folders: Vec<PathBuf>) {
        *self.plugins.write().unwrap_or_else(PoisonError::into_inner) = folders;
    }

    fn folders(&self) -> Vec<PathBuf> {
        let plugins = self.plugins.read().unwrap_or_else(PoisonError::into_inner);
        self.own.iter().chain(plugins.iter()).cloned().collect()
    }

    /// Where the model of this name, or at this path, lies.
    ///
    /// # Errors
    /// `Failed`, naming the places looked in.
    pub(crate) fn find(&self, name: &str) -> Result<PathBuf, Failure> {
        if name.trim().is_empty() {
            return Err(Failure::failed("the name of the model is empty"));
        }
        self.look_for(name)
            .or_else(|| Some(PathBuf::from(name)).filter(|path| path.exists()))
            .ok_or_else(|| self.missing(name, "neither a path nor in"))
    }

    /// Where the model of this name lies, for names that came over the network: never at a path of their own.
    ///
    /// # Errors
    /// `Failed`, also for a name that is more than names of files with `/` between them.
    pub(crate) fn find_by_name(&self, name: &str) -> Result<PathBuf, Failure> {
        for part in name.split('/') {
            file_name::check(part).map_err(|why| Failure::failed(format!("model `{name}`: {why}")))?;
        }
        self.look_for(name).ok_or_else(|| self.missing(name, "not in"))
    }

    fn look_for(&self, name: &str) -> Option<PathBuf> {
        self.folders().into_iter().map(|folder| folder.join(name)).find(|path| path.exists())
    }

    fn missing(&self, name: &str, where_not: &str) -> Failure {
        let mut known: Vec<_> = self.list().into_iter().map(|model| model.name).collect();
        known.dedup();
        let places: Vec<_> = self.folders().iter().map(|folder| folder.display().to_string()).collect();
        Failure::failed(format!(
            "model `{name}` is {where_not} {}; there: {}",
            places.join(", "),
            if known.is_empty() { "nothing".to_owned() } else { known.join(", ") }
        ))
    }

    /// Something that changes when the files of a model do: names, sizes and times of change.
    pub(crate) fn identity(&self, name: &str) -> String {
        self.find(name).map_or_else(|_| MISSING.to_owned(), |path| identity(&path))
    }

    /// The same for a name that came over the network.
    pub(crate) fn identity_by_name(&self, name: &str) -> String {
        self.find_by_name(name).map_or_else(|_| MISSING.to_owned(), |path| identity(&path))
    }

    /// Every model, by folder and name.
    pub(crate) fn list(&self) -> Vec<Model> {
        let mut models = Vec::new();
        for folder in self.folders() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            models.extend(paths.into_iter().filter_map(|path| {
                let name = path.file_name()?.to_str().filter(|name| !name.starts_with('.'))?.to_owned();
                let bytes = files(&path).iter().map(|(_, metadata)| metadata.len()).sum();
                Some(Model { name, path, bytes })
            }));
        }
        models
    }
}

fn identity(path: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    for (file, metadata) in files(path) {
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        hasher.update(file.strip_prefix(path).unwrap_or(&file).as_os_str().as_encoded_bytes());
        hasher.update(&metadata.len().to_le_bytes());
        hasher.update(&changed.unwrap_or_default().as_nanos().to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The files of a model in a fixed order; a folder is walked two levels deep, as far as model folders go.
pub(crate) fn files(path: &Path) -> Vec<(PathBuf, fs::Metadata)> {
    fn walk(path: &Path, depth: u32, found: &mut Vec<(PathBuf, fs::Metadata)>) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => found.push((path.to_owned(), metadata)),
            Ok(metadata) if metadata.is_dir() && depth > 0 => {
                for entry in fs::read_dir(path).into_iter().flatten().flatten() {
                    walk(&entry.path(), depth - 1, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(path, 3, &mut found);
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}
