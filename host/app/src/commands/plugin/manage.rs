//! `wirebrush plugin remove`, `activate`, `disable`, `enable`, `trust`: changes of what is installed.

use anyhow::Result;
use serde_json::json;
use wirebrush_loader::Config;

use super::install::open;
use crate::exit::{Exit, WrongUse};
use crate::output::outln;

/// What to disable.
#[derive(clap::Args)]
pub(crate) struct Disable {
    /// Id of the plugin.
    id: String,
    /// Why, to be shown wherever the plugin is.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Whose key to trust.
#[derive(clap::Args)]
pub(crate) struct Trust {
    /// The first word of the ids of the publisher's plugins.
    publisher: String,
    /// The key, as the publisher says it: `ed25519:…`.
    #[arg(long, required_unless_present = "forget")]
    key: Option<String>,
    /// Forget the publisher's key: the next one is taken for theirs.
    #[arg(long, conflicts_with = "key")]
    forget: bool,
}

pub(super) fn remove(what: &str, config: &Config, json: bool) -> Result<Exit> {
    let (id, version) = what.split_once('@').map_or((what, None), |(id, version)| (id, Some(version)));
    let removed = open(config)?.remove(id, version)?;
    if json {
        outln!("{:#}", json!({ "id": id, "removed": removed }));
    } else {
        outln!("{id}: removed {}", removed.join(", "));
    }
    Ok(Exit::Ok)
}

pub(super) fn activate(what: &str, config: &Config, json: bool) -> Result<Exit> {
    let (id, version) =
        what.split_once('@').ok_or_else(|| WrongUse(format!("{what}: expected ID@VERSION")))?;
    open(config)?.activate(id, version)?;
    done(id, json!({ "active": version }), &format!("{version} is active"), json);
    Ok(Exit::Ok)
}

pub(super) fn disable(args: &Disable, config: &Config, json: bool) -> Result<Exit> {
    open(config)?.disable(&args.id, &args.reason)?;
    done(&args.id, json!({ "disabled": true }), "disabled", json);
    Ok(Exit::Ok)
}

pub(super) fn enable(id: &str, config: &Config, json: bool) -> Result<Exit> {
    let was = open(config)?.enable(id)?;
    done(id, json!({ "disabled": false }), if was { "enabled" } else { "was not disabled" }, json);
    Ok(Exit::Ok)
}

pub(super) fn trust(args: &Trust, config: &Config, json: bool) -> Result<Exit> {
    open(config)?.trust(&args.publisher, args.key.as_deref())?;
    let words = if args.forget { "its key is forgotten" } else { "trusted with this key" };
    done(&args.publisher, json!({ "key": args.key }), words, json);
    Ok(Exit::Ok)
}

/// Says what has become of `id`: some fields for programs, some words for people.
fn done(id: &str, fields: serde_json::Value, words: &str, json: bool) {
    if json {
        let mut answer = json!({ "id": id });
        if let (Some(answer), serde_json::Value::Object(fields)) = (answer.as_object_mut(), fields) {
            answer.extend(fields);
        }
        outln!("{answer:#}");
    } else {
        outln!("{id}: {words}");
    }
}
