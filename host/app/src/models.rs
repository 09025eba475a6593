//! Models by name: those in the user's folders, those the user added, those of other programs, and what plugins bring
//! along. What is in a file is for plugins to say: here are names, places and hashes.

pub(crate) mod candidates;
pub(crate) mod hashes;
pub(crate) mod inspection;
pub(crate) mod location;
pub(crate) mod missing;
pub(crate) mod places;
pub(crate) mod record;
pub(crate) mod register;
pub(crate) mod role;
mod set;
pub(crate) mod unfinished;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Serialize;
use wirebrush_schema::Failure;

use self::candidates::Tried;
use self::location::Location;
use self::places::{Place, PlaceKind};
use self::register::{Register, RegisterFile};
use self::role::Role;
use crate::data_dir::DataDir;
use crate::file_name;

/// Identity of a model that is not there.
const MISSING: &str = "missing";

/// How many models a message names.
const NAMED: usize = 12;

/// Beside models a models folder may have ComfyUI's folder for what changes them.
const LORAS: &str = "loras";

/// The name that plugins ask for when a model brings no tokenizers along.
pub(crate) const TOKENIZERS: &str = "tokenizers";

/// Everything that is known of models. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct ModelStore {
    /// The user's folder and those of the environment.
    own: Arc<[PathBuf]>,
    plugins: Arc<RwLock<Vec<PathBuf>>>,
    register: Arc<RegisterFile>,
    /// Where sets are written down for plugins.
    sets: PathBuf,
    tried: Arc<Mutex<Tried>>,
}

/// A model in the store.
#[derive(Debug)]
pub(crate) struct Model {
    /// What nodes call it.
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) origin: Origin,
    /// What it is for, when that is known.
    pub(crate) role: Option<Role>,
    /// Models of equal family may stand in for one another; empty when it is not known.
    pub(crate) family: String,
}

/// How a model came into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It lies in the user's models folder.
    Folder,
    /// It lies in a folder of `WIREBRUSH_MODEL_PATH`.
    Path,
    /// The user added it where it lies.
    Added,
    /// It lies in a folder of another program.
    Place(PlaceKind),
    /// A plugin brought it along.
    Plugin,
}

/// What a name may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Models of the store, else any path: the user's own command line.
    Paths,
    /// Models of the store only: names that came over the network.
    Names,
}

impl ModelStore {
    /// A store over the user's folder, those of the environment and those of plugins.
    pub(crate) fn new(data: &DataDir, plugins: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut folders = vec![data.models()];
        if let Some(path) = std::env::var_os("WIREBRUSH_MODEL_PATH") {
            folders.extend(std::env::split_paths(&path));
        }
        Self {
            own: folders.into(),
            plugins: Arc::new(RwLock::new(plugins.into_iter().collect())),
            register: Arc::new(RegisterFile::new(data.model_register())),
            sets: data.model_sets(),
            tried: Arc::default(),
        }
    }

    /// Looks from now on into the folders of these plugins.
    pub(crate) fn set_plugins(&self, folders: Vec<PathBuf>) {
        *self.plugins.write().unwrap_or_else(PoisonError::into_inner) = folders;
        // Other plugins may know what these did not.
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Tried::default();
    }

    /// What is written down of models.
    pub(crate) fn register(&self) -> &RegisterFile {
        &self.register
    }

    /// The folder that downloads and copies go to.
    pub(crate) fn folder(&self) -> &Path {
        &self.own[0]
    }

    /// The register as it is now. A broken one counts as empty here; commands that change it say what is wrong.
    pub(crate) fn known(&self) -> Arc<Register> {
        self.register.read().unwrap_or_default()
    }

    /// The path that a plugin gets for a model: its file or folder; of a set, a file that says where its parts are.
    ///
    /// # Errors
    /// `Failed`, naming the places looked in.
    pub(crate) fn find(&self, name: &str, reach: Reach) -> Result<PathBuf, Failure> {
        if let (Reach::Names, Err(why)) = (reach, check_name(name)) {
            return Err(Failure::failed(format!("model `{name}`: {why}")));
        }
        let location = self.locate(name, reach).ok_or_else(|| self.missing(name, reach))?;
        match location {
            Location::Path(path) => Ok(path),
            Location::Set(parts) => set::write(&self.sets, name, &parts)
                .map_err(|error| Failure::failed(format!("model `{name}`: {error:#}"))),
        }
    }

    /// Where a model is: the user's folders win over what was added, that over other programs and plugins.
    pub(crate) fn locate(&self, name: &str, reach: Reach) -> Option<Location> {
        if name.trim().is_empty() || (reach == Reach::Names && check_name(name).is_err()) {
            return None;
        }
        let known = self.known();
        let own = || self.own.iter().find_map(|folder| in_folder(folder, name));
        let added = || known.models.get(name).map(register::Registered::location);
        let plugins = || self.plugin_folders().iter().find_map(|folder| in_folder(folder, name));
        let places = || known.places.iter().find_map(|place| place.find(name)).map(Location::Path);
        let found = own()
            .map(Location::Path)
            .or_else(added)
            .or_else(|| plugins().map(Location::Path))
            .or_else(places)
            .or_else(|| (name == TOKENIZERS).then(|| cached_tokenizers(&known.places))?.map(Location::Path));
        let found = found.filter(Location::exists);
        match reach {
            Reach::Names => found,
            Reach::Paths => found.or_else(|| {
                let path = PathBuf::from(name);
                path.exists().then_some(Location::Path(path))
            }),
        }
    }

    /// Something that changes when the files of a model do.
    pub(crate) fn identity(&self, name: &str, reach: Reach) -> String {
        self.locate(name, reach).map_or_else(|| MISSING.to_owned(), |location| location.identity())
    }

    /// Every model; the first of equal names is the one that nodes get.
    pub(crate) fn list(&self) -> Vec<Model> {
        let known = self.known();
        let mut models = Vec::new();
        for (index, folder) in self.own.iter().enumerate() {
            let origin = if index == 0 { Origin::Folder } else { Origin::Path };
            models.extend(models_in(folder).map(|(name, path, role)| found(name, path, origin, role)));
        }
        models.extend(known.models.iter().map(|(name, added)| Model {
            name: name.clone(),
            location: added.location(),
            origin: Origin::Added,
            role: added.role.or_else(|| added.path.is_none().then_some(Role::Set)),
            family: added.family.clone(),
        }));
        for folder in self.plugin_folders() {
            models
                .extend(models_in(&folder).map(|(name, path, role)| found(name, path, Origin::Plugin, role)));
        }
        for place in &known.places {
            let here = place.models().into_iter();
            models.extend(
                here.map(|model| found(model.name, model.path, Origin::Place(place.kind), model.role)),
            );
        }
        let mut seen = std::collections::HashSet::new();
        models.retain(|model| seen.insert(model.name.clone()));
        models.iter_mut().for_each(|model| model.complete(&known));
        models
    }

    /// The hash of a model, when it is known without reading its files.
    pub(crate) fn known_hash(&self, location: &Location) -> Option<String> {
        hashes::known(location, &self.known())
    }

    fn plugin_folders(&self) -> Vec<PathBuf> {
        self.plugins.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn missing(&self, name: &str, reach: Reach) -> Failure {
        if name.trim().is_empty() {
            return Failure::failed("the name of the model is empty");
        }
        if name == TOKENIZERS {
            return Failure::failed("no tokenizers here: `wirebrush model pull tokenizers` gets them");
        }
        if let Some(entry) = self.known().models.get(name) {
            let location = entry.location();
            let gone = location
                .paths()
                .into_iter()
                .find(|path| !path.exists())
                .map(|path| path.display().to_string());
            return Failure::failed(format!(
                "model `{name}`: {} is gone; `wirebrush model remove {name}` forgets the model",
                gone.unwrap_or_default()
            ));
        }
        let known = self.list();
        let more = known.len().saturating_sub(NAMED);
        let known: Vec<_> = known.iter().take(NAMED).map(|model| model.name.as_str()).collect();
        let folders = self.own.iter().cloned().chain(self.plugin_folders());
        let mut looked: Vec<_> = folders.map(|folder| folder.display().to_string()).collect();
        let added = self.register.read();
        if let Ok(register) = &added {
            looked.extend(register.places.iter().map(|place: &Place| place.path.display().to_string()));
        }
        let broken = added.err().map_or_else(String::new, |error| format!("; {error:#}"));
        Failure::failed(format!(
            "model `{name}` is {} {}; there: {}{broken}",
            if reach == Reach::Paths { "neither a path nor in" } else { "not in" },
            looked.join(", "),
            match (known.is_empty(), more) {
                (true, _) => "nothing".to_owned(),
                (_, 0) => known.join(", "),
                _ => format!("{} and {more} more", known.join(", ")),
            }
        ))
    }
}

impl Model {
    /// Fills in what is known of its file.
    fn complete(&mut self, register: &Register) {
        let Location::Path(path) = &self.location else { return };
        if let Some(entry) = register.models.values().find(|entry| entry.path.as_ref() == Some(path)) {
            self.role = self.role.or(entry.role);
            self.family.clone_from(&entry.family);
        }
        if let Some(facts) = self.location.stamp().and_then(|stamp| register.facts(path, stamp)) {
            // What is in a file counts more than the folder it lies in.
            self.role = facts.role.or(self.role);
            if self.family.is_empty() {
                self.family.clone_from(&facts.family);
            }
        }
        if self.role.is_none() && path.is_dir() {
            self.role = Some(Role::Set);
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder => f.write_str("models folder"),
            Self::Path => f.write_str("WIREBRUSH_MODEL_PATH"),
            Self::Added => f.write_str("added"),
            Self::Place(kind) => kind.fmt(f),
            Self::Plugin => f.write_str("plugin"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn found(name: String, path: PathBuf, origin: Origin, role: Option<Role>) -> Model {
    Model { name, location: Location::Path(path), origin, role, family: String::new() }
}

/// Checks a name that came from outside: names of files with `/` between them, never a path of its own.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    name.split('/').try_for_each(file_name::check)
}

/// A model of a folder; what lies in `loras` needs neither that word nor its ending.
fn in_folder(folder: &Path, name: &str) -> Option<PathBuf> {
    let exact = Some(folder.join(name)).filter(|path| path.exists());
    exact.or_else(|| {
        let loras = folder.join(LORAS);
        let names = [name.to_owned(), format!("{name}.safetensors")];
        names.iter().map(|name| loras.join(name)).find(|path| path.is_file())
    })
}

/// What lies in a models folder, in order of the names; hidden files are downloads under way, and what cannot
/// be written as a line of text cannot be named in a graph.
fn models_in(folder: &Path) -> impl Iterator<Item = (String, PathBuf, Option<Role>)> + use<> {
    let mut found = Vec::new();
    let mut look = |folder: &Path, role: Option<Role>| {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if let Ok(name) = entry.file_name().into_string()
                && !name.starts_with('.')
                && !name.contains(char::is_control)
                && (role.is_some() || name != LORAS)
            {
                found.push((name, entry.path(), role));
            }
        }
    };
    look(folder, None);
    look(&folder.join(LORAS), Some(Role::Lora));
    found.sort();
    found.into_iter()
}

/// Tokenizers in folders of other programs, Hugging Face's cache included: those of any model that has both.
fn cached_tokenizers(places: &[Place]) -> Option<PathBuf> {
    let cache = places::default_cache().map(|path| Place { kind: PlaceKind::HuggingFace, path });
    let complete = |path: &PathBuf| ["tokenizer", "tokenizer_2"].iter().all(|name| path.join(name).is_dir());
    let models = places.iter().chain(&cache).flat_map(Place::models);
    models.map(|model| model.path).find(complete)
}
