//! `contents.json`: what is in a package, file by file.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::archive::MAX_FILES;
use crate::hash::is_hash;
use crate::id::is_plugin_id;
use crate::path::Paths;

/// Its name in the package.
pub(crate) const CONTENTS: &str = "contents.json";

const FORMAT: &str = "wirebrush/package";
const VERSION: u32 = 1;

/// Every file of a package but `contents.json` itself and the signature over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    format: String,
    version: u32,
    /// Id of the plugin.
    pub id: String,
    /// Semantic version of the plugin.
    pub plugin: String,
    /// The files by path.
    pub files: BTreeMap<String, FileEntry>,
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Bytes.
    pub size: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// BLAKE3, 64 lower-case hexadecimal digits.
    pub blake3: String,
}

impl Contents {
    pub(crate) fn new(id: String, plugin: String, files: BTreeMap<String, FileEntry>) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, id, plugin, files }
    }

    /// The canonical text: sorted keys, two spaces, a newline at the end.
    pub(crate) fn to_json(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }

    /// Reads the canonical text. Any other spelling is refused: a signature over it would leave open what was meant.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let contents: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if contents.format != FORMAT || contents.version != VERSION {
            return Err(format!(
                "expected {FORMAT} version {VERSION}, found `{}` version {}",
                contents.format.escape_debug(),
                contents.version
            ));
        }
        if !is_plugin_id(&contents.id) {
            return Err(format!("expected a plugin's id, found `{}`", contents.id.escape_debug()));
        }
        if Version::parse(&contents.plugin).is_err() {
            return Err(format!("expected a semantic version, found `{}`", contents.plugin.escape_debug()));
        }
        if contents.files.len() > MAX_FILES {
            return Err(format!("expected at most {MAX_FILES} files, found {}", contents.files.len()));
        }
        let mut paths = Paths::default();
        for reserved in [CONTENTS, crate::signature::SIGNATURE] {
            paths.add(reserved)?;
        }
        for (path, file) in &contents.files {
            paths.add(path)?;
            if !is_hash(&file.sha256) || !is_hash(&file.blake3) {
                return Err(format!("{path}: expected hashes of 64 lower-case hexadecimal digits"));
            }
        }
        if contents.to_json().as_bytes() != text {
            return Err("expected canonical JSON, found another spelling".to_owned());
        }
        Ok(contents)
    }
}
