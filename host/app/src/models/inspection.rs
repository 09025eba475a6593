//! What a file is, asked from the plugin that knows formats.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::Value as Json;
use wirebrush_engine::{Value, Wanted};
use wirebrush_graph::{Graph, Node};

use super::location::Location;
use super::role::Role;
use crate::session::Session;

/// The node that looks into weights; models belong to plugins, the host does not know their formats.
const INSPECTOR: &str = "kontext/InspectModel";

/// What a plugin says of a file or folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Inspected {
    /// What it is for, when the plugin knows.
    pub(crate) role: Option<Role>,
    /// Models of equal family may stand in for one another; may be empty.
    pub(crate) family: String,
    /// Which of its files plays which part.
    pub(crate) parts: Vec<(Role, PathBuf)>,
}

/// Asks what a file or folder is.
///
/// # Errors
/// What the plugin says is wrong with it, or that no plugin can say.
pub(crate) fn inspect(session: &Session, path: &Path) -> Result<Inspected> {
    let path = std::fs::canonicalize(path)?;
    let node = Node::new(INSPECTOR).set("file", path.to_string_lossy().as_ref());
    let graph = Graph::new("").with("inspect", node);
    let result = session.run_silently(&graph, &Wanted::These(vec!["inspect.report".to_owned()]))?;
    if let Some((_, failure)) = result.failures().next() {
        bail!("{failure}");
    }
    let Some(Value::Text(report)) = result.output("inspect.report") else { bail!("no report") };
    Ok(read(&serde_json::from_str(report)?, &path))
}

/// Asks what a file or folder is unless that is known, and remembers the answer. Which of several files plays which part
/// is asked each time.
///
/// # Errors
/// As [`inspect`], and when the answer cannot be remembered.
pub(crate) fn inspect_once(session: &Session, path: &Path) -> Result<Inspected> {
    match known(session, path)? {
        Some((role, family)) if role != Role::Set => {
            let parts = vec![(role, path.to_owned())];
            Ok(Inspected { role: Some(role), family, parts })
        }
        _ => {
            let inspected = inspect(session, path)?;
            remember(session, path, &inspected)?;
            Ok(inspected)
        }
    }
}

/// The family of a model, asked once; empty when no plugin knows it.
pub(crate) fn family(session: &Session, location: &Location) -> String {
    let ask = |path: &Path| match known(session, path) {
        Ok(Some((_, family))) => family,
        _ => inspect_once(session, path).unwrap_or_default().family,
    };
    match location {
        Location::Path(path) => ask(path),
        Location::Set(parts) => {
            parts.get(Role::Transformer.as_str()).map(|path| ask(path)).unwrap_or_default()
        }
    }
}

fn known(session: &Session, path: &Path) -> Result<Option<(Role, String)>> {
    let register = session.models.register().read()?;
    let stamp = Location::Path(path.to_owned()).stamp();
    let facts = stamp.and_then(|stamp| register.facts(path, stamp));
    Ok(facts.and_then(|facts| Some((facts.role?, facts.family.clone()))))
}

fn remember(session: &Session, path: &Path, inspected: &Inspected) -> Result<()> {
    let Some(stamp) = Location::Path(path.to_owned()).stamp() else { return Ok(()) };
    session.models.register().update(|register| {
        if let Some(facts) = register.facts_mut(path, stamp) {
            facts.role = inspected.role;
            facts.family.clone_from(&inspected.family);
        }
        Ok(())
    })
}

/// Reads the report: what it says of this very path, not of what lies beside it.
fn read(report: &Json, path: &Path) -> Inspected {
    let text = |key: &str| report.get(key).and_then(Json::as_str);
    let parts = report.get("parts").and_then(Json::as_object);
    let parts = parts.into_iter().flatten().filter_map(|(part, facts)| {
        let file = PathBuf::from(facts.get("file")?.as_str()?);
        file.starts_with(path).then_some((Role::parse(part)?, file, facts))
    });
    let parts: Vec<_> = parts.collect();
    let role = text("role").and_then(Role::parse).or_else(|| match parts.as_slice() {
        [(role, file, _)] if file == path => Some(*role),
        [] => None,
        _ => Some(Role::Set),
    });
    let family = text("family").or_else(|| {
        let first = parts.iter().find(|(role, ..)| *role == Role::Transformer).or(parts.first());
        first.and_then(|(_, _, facts)| facts.get("family")?.as_str())
    });
    Inspected {
        role,
        family: family.unwrap_or_default().to_owned(),
        parts: parts.into_iter().map(|(role, file, _)| (role, file)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_what_it_plays_itself_not_what_lies_beside_it() {
        let report = json!({ "parts": {
            "transformer": { "file": "/m/kontext.gguf", "family": "FLUX.1" },
            "vae": { "file": "/m/ae.safetensors", "family": "VAE" },
        }});
        let vae = read(&report, Path::new("/m/ae.safetensors"));
        assert_eq!((vae.role, vae.family.as_str()), (Some(Role::Vae), "VAE"));
        let folder = read(&report, Path::new("/m"));
        assert_eq!((folder.role, folder.family.as_str()), (Some(Role::Set), "FLUX.1"));
        assert_eq!(folder.parts.len(), 2);
    }

    #[test]
    fn a_plugin_that_names_role_and_family_is_believed() {
        let lora = read(&json!({ "role": "lora", "family": "FLUX.1" }), Path::new("/m/ink.safetensors"));
        assert_eq!((lora.role, lora.family.as_str()), (Some(Role::Lora), "FLUX.1"));
        assert_eq!(read(&json!({}), Path::new("/m/x")), Inspected::default());
    }
}
