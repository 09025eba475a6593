//! `wirebrush model import-…`: folders of other programs, used in place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::exit::{Exit, WrongUse};
use crate::models::inspection::{self, Inspected};
use crate::models::places::{Place, PlaceKind, PlaceModel, default_cache, without_ending};
use crate::models::register::Registered;
use crate::models::role::Role;
use crate::output::outln;
use crate::session::{self, Session};

pub(super) fn import(session: &Session, kind: PlaceKind, folder: Option<&Path>) -> Result<Exit> {
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => default_cache().context("this system has no home folder: name the cache")?,
    };
    let path =
        std::fs::canonicalize(&folder).map_err(|error| WrongUse(format!("{}: {error}", folder.display())))?;
    let place = Place { kind, path };
    let models = place.models();
    if models.is_empty() {
        let why = format!("{}: no models of {kind} here", place.path.display());
        return Err(WrongUse(why).into());
    }
    session.models.register().update(|register| {
        if !register.places.contains(&place) {
            register.places.push(place.clone());
        }
        Ok(())
    })?;
    let inspected = inspect(session, &models)?;
    let sets = sets(session, &inspected)?;
    tell(session, kind, &inspected, &sets);
    Ok(Exit::Ok)
}

/// A model and what a plugin says of it, or why it says nothing.
type Seen<'a> = (&'a PlaceModel, Result<Inspected>);

/// Looks into every model, once: what is found is remembered.
fn inspect<'a>(session: &Session, models: &'a [PlaceModel]) -> Result<Vec<Seen<'a>>> {
    let paths: Vec<&Path> = models.iter().map(|model| model.path.as_path()).collect();
    let answers = inspection::inspect_each(session, &paths, &session::cancel_on_ctrl_c()?)?;
    Ok(models.iter().zip(answers).collect())
}

/// Makes a set of each transformer that stands alone, with the first of each other part: in ComfyUI's folders nothing
/// else says what belongs together. What the user has under that name stays.
fn sets(session: &Session, seen: &[Seen<'_>]) -> Result<Vec<String>> {
    let mut others: BTreeMap<String, PathBuf> = BTreeMap::new();
    for (_, inspected) in seen {
        let Ok(inspected) = inspected else { continue };
        for (role, path) in &inspected.parts {
            if !matches!(role, Role::Transformer | Role::Lora | Role::Set) {
                others.entry(role.to_string()).or_insert_with(|| path.clone());
            }
        }
        for (part, path) in &inspected.tokenizers {
            others.entry(part.clone()).or_insert_with(|| path.clone());
        }
    }
    let mut made = Vec::new();
    for (model, inspected) in seen {
        let Ok(inspected) = inspected else { continue };
        if inspected.role != Some(Role::Transformer) || !model.path.is_file() {
            continue;
        }
        let mut name = without_ending(&model.name).replace('/', "-");
        if name == model.name {
            name.push_str("-set");
        }
        let mut parts = others.clone();
        parts.insert(Role::Transformer.as_str().to_owned(), model.path.clone());
        if parts.len() == 1 {
            continue;
        }
        let (family, role) = (inspected.family.clone(), Some(Role::Set));
        let set = Registered { role, family, parts, ..Registered::default() };
        let is_new = session.models.register().update(|register| {
            let is_new = !register.models.contains_key(&name);
            register.models.entry(name.clone()).or_insert(set);
            Ok(is_new)
        })?;
        if is_new {
            made.push(name);
        }
    }
    Ok(made)
}

fn tell(session: &Session, kind: PlaceKind, seen: &[Seen<'_>], sets: &[String]) {
    if session.json {
        let models = seen.iter().map(|(model, inspected)| match inspected {
            Ok(it) => json!({ "name": model.name, "role": it.role.or(model.role), "family": it.family }),
            Err(why) => json!({ "name": model.name, "role": model.role, "problem": format!("{why:#}") }),
        });
        outln!("{}", json!({ "models": models.collect::<Vec<_>>(), "sets": sets }));
        return;
    }
    for (model, inspected) in seen {
        match inspected {
            Ok(it) => {
                let facts = it.role.or(model.role).map(|role| role.to_string());
                let facts = facts.into_iter().chain((!it.family.is_empty()).then(|| it.family.clone()));
                let facts: Vec<_> = facts.collect();
                let known =
                    if facts.is_empty() { "no plugin knows what it is".to_owned() } else { facts.join(", ") };
                outln!("{}: {known}", model.name);
            }
            Err(why) => outln!("{}: cannot be used: {why:#}", model.name),
        }
    }
    for name in sets {
        let word = if name.contains(char::is_whitespace) { format!("{name:?}") } else { name.clone() };
        outln!("{name}: a set of these; `wirebrush edit --model {word}` uses it");
    }
    let count = if seen.len() == 1 { "1 model".to_owned() } else { format!("{} models", seen.len()) };
    outln!("{count} ({kind}), used where they lie");
}
