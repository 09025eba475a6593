//! `wirebrush run`: a graph file, or a picture that carries its graph.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value as Json, json};
use wirebrush_engine::{RunResult, Value, Wanted};
use wirebrush_graph::Graph;

use crate::bundle;
use crate::cli::Run;
use crate::exit::{Exit, WrongUse};
use crate::output::outln;
use crate::results;
use crate::session::{self, Session};
use crate::store::blobs::Blobs;

pub(crate) fn run(session: &Session, args: &Run) -> Result<Exit> {
    let text = read_graph(&args.graph, Some(&session.blobs()))?;
    let parsed = wirebrush_graph::parse(text.as_bytes());
    session.check(parsed.problems)?;
    let mut graph = parsed.graph.unwrap_or_default();
    let scope = session.plugins().for_graph(&graph);
    session.check(wirebrush_graph::normalize(&mut graph, &*scope.catalog))?;
    for assignment in &args.set {
        let (name, value) = assignment
            .split_once('=')
            .ok_or_else(|| WrongUse(format!("--set {assignment}: expected NAME=VALUE")))?;
        wirebrush_graph::set(&mut graph, &*scope.catalog, name.trim(), value)
            .map_err(|problem| WrongUse(format!("--set {assignment}: {problem}")))?;
    }
    session.plugins().pin(&mut graph);
    let result = session.run_noted(&mut graph, &Wanted::Ends, folder_of(&args.graph), !args.no_cache)?;
    let files = results::write_all(&result, &graph, &args.output)?;
    tell(session, &result, &files);
    Ok(session::exit(&result))
}

/// Says which files were written, what failed, and the texts and numbers that the graph ends in.
pub(crate) fn tell(session: &Session, result: &RunResult, files: &[PathBuf]) {
    let values: Map<String, Json> = result
        .outputs
        .iter()
        .filter_map(|output| Some((output.name.to_string(), as_json(&output.value)?)))
        .collect();
    if session.json {
        let failures: Vec<_> = result
            .failures()
            .map(|(node, failure)| json!({ "node": node, "message": failure.to_string() }))
            .collect();
        outln!(
            "{}",
            json!({
                "event": "result", "status": result.status, "files": files, "values": values,
                "failures": failures, "ms": result.elapsed.as_secs_f64() * 1000.0,
            })
        );
        return;
    }
    for file in files {
        outln!("{}", file.display());
    }
    // The standard output is for the files.
    for (name, value) in values {
        eprintln!("{name} = {value}");
    }
}

/// A text, number or choice as JSON; `None` for what is larger.
fn as_json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Bool(it) => json!(it),
        Value::Int(it) => json!(it),
        Value::Float(it) => json!(it),
        Value::Text(it) | Value::Choice(it) => json!(&**it),
        _ => return None,
    })
}

/// Text of a graph: a JSON file, a PNG that carries one, a bundle, or standard input for `-`.
///
/// The files in a bundle go where `assets` says; without it only the graph is read.
pub(crate) fn read_graph(path: &Path, assets: Option<&Blobs>) -> Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        bytes = std::fs::read(path)
            .map_err(|error| WrongUse(format!("cannot read {}: {error}", path.display())))?;
    }
    let wrong = |error: anyhow::Error| WrongUse(format!("{}: {error:#}", path.display()));
    if bytes.starts_with(b"\x89PNG") {
        return Ok(results::embedded_graph(&bytes).map_err(wrong)?);
    }
    if bytes.starts_with(bundle::SIGNATURE) {
        return Ok(unpack(&bytes, assets).map_err(wrong)?);
    }
    String::from_utf8(bytes)
        .map_err(|error| WrongUse(format!("{}: expected JSON or PNG, found {error}", path.display())).into())
}

fn unpack(bytes: &[u8], assets: Option<&Blobs>) -> Result<String> {
    let Some(blobs) = assets else {
        let nowhere = tempfile::tempdir()?;
        return bundle::read(Cursor::new(bytes), &Blobs::new(nowhere.path().to_owned()), &mut |_| Ok(()));
    };
    bundle::read(Cursor::new(bytes), blobs, &mut |blob| blob.finish().map(drop))
}

/// What the file names in a graph are relative to.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a graph in its canonical form.
pub(crate) fn save_graph(graph: &Graph, path: &Path) -> Result<()> {
    results::write_atomically(path, graph.to_json().as_bytes())
}
