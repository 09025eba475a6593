//! The index: which plugins there are, where their packages lie, and which nodes they have.

mod find;
mod parse;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use wirebrush_schema::Manifest;

pub use find::{Host, Offer};

use crate::key::PublicKey;

const FORMAT: &str = "wirebrush/index";
const VERSION: u32 = 1;

/// A list of plugins to choose from. Whoever hosts it may say anything: a package is checked against what it says, and
/// a publisher's key against the one that is pinned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(
    title = "Wirebrush plugin index",
    description = "Which plugins there are. Unknown fields are ignored."
)]
pub struct Index {
    #[schemars(extend("const" = FORMAT))]
    format: String,
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// The plugins by id.
    pub plugins: BTreeMap<String, IndexPlugin>,
}

/// One plugin of an index.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct IndexPlugin {
    /// Name shown to people; empty means the id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What it is for, one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Name of who made it, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub publisher: String,
    /// The key its newest package is signed with, `ed25519:BASE64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The versions, newest first.
    pub versions: Vec<IndexVersion>,
}

/// One version of a plugin in an index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexVersion {
    /// Semantic version.
    pub version: String,
    /// Version of the interface it was built for, `1.0`.
    pub abi: String,
    /// Where the package lies: an http or https URL, or a path relative to the index.
    pub url: String,
    /// SHA-256 of the package file.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Bytes of the package file.
    pub size: u64,
    /// What it runs on: `wasm32-component`, or the target triples of native libraries.
    pub targets: Vec<String>,
    /// What it asks for beyond computing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// Ids of its nodes.
    pub nodes: Vec<String>,
    /// Ids of older nodes that it takes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
}

/// What an index says of a package beyond its manifest.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Published {
    /// An http or https URL, or a path relative to the index.
    pub url: String,
    /// SHA-256 of the package file.
    pub sha256: String,
    /// Bytes of the package file.
    pub size: u64,
    /// Ids of older nodes that its nodes take over.
    pub replaces: Vec<String>,
}

impl Index {
    /// An index without plugins.
    pub fn new() -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, plugins: BTreeMap::new() }
    }

    /// Adds a package. Of what the manifests say of a plugin, the newest version's counts.
    pub fn add(&mut self, manifest: &Manifest, signer: Option<PublicKey>, package: Published) {
        let plugin = self.plugins.entry(manifest.id.clone()).or_default();
        plugin.versions.push(IndexVersion {
            version: manifest.version.clone(),
            abi: manifest.abi.clone(),
            url: package.url,
            sha256: package.sha256,
            size: package.size,
            targets: manifest.artifacts.iter().map(|artifact| artifact.target.0.clone()).collect(),
            permissions: manifest.permissions.clone(),
            nodes: manifest.nodes.clone(),
            replaces: package.replaces,
        });
        let number = |version: &IndexVersion| Version::parse(&version.version).ok();
        plugin.versions.sort_by_key(|version| std::cmp::Reverse(number(version)));
        if plugin.versions[0].version == manifest.version {
            plugin.title.clone_from(&manifest.title);
            plugin.description.clone_from(&manifest.description);
            plugin.publisher.clone_from(&manifest.publisher);
            plugin.key = signer.map(|key| key.to_string());
        }
    }

    /// The canonical text: sorted keys, two spaces, a newline at the end.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }
}

impl Default for Index {
    fn default() -> Self {
        Self::new()
    }
}

/// JSON Schema (draft 2020-12) of an index of the current version.
pub fn schema() -> Json {
    let mut schema = schemars::schema_for!(Index);
    schema.insert("$id".to_owned(), format!("urn:{}:{VERSION}", FORMAT.replace('/', ":")).into());
    schema.to_value()
}
