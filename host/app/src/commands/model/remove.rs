//! `wirebrush model remove`: a model is forgotten, its own files go, those of others stay.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use crate::exit::{Exit, WrongUse};
use crate::models::location::Location;
use crate::models::register::Registered;
use crate::models::unfinished::{self, Unfinished};
use crate::models::{Model, Origin};
use crate::output::outln;
use crate::progress::bytes::amount;
use crate::session::Session;

/// Options of `model remove`.
#[derive(Args)]
pub(crate) struct Remove {
    /// Name of a model, or an imported folder.
    #[arg(required_unless_present = "unfinished")]
    model: Option<String>,
    /// Delete the files too, wherever they lie.
    #[arg(long)]
    files: bool,
    /// Delete what interrupted downloads and copies have left in the models folder.
    #[arg(long, conflicts_with_all = ["model", "files"])]
    unfinished: bool,
}

pub(super) fn remove(session: &Session, args: &Remove) -> Result<Exit> {
    let store = &session.models;
    let Some(name) = &args.model else {
        let Unfinished { files, bytes, .. } = unfinished::remove(store.folder())?;
        store.register().update(|register| {
            register.pulls.clear();
            Ok(())
        })?;
        if session.json {
            outln!("{}", json!({ "removed": "unfinished", "files": files, "bytes": bytes }));
        } else {
            outln!("unfinished: {} removed", amount(files, bytes));
        }
        return Ok(Exit::Ok);
    };
    if let Some(sets) = forget_place(session, Path::new(name))? {
        tell(session, name, &[]);
        if !session.json {
            sets.iter().for_each(|set| outln!("{set}: removed, its files are all in that folder"));
        }
        return Ok(Exit::Ok);
    }
    let model = store.list().into_iter().find(|model| model.name == *name).ok_or_else(|| {
        WrongUse(format!("there is no model `{name}`: `wirebrush model list` shows what is here"))
    })?;
    let owned: Vec<_> =
        model.location.paths().into_iter().filter(|path| path.starts_with(store.folder())).collect();
    let deleted = if args.files { model.location.paths() } else { owned };
    if deleted.is_empty() {
        check_registered(&model)?;
    }
    store.register().update(|register| {
        register.models.remove(name);
        Ok(())
    })?;
    for path in &deleted {
        let gone = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        gone.with_context(|| format!("cannot delete {}", path.display()))?;
    }
    tell(session, name, &deleted);
    Ok(Exit::Ok)
}

/// A model that was neither added nor downloaded cannot be forgotten: it would be found again.
fn check_registered(model: &Model) -> Result<()> {
    let why = match (model.origin, &model.location) {
        (Origin::Added, _) => return Ok(()),
        (Origin::Place(kind), _) => {
            format!("it lies in a folder of {kind}: `wirebrush model remove FOLDER` stops using that folder")
        }
        (Origin::Plugin, _) => "a plugin brought it along".to_owned(),
        (_, Location::Path(path)) => format!("{} is not Wirebrush's own folder", path.display()),
        (_, Location::Set(_)) => return Ok(()),
    };
    Err(WrongUse(format!("`{}` stays: {why}; --files deletes its files", model.name)).into())
}

/// Stops using a folder of another program; gives the sets that were made of nothing but its files and go with it.
fn forget_place(session: &Session, folder: &Path) -> Result<Option<Vec<String>>> {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    session.models.register().update(|register| {
        let before = register.places.len();
        register.places.retain(|place| place.path != folder);
        if register.places.len() == before {
            return Ok(None);
        }
        let lies_there = |model: &Registered| {
            !model.parts.is_empty() && model.parts.values().all(|path| path.starts_with(&folder))
        };
        let sets = register.models.iter().filter(|(_, model)| lies_there(model));
        let sets: Vec<_> = sets.map(|(name, _)| name.clone()).collect();
        register.models.retain(|name, _| !sets.contains(name));
        Ok(Some(sets))
    })
}

fn tell(session: &Session, name: &str, deleted: &[&Path]) {
    if session.json {
        outln!("{}", json!({ "removed": name, "deleted": deleted }));
        return;
    }
    outln!("{name}: removed");
    for path in deleted {
        outln!("{}: deleted", path.display());
    }
}
