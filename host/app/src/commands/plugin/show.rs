//! `wirebrush plugin show`: everything that is known of one plugin.

use anyhow::Result;
use serde_json::json;
use wirebrush_loader::{Config, Lock, PluginState, Registry, permissions_in_words};

use super::report;
use crate::exit::{Exit, WrongUse};
use crate::output::outln;

pub(super) fn show(id: &str, config: &Config, json: bool) -> Result<Exit> {
    let lock = config.lock_file.as_deref().map(Lock::read).transpose()?.unwrap_or_default();
    let registry = Registry::load(config);
    let states: Vec<&PluginState> = registry.plugins().iter().filter(|plugin| plugin.id == id).collect();
    if states.is_empty() {
        return Err(WrongUse(format!("no plugin `{id}`; `wirebrush plugin list` lists them")).into());
    }
    let key = lock.publishers.get(wirebrush_package::publisher(id)).map(|it| it.key.as_str());
    let locked = lock.plugins.get(id).cloned().unwrap_or_default();
    if json {
        let versions: Vec<_> = states.iter().map(|state| report::as_json(state)).collect();
        let answer = json!({
            "id": id, "key": key, "disabled": locked.disabled, "permissions": locked.permissions,
            "approved": locked.approved, "versions": versions, "installed": locked.versions,
        });
        outln!("{answer:#}");
        return Ok(Exit::Ok);
    }
    outln!("{id}");
    if let Some(key) = key {
        outln!("publisher's key: {key}");
    }
    for state in states {
        one(state, &locked);
    }
    Ok(Exit::Ok)
}

fn one(state: &PluginState, locked: &wirebrush_loader::LockedPlugin) {
    let version = state.version().unwrap_or("?");
    let active = if state.active { ", active" } else { "" };
    outln!("\n{version}{active}");
    outln!("  folder: {}", state.folder.display());
    if let Some(installed) = locked.versions.get(version).filter(|_| state.installed) {
        outln!("  installed: {}", installed.installed);
        outln!("  package: {}", installed.package.as_deref().unwrap_or("none, from a folder"));
        outln!("  signed with: {}", installed.key.as_deref().unwrap_or("nothing"));
    }
    if let Some(manifest) = &state.manifest {
        let texts = [
            ("title", &manifest.title),
            ("description", &manifest.description),
            ("publisher", &manifest.publisher),
            ("license", &manifest.license),
            ("homepage", &manifest.homepage),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            outln!("  {name}: {}", text.escape_debug());
        }
        if !manifest.permissions.is_empty() {
            outln!("  asks to {}", permissions_in_words(&manifest.permissions));
            let granted = permissions_in_words(&state.granted);
            outln!("  may {}", if granted.is_empty() { "none of that" } else { &granted });
        }
    }
    outln!("  runs as: {} (sha256 {})", state.target, state.sha256);
    match state.refusal() {
        Some(why) => outln!("  refused: {why}"),
        None => state.nodes.iter().for_each(|node| outln!("  node: {}", node.id)),
    }
    state.notices.iter().for_each(|notice| outln!("  {notice}"));
}
