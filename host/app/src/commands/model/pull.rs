//! `wirebrush model pull`: a model from the hub, whole or not at all.

mod plan;
mod space;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use wirebrush_engine::CancelToken;

use crate::consent;
use crate::exit::{Exit, WrongUse};
use crate::hub::{Hub, HubFile, address, transfer};
use crate::models::hashes::{self, Hashes};
use crate::models::inspection;
use crate::models::location::{Location, Stamp};
use crate::models::register::Registered;
use crate::models::unfinished;
use crate::output::outln;
use crate::progress::bytes::{Bytes, amount};
use crate::session::{self, Session};

use self::plan::{Plan, Wish};

/// Options of `model pull`.
#[derive(Args)]
pub(crate) struct Pull {
    /// kontext-dev, kontext-dev-q8, kontext-dev-q4, redux or tokenizers; or OWNER/REPO, OWNER/REPO/FILE, or its page.
    model: String,
    /// What nodes shall call it [default: the preset, the file, or the repository].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Branch, tag or commit of the repository [default: main].
    #[arg(long, value_name = "REV")]
    revision: Option<String>,
    /// Agree to the license without being asked.
    #[arg(long)]
    accept_license: bool,
}

pub(super) fn pull(session: &Session, args: &Pull) -> Result<Exit> {
    // What cannot be written down later is not downloaded first.
    session.models.register().update(|_| Ok(()))?;
    let hub = Hub::from_env()?;
    let plan = plan::plan(&hub, args)?;
    check_name(session, &plan.name)?;
    let target = session.models.folder().join(&plan.name);
    if !agree(&plan, args, session.json)? {
        return Ok(Exit::Cancelled);
    }
    let _held = unfinished::hold(session.models.folder())?;
    let again = again(args, &plan);
    session.models.register().update(|register| {
        register.pulls.extend(again.clone());
        Ok(())
    })?;
    let unfinished = session.models.folder().join(unfinished::DOWNLOADS);
    let done = bring(session, &hub, &plan, &target, &unfinished);
    // Left when something else is under way.
    let _ = fs::remove_dir(&unfinished);
    if done.is_ok() || !unfinished.exists() {
        session.models.register().update(|register| {
            register.pulls.retain(|pull| Some(pull) != again.as_ref());
            Ok(())
        })?;
    }
    done?;
    if session.json {
        outln!("{}", json!({ "name": plan.name, "path": target }));
    } else {
        outln!("{}: {}", plan.name, target.display());
    }
    Ok(Exit::Ok)
}

/// What follows `wirebrush model pull` to do the same again, where it can be shown as a command.
fn again(args: &Pull, plan: &Plan) -> Option<String> {
    let model = [&args.model, &plan.words].into_iter().find(|words| address::is_plain(words))?;
    let mut words = model.clone();
    for (option, value) in [("--name", &args.name), ("--revision", &args.revision)] {
        if let Some(value) = value {
            words += &format!(" {option} {}", Some(value).filter(|value| address::is_plain(value))?);
        }
    }
    Some(words)
}

/// Fetches what is not here, puts it in its place, and writes down what it is.
fn bring(session: &Session, hub: &Hub, plan: &Plan, target: &Path, unfinished: &Path) -> Result<()> {
    // A folder gets its name when all of it is there; one that is there already is brought up to date in place.
    let home = if plan.single || target.exists() { target.to_owned() } else { unfinished.join(&plan.name) };
    let cancel = session::cancel_on_ctrl_c()?;
    let mut missing = Vec::new();
    for wish in &plan.wishes {
        let place = plan.place(&home, wish);
        if !is_here(session, &place, &wish.file, &cancel)? {
            if home == target {
                check_place(session, plan, &place)?;
            }
            missing.push(wish);
        }
    }
    let part_of = |wish: &Wish| unfinished.join(plan.part(wish));
    let parts = missing.iter().map(|wish| (part_of(wish), wish.file.bytes)).collect();
    space::check(session.models.folder(), &parts)?;
    let mut fetched = Vec::new();
    for wish in missing {
        let part = part_of(wish);
        let hashes = fetch(session, hub, plan, wish, &part, &cancel)?;
        fetched.push((wish, part, hashes));
    }
    for (index, (wish, part, hashes)) in fetched.iter().enumerate() {
        let place = plan.place(&home, wish);
        let once_more = fetched[index + 1..].iter().any(|(_, other, _)| other == part);
        put(part, &place, once_more).with_context(|| format!("cannot write {}", place.display()))?;
        let stamp = Stamp::of(&fs::metadata(&place)?);
        hashes::remember(session.models.register(), &place, stamp, hashes.clone())?;
    }
    if home != target {
        fs::rename(&home, target).with_context(|| format!("cannot write {}", target.display()))?;
        session.models.register().update(|register| {
            register.moved(&home, target);
            Ok(())
        })?;
    }
    register(session, plan, target)
}

/// Gives a whole file its name, and keeps it under the old one when that is needed once more.
fn put(part: &Path, place: &Path, once_more: bool) -> std::io::Result<()> {
    fs::create_dir_all(place.parent().unwrap_or(Path::new(".")))?;
    if !once_more {
        return fs::rename(part, place);
    }
    let copy = part.with_extension("copy");
    fs::hard_link(part, &copy).or_else(|_| fs::copy(part, &copy).map(|_| ()))?;
    fs::rename(&copy, place)
}

/// Whether a file is there with the contents that are wanted, as far as the hub tells.
fn is_here(session: &Session, place: &Path, file: &HubFile, cancel: &CancelToken) -> Result<bool> {
    if !fs::metadata(place).is_ok_and(|metadata| metadata.is_file() && metadata.len() == file.bytes) {
        return Ok(false);
    }
    let Some(wanted) = &file.sha256 else { return Ok(true) };
    let location = Location::Path(place.to_owned());
    let total = hashes::bytes_to_hash(&location, &session.models.known());
    let mut bar = Bytes::new(&format!("reading {}", file.name), total, session.json);
    hashes::hash_model(&location, session.models.register(), cancel, &mut |bytes| bar.advance(bytes))?;
    let known = session.models.known();
    let facts = location.stamp().and_then(|stamp| known.facts(place, stamp));
    Ok(facts.is_some_and(|facts| facts.sha256.as_ref() == Some(wanted)))
}

/// A model that lies elsewhere would be hidden by a download of its name.
fn check_name(session: &Session, name: &str) -> Result<()> {
    let taken = session.models.list().into_iter().find(|model| model.name == name);
    let elsewhere = |path: &Path| !path.starts_with(session.models.folder());
    match taken
        .and_then(|model| model.location.paths().into_iter().find(|path| elsewhere(path)).map(Path::to_owned))
    {
        Some(place) => {
            let place = place.display();
            let why = format!("there is a model `{name}` already ({place}): --name NAME gives another name");
            Err(WrongUse(why).into())
        }
        None => Ok(()),
    }
}

/// Only what an earlier download brought is replaced.
fn check_place(session: &Session, plan: &Plan, place: &Path) -> Result<()> {
    let known = session.models.known();
    let downloaded = known.models.get(&plan.name).is_some_and(|model| !model.source.is_empty());
    if place.exists() && !downloaded {
        let why = format!("{} is there with other contents: --name NAME keeps both", place.display());
        return Err(WrongUse(why).into());
    }
    Ok(())
}

/// Shows what will be fetched under which licenses, and asks where that is due.
fn agree(plan: &Plan, args: &Pull, json: bool) -> Result<bool> {
    let mut licenses: BTreeMap<String, (bool, u64, u64)> = BTreeMap::new();
    for wish in &plan.wishes {
        let repo = &plan.repos[wish.repo].repo;
        let entry = licenses.entry(format!("{repo}: license {}", wish.license)).or_default();
        entry.0 |= wish.license.needs_consent();
        // Sizes are what a server says.
        entry.1 = entry.1.saturating_add(wish.file.bytes);
        entry.2 += 1;
    }
    if !json {
        for (line, (_, bytes, files)) in &licenses {
            eprintln!("{line}, {}", amount(*files, *bytes));
        }
    }
    if licenses.values().all(|(due, ..)| !due) {
        return Ok(true);
    }
    consent::agrees_to_license(
        &format!("Do you agree to the license of {}?", plan.name),
        args.accept_license,
        json,
    )
}

fn fetch(
    session: &Session,
    hub: &Hub,
    plan: &Plan,
    wish: &Wish,
    part: &Path,
    cancel: &CancelToken,
) -> Result<Hashes> {
    let contents = &plan.repos[wish.repo];
    let mut bar = Bytes::new(&wish.file.name, wish.file.bytes, session.json);
    let from = (contents.repo.as_str(), contents.commit.as_str());
    transfer::download(hub, from, &wish.file, part, cancel, &mut |bytes| bar.set(bytes))
}

/// Writes down where the model came from and what it is.
fn register(session: &Session, plan: &Plan, target: &Path) -> Result<()> {
    let sources: Vec<_> = plan.repos.iter().map(|it| format!("{}@{}", it.repo, it.commit)).collect();
    let mut licenses: Vec<_> = plan.wishes.iter().map(|wish| wish.license.name.clone()).collect();
    licenses.sort();
    licenses.dedup();
    // Tokenizers alone, or a format that no plugin knows, are still downloaded.
    let inspected = inspection::inspect_once(session, target).unwrap_or_default();
    let model = Registered {
        role: inspected.role,
        family: inspected.family,
        path: Some(target.to_owned()),
        source: sources.join(" "),
        license: licenses.join(", "),
        pull: plan.words.clone(),
        ..Registered::default()
    };
    session.models.register().update(|register| {
        register.models.insert(plan.name.clone(), model);
        Ok(())
    })
}
