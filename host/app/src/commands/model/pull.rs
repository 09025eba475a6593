//! `wirebrush model pull`: a model from the hub, whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use wirebrush_engine::CancelToken;

use crate::consent;
use crate::exit::{Exit, WrongUse};
use crate::file_name;
use crate::hub::license::License;
use crate::hub::presets::{Fetch, PRESETS};
use crate::hub::{Contents, Hub, HubFile, transfer};
use crate::models::hashes::{self, Hashes};
use crate::models::inspection;
use crate::models::location::{Location, Stamp};
use crate::models::places::is_weights;
use crate::models::register::Registered;
use crate::output::outln;
use crate::progress::bytes::{Bytes, size};
use crate::session::{self, Session};

/// Where downloads are put together, inside the models folder so that a finished one is only renamed.
const UNFINISHED: &str = ".pull";

/// Files besides weights that belong to a model.
const BESIDES: [&str; 3] = ["json", "txt", "model"];

/// Options of `model pull`.
#[derive(Args)]
pub(crate) struct Pull {
    /// kontext-dev, kontext-dev-q8, kontext-dev-q4, redux or tokenizers; or OWNER/REPO, or OWNER/REPO/FILE.
    model: String,
    /// What nodes shall call it [default: the preset, the file, or the repository].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Branch, tag or commit of the repository.
    #[arg(long, default_value = "main", value_name = "REV")]
    revision: String,
    /// Agree to the licence without being asked.
    #[arg(long)]
    accept_license: bool,
}

/// A file to fetch and where it goes in the model.
struct Wish {
    repo: usize,
    file: HubFile,
    to: String,
    license: License,
}

/// What shall be fetched.
struct Plan {
    name: String,
    /// Whether the model is one file, not a folder.
    single: bool,
    repos: Vec<Contents>,
    wishes: Vec<Wish>,
}

pub(super) fn pull(session: &Session, args: &Pull) -> Result<Exit> {
    let hub = Hub::from_env()?;
    let plan = plan(&hub, args)?;
    let target = session.models.folder().join(&plan.name);
    let unfinished = session.models.folder().join(UNFINISHED);
    if !agree(&plan, args, session.json)? {
        return Ok(Exit::Cancelled);
    }
    let cancel = session::cancel_on_ctrl_c()?;
    let mut missing = Vec::new();
    for wish in &plan.wishes {
        let place = plan.place(&target, wish);
        if !is_here(session, &place, &wish.file, &cancel)? {
            check_place(session, &plan, &place)?;
            missing.push(wish);
        }
    }
    let mut fetched = Vec::new();
    for wish in missing {
        let (part, hashes) = fetch(session, &hub, &plan, wish, &unfinished, &cancel)?;
        fetched.push((wish, part, hashes));
    }
    // Only what is complete gets its name: before this, nothing of it can be found.
    for (wish, part, hashes) in fetched {
        let place = plan.place(&target, wish);
        fs::create_dir_all(place.parent().unwrap_or(Path::new(".")))
            .and_then(|()| fs::rename(&part, &place))
            .with_context(|| format!("cannot write {}", place.display()))?;
        let stamp = Stamp::of(&fs::metadata(&place)?);
        hashes::remember(session.models.register(), &place, stamp, hashes)?;
    }
    register(session, &plan, &target)?;
    // Left when something else is under way.
    let _ = fs::remove_dir(&unfinished);
    if session.json {
        outln!("{}", json!({ "name": plan.name, "path": target }));
    } else {
        outln!("{}: {}", plan.name, target.display());
    }
    Ok(Exit::Ok)
}

impl Plan {
    fn place(&self, target: &Path, wish: &Wish) -> PathBuf {
        if self.single { target.to_owned() } else { target.join(&wish.to) }
    }
}

fn plan(hub: &Hub, args: &Pull) -> Result<Plan> {
    let words: Vec<&str> = args.model.split('/').collect();
    let plan = match words.as_slice() {
        [preset] => of_preset(hub, preset, args)?,
        [owner, repo] => of_repository(hub, &format!("{owner}/{repo}"), args)?,
        [owner, repo, file @ ..] => of_file(hub, &format!("{owner}/{repo}"), &file.join("/"), args)?,
        [] => unreachable!("splitting gives at least one word"),
    };
    file_name::check(&plan.name).map_err(|why| WrongUse(format!("name of the model: {why}")))?;
    Ok(plan)
}

fn of_preset(hub: &Hub, name: &str, args: &Pull) -> Result<Plan> {
    let preset = PRESETS.iter().find(|preset| preset.name == name).ok_or_else(|| {
        let known: Vec<_> = PRESETS.iter().map(|it| format!("\n  {:16}{}", it.name, it.about)).collect();
        WrongUse(format!("expected OWNER/REPO, OWNER/REPO/FILE or one of{}\nfound `{name}`", known.concat()))
    })?;
    let mut repos: Vec<Contents> = Vec::new();
    let mut wishes = Vec::new();
    for fetch in preset.files {
        let repo = match repos.iter().position(|known| known.repo == fetch.repo) {
            Some(known) => known,
            None => {
                repos.push(hub.contents(fetch.repo, &args.revision)?);
                repos.len() - 1
            }
        };
        let before = wishes.len();
        wishes.extend(matching(&repos[repo], fetch).map(|(file, to, license)| Wish {
            repo,
            file,
            to,
            license,
        }));
        if wishes.len() == before {
            let why = format!("{}: there is no {} any more", fetch.repo, fetch.file);
            return Err(WrongUse(why).into());
        }
    }
    let name = args.name.clone().unwrap_or_else(|| preset.name.to_owned());
    Ok(Plan { name, single: false, repos, wishes })
}

/// The files of a repository that a line of the table names, each with its place and licence.
fn matching<'a>(
    contents: &'a Contents,
    fetch: &'a Fetch,
) -> impl Iterator<Item = (HubFile, String, License)> + use<'a> {
    contents.files.iter().filter_map(move |file| {
        let inner = if fetch.file.ends_with('/') {
            file.name.strip_prefix(fetch.file).filter(|_| belongs(&file.name))?
        } else if file.name == fetch.file {
            file.name.rsplit('/').next()?
        } else {
            return None;
        };
        let to = match fetch.to {
            to if to.is_empty() || to.ends_with('/') => format!("{to}{inner}"),
            to => to.to_owned(),
        };
        let mut license = contents.license.clone();
        if license.name.is_empty() {
            fetch.license.clone_into(&mut license.name);
        }
        Some((file.clone(), to, license))
    })
}

fn of_repository(hub: &Hub, repo: &str, args: &Pull) -> Result<Plan> {
    let contents = hub.contents(repo, &args.revision)?;
    // Beside a whole model in folders, loose files of weights are the same once more.
    let whole = contents.files.iter().any(|file| file.name == "model_index.json");
    let twice = |name: &str| whole && !name.contains('/') && is_weights(Path::new(name));
    let files = contents.files.iter().filter(|file| belongs(&file.name) && !twice(&file.name));
    let wishes: Vec<_> = files.map(|file| wish(file.clone(), &contents)).collect();
    if !wishes.iter().any(|wish| belongs(&wish.file.name)) {
        let why = format!("{repo}: expected files of weights (safetensors, gguf), found none");
        return Err(WrongUse(why).into());
    }
    let name = args.name.clone().unwrap_or_else(|| repo.rsplit('/').next().unwrap_or(repo).to_owned());
    Ok(Plan { name, single: false, repos: vec![contents], wishes })
}

fn of_file(hub: &Hub, repo: &str, file: &str, args: &Pull) -> Result<Plan> {
    let contents = hub.contents(repo, &args.revision)?;
    let Some(found) = contents.files.iter().find(|known| known.name == file) else {
        return Err(transfer::refused(hub, repo, Some(file), 404, None).into());
    };
    let own = file.rsplit('/').next().unwrap_or(file);
    let name = args.name.clone().unwrap_or_else(|| own.to_owned());
    let wishes = vec![wish(found.clone(), &contents)];
    Ok(Plan { name, single: true, repos: vec![contents], wishes })
}

fn wish(file: HubFile, contents: &Contents) -> Wish {
    Wish { repo: 0, to: file.name.clone(), file, license: contents.license.clone() }
}

/// Weights and what describes them; no pickle files, pictures or programs.
fn belongs(name: &str) -> bool {
    let path = Path::new(name);
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    is_weights(path) || BESIDES.contains(&ending)
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

/// Shows what will be fetched under which licences, and asks where that is due.
fn agree(plan: &Plan, args: &Pull, json: bool) -> Result<bool> {
    let mut licenses: BTreeMap<String, (bool, u64, usize)> = BTreeMap::new();
    for wish in &plan.wishes {
        let repo = &plan.repos[wish.repo].repo;
        let entry = licenses.entry(format!("{repo}: licence {}", wish.license)).or_default();
        entry.0 |= wish.license.needs_consent();
        entry.1 += wish.file.bytes;
        entry.2 += 1;
    }
    if !json {
        for (line, (_, bytes, files)) in &licenses {
            eprintln!("{line}, {} in {files} files", size(*bytes));
        }
    }
    if licenses.values().all(|(due, ..)| !due) {
        return Ok(true);
    }
    consent::agrees_to_license(
        &format!("Do you agree to the licence of {}?", plan.name),
        args.accept_license,
        json,
    )
}

fn fetch(
    session: &Session,
    hub: &Hub,
    plan: &Plan,
    wish: &Wish,
    unfinished: &Path,
    cancel: &CancelToken,
) -> Result<(PathBuf, Hashes)> {
    let contents = &plan.repos[wish.repo];
    // The same contents have the same name, so that a later attempt, or another model, goes on with it.
    let identity = wish.file.sha256.clone().unwrap_or_else(|| {
        blake3::hash(format!("{}@{}/{}", contents.repo, contents.commit, wish.file.name).as_bytes())
            .to_hex()
            .to_string()
    });
    let part = unfinished.join(format!("{identity}.part"));
    let mut bar = Bytes::new(&wish.file.name, wish.file.bytes, session.json);
    let from = (contents.repo.as_str(), contents.commit.as_str());
    let hashes = transfer::download(hub, from, &wish.file, &part, cancel, &mut |bytes| bar.set(bytes))?;
    Ok((part, hashes))
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
        ..Registered::default()
    };
    session.models.register().update(|register| {
        register.models.insert(plan.name.clone(), model);
        Ok(())
    })
}
