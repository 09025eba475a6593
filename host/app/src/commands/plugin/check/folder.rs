//! Where the plugin lies that is checked, and what its folder lacks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use wirebrush_check::{Finding, Level};
use wirebrush_schema::{Artifact, Manifest};

use crate::project::{Project, copy};

/// The description that new projects have.
const TEMPLATE: &str = "Takes light out of pictures.";

/// A plugin's folder, perhaps a temporary one.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    _temporary: Option<TempDir>,
}

impl Folder {
    /// A folder as it is, the `dist` of a project, or a package unpacked.
    ///
    /// # Errors
    /// When there is nothing at the path, or it is a package that nobody should open.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if path.is_file() {
            let temporary = tempfile::tempdir()?;
            let folder = temporary.path().join("plugin");
            wirebrush_package::Package::open(path)?.unpack(&folder)?;
            return Ok(Self { path: folder, _temporary: Some(temporary) });
        }
        let path = if Project::is_in(path) {
            let dist = Project::read(path)?.dist();
            if !dist.is_dir() {
                bail!("{}: not built yet; run `wirebrush plugin build` first", path.display());
            }
            dist
        } else {
            path.to_owned()
        };
        Ok(Self { path, _temporary: None })
    }
}

/// A copy of the plugin with one artifact: a host that finds several chooses by itself.
pub(super) fn single(folder: &Path, manifest: &Manifest, artifact: &Artifact) -> Result<Folder> {
    let temporary = tempfile::tempdir()?;
    let path = temporary.path().join("plugin");
    let file = path.join(&artifact.file);
    fs::create_dir_all(file.parent().context("files lie in folders")?)?;
    fs::copy(folder.join(&artifact.file), &file).with_context(|| artifact.file.clone())?;
    if !manifest.data.is_empty() {
        copy(&folder.join(&manifest.data), &path.join(&manifest.data))?;
    }
    let mut manifest = manifest.clone();
    manifest.artifacts = vec![artifact.clone()];
    manifest.models.clear();
    fs::write(path.join("plugin.json"), serde_json::to_vec(&manifest)?)?;
    Ok(Folder { path, _temporary: Some(temporary) })
}

/// What people look for in a plugin that they are offered.
pub(super) fn lint(folder: &Path, manifest: &Manifest) -> Vec<Finding> {
    let note = |rule: &str, what: &str, advice: &str| Finding::new(Level::Note, rule, what).advice(advice);
    let mut findings = Vec::new();
    if manifest.title.is_empty() {
        findings.push(note("title", "plugin.json has no `title`", "name it as people call it"));
    }
    if manifest.description.is_empty() {
        findings.push(note(
            "description",
            "plugin.json has no `description`",
            "say in a sentence what it does",
        ));
    }
    if manifest.description == TEMPLATE && !manifest.nodes.iter().any(|node| node.ends_with("/Darken")) {
        findings.push(note(
            "description",
            "plugin.json describes the node that `plugin new` wrote",
            "say what its nodes do; users read it before they install",
        ));
    }
    if manifest.license.is_empty() {
        findings.push(note("license", "plugin.json has no `license`", "say what people may do with it"));
    }
    if !folder.join("README.md").is_file() {
        findings.push(note("readme", "has no README.md", "say what its nodes do, with an example"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_says_what_its_template_said_is_told_so() {
        for template in [
            include_str!("../../../../../../plugin-sdk/templates/rust/plugin.json"),
            include_str!("../../../../../../plugin-sdk/templates/python/plugin.json"),
            include_str!("../../../../../../plugin-sdk/templates/javascript/plugin.json"),
        ] {
            let template: serde_json::Value = serde_json::from_str(template).unwrap();
            for (node, expected) in [("acme.tone/Darken", false), ("acme.tone/Curve", true)] {
                let description = template["description"].as_str().unwrap().to_owned();
                let nodes = vec![node.to_owned()];
                let manifest = Manifest { description, nodes, ..Manifest::default() };
                let findings = lint(Path::new("."), &manifest);
                assert_eq!(findings.iter().any(|finding| finding.rule == "description"), expected, "{node}");
            }
        }
    }
}
