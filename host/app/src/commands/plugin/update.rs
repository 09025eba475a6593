//! `wirebrush plugin update`: newer versions from the index. What asks for more than before waits for the user.

use anyhow::{Context, Result};
use semver::{Version, VersionReq};
use serde_json::json;
use wirebrush_loader::{Config, Source};

use super::install::{open, tell, told};
use crate::cli::Global;
use crate::consent;
use crate::data_dir::DataDir;
use crate::exit::{Exit, WrongUse};
use crate::index::{ChosenIndex, HOST};
use crate::output::outln;

/// What to update.
#[derive(clap::Args)]
pub(crate) struct Update {
    /// Id of a plugin; all installed ones without it.
    id: Option<String>,
    /// Agree to what new versions ask for without being asked.
    #[arg(long)]
    yes: bool,
}

pub(super) fn update(args: &Update, config: &Config, data: &DataDir, global: &Global) -> Result<Exit> {
    let store = open(config)?;
    let lock = store.lock()?;
    let installed = lock.plugins.iter().filter(|(_, plugin)| !plugin.versions.is_empty());
    let ids: Vec<&String> =
        installed.map(|(id, _)| id).filter(|id| args.id.as_ref().is_none_or(|it| it == *id)).collect();
    if let (Some(id), []) = (&args.id, &*ids) {
        return Err(WrongUse(format!("plugin `{id}` is not installed")).into());
    }
    let chosen = ChosenIndex::required(global.index.as_deref(), data)?;
    let index = chosen.load_now()?;
    let (mut exit, mut updated) = (Exit::Ok, Vec::new());
    for id in ids {
        let newest = index.newest(id, &VersionReq::STAR, &HOST).ok();
        let have = lock.plugins[id].versions.keys().filter_map(|it| Version::parse(it).ok()).max();
        let newer = newest.filter(|it| Version::parse(&it.version.version).ok() > have);
        let Some(newer) = newer else {
            if !global.json {
                outln!("{id}: nothing newer");
            }
            continue;
        };
        let package = chosen.download(newer.version)?;
        let mut source = Source::open(&package)?;
        let offer = store.offer(&source).with_context(|| format!("plugin `{id}`"))?;
        if offer.id != *id {
            return Err(WrongUse(format!("plugin `{id}`: the index gives `{}` for it", offer.id)).into());
        }
        if offer.asks_for_more() {
            tell(&offer, global.json);
            offer.check_key()?;
            let question = format!("{id} {} asks for more than before. Install it?", offer.version);
            if !consent::agrees(&question, args.yes, global.json)? {
                exit = Exit::Cancelled;
                continue;
            }
        }
        store.install(&mut source, &offer)?;
        if !global.json {
            told(&offer, "updated", false);
        }
        updated.push(offer);
    }
    if global.json {
        outln!("{:#}", json!({ "updated": updated }));
    }
    Ok(exit)
}
