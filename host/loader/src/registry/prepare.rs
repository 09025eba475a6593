//! From a manifest to a usable plugin: hash, approval, description, in this order.

use std::path::Path;
use std::sync::Arc;

use wirebrush_schema::Manifest;

use super::descriptions::Descriptions;
use super::entry::{Entry, Parts};
use super::{Config, PluginState, Registry, check_hash, grant, inspect};
use crate::discovery::{Found, Origin};
use crate::error::one_line;
use crate::lock::Trust;
use crate::{Error, Lock, manifest};

/// A file in a plugin's folder that says, on its first line, why what lies there is older than its sources.
pub const BUILD_FAILED: &str = "build-failed.txt";

/// What plugins are prepared with.
pub(super) struct Preparation<'a> {
    pub(super) config: &'a Config,
    pub(super) descriptions: Descriptions,
    /// What the user decided, or why that is not known.
    pub(super) lock: &'a Result<Lock, String>,
    /// Where plugins that have not changed are taken from.
    pub(super) old: &'a Registry,
}

/// Checks a plugin as far as a start needs it. Notes what it learns in `state`.
pub(super) fn prepare(
    preparation: &Preparation<'_>,
    manifest: Manifest,
    state: &mut PluginState,
) -> Result<Arc<Entry>, Error> {
    let Preparation { config, descriptions, lock, old } = preparation;
    let chosen = manifest::artifact(&manifest)?;
    let artifact = state.folder.join(&chosen.file);
    let sha256 = chosen.sha256.clone();
    let native = chosen.target.0 == manifest::HOST_TARGET;
    state.target.clone_from(&chosen.target.0);
    state.sha256.clone_from(&sha256);
    state.artifact = Some(artifact.clone());
    if let Some(why) = disabled(lock, &manifest.id) {
        return Err(Error::Disabled { id: manifest.id, why });
    }

    let mut known = descriptions.get(&artifact, &sha256);
    if known.is_none() {
        check_hash(&artifact, &sha256)?;
    }
    let mut first_use = false;
    if native && !state.bundled {
        match trust(preparation, &manifest.id, &sha256)? {
            Trust::Approved => {}
            Trust::Changed(approved) => {
                return Err(Error::Changed { id: manifest.id, approved, found: sha256 });
            }
            Trust::Unknown => {
                known = Some(config.probe.run(&artifact)?);
                first_use = true;
            }
        }
    }
    let granted = grant::granted(&manifest, lock.as_ref().ok(), state);
    state.notices.extend(failed_build(&state.folder).filter(|_| !state.bundled));
    let parts =
        Parts { manifest, folder: &state.folder, artifact, sha256, native, granted: granted.clone(), config };
    state.granted = granted;
    if let Some(entry) = old.entries.iter().find(|entry| entry.is_still(&parts)) {
        return Ok(entry.clone());
    }
    let entry = Entry::new(parts, known)?;
    if first_use {
        state.notices.push(record(config, &entry.manifest.id, &entry.sha256));
    }
    descriptions.put(&entry.artifact, &entry.sha256, &entry.description);
    Ok(Arc::new(entry))
}

fn disabled(lock: &Result<Lock, String>, id: &str) -> Option<String> {
    lock.as_ref().ok()?.plugins.get(id)?.disabled.clone()
}

fn trust(preparation: &Preparation<'_>, id: &str, sha256: &str) -> Result<Trust, Error> {
    match preparation.lock {
        Ok(lock) => Ok(lock.trust(id, sha256)),
        Err(why) => Err(Error::Undecided { id: id.to_owned(), why: why.clone() }),
    }
}

fn failed_build(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join(BUILD_FAILED)).ok()?;
    let why = one_line(text.lines().next().unwrap_or_default());
    Some(format!("the last build failed, so this is the one before it: {why}"))
}

/// Records a native plugin that has passed its first probe; says so, or why not.
fn record(config: &Config, id: &str, sha256: &str) -> String {
    let used = format!("native plugin `{id}` runs with your rights and is used for the first time");
    match &config.lock_file {
        None => used,
        Some(file) => match remember(file, id, sha256) {
            Ok(()) => format!("{used}: its hash is now in {}", file.display()),
            Err(error) => format!("{used}, but its hash cannot be recorded: {error}"),
        },
    }
}

fn remember(lock: &Path, id: &str, sha256: &str) -> Result<(), Error> {
    Lock::update(lock, |lock| {
        lock.approve(id, sha256);
        Ok(())
    })
}

/// Approves plugin `id` as it is now: checks and probes its native files and records their hashes; grants installed
/// versions the permissions they ask for.
///
/// # Errors
/// [`Error::Unknown`] when there is none, or why it cannot be used; then nothing is recorded.
pub fn approve(config: &Config, id: &str) -> Result<(), Error> {
    let lock = config.lock_file.as_deref().map(Lock::read).transpose()?.unwrap_or_default();
    let (found, _) = config.discovery.find(&lock);
    let (mut known, mut hashes, mut permissions) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_there = false;
    for Found { folder, origin } in found {
        let Ok(manifest) = manifest::read_manifest(&folder) else { continue };
        if manifest.id != id {
            known.push(manifest.id);
            continue;
        }
        is_there = true;
        let artifact = manifest::artifact(&manifest)?;
        inspect(&folder, &manifest, artifact, config)?;
        if artifact.target.0 == manifest::HOST_TARGET {
            hashes.push(artifact.sha256.clone());
        }
        if matches!(origin, Origin::Installed { .. }) {
            permissions.extend(manifest.permissions);
        }
    }
    if !is_there {
        known.dedup();
        return Err(Error::Unknown { id: id.to_owned(), known });
    }
    let Some(file) = &config.lock_file else { return Ok(()) };
    Lock::update(file, |lock| {
        hashes.iter().for_each(|sha256| lock.approve(id, sha256));
        if !permissions.is_empty() {
            lock.plugins.entry(id.to_owned()).or_default().permissions.extend(permissions);
        }
        Ok(())
    })
}
