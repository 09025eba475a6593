//! Looks at one artifact of a plugin that no host uses yet.

use std::path::Path;
use std::sync::Arc;

use wirebrush_schema::{Artifact, Description, Manifest, Target};

use super::{Config, check, check_hash};
use crate::storage::Storage;
use crate::{Error, component, manifest};

/// What an artifact says it is, or `None` when it is for another machine. A library is opened in a child process, a
/// component is compiled and the result kept for its first use.
///
/// # Errors
/// Why a host could not load it; also when its hash is not the manifest's.
pub fn describe(
    folder: &Path,
    manifest: &Manifest,
    artifact: &Artifact,
    config: &Config,
) -> Result<Option<Description>, Error> {
    let path = folder.join(&artifact.file);
    check_hash(&path, &artifact.sha256)?;
    if artifact.target.0 == manifest::HOST_TARGET {
        return config.probe.run(&path).map(Some);
    }
    if artifact.target.0 != Target::COMPONENT {
        return Ok(None);
    }
    let mut component = config.component.clone();
    if component.cache_dir.is_none() {
        component.cache_dir = config.cache_dir.as_ref().map(|folder| folder.join("components"));
    }
    let plugin = component::load(&path, manifest, &component, Arc::new(Storage::none()))?;
    Ok(Some(plugin.description().clone()))
}

/// An artifact that a host could load.
#[derive(Debug)]
pub struct Inspected {
    /// What it says it is.
    pub description: Description,
    /// Ids of the nodes that this host would disable, each with the reason.
    pub disabled: Vec<(String, String)>,
}

/// Like [`describe`], and holds the description against the manifest.
///
/// # Errors
/// As [`describe`]; [`Error::Description`] when manifest and description differ.
pub fn inspect(
    folder: &Path,
    manifest: &Manifest,
    artifact: &Artifact,
    config: &Config,
) -> Result<Option<Inspected>, Error> {
    let Some(description) = describe(folder, manifest, artifact, config)? else { return Ok(None) };
    check::check_description(manifest, &description)?;
    let disabled = description.nodes.iter();
    let disabled = disabled.filter_map(|node| Some((node.id.clone(), check::unusable(node)?))).collect();
    Ok(Some(Inspected { description, disabled }))
}
