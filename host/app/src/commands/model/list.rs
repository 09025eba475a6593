//! `wirebrush model list`: the models that nodes find by name.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::exit::{Exit, told};
use crate::models::location::Location;
use crate::models::unfinished::{self, Unfinished};
use crate::models::{Model, Origin, inspection};
use crate::output::outln;
use crate::progress::bytes::{amount, size};
use crate::session::Session;

pub(super) fn list(session: &Session) -> Result<Exit> {
    if let Err(why) = session.models.register().read() {
        eprintln!("warning: models that were added or imported are not listed: {}", told(&why));
    }
    look_into_new(session);
    let models = session.models.list();
    if session.json {
        let shown = models.iter().map(|model| {
            json!({
                "name": model.name, "role": model.role, "family": model.family, "bytes": model.location.bytes(),
                "origin": model.origin, "paths": model.location.paths(), "missing": !model.location.exists(),
                "blake3": session.models.known_hash(&model.location),
            })
        });
        outln!("{:#}", shown.collect::<serde_json::Value>());
        return Ok(Exit::Ok);
    }
    let widest = |text: fn(&Model) -> &str, most: usize| {
        models.iter().map(|model| text(model).chars().count()).max().unwrap_or(0).min(most)
    };
    let (name, family) = (widest(|model| &model.name, 60), widest(|model| &model.family, 30));
    for model in &models {
        let role = model.role.map_or("", |role| role.as_str());
        let place = match &model.location {
            _ if !model.location.exists() => "its files are gone".to_owned(),
            Location::Path(path) => path.display().to_string(),
            Location::Set(parts) => parts.keys().map(String::as_str).collect::<Vec<_>>().join(" + "),
        };
        let size = size(model.location.bytes());
        outln!(
            "{:name$}  {role:11}  {:family$}  {size:>11}  {}: {place}",
            model.name,
            model.family,
            model.origin
        );
    }
    tell_unfinished(session.models.folder());
    Ok(Exit::Ok)
}

/// Says what interrupted downloads and copies have left, and what can be done with it.
fn tell_unfinished(folder: &Path) {
    let Unfinished { files, bytes, downloads } = unfinished::find(folder);
    if files == 0 {
        return;
    }
    let goes_on = if downloads { "the same `wirebrush model pull` goes on with it, " } else { "" };
    outln!("unfinished: {}: {goes_on}`wirebrush model remove --unfinished` removes it", amount(files, bytes));
}

/// Asks once what the files are that somebody copied into the models folder; what no plugin knows is listed all the same.
fn look_into_new(session: &Session) {
    for model in session.models.list() {
        if let (Origin::Folder, Location::Path(path), "") = (model.origin, &model.location, &*model.family) {
            let _ = inspection::inspect_once(session, path);
        }
    }
}
