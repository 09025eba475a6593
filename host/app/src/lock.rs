//! `lock.json` of a bundle: the plugins and models a graph was made with, by their hashes.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use serde::Serialize;
use wirebrush_graph::Graph;

use crate::session::Session;
use crate::{literals, models};

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

/// Hashes of models, computed once: a full model takes as long as reading its files.
#[derive(Default)]
pub(crate) struct ModelHashes(Mutex<HashMap<String, String>>);

/// The text of the lock. What the graph names but nobody here has is left out.
///
/// # Errors
/// When the files of a model cannot be read.
pub(crate) fn lock(graph: &Graph, session: &Session, hashes: &ModelHashes) -> Result<String> {
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
        if let Ok(path) = session.models.find_by_name(&name) {
            let bytes = models::files(&path).iter().map(|(_, metadata)| metadata.len()).sum();
            let blake3 = hashes.hash(&session.models.identity_by_name(&name), &path)?;
            models.insert(name, LockedModel { bytes, blake3 });
        }
    }
    let wirebrush = env!("CARGO_PKG_VERSION");
    let lock = Lock { format: "wirebrush/lock", version: 1, wirebrush, plugins, models };
    Ok(format!("{}\n", serde_json::to_string_pretty(&lock)?))
}

impl ModelHashes {
    fn hash(&self, identity: &str, path: &Path) -> Result<String> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hash) = known().get(identity) {
            return Ok(hash.clone());
        }
        let hash = hash_model(path).with_context(|| format!("cannot read model {}", path.display()))?;
        known().insert(identity.to_owned(), hash.clone());
        Ok(hash)
    }
}

/// Of a file, the hash of its contents; of a folder, over the names and hashes of its files in order of their names.
fn hash_model(path: &Path) -> Result<String> {
    if path.is_file() {
        return Ok(hash_file(path)?.to_hex().to_string());
    }
    let mut hasher = blake3::Hasher::new();
    for (file, _) in models::files(path) {
        let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(hash_file(&file)?.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn hash_file(path: &Path) -> Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize())
}
