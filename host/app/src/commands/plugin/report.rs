//! A plugin as the commands show it.

use serde_json::{Value, json};
use wirebrush_loader::PluginState;

use crate::output::outln;

/// Prints a plugin for people: a line, and one more for each thing to know.
pub(super) fn print(plugin: &PluginState) {
    let version = plugin.version().unwrap_or("?");
    let other = if plugin.active { "" } else { ", not active" };
    match plugin.refusal() {
        None => outln!("{} {version}: {} nodes, {}{other}", plugin.id, plugin.nodes.len(), plugin.target),
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

/// A plugin for programs.
pub(super) fn as_json(plugin: &PluginState) -> Value {
    json!({
        "id": plugin.id,
        "version": plugin.version(),
        "active": plugin.active,
        "installed": plugin.installed,
        "folder": plugin.folder,
        "bundled": plugin.bundled,
        "target": plugin.target,
        "sha256": plugin.sha256,
        "granted": plugin.granted,
        "refused": plugin.refusal(),
        "nodes": plugin.nodes.iter().map(|node| json!({ "id": node.id, "disabled": node.disabled })).collect::<Vec<_>>(),
        "notices": plugin.notices,
    })
}
