//! `wirebrush plugin check`: whether a plugin is fit to be given to others.

mod child;
mod folder;
mod node;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use wirebrush_check::{Finding, Level, Measured};
use wirebrush_loader::{Config, Inspected};
use wirebrush_schema::{Artifact, Description, Manifest, Target};

use self::child::Child;
use self::folder::{Folder, single};
use crate::exit::Exit;
use crate::output::outln;

pub(crate) use self::node::{CheckNode, check_node};

/// What `plugin check` takes.
#[derive(Args)]
pub(crate) struct Check {
    /// A `.wbplugin` file, a plugin's folder, or a project, whose `dist` is checked.
    plugin: PathBuf,
    /// Run this node only; may be repeated. What the definitions say is checked for all.
    #[arg(long, value_name = "ID")]
    node: Vec<String>,
    /// Random inputs for each node, within what it declares.
    #[arg(long, value_name = "N", default_value_t = 50)]
    cases: u32,
    /// Where the random inputs begin: the same seed gives the same inputs.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Longest time one run of a node may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Fail on warnings too.
    #[arg(long)]
    strict: bool,
}

/// A finding, and in which build of the plugin.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    finding: Finding,
    /// The target; empty when it is about all builds.
    #[serde(skip_serializing_if = "String::is_empty")]
    target: String,
}

/// What a node's runs cost in one build.
#[derive(Serialize)]
struct Cost {
    node: String,
    target: String,
    #[serde(flatten)]
    measured: Measured,
}

/// Everything there is to say of a plugin.
#[derive(Default)]
struct Outcome {
    findings: Vec<Found>,
    costs: Vec<Cost>,
}

impl Outcome {
    fn find(&mut self, target: &str, finding: Finding) {
        self.findings.push(Found { finding, target: target.to_owned() });
    }

    fn refused(&mut self, target: &str, why: impl ToString) {
        self.find(target, Finding::new(Level::Error, "refused", why.to_string()));
    }

    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|found| found.finding.level == level).count()
    }
}

/// Runs the plugin's own code: components in the sandbox, native nodes in child processes with the user's rights.
pub(crate) fn check(args: &Check, config: &Config, json: bool) -> Result<Exit> {
    let mut outcome = Outcome::default();
    let manifest = examine(args, config, &mut outcome)?;
    let (errors, warnings) = (outcome.count(Level::Error), outcome.count(Level::Warning));
    let sound = errors == 0 && (warnings == 0 || !args.strict);
    if json {
        let plugin =
            manifest.as_ref().map(|manifest| json!({ "id": manifest.id, "version": manifest.version }));
        let Outcome { findings, costs } = &outcome;
        outln!("{:#}", json!({ "sound": sound, "plugin": plugin, "findings": findings, "measured": costs }));
    } else {
        tell(&outcome);
        let name = manifest.map_or_else(
            || args.plugin.display().to_string(),
            |manifest| format!("{} {}", manifest.id, manifest.version),
        );
        outln!("{name}: {}, {}", counted(errors, "error"), counted(warnings, "warning"));
    }
    Ok(if sound { Exit::Ok } else { Exit::Failed })
}

/// The manifest, if it can be read.
fn examine(args: &Check, config: &Config, outcome: &mut Outcome) -> Result<Option<Manifest>> {
    let folder = match Folder::open(&args.plugin) {
        Ok(folder) => folder,
        Err(why) => {
            outcome.refused("", format!("{why:#}"));
            return Ok(None);
        }
    };
    let manifest = match wirebrush_loader::read_manifest(&folder.path) {
        Ok(manifest) => manifest,
        Err(error) => {
            outcome.refused("", error);
            return Ok(None);
        }
    };
    for finding in folder::lint(&folder.path, &manifest) {
        outcome.find("", finding);
    }
    let mut linted = None;
    for artifact in &manifest.artifacts {
        let Some(description) = describe(&folder, &manifest, artifact, config, outcome) else { continue };
        match &linted {
            None => {
                wirebrush_check::lint(&description).into_iter().for_each(|finding| outcome.find("", finding));
                linted = Some(description.clone());
            }
            Some(first) if first.nodes != description.nodes => {
                let finding =
                    Finding::new(Level::Error, "builds", "describes other nodes than the first artifact");
                outcome.find(&artifact.target.0, finding.advice("build all artifacts from the same source"));
            }
            Some(_) => {}
        }
        if artifact.target.0 == Target::COMPONENT {
            // Compiled here, where no run waits for it; counting changes the machine code.
            let mut counting = config.clone();
            counting.component.count_instructions = true;
            let _ = wirebrush_loader::inspect(&folder.path, &manifest, artifact, &counting);
        }
        exercise(args, &single(&folder.path, &manifest, artifact)?, artifact, &description, outcome);
    }
    Ok(Some(manifest))
}

/// What an artifact has; what a host would refuse is found, and that it says the same twice is made sure.
fn describe(
    folder: &Folder,
    manifest: &Manifest,
    artifact: &Artifact,
    config: &Config,
    outcome: &mut Outcome,
) -> Option<Description> {
    let target = &artifact.target.0;
    let inspect = || wirebrush_loader::inspect(&folder.path, manifest, artifact, config);
    let Inspected { description, disabled } = match inspect() {
        Ok(Some(found)) => found,
        Ok(None) => {
            let what = "not checked: it is for another kind of machine";
            outcome.find(
                target,
                Finding::new(Level::Note, "not-run", what).advice("check it on such a machine"),
            );
            return None;
        }
        Err(error) => {
            outcome.refused(target, error);
            return None;
        }
    };
    for (node, why) in disabled {
        outcome.find(target, Finding::new(Level::Error, "disabled", why).node(node));
    }
    if !matches!(inspect(), Ok(Some(again)) if again.description == description) {
        let finding = Finding::new(
            Level::Error,
            "unstable-description",
            "describes itself differently when asked again",
        );
        outcome.find(target, finding.advice("definitions must be the same at each call"));
    }
    Some(description)
}

/// Runs each node in a process of its own.
fn exercise(
    args: &Check,
    folder: &Folder,
    artifact: &Artifact,
    description: &Description,
    outcome: &mut Outcome,
) {
    let chosen = |id: &String| args.node.is_empty() || args.node.contains(id);
    for node in description.nodes.iter().filter(|node| chosen(&node.id)) {
        let child = Child {
            folder: &folder.path,
            node: &node.id,
            seed: args.seed,
            cases: args.cases,
            count: artifact.target.0 == Target::COMPONENT,
        };
        let report = child.run(std::time::Duration::from_secs(args.timeout));
        let target = artifact.target.0.clone();
        for finding in report.findings {
            outcome.find(&target, finding);
        }
        if report.measured.runs > 0 {
            outcome.costs.push(Cost { node: node.id.clone(), target, measured: report.measured });
        }
    }
}

/// `1 error`, `2 errors`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn tell(outcome: &Outcome) {
    for Found { finding, target } in &outcome.findings {
        let build = if target.is_empty() { String::new() } else { format!(" ({target})") };
        outln!("{finding}{build}");
    }
    for Cost { node, target, measured } in &outcome.costs {
        let Measured { runs, failed, usual_failure, .. } = measured;
        let Measured { large_ms, large_instructions, slowest_ms, memory_bytes, .. } = measured;
        let why = if usual_failure.is_empty() {
            String::new()
        } else {
            format!(", most often with: {usual_failure}")
        };
        let memory = if *memory_bytes == 0 {
            String::new()
        } else {
            format!(", {:.1} MiB of memory", *memory_bytes as f64 / f64::from(1 << 20))
        };
        let instructions = if *large_instructions == 0 {
            String::new()
        } else {
            format!(" and {:.1} million instructions", *large_instructions as f64 / 1e6)
        };
        outln!(
            "measured {node}: {runs} runs ({failed} failed{why}), {large_ms:.0} ms{instructions} a megapixel, slowest \
             {slowest_ms:.0} ms{memory} ({target})"
        );
    }
}
