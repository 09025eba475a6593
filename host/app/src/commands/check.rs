//! `wirebrush check`: every problem of a graph at once.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::run::read_graph;
use crate::exit::Exit;
use crate::output::outln;
use crate::session::Session;

pub(crate) fn check(session: &Session, graph: &Path) -> Result<Exit> {
    let text = read_graph(graph, None)?;
    let parsed = wirebrush_graph::check(text.as_bytes(), &session.catalog);
    let sound = !parsed.problems.has_errors();
    if session.json {
        outln!("{:#}", json!({ "sound": sound, "problems": parsed.problems }));
    } else {
        for problem in parsed.problems.iter() {
            outln!("{problem}");
        }
        if sound {
            let nodes = parsed.graph.map_or(0, |graph| graph.nodes.len());
            outln!("{}: sound, {nodes} nodes", graph.display());
        }
    }
    Ok(if sound { Exit::Ok } else { Exit::WrongUse })
}
