//! `wirebrush model inspect`: what a file is.

use anyhow::{Result, bail};
use wirebrush_engine::{Value, Wanted};
use wirebrush_graph::{Graph, Node};

use crate::exit::{Exit, WrongUse};
use crate::models::{Reach, inspection};
use crate::output::outln;
use crate::session::{self, Session};

/// The node that looks into weights; models belong to plugins, the host does not know their formats.
const INSPECTOR: &str = "kontext/InspectModel";

pub(super) fn inspect(session: &Session, file: &str) -> Result<Exit> {
    let path = session.models.find(file, Reach::Paths).map_err(|failure| WrongUse(failure.to_string()))?;
    let path = std::path::absolute(path)?;
    let node = Node::new(INSPECTOR).set("file", path.to_string_lossy().as_ref());
    let graph = Graph::new("").with("inspect", node);
    let wanted = if session.json { "inspect.report" } else { "inspect.words" };
    let result = session.run_silently(&graph, &Wanted::These(vec![wanted.to_owned()]))?;
    if let Some((_, failure)) = result.failures().next() {
        bail!("{}", inspection::reason(failure));
    }
    if let Some(Value::Text(text)) = result.output(wanted) {
        outln!("{}", text.trim_end());
    }
    Ok(session::exit(&result))
}
