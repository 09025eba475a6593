//! The JSON of a lock file, and what became of older versions of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Lock, LockedPlugin};
use crate::Error;
use crate::error::one_line;

const FORMAT: &str = "wirebrush/plugins-lock";
const VERSION: u32 = 2;

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'a str,
    version: u32,
    #[serde(flatten)]
    lock: &'a Lock,
}

/// Version 1 knew one approved native file of each plugin, and nothing else.
#[derive(Deserialize)]
struct Version1 {
    plugins: BTreeMap<String, Entry1>,
}

#[derive(Deserialize)]
struct Entry1 {
    sha256: String,
}

/// Reads the text of a lock file; `path` is for messages.
pub(super) fn parse(path: &Path, text: &str) -> Result<Lock, Error> {
    let refuse = |field: &str, why: String| Error::Manifest {
        path: path.to_owned(),
        field: field.to_owned(),
        why: one_line(&why),
    };
    let broken = |error: serde_json::Error| refuse("", error.to_string());
    let header: Header = serde_json::from_str(text).map_err(broken)?;
    if header.format != FORMAT {
        return Err(refuse("format", format!("expected `{FORMAT}`, found `{}`", header.format)));
    }
    match header.version {
        1 => serde_json::from_str(text).map(migrate).map_err(broken),
        VERSION => serde_json::from_str(text).map_err(broken),
        found => Err(refuse("version", format!("expected at most {VERSION}, found {found}"))),
    }
}

/// The text of a lock file.
pub(super) fn text(lock: &Lock) -> String {
    let document = Document { format: FORMAT, version: VERSION, lock };
    let mut text = serde_json::to_string_pretty(&document).expect("strings and numbers only");
    text.push('\n');
    text
}

fn migrate(old: Version1) -> Lock {
    let entry = |it: Entry1| LockedPlugin { approved: vec![it.sha256], ..LockedPlugin::default() };
    let plugins = old.plugins.into_iter().map(|(id, it)| (id, entry(it))).collect();
    Lock { plugins, ..Lock::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{LockedVersion, Publisher, Trust};

    fn read(text: &str) -> Result<Lock, Error> {
        parse(Path::new("plugins.lock.json"), text)
    }

    #[test]
    fn what_is_written_is_read() {
        let version = LockedVersion {
            package: Some("aa".to_owned()),
            key: Some("ed25519:AAAA".to_owned()),
            permissions: vec!["data".to_owned()],
            installed: "2026-01-02T03:04:05Z".to_owned(),
        };
        let plugin = LockedPlugin {
            active: Some("1.0.0".to_owned()),
            disabled: Some(String::new()),
            approved: vec!["bb".to_owned()],
            permissions: ["data".to_owned()].into(),
            versions: [("1.0.0".to_owned(), version)].into(),
        };
        let publisher = Publisher { key: "ed25519:AAAA".to_owned() };
        let lock = Lock {
            publishers: [("acme".to_owned(), publisher)].into(),
            plugins: [("acme.tone".to_owned(), plugin)].into(),
        };
        assert_eq!(read(&text(&lock)).unwrap(), lock);
        assert_eq!(read(&text(&Lock::default())).unwrap(), Lock::default());
    }

    #[test]
    fn version_1_keeps_its_approvals() {
        let old = r#"{ "format": "wirebrush/plugins-lock", "version": 1,
            "plugins": { "acme.tone": { "sha256": "aa" } } }"#;
        let lock = read(old).unwrap();
        assert_eq!(lock.trust("acme.tone", "aa"), Trust::Approved);
        assert_eq!(lock.trust("acme.tone", "bb"), Trust::Changed("aa".to_owned()));
        assert_eq!(read(&text(&lock)).unwrap(), lock);
    }

    #[test]
    fn a_damaged_or_foreign_lock_is_an_error_and_approves_nothing() {
        for (text, expected) in [
            ("{\"format\":", "plugins.lock.json: EOF"),
            ("[]", "plugins.lock.json: invalid"),
            (r#"{ "format": "x", "version": 1 }"#, "`format`: expected `wirebrush/plugins-lock`, found `x`"),
            (
                r#"{ "format": "wirebrush/plugins-lock", "version": 3 }"#,
                "`version`: expected at most 2, found 3",
            ),
            (r#"{ "format": "wirebrush/plugins-lock", "version": 2, "plugins": 3 }"#, "invalid type"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert_eq!(error.lines().count(), 1);
        }
    }
}
