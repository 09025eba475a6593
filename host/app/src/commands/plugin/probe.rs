//! `wirebrush plugin probe`: looks at one folder as if nothing were known of it; remembers nothing.

use std::path::Path;

use anyhow::{Result, bail};
use wirebrush_loader::{Config, Discovery, Registry};

use super::report;
use crate::exit::{Exit, WrongUse};
use crate::output::outln;

pub(super) fn probe(folder: &Path, config: &Config, json: bool) -> Result<Exit> {
    if !folder.join("plugin.json").is_file() {
        return Err(WrongUse(format!("{}: expected a folder with a plugin.json", folder.display())).into());
    }
    let config = Config {
        discovery: Discovery::new().directories([folder]),
        cache_dir: None,
        lock_file: None,
        scratch_dir: None,
        probe: config.probe.clone(),
        isolation: config.isolation.clone(),
        component: config.component.clone(),
    };
    let registry = Registry::load(&config);
    let Some(plugin) = registry.plugins().first() else { bail!("{}: no plugin was found", folder.display()) };
    if json {
        outln!("{}", serde_json::to_string_pretty(&report::as_json(plugin))?);
    } else {
        report::print(plugin);
        registry.problems().iter().for_each(|problem| outln!("{problem}"));
        for node in &plugin.nodes {
            outln!("  {}", node.id);
        }
    }
    Ok(if plugin.refusal().is_none() { Exit::Ok } else { Exit::Failed })
}
