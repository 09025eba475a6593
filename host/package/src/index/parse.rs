//! Reads an index that may come from anywhere and reports every problem with its place.

use std::collections::BTreeSet;

use semver::Version;
use serde_json::{Map, Value as Json};

use super::{FORMAT, Index, IndexPlugin, IndexVersion, VERSION};
use crate::error::Error;
use crate::hash::is_hash;
use crate::id::is_plugin_id;
use crate::key::PublicKey;

/// More than this is not reported: who reads them all?
const MAX_PROBLEMS: usize = 100;

impl Index {
    /// Reads an index; `name` is for messages. Its versions come out newest first.
    ///
    /// # Errors
    /// [`Error::Index`] with every problem, such as `index.json: plugins["acme.tone"].versions[0].sha256: expected …`.
    pub fn parse(text: &str, name: &str) -> Result<Self, Error> {
        let mut problems = Problems(Vec::new());
        let index = read(text, &mut problems);
        let mut lines: Vec<_> = problems.0.iter().map(|problem| format!("{name}: {problem}")).collect();
        match index {
            Some(index) if lines.is_empty() => Ok(index),
            _ => {
                let more = lines.len().saturating_sub(MAX_PROBLEMS);
                lines.truncate(MAX_PROBLEMS);
                if more > 0 {
                    lines.push(format!("{name}: and {more} more problems"));
                }
                Err(Error::Index { problems: lines })
            }
        }
    }
}

struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, place: &str, why: impl std::fmt::Display) {
        let colon = if place.is_empty() { "" } else { ": " };
        self.0.push(format!("{place}{colon}{why}").replace(['\n', '\r'], " "));
    }

    fn require(&mut self, holds: bool, place: &str, field: &str, why: impl FnOnce() -> String) {
        if !holds {
            self.add(&format!("{place}.{field}"), why());
        }
    }
}

fn read(text: &str, problems: &mut Problems) -> Option<Index> {
    let document: Json = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            problems.add("", error);
            return None;
        }
    };
    if document["format"] != FORMAT {
        problems.add("format", format_args!("expected {FORMAT:?}, found {}", document["format"]));
        return None;
    }
    if document["version"] != VERSION {
        problems.add("version", format_args!("expected {VERSION}, found {}", document["version"]));
        return None;
    }
    let Some(plugins) = document["plugins"].as_object() else {
        problems.add("plugins", format_args!("expected an object, found {}", kind(&document["plugins"])));
        return None;
    };
    let mut index = Index::new();
    for (id, plugin) in plugins {
        let place = format!("plugins[{id:?}]");
        if !is_plugin_id(id) {
            problems.add(&place, "expected a plugin's id such as acme.tone");
        }
        if let Some(plugin) = read_plugin(id, plugin, &place, problems) {
            index.plugins.insert(id.clone(), plugin);
        }
    }
    Some(index)
}

fn read_plugin(id: &str, plugin: &Json, place: &str, problems: &mut Problems) -> Option<IndexPlugin> {
    let Some(fields) = plugin.as_object() else {
        problems.add(place, format_args!("expected an object, found {}", kind(plugin)));
        return None;
    };
    let Some(list) = fields.get("versions").and_then(Json::as_array) else {
        problems.add(&format!("{place}.versions"), "expected an array");
        return None;
    };
    let mut versions: Vec<(Version, IndexVersion)> = Vec::new();
    for (number, version) in list.iter().enumerate() {
        let place = format!("{place}.versions[{number}]");
        match serde_json::from_value::<IndexVersion>(version.clone()) {
            Ok(version) => {
                if let Some(parsed) = check_version(id, &version, &place, problems) {
                    if versions.iter().any(|(other, _)| *other == parsed) {
                        problems.add(&place, format_args!("version {parsed} is there twice"));
                    }
                    versions.push((parsed, version));
                }
            }
            Err(error) => problems.add(&place, error),
        }
    }
    versions.sort_by(|(a, _), (b, _)| b.cmp(a));
    // The versions have their own places in messages.
    let mut rest: Map<String, Json> = fields.clone();
    rest.insert("versions".to_owned(), Json::Array(Vec::new()));
    match serde_json::from_value::<IndexPlugin>(Json::Object(rest)) {
        Ok(mut plugin) => {
            if let Some(Err(error)) = plugin.key.as_deref().map(str::parse::<PublicKey>) {
                problems.add(&format!("{place}.key"), error);
            }
            plugin.versions = versions.into_iter().map(|(_, version)| version).collect();
            Some(plugin)
        }
        Err(error) => {
            problems.add(place, error);
            None
        }
    }
}

fn check_version(id: &str, it: &IndexVersion, place: &str, problems: &mut Problems) -> Option<Version> {
    let parsed = Version::parse(&it.version);
    problems.require(parsed.is_ok(), place, "version", || {
        format!("expected a semantic version, found `{}`", it.version)
    });
    problems.require(is_abi(&it.abi), place, "abi", || {
        format!("expected an interface version such as 1.0, found `{}`", it.abi)
    });
    problems.require(is_place(&it.url), place, "url", || {
        format!("expected an http or https URL or a relative path, found `{}`", it.url)
    });
    problems.require(is_hash(&it.sha256), place, "sha256", || {
        format!("expected 64 lower-case hexadecimal digits, found `{}`", it.sha256)
    });
    problems.require(it.size <= crate::MAX_PACKED, place, "size", || {
        format!("expected at most {} bytes, found {}", crate::MAX_PACKED, it.size)
    });
    problems
        .require(!it.targets.is_empty(), place, "targets", || "expected at least one, found none".to_owned());
    let mut nodes = BTreeSet::new();
    for node in &it.nodes {
        let ours = node.strip_prefix(id).and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        problems.require(ours, place, "nodes", || format!("expected `{id}/Name`, found `{node}`"));
        problems.require(nodes.insert(node), place, "nodes", || format!("`{node}` is there twice"));
    }
    parsed.ok()
}

fn is_abi(abi: &str) -> bool {
    matches!(abi.split_once('.'), Some((major, minor)) if major.parse::<u32>().is_ok() && minor.parse::<u32>().is_ok())
}

/// Whether a text is an http URL or stays below the folder it is resolved in.
fn is_place(url: &str) -> bool {
    let harmless = !url.contains(|c: char| c.is_control() || c.is_whitespace());
    let web = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    harmless && web.map_or_else(|| crate::check_path(url).is_ok(), |rest| !rest.is_empty())
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}
