//! What a download consists of: which files of which repositories, and where each goes.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Pull;
use crate::exit::WrongUse;
use crate::file_name;
use crate::hub::address::Address;
use crate::hub::license::License;
use crate::hub::presets::{Fetch, PRESETS};
use crate::hub::refusal::refused;
use crate::hub::{Contents, Hub, HubFile};
use crate::models::places::is_weights;

/// The branch that is meant when none is named.
const MAIN: &str = "main";

/// Files besides weights that belong to a model.
const BESIDES: [&str; 3] = ["json", "txt", "model"];

/// A file to fetch and where it goes in the model.
pub(super) struct Wish {
    /// Which of the plan's repositories it is in.
    pub(super) repo: usize,
    pub(super) file: HubFile,
    pub(super) to: String,
    pub(super) license: License,
}

/// What shall be fetched.
pub(super) struct Plan {
    /// What the model will be called.
    pub(super) name: String,
    /// What fetches the same again, as `model pull` takes it.
    pub(super) words: String,
    /// Whether the model is one file, not a folder.
    pub(super) single: bool,
    pub(super) repos: Vec<Contents>,
    pub(super) wishes: Vec<Wish>,
}

impl Plan {
    /// Where a file of the model goes.
    pub(super) fn place(&self, target: &Path, wish: &Wish) -> PathBuf {
        if self.single { target.to_owned() } else { target.join(&wish.to) }
    }

    /// What the unfinished file is called: the same contents have the same name, so that a later attempt, or another
    /// model, goes on with it.
    pub(super) fn part(&self, wish: &Wish) -> String {
        let Contents { repo, commit, .. } = &self.repos[wish.repo];
        let unpublished =
            || blake3::hash(format!("{repo}@{commit}/{}", wish.file.name).as_bytes()).to_hex().to_string();
        format!("{}.part", wish.file.sha256.clone().unwrap_or_else(unpublished))
    }
}

/// Asks the hub what there is of what the user wants.
///
/// # Errors
/// When the words mean nothing, the hub does not have it, or its name cannot be the name of a model.
pub(super) fn plan(hub: &Hub, args: &Pull) -> Result<Plan> {
    let address = Address::parse(&args.model, &hub.endpoint).map_err(WrongUse)?;
    let revision = address.as_ref().and_then(|address| address.revision.clone());
    let revision = args.revision.clone().or(revision).unwrap_or_else(|| MAIN.to_owned());
    let mut plan = match &address {
        None => of_preset(hub, &args.model, &revision)?,
        Some(address) => match &address.file {
            None => of_repository(hub, address, &revision)?,
            Some(file) => of_file(hub, address, file, &revision)?,
        },
    };
    if let Some(name) = &args.name {
        plan.name.clone_from(name);
    }
    if revision != MAIN {
        plan.words.clear();
    }
    file_name::check(&plan.name).map_err(|why| WrongUse(format!("name of the model: {why}")))?;
    Ok(plan)
}

fn of_preset(hub: &Hub, name: &str, revision: &str) -> Result<Plan> {
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
                repos.push(hub.contents(fetch.repo, revision)?);
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
    Ok(Plan { name: preset.name.to_owned(), words: preset.name.to_owned(), single: false, repos, wishes })
}

/// The files of a repository that a line of the table names, each with its place and license.
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

fn of_repository(hub: &Hub, address: &Address, revision: &str) -> Result<Plan> {
    let repo = address.repo.as_str();
    let contents = hub.contents(repo, revision)?;
    // Beside a whole model in folders, loose files of weights are the same once more.
    let whole = contents.files.iter().any(|file| file.name == "model_index.json");
    let twice = |name: &str| whole && !name.contains('/') && is_weights(Path::new(name));
    let files = contents.files.iter().filter(|file| belongs(&file.name) && !twice(&file.name));
    let wishes: Vec<_> = files.map(|file| wish(file.clone(), &contents)).collect();
    if !wishes.iter().any(|wish| belongs(&wish.file.name)) {
        let why = format!("{repo}: expected files of weights (safetensors, gguf), found none");
        return Err(WrongUse(why).into());
    }
    let name = repo.rsplit('/').next().unwrap_or(repo).to_owned();
    Ok(Plan { name, words: address.words(), single: false, repos: vec![contents], wishes })
}

fn of_file(hub: &Hub, address: &Address, file: &str, revision: &str) -> Result<Plan> {
    let repo = address.repo.as_str();
    let contents = hub.contents(repo, revision)?;
    let Some(found) = contents.files.iter().find(|known| known.name == file) else {
        return Err(refused(hub, repo, Some(file), 404, None).into());
    };
    let name = file.rsplit('/').next().unwrap_or(file).to_owned();
    let wishes = vec![wish(found.clone(), &contents)];
    Ok(Plan { name, words: address.words(), single: true, repos: vec![contents], wishes })
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
