//! The hidden command behind `wirebrush plugin check`: exercises one node in a process of its own.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use wirebrush_check::Exercise;
use wirebrush_engine::Runner;
use wirebrush_loader::{Config, Discovery, Registry};
use wirebrush_schema::Definition;

use super::child::{Line, START};
use crate::exit::Exit;
use crate::output::outln;

/// What the child is told.
#[derive(Args)]
pub(crate) struct CheckNode {
    /// A folder with one plugin that has one artifact.
    folder: PathBuf,
    /// The node.
    node: String,
    /// Where random inputs begin.
    seed: u64,
    /// Random inputs.
    cases: u32,
    /// Count the instructions of a component.
    #[arg(long)]
    count: bool,
}

pub(crate) fn check_node(args: &CheckNode, config: &Config) -> Result<Exit> {
    // The user asked for the code to be run; nobody shall be asked to approve it for ever.
    let scratch = tempfile::tempdir()?;
    let config = Config {
        discovery: Discovery::new().bundled(&args.folder),
        lock_file: None,
        scratch_dir: Some(scratch.path().to_owned()),
        ..config.clone()
    };
    let registry = Registry::load(&config);
    let definitions: Vec<Definition> = registry.definitions().cloned().collect();
    let definition = registry.definition(&args.node).with_context(|| format!("no node {}", args.node))?;
    let counting = args.count.then(|| {
        let mut config = config.clone();
        config.component.count_instructions = true;
        Registry::load(&config)
    });
    let exercise = Exercise {
        runner: &registry,
        counter: counting.as_ref().map(|registry| registry as &dyn Runner),
        definitions: &definitions,
        seed: args.seed,
        cases: args.cases,
    };
    let report = exercise.node(definition, &mut |case| say(&Line::Begin(case.to_owned())));
    say(&Line::Report(report));
    Ok(Exit::Ok)
}

fn say(line: &Line) {
    // A node may have left a line unfinished.
    outln!("\n{START}{}", serde_json::to_string(line).expect("plain data with string keys"));
}
