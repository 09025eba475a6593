//! Runs nodes in-process, without host, library or sandbox.

use std::cell::{Cell, RefCell};

use serde_json::Value as Json;

use crate::{
    Context, Failure, Host, Image, Inputs, Kind, LogLevel, Node, Outputs, Plugin, Port, Result, Value,
};

/// Runs a node once with defaults filled in.
///
/// # Errors
/// What the node returns; `InvalidInput` when a required input is missing.
pub fn run<N: Node>(inputs: Inputs) -> Result<Outputs> {
    Recorder::default().run::<N>(inputs)
}

/// A host that remembers what a node told it.
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
    /// Where models are looked for by name.
    pub models: RefCell<Option<std::path::PathBuf>>,
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
