//! `wirebrush graph`: working on graph files without running them.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::run::{read_graph, save_graph};
use crate::cli::Graph as Command;
use crate::exit::{Exit, WrongUse};
use crate::output::outln;

pub(crate) fn graph(json: bool, command: &Command) -> Result<Exit> {
    match command {
        Command::Format { files } => format(files),
        Command::Diff { old, new } => diff(json, old, new),
    }
}

fn format(files: &[PathBuf]) -> Result<Exit> {
    for file in files {
        let text = std::fs::read_to_string(file)
            .map_err(|error| WrongUse(format!("cannot read {}: {error}", file.display())))?;
        let graph = parse(file, &text)?;
        if graph.to_json() != text {
            save_graph(&graph, file)?;
            outln!("{}", file.display());
        }
    }
    Ok(Exit::Ok)
}

fn diff(json: bool, old: &Path, new: &Path) -> Result<Exit> {
    let read = |file: &Path| read_graph(file, None).and_then(|text| parse(file, &text));
    let diff = wirebrush_graph::diff(&read(old)?, &read(new)?);
    if json {
        outln!("{}", serde_json::to_string_pretty(&diff)?);
    } else {
        for change in diff.logic.iter().chain(&diff.layout) {
            outln!("{change}");
        }
    }
    Ok(Exit::Ok)
}

fn parse(file: &Path, text: &str) -> Result<wirebrush_graph::Graph> {
    wirebrush_graph::Graph::parse(text).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| format!("{}: {problem}", file.display())).collect();
        WrongUse(lines.join("\n")).into()
    })
}
