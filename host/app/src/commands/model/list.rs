//! `wirebrush model list`: the models that nodes find by name.

use std::fs::{self, File};
use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::exit::{Cancelled, Exit, told};
use crate::models::location::Location;
use crate::models::unfinished::{self, Unfinished};
use crate::models::{Model, ModelStore, Origin, inspection};
use crate::output::outln;
use crate::progress::bytes::{amount, size};
use crate::session::{self, Session};

pub(super) fn list(session: &Session) -> Result<Exit> {
    if let Err(why) = session.models.register().read() {
        eprintln!("warning: models that were added or imported are not listed: {}", told(&why));
    }
    look_into_new(session)?;
    let models = session.models.list();
    if session.json {
        let shown = models.iter().map(|model| {
            json!({
                "name": model.name, "role": model.role, "family": model.family, "bytes": model.location.bytes(),
                "origin": model.origin, "paths": model.location.paths(), "missing": !model.location.exists(),
                "blake3": session.models.known_hash(&model.location),
                "unreadable": unreadable(&model.location),
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
        let place = match (&model.location, unreadable(&model.location)) {
            _ if !model.location.exists() => "its files are gone".to_owned(),
            (_, Some(why)) => why,
            (Location::Path(path), None) => path.display().to_string(),
            (Location::Set(parts), None) => parts.keys().map(String::as_str).collect::<Vec<_>>().join(" + "),
        };
        let size = size(model.location.bytes());
        outln!(
            "{:name$}  {role:11}  {:family$}  {size:>11}  {}: {place}",
            model.name,
            model.family,
            model.origin
        );
    }
    tell_unfinished(&session.models);
    Ok(Exit::Ok)
}

/// Why a model cannot be read although it is there: the folder it lies in may say what it is for all the same.
fn unreadable(location: &Location) -> Option<String> {
    let folders = location.paths().into_iter().filter(|path| path.is_dir());
    let folders = folders.map(|path| (path.to_owned(), fs::read_dir(path).err()));
    let files = location.files().into_iter().map(|file| {
        let why = File::open(&file.path).err();
        (file.path, why)
    });
    let mut refused = folders.chain(files).filter_map(|(path, why)| Some((path, why?)));
    refused.next().map(|(path, why)| format!("{} cannot be read: {why}", path.display()))
}

/// Says what interrupted downloads and copies have left, and what can be done with it.
fn tell_unfinished(store: &ModelStore) {
    let Unfinished { files, bytes, downloads } = unfinished::find(store.folder());
    if files == 0 {
        return;
    }
    let known = store.known();
    let pulls: Vec<_> = known.pulls.iter().map(|words| format!("`wirebrush model pull {words}`")).collect();
    let goes_on = match (downloads, pulls.is_empty()) {
        (false, _) => String::new(),
        (true, true) => "the same `wirebrush model pull` goes on with it, ".to_owned(),
        (true, false) => format!("{} goes on with it, ", pulls.join(" or ")),
    };
    outln!("unfinished: {}: {goes_on}`wirebrush model remove --unfinished` removes it", amount(files, bytes));
}

/// Asks once what the files are that somebody copied into the models folder; what no plugin knows is listed all the same.
fn look_into_new(session: &Session) -> Result<()> {
    let models = session.models.list();
    let new = models.iter().filter_map(|model| match &model.location {
        Location::Path(path) if model.origin == Origin::Folder && model.family.is_empty() => {
            Some(path.as_path())
        }
        _ => None,
    });
    let new: Vec<&Path> = new.collect();
    match inspection::inspect_each(session, &new, &session::cancel_on_ctrl_c()?) {
        Err(stopped) if stopped.is::<Cancelled>() => Err(stopped),
        _ => Ok(()),
    }
}
