//! `wirebrush model inspect`: what a file is.

use anyhow::{Result, bail};
use serde_json::Value as Json;
use wirebrush_engine::{Value, Wanted};
use wirebrush_graph::{Graph, Node};

use crate::exit::{Exit, WrongUse};
use crate::models::Reach;
use crate::output::outln;
use crate::session::{self, Session};

/// The node that looks into weights; models belong to plugins, the host does not know their formats.
const INSPECTOR: &str = "kontext/InspectModel";

pub(super) fn inspect(session: &Session, file: &str) -> Result<Exit> {
    let path = session.models.find(file, Reach::Paths).map_err(|failure| WrongUse(failure.to_string()))?;
    let path = std::path::absolute(path)?;
    let node = Node::new(INSPECTOR).set("file", path.to_string_lossy().as_ref());
    let graph = Graph::new("").with("inspect", node);
    let result = session.run_silently(&graph, &Wanted::These(vec!["inspect.report".to_owned()]))?;
    if let Some((_, failure)) = result.failures().next() {
        bail!("{failure}");
    }
    if let Some(Value::Text(report)) = result.output("inspect.report") {
        match serde_json::from_str::<Json>(report) {
            Ok(report) if !session.json => outline(&report, 0),
            _ => outln!("{report}"),
        }
    }
    Ok(session::exit(&result))
}

/// A report for people: one line a fact, deeper facts indented.
fn outline(report: &Json, depth: usize) {
    let Json::Object(fields) = report else { return };
    for (name, value) in fields {
        let indent = "  ".repeat(depth);
        match value {
            Json::Object(_) => {
                outln!("{indent}{name}:");
                outline(value, depth + 1);
            }
            Json::Array(items) if items.is_empty() => outln!("{indent}{name}: nothing"),
            Json::Array(items) => {
                let items: Vec<_> = items.iter().map(plain).collect();
                outln!("{indent}{name}: {}", items.join(", "));
            }
            value => outln!("{indent}{name}: {}", plain(value)),
        }
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
