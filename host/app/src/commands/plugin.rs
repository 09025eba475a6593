//! `wirebrush plugin`: what plugins there are, what one has, and which are trusted.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::json;
use wirebrush_loader::{Config, Discovery, PluginState, Registry};

use crate::cli::{Global, Plugin};
use crate::data_dir::DataDir;
use crate::exit::{Exit, WrongUse};
use crate::output::outln;
use crate::session;

pub(crate) fn plugin(global: &Global, command: &Plugin) -> Result<Exit> {
    let data = DataDir::new(global.data_dir.as_deref())?;
    let config = session::plugin_config(global, &data);
    match command {
        Plugin::List => list(&Registry::load(&config), global.json),
        Plugin::Probe { folder } => probe(folder, &config, global.json),
        Plugin::Approve { id } => {
            wirebrush_loader::approve(&config, id)?;
            outln!("{id}: approved");
            Ok(Exit::Ok)
        }
    }
}

fn list(registry: &Registry, json: bool) -> Result<Exit> {
    if json {
        let plugins: Vec<_> = registry.plugins().iter().map(as_json).collect();
        outln!("{}", serde_json::to_string_pretty(&plugins)?);
        return Ok(Exit::Ok);
    }
    for plugin in registry.plugins() {
        let version = plugin.manifest.as_ref().map_or("?", |manifest| &manifest.version);
        match plugin.refusal() {
            None => outln!("{} {version}: {} nodes, {}", plugin.id, plugin.nodes.len(), plugin.target),
            Some(why) => outln!("{} {version}: refused: {why}", plugin.id),
        }
        for node in &plugin.nodes {
            if let Some(why) = &node.disabled {
                outln!("  {}: disabled: {why}", node.id);
            }
        }
        for notice in &plugin.notices {
            outln!("  {notice}");
        }
    }
    for problem in registry.problems() {
        outln!("{problem}");
    }
    Ok(Exit::Ok)
}

/// Looks at one folder as if nothing were known of it; remembers nothing.
fn probe(folder: &Path, config: &Config, json: bool) -> Result<Exit> {
    if !folder.join("plugin.json").is_file() {
        return Err(WrongUse(format!("{}: expected a folder with a plugin.json", folder.display())).into());
    }
    let config = Config {
        discovery: Discovery::new().directories([folder]),
        cache_dir: None,
        lock_file: None,
        probe: config.probe.clone(),
        component: config.component.clone(),
    };
    let registry = Registry::load(&config);
    let Some(plugin) = registry.plugins().first() else { bail!("{}: no plugin was found", folder.display()) };
    if json {
        outln!("{}", serde_json::to_string_pretty(&as_json(plugin))?);
    } else {
        list(&registry, false)?;
        for node in &plugin.nodes {
            outln!("  {}", node.id);
        }
    }
    Ok(if plugin.refusal().is_none() { Exit::Ok } else { Exit::Failed })
}

fn as_json(plugin: &PluginState) -> serde_json::Value {
    json!({
        "id": plugin.id,
        "version": plugin.manifest.as_ref().map(|manifest| &manifest.version),
        "folder": plugin.folder,
        "bundled": plugin.bundled,
        "target": plugin.target,
        "sha256": plugin.sha256,
        "refused": plugin.refusal(),
        "nodes": plugin.nodes.iter().map(|node| json!({ "id": node.id, "disabled": node.disabled })).collect::<Vec<_>>(),
        "notices": plugin.notices,
    })
}
