//! `wirebrush plugin install`: from a package, a folder, a URL or the index, after the user has agreed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempPath;
use wirebrush_loader::{Config, Offer, Source, Store};

use crate::cli::Global;
use crate::consent;
use crate::data_dir::DataDir;
use crate::exit::{Exit, WrongUse};
use crate::fetch::Place;
use crate::index::{ChosenIndex, HOST};
use crate::output::outln;

/// What to install.
#[derive(clap::Args)]
pub(crate) struct Install {
    /// A `.wbplugin` file, a folder with a `plugin.json`, a URL, or an id such as `acme.tone` or `acme.tone@1.2.0` that
    /// the index has.
    source: String,
    /// Agree to what the plugin asks for without being asked.
    #[arg(long)]
    yes: bool,
}

/// Where a source lies; what was fetched is deleted in the end.
pub(super) enum Local {
    Here(PathBuf),
    Fetched(TempPath),
}

impl Local {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Here(path) => path,
            Self::Fetched(path) => path,
        }
    }
}

pub(super) fn install(args: &Install, config: &Config, data: &DataDir, global: &Global) -> Result<Exit> {
    let local = find(&args.source, global.index.as_deref(), data)?;
    let mut source = Source::open(local.path())?;
    let store = open(config)?;
    let offer = store.offer(&source)?;
    if offer.installed {
        told(&offer, "already", global.json);
        return Ok(Exit::Ok);
    }
    tell(&offer, global.json);
    offer.check_key()?;
    if !consent::agrees("Install it?", args.yes, global.json)? {
        return Ok(Exit::Cancelled);
    }
    store.install(&mut source, &offer)?;
    told(&offer, "installed", global.json);
    Ok(Exit::Ok)
}

/// The store of installed plugins.
pub(super) fn open(config: &Config) -> Result<Store> {
    Store::new(config).context("this program keeps no plugins")
}

/// Shows what an installation means, unless a program listens: that reads it in the answer.
pub(super) fn tell(offer: &Offer, json: bool) {
    if !json {
        let lines = consent::to_install(offer);
        eprintln!("{}", lines.join("\n  "));
    }
}

/// Says what was done.
pub(super) fn told(offer: &Offer, done: &str, json: bool) {
    if json {
        outln!("{:#}", json!({ "done": done, "plugin": offer }));
        return;
    }
    let active = if offer.activates || offer.installed { "" } else { "; not active" };
    let word = match offer {
        Offer { installed: true, .. } => "installed already",
        Offer { replaces: true, .. } => "installed in place of another build of this version",
        _ => done,
    };
    outln!("{} {}: {word}{active}", offer.id, offer.version);
}

fn find(source: &str, index: Option<&str>, data: &DataDir) -> Result<Local> {
    match Place::parse(source) {
        Place::File(path) if path.exists() => Ok(Local::Here(path)),
        url @ Place::Url(_) => Ok(Local::Fetched(url.download(wirebrush_package::MAX_PACKED)?)),
        Place::File(path) => {
            let (id, version) = source.split_once('@').unwrap_or((source, "*"));
            if !wirebrush_package::is_plugin_id(id) || looks_like_a_file(source) {
                let message = format!("{}: no such file or folder", path.display());
                return Err(WrongUse(message).into());
            }
            if index.is_none() {
                let message = format!(
                    "{source}: neither a file or folder nor, since no index is chosen, a plugin to be looked up: \
                     --index FILE or URL, or the variable WIREBRUSH_INDEX, chooses one"
                );
                return Err(WrongUse(message).into());
            }
            from_index(id, version, index, data)
        }
    }
}

/// Whether nobody would write an id like this, although it may well be one: `tone.wbplugin`.
fn looks_like_a_file(source: &str) -> bool {
    source.contains(std::path::is_separator)
        || Path::new(source).extension().is_some_and(|it| it == wirebrush_package::EXTENSION)
}

fn from_index(id: &str, version: &str, index: Option<&str>, data: &DataDir) -> Result<Local> {
    let wanted = if version.starts_with(|first: char| first.is_ascii_digit()) {
        format!("={version}")
    } else {
        version.to_owned()
    };
    let requirement = semver::VersionReq::parse(&wanted)
        .map_err(|_| WrongUse(format!("{id}@{version}: expected a version such as 1.2.0")))?;
    let chosen = ChosenIndex::required(index, data)?;
    let index = chosen.load_now()?;
    let offer = index.newest(id, &requirement, &HOST).map_err(anyhow::Error::msg)?;
    Ok(Local::Fetched(chosen.download(offer.version)?))
}
