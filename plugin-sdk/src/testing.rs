//! Runs nodes in-process, without host, library or sandbox: [`run`] for what comes out, [`Recorder`] for what was told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value as Json;

use crate::{
    Context, Failure, Folder, Host, Image, Inputs, Kind, LogLevel, Node, Outputs, Plugin, Port, Result, Value,
};

/// Runs a node once with defaults filled in.
///
/// # Errors
/// What the node returns; `InvalidInput` when a required input is missing.
pub fn run<N: Node>(inputs: Inputs) -> Result<Outputs> {
    Recorder::default().run::<N>(inputs)
}

/// A host that remembers what a node told it.
///
/// ```
/// use wirebrush_sdk::prelude::*;
/// use wirebrush_sdk::testing::Recorder;
///
/// #[derive(Default)]
/// struct Countdown;
///
/// impl Node for Countdown {
///     fn definition() -> Definition {
///         Definition::new("example/Countdown", "test").input(Port::int("from", 10, 1..=100))
///     }
///
///     fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
///         let from = inputs.int("from")? as u64;
///         (1..=from).try_for_each(|step| cx.progress(step, from))?;
///         Ok(Outputs::new())
///     }
/// }
///
/// let host = Recorder::default();
/// host.run::<Countdown>(Inputs::new())?;
/// assert_eq!(host.progress.borrow().len(), 10);
///
/// let host = Recorder::default();
/// host.cancel_after.set(Some(2));
/// assert_eq!(host.run::<Countdown>(Inputs::new()).unwrap_err(), Failure::Cancelled);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Default)]
pub struct Recorder {
    /// Reported progress: step, total, message.
    pub progress: RefCell<Vec<(u64, u64, String)>>,
    /// Previews, in order.
    pub previews: RefCell<Vec<Image>>,
    /// Log lines, in order.
    pub log: RefCell<Vec<(LogLevel, String)>>,
    /// Cancels the run once this many progress reports came.
    pub cancel_after: Cell<Option<usize>>,
    /// Cancels the run from this moment on.
    pub cancel_at: Cell<Option<Instant>>,
    /// Where models are looked for by name.
    pub models: RefCell<Option<PathBuf>>,
    /// The plugin's data folder; without one the plugin has no permission `data`.
    pub data: RefCell<Option<PathBuf>>,
    /// The files of the scratch folder by name; without a map the plugin has no permission `scratch`.
    pub scratch: RefCell<Option<BTreeMap<String, Vec<u8>>>>,
}

impl Recorder {
    /// Runs a node once with defaults filled in.
    ///
    /// # Errors
    /// As [`run`].
    pub fn run<N: Node>(&self, inputs: Inputs) -> Result<Outputs> {
        let definition = N::definition();
        let inputs = fill(&definition.inputs, inputs)?;
        Plugin::default().node::<N>().run(&definition.id, inputs, &Context::new(self))
    }
}

impl Host for Recorder {
    fn progress(&self, step: u64, total: u64, message: &str) {
        self.progress.borrow_mut().push((step, total, message.to_owned()));
    }

    fn preview(&self, image: &Image) {
        self.previews.borrow_mut().push(image.clone());
    }

    fn log(&self, level: LogLevel, message: &str) {
        self.log.borrow_mut().push((level, message.to_owned()));
    }

    fn is_cancelled(&self) -> bool {
        self.cancel_after.get().is_some_and(|limit| self.progress.borrow().len() >= limit)
            || self.cancel_at.get().is_some_and(|moment| Instant::now() >= moment)
    }

    fn find_model(&self, name: &str) -> Result<String> {
        let path = match &*self.models.borrow() {
            Some(folder) => folder.join(name),
            None => name.into(),
        };
        if path.exists() {
            Ok(path.to_string_lossy().into_owned())
        } else {
            Err(Failure::failed(format!("model `{name}`: nothing at {}", path.display())))
        }
    }

    fn list_files(&self, folder: Folder) -> Result<Vec<String>> {
        match folder {
            Folder::Data => {
                let data = self.data.borrow();
                let data = data.as_ref().ok_or_else(|| missing(folder))?;
                let mut names = Vec::new();
                walk(data, "", &mut names)?;
                names.sort();
                Ok(names)
            }
            Folder::Scratch => {
                let scratch = self.scratch.borrow();
                Ok(scratch.as_ref().ok_or_else(|| missing(folder))?.keys().cloned().collect())
            }
        }
    }

    fn read_file(&self, folder: Folder, name: &str) -> Result<Vec<u8>> {
        match folder {
            Folder::Data => {
                if !self.list_files(folder)?.iter().any(|known| known == name) {
                    return Err(Failure::failed(format!("`{name}`: no such file in the data folder")));
                }
                let data = self.data.borrow();
                let path = data.as_ref().ok_or_else(|| missing(folder))?.join(name);
                std::fs::read(path).map_err(|error| Failure::failed(format!("`{name}`: {error}")))
            }
            Folder::Scratch => {
                let scratch = self.scratch.borrow();
                let found = scratch.as_ref().ok_or_else(|| missing(folder))?.get(name).cloned();
                found.ok_or_else(|| Failure::failed(format!("`{name}`: no such file in the scratch folder")))
            }
        }
    }

    fn write_scratch(&self, name: &str, contents: &[u8]) -> Result<()> {
        let mut scratch = self.scratch.borrow_mut();
        let scratch = scratch.as_mut().ok_or_else(|| missing(Folder::Scratch))?;
        scratch.insert(name.to_owned(), contents.to_vec());
        Ok(())
    }

    fn remove_scratch(&self, name: &str) -> Result<()> {
        let mut scratch = self.scratch.borrow_mut();
        scratch.as_mut().ok_or_else(|| missing(Folder::Scratch))?.remove(name);
        Ok(())
    }
}

fn missing(folder: Folder) -> Failure {
    let name = match folder {
        Folder::Data => "data",
        Folder::Scratch => "scratch",
    };
    Failure::unsupported(format!("files in `{name}`: plugin.json does not ask for the permission `{name}`"))
}

/// Appends the names of all files below `folder`, each behind `before`.
fn walk(folder: &Path, before: &str, names: &mut Vec<String>) -> Result<()> {
    let failed =
        |error: std::io::Error| Failure::failed(format!("data folder {}: {error}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

fn fill(ports: &[Port], mut inputs: Inputs) -> Result<Inputs> {
    for port in ports {
        if inputs.contains(&port.name) {
            continue;
        }
        match &port.default {
            Some(default) => inputs = inputs.with(&port.name, literal(port, default)?),
            None if port.optional || port.list => {}
            None => {
                return Err(Failure::invalid(&port.name, format!("expected {}, found nothing", port.kind)));
            }
        }
    }
    Ok(inputs)
}

fn literal(port: &Port, json: &Json) -> Result<Value> {
    let value = match (port.kind.as_str(), json) {
        (Kind::BOOL, Json::Bool(it)) => Some(Value::Bool(*it)),
        (Kind::INT, json) => json.as_i64().or(json.as_u64().map(u64::cast_signed)).map(Value::Int),
        (Kind::FLOAT, json) => json.as_f64().map(Value::Float),
        (Kind::TEXT, Json::String(it)) => Some(Value::Text(it.clone())),
        (Kind::CHOICE, Json::String(it)) => Some(Value::Choice(it.clone())),
        _ => None,
    };
    value.ok_or_else(|| Failure::invalid(&port.name, format!("the default {json} is not a {}", port.kind)))
}
