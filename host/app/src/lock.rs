//! `lock.json` of a bundle: the plugins and models a graph was made with, by their hashes.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Serialize;
use wirebrush_engine::CancelToken;
use wirebrush_graph::Graph;

use crate::literals;
use crate::models::{Reach, hashes};
use crate::session::Session;

/// The lock.
#[derive(Serialize)]
struct Lock {
    format: &'static str,
    version: u32,
    /// Version of the program.
    wirebrush: &'static str,
    plugins: BTreeMap<String, LockedPlugin>,
    models: BTreeMap<String, LockedModel>,
}

#[derive(Serialize)]
struct LockedPlugin {
    version: String,
    target: String,
    sha256: String,
}

#[derive(Serialize)]
struct LockedModel {
    bytes: u64,
    blake3: String,
}

/// The text of the lock. What the graph names but nobody here has is left out.
///
/// # Errors
/// When the files of a model cannot be read.
pub(crate) fn lock(graph: &Graph, session: &Session) -> Result<String> {
    let here = session.plugins();
    let scope = here.for_graph(graph);
    let plugins = here.registry.plugins().iter().filter_map(|plugin| {
        let version = plugin.version()?.to_owned();
        let is_it = plugin.refusal().is_none() && scope.versions.get(&plugin.id) == Some(&version);
        let (target, sha256) = (plugin.target.clone(), plugin.sha256.clone());
        is_it.then(|| (plugin.id.clone(), LockedPlugin { version, target, sha256 }))
    });
    let plugins = plugins.collect();
    let mut models = BTreeMap::new();
    for name in literals::models(graph, &*scope.catalog) {
        if let Some(location) = session.models.locate(&name, Reach::Names) {
            let read =
                hashes::hash_model(&location, session.models.register(), &CancelToken::new(), &mut |_| ());
            read.with_context(|| format!("cannot read model `{name}`"))?;
            let Some(blake3) = session.models.known_hash(&location) else { continue };
            models.insert(name, LockedModel { bytes: location.bytes(), blake3 });
        }
    }
    let wirebrush = env!("CARGO_PKG_VERSION");
    let lock = Lock { format: "wirebrush/lock", version: 1, wirebrush, plugins, models };
    Ok(format!("{}\n", serde_json::to_string_pretty(&lock)?))
}
