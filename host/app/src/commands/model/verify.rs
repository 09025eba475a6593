//! `wirebrush model verify`: whether files still are what they were.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use wirebrush_engine::CancelToken;

use crate::exit::{Cancelled, Exit, WrongUse};
use crate::models::location::ModelFile;
use crate::models::register::{Register, key};
use crate::models::{Model, ModelStore, hashes};
use crate::output::outln;
use crate::progress::bytes::Bytes;
use crate::session::{self, Session};

/// What became of a file.
enum Verdict {
    Same,
    /// It had not been read before.
    New,
    /// Others are its contents now, and its size or time of change says so.
    Changed {
        was: String,
        is: String,
    },
    /// Others are its contents although nothing says that anybody wrote to it.
    Damaged {
        was: String,
        is: String,
    },
    Unreadable(String),
}

pub(super) fn verify(session: &Session, names: &[String]) -> Result<Exit> {
    let models = chosen(&session.models, names)?;
    let cancel = session::cancel_on_ctrl_c()?;
    let mut bad = 0;
    for model in &models {
        if !model.location.exists() {
            for path in model.location.paths().iter().filter(|path| !path.exists()) {
                bad += 1;
                tell(session, model, path, &Verdict::Unreadable("it is gone".to_owned()));
            }
        }
        let files = model.location.files();
        let total = files.iter().map(|file| file.stamp.bytes).sum();
        let mut bar = Bytes::new(&format!("reading {}", model.name), total, session.json);
        let mut verdicts = Vec::new();
        for file in &files {
            verdicts.push(verify_file(&session.models, file, &cancel, &mut |bytes| bar.advance(bytes))?);
        }
        drop(bar);
        for (file, verdict) in files.iter().zip(verdicts) {
            bad += usize::from(!matches!(verdict, Verdict::Same | Verdict::New));
            tell(session, model, &file.path, &verdict);
        }
    }
    Ok(if bad == 0 { Exit::Ok } else { Exit::Failed })
}

fn chosen(store: &ModelStore, names: &[String]) -> Result<Vec<Model>> {
    let mut models = store.list();
    for name in names {
        if !models.iter().any(|model| model.name == *name) {
            let why = format!("there is no model `{name}`: `wirebrush model list` shows what is here");
            return Err(WrongUse(why).into());
        }
    }
    models.retain(|model| names.is_empty() || names.contains(&model.name));
    Ok(models)
}

fn verify_file(
    store: &ModelStore,
    file: &ModelFile,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> Result<Verdict> {
    let (stamp, found) = match hashes::hash_file(&file.path, cancel, tell) {
        Ok(found) => found,
        Err(error) if error.is::<Cancelled>() => return Err(error),
        Err(error) => return Ok(Verdict::Unreadable(format!("{error:#}"))),
    };
    let register = store.register().read()?;
    let Some((was, unchanged)) = known(&register, file) else {
        hashes::remember(store.register(), &file.path, stamp, found)?;
        return Ok(Verdict::New);
    };
    if was == found.blake3 {
        // Somebody touched it without changing it.
        hashes::remember(store.register(), &file.path, stamp, found)?;
        return Ok(Verdict::Same);
    }
    let is = found.blake3.clone();
    if unchanged {
        // Not remembered: it is wrong until it is right again.
        return Ok(Verdict::Damaged { was, is });
    }
    hashes::remember(store.register(), &file.path, stamp, found)?;
    Ok(Verdict::Changed { was, is })
}

/// The hash a file had, and whether it claims not to have changed since.
fn known(register: &Register, file: &ModelFile) -> Option<(String, bool)> {
    let facts = register.files.get(&key(&file.path)?)?;
    Some((facts.blake3.clone()?, facts.stamp == file.stamp))
}

fn tell(session: &Session, model: &Model, path: &Path, verdict: &Verdict) {
    let (word, more) = match verdict {
        Verdict::Same => ("same", String::new()),
        Verdict::New => ("new", String::new()),
        Verdict::Changed { was, is } => ("changed", format!(": blake3 was {was}, is {is}")),
        Verdict::Damaged { was, is } => {
            ("damaged", format!(": blake3 was {was}, is {is}, and nobody has written to it: get it again"))
        }
        Verdict::Unreadable(why) => ("unreadable", format!(": {why}")),
    };
    if session.json {
        outln!(
            "{}",
            json!({ "model": model.name, "file": path, "verdict": word, "message": more.trim_start_matches(": ") })
        );
    } else {
        outln!("{}: {} {word}{more}", model.name, path.display());
    }
}
