//! From a manifest to a usable plugin: hash, approval, description, in this order.

use std::sync::OnceLock;

use wirebrush_schema::Manifest;

use super::descriptions::Descriptions;
use super::{Config, Entry, PluginState, check, check_hash};
use crate::lock::Trust;
use crate::native::NativePlugin;
use crate::plugin::LoadedPlugin;
use crate::{Error, Lock, component, manifest};

/// Checks a plugin as far as a start needs it. Notes what it learns in `state`.
pub(super) fn prepare(
    config: &Config,
    descriptions: &Descriptions,
    manifest: Manifest,
    state: &mut PluginState,
) -> Result<Entry, Error> {
    let chosen = manifest::artifact(&manifest)?;
    let artifact = state.folder.join(&chosen.file);
    let sha256 = chosen.sha256.clone();
    let native = chosen.target.0 == manifest::HOST_TARGET;
    state.target.clone_from(&chosen.target.0);
    state.sha256.clone_from(&sha256);
    state.artifact = Some(artifact.clone());

    let mut known = descriptions.get(&artifact, &sha256);
    if known.is_none() {
        check_hash(&artifact, &sha256)?;
    }
    let mut first_use = false;
    if native && !state.bundled {
        match trust(config, &manifest.id, &sha256)? {
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
    let loaded = OnceLock::new();
    let description = match known {
        Some(description) => description,
        None => {
            let plugin: Box<dyn LoadedPlugin> = if native {
                Box::new(NativePlugin::load(&artifact, &manifest.id, None)?)
            } else {
                component::load(&artifact, &manifest, &config.component)?
            };
            let description = plugin.description().clone();
            let _ = loaded.set(Ok(plugin));
            description
        }
    };
    check::check_description(&manifest, &description)?;
    if first_use {
        state.notices.push(record(config, &manifest.id, &sha256));
    }
    descriptions.put(&artifact, &sha256, &description);
    Ok(Entry { manifest, artifact, sha256, native, description, loaded })
}

fn trust(config: &Config, id: &str, sha256: &str) -> Result<Trust, Error> {
    match &config.lock_file {
        Some(file) => Ok(Lock::read(file)?.trust(id, sha256)),
        None => Ok(Trust::Unknown),
    }
}

/// Records a native plugin that has passed its first probe; says so, or why not.
fn record(config: &Config, id: &str, sha256: &str) -> String {
    let used = format!("native plugin `{id}` runs with your rights and is used for the first time");
    match &config.lock_file {
        None => used,
        Some(file) => match Lock::read(file).and_then(|mut lock| lock.approve(id, sha256)) {
            Ok(()) => format!("{used}: its hash is now in {}", file.display()),
            Err(error) => format!("{used}, but its hash cannot be recorded: {error}"),
        },
    }
}
