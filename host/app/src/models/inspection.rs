//! What a file is, asked from the plugin that knows formats.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value as Json;
use wirebrush_engine::{CancelToken, Value, Wanted};
use wirebrush_graph::{Graph, Node};
use wirebrush_schema::Failure;

use super::location::Location;
use super::role::Role;
use crate::exit::Cancelled;
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
    /// What else belongs to it, by the plugin's name for it: `clip_tokenizer`, `t5_tokenizer`.
    pub(crate) tokenizers: Vec<(String, PathBuf)>,
}

/// Asks what a file or folder is.
///
/// # Errors
/// What the plugin says is wrong with it, or that no plugin can say.
pub(crate) fn inspect(session: &Session, path: &Path) -> Result<Inspected> {
    std::fs::metadata(path)?;
    let path = std::path::absolute(path)?;
    let node = Node::new(INSPECTOR).set("file", path.to_string_lossy().as_ref());
    let graph = Graph::new("").with("inspect", node);
    let result = session.run_silently(&graph, &Wanted::These(vec!["inspect.report".to_owned()]))?;
    if let Some((_, failure)) = result.failures().next() {
        bail!("{}", reason(failure));
    }
    let Some(Value::Text(report)) = result.output("inspect.report") else { bail!("no report") };
    let report: Json = serde_json::from_str(report)?;
    // The plugin's own way to write the path, in which it names the parts too.
    let path = report.get("path").and_then(Json::as_str).map_or(path, PathBuf::from);
    Ok(read(&report, &path))
}

/// Why a plugin refuses a file, in its own words: which input it came to is the host's doing, not the user's.
pub(crate) fn reason(failure: &Failure) -> String {
    match failure {
        Failure::InvalidInput { why, .. } => why.clone(),
        failure => failure.to_string(),
    }
}

/// Asks what a file or folder is unless that is known, and remembers the answer. Which file of a folder, or of a file of
/// several parts, plays which part is asked each time.
///
/// # Errors
/// As [`inspect`], and when the answer cannot be remembered.
pub(crate) fn inspect_once(session: &Session, path: &Path) -> Result<Inspected> {
    let inspected = ask_unless_known(session, path)?;
    remember(session, &[(path, &inspected)])?;
    Ok(inspected)
}

/// Like [`inspect_once`] for many files. Answers are written down together, every few seconds: that takes the longer the
/// more is known.
///
/// # Errors
/// [`Cancelled`], and when answers cannot be remembered; what is wrong with a file is its own answer.
pub(crate) fn inspect_each(
    session: &Session,
    paths: &[&Path],
    cancel: &CancelToken,
) -> Result<Vec<Result<Inspected>>> {
    const REMEMBER_AFTER: Duration = Duration::from_secs(5);
    let mut answers: Vec<Result<Inspected>> = Vec::with_capacity(paths.len());
    let (mut remembered, mut since) = (0, Instant::now());
    for (index, path) in paths.iter().enumerate() {
        if cancel.is_cancelled() {
            break;
        }
        answers.push(ask_unless_known(session, path));
        if since.elapsed() > REMEMBER_AFTER || index + 1 == paths.len() {
            let new = paths.iter().zip(&answers).skip(remembered);
            let new: Vec<_> = new.filter_map(|(path, answer)| Some((*path, answer.as_ref().ok()?))).collect();
            remember(session, &new)?;
            (remembered, since) = (answers.len(), Instant::now());
        }
    }
    if cancel.is_cancelled() { Err(Cancelled.into()) } else { Ok(answers) }
}

fn ask_unless_known(session: &Session, path: &Path) -> Result<Inspected> {
    match known(session, path)? {
        Some((role, family)) if role != Role::Set && path.is_file() => {
            let parts = vec![(role, path.to_owned())];
            Ok(Inspected { role: Some(role), family, parts, tokenizers: Vec::new() })
        }
        _ => inspect(session, path),
    }
}

/// The role and family of a model, asked once; of neither anything when no plugin knows it.
pub(crate) fn role_and_family(session: &Session, location: &Location) -> (Option<Role>, String) {
    let ask = |path: &Path| match known(session, path) {
        Ok(Some((role, family))) => (Some(role), family),
        _ => {
            let inspected = inspect_once(session, path).unwrap_or_default();
            (inspected.role, inspected.family)
        }
    };
    match location {
        Location::Path(path) => ask(path),
        Location::Set(parts) => {
            let transformer = parts.get(Role::Transformer.as_str());
            (Some(Role::Set), transformer.map(|path| ask(path).1).unwrap_or_default())
        }
    }
}

fn known(session: &Session, path: &Path) -> Result<Option<(Role, String)>> {
    let register = session.models.register().read()?;
    let stamp = Location::Path(path.to_owned()).stamp();
    let facts = stamp.and_then(|stamp| register.facts(path, stamp));
    Ok(facts.and_then(|facts| Some((facts.role?, facts.family.clone()))))
}

fn remember(session: &Session, answers: &[(&Path, &Inspected)]) -> Result<()> {
    session.models.register().update(|register| {
        for (path, inspected) in answers {
            if let Some(stamp) = Location::Path(path.to_path_buf()).stamp()
                && let Some(facts) = register.facts_mut(path, stamp)
            {
                facts.role = inspected.role;
                facts.family.clone_from(&inspected.family);
            }
        }
        Ok(())
    })
}

/// Reads the report: what it says of this very path, not of what lies beside it.
fn read(report: &Json, path: &Path) -> Inspected {
    let text = |key: &str| report.get(key).and_then(Json::as_str);
    let parts = report.get("parts").and_then(Json::as_object).into_iter().flatten();
    let here = parts.filter_map(|(part, facts)| {
        let file = PathBuf::from(facts.get("file")?.as_str()?);
        file.starts_with(path).then_some((part, file, facts))
    });
    let (tokenizers, parts): (Vec<_>, Vec<_>) = here.partition(|(part, ..)| part.ends_with("_tokenizer"));
    let parts = parts.into_iter().filter_map(|(part, file, facts)| Some((Role::parse(part)?, file, facts)));
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
        tokenizers: tokenizers.into_iter().map(|(part, file, _)| (part.clone(), file)).collect(),
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
            "t5_tokenizer": { "file": "/m/tokenizer_2" },
        }});
        let vae = read(&report, Path::new("/m/ae.safetensors"));
        assert_eq!((vae.role, vae.family.as_str()), (Some(Role::Vae), "VAE"));
        let folder = read(&report, Path::new("/m"));
        assert_eq!((folder.role, folder.family.as_str()), (Some(Role::Set), "FLUX.1"));
        assert_eq!(folder.parts.len(), 2);
        assert_eq!(folder.tokenizers, [("t5_tokenizer".to_owned(), PathBuf::from("/m/tokenizer_2"))]);
    }

    #[test]
    fn a_plugin_that_names_role_and_family_is_believed() {
        let lora = read(&json!({ "role": "lora", "family": "FLUX.1" }), Path::new("/m/ink.safetensors"));
        assert_eq!((lora.role, lora.family.as_str()), (Some(Role::Lora), "FLUX.1"));
        assert_eq!(read(&json!({}), Path::new("/m/x")), Inspected::default());
    }
}
