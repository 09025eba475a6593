//! The folder in which somebody writes a plugin: sources, a `plugin.json` without artifacts, and a `build.json` that
//! says how the artifacts are made. What can be loaded, checked and packed is laid out in its sub-folder `dist`.

mod program;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use wirebrush_loader::{Config, HOST_TARGET};
use wirebrush_schema::{Description, Manifest, Target};

use crate::exit::WrongUse;

const MANIFEST: &str = "plugin.json";
const BUILD: &str = "build.json";
const DIST: &str = "dist";

/// What a native artifact is called in a `build.json`: for whichever machine builds it.
pub(crate) const NATIVE: &str = "native";

/// How the artifacts of a plugin are made: the contents of `build.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Build {
    /// What is made.
    pub(crate) artifacts: Vec<Step>,
    /// Files and folders that the artifacts are made of, relative to the project.
    #[serde(default)]
    pub(crate) watch: Vec<PathBuf>,
}

/// How one artifact is made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// `native` or `wasm32-component`.
    pub(crate) target: String,
    /// Where the file is afterwards, relative to the project; a native library without prefix and ending.
    pub(crate) file: PathBuf,
    /// Programs with their arguments, run one after the other in the project's folder.
    pub(crate) run: Vec<Vec<String>>,
}

/// A plugin's sources.
#[derive(Debug)]
pub(crate) struct Project {
    folder: PathBuf,
    build: Build,
}

impl Project {
    /// Whether a folder has a `build.json`.
    pub(crate) fn is_in(folder: &Path) -> bool {
        folder.join(BUILD).is_file()
    }

    /// Reads the `build.json` of a folder.
    ///
    /// # Errors
    /// [`WrongUse`] when it is missing or not what [`Build`] describes.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let build: Build = read_json(&folder.join(BUILD))?;
        for step in &build.artifacts {
            if step.target != NATIVE && step.target != Target::COMPONENT {
                let expected = format!("expected `{NATIVE}` or `{}`", Target::COMPONENT);
                return Err(WrongUse(format!("{BUILD}: target: {expected}, found `{}`", step.target)).into());
            }
        }
        Ok(Self { folder: folder.to_owned(), build })
    }

    /// Where [`Project::build`] lays out what can be loaded.
    pub(crate) fn dist(&self) -> PathBuf {
        self.folder.join(DIST)
    }

    /// What a change of which calls for another build.
    pub(crate) fn watched(&self) -> impl Iterator<Item = PathBuf> {
        self.build.watch.iter().map(|path| self.folder.join(path))
    }

    /// Runs all steps and lays out `dist`: manifest with hashes and node ids, artifacts, data, models, README, licenses.
    /// An earlier `dist` is replaced as a whole, and only when everything succeeded. What the programs print goes to
    /// standard error.
    ///
    /// # Errors
    /// When a program fails, a file is missing, or the host cannot load what was built.
    pub(crate) fn build(&self, config: &Config) -> Result<PathBuf> {
        let mut manifest: Map<String, Json> = read_json(&self.folder.join(MANIFEST))?;
        let new = self.folder.join(format!(".{DIST}-new"));
        remove(&new)?;
        fs::create_dir_all(&new).with_context(|| new.display().to_string())?;
        let mut artifacts = Vec::new();
        for step in &self.build.artifacts {
            let (source, target) = self.make(step)?;
            let name = source.file_name().context("an artifact has a name")?.to_string_lossy().into_owned();
            let folder = new.join(&target);
            fs::create_dir_all(&folder)?;
            let file = folder.join(&name);
            fs::copy(&source, &file).with_context(|| format!("{}: what was built", source.display()))?;
            let sha256 = wirebrush_loader::sha256_file(&file)?;
            artifacts.push(json!({ "target": target, "file": format!("{target}/{name}"), "sha256": sha256 }));
        }
        manifest.insert("artifacts".to_owned(), artifacts.into());
        self.copy_rest(&manifest, &new)?;
        self.name_nodes(&mut manifest, &new, config)?;
        fs::write(new.join(MANIFEST), format!("{:#}\n", Json::Object(manifest)))?;
        remove(&self.dist())?;
        fs::rename(&new, self.dist()).with_context(|| self.dist().display().to_string())?;
        Ok(self.dist())
    }

    /// Runs a step; where its artifact is, and the target it is for.
    fn make(&self, step: &Step) -> Result<(PathBuf, String)> {
        for words in &step.run {
            program::run(words, &self.folder)?;
        }
        let file = self.folder.join(&step.file);
        if step.target != NATIVE {
            return Ok((file, step.target.clone()));
        }
        let name = file.file_name().context("a library has a name")?.to_string_lossy();
        Ok((file.with_file_name(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")), HOST_TARGET.to_owned()))
    }

    /// Writes the ids of the nodes, which every build must have alike, into the manifest.
    fn name_nodes(&self, manifest: &mut Map<String, Json>, new: &Path, config: &Config) -> Result<()> {
        manifest.insert("nodes".to_owned(), json!([]));
        let parsed: Manifest = serde_json::from_value(Json::Object(manifest.clone()))
            .map_err(|error| WrongUse(format!("{}: {error}", self.folder.join(MANIFEST).display())))?;
        let mut first: Option<(&Target, Description)> = None;
        for artifact in &parsed.artifacts {
            let Some(description) = wirebrush_loader::describe(new, &parsed, artifact, config)? else {
                continue;
            };
            match &first {
                Some((target, known)) if known.nodes != description.nodes => {
                    bail!("the nodes for {} are not those for {}", artifact.target.0, target.0);
                }
                Some(_) => {}
                None => first = Some((&artifact.target, description)),
            }
        }
        let (_, description) = first.context("no build is for this machine: it has no nodes to name")?;
        let ids: Vec<_> = description.nodes.into_iter().map(|node| node.id).collect();
        manifest.insert("nodes".to_owned(), ids.into());
        Ok(())
    }

    /// Copies what a plugin is beside its artifacts.
    fn copy_rest(&self, manifest: &Map<String, Json>, to: &Path) -> Result<()> {
        for field in ["data", "models"] {
            let folder = manifest.get(field).and_then(Json::as_str).filter(|folder| !folder.is_empty());
            if let Some(folder) = folder {
                wirebrush_package::check_path(folder)
                    .map_err(|why| WrongUse(format!("{MANIFEST}: {field}: {why}")))?;
                copy(&self.folder.join(folder), &to.join(folder))?;
            }
        }
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "README.md" || name.starts_with("LICENSE") {
                fs::copy(entry.path(), to.join(&name)).with_context(|| name)?;
            }
        }
        Ok(())
    }
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let wrong = |why: String| WrongUse(format!("{}: {why}", path.display()));
    let text = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    Ok(serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| folder.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Copies a folder with everything below it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
