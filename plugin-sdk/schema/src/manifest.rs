use serde::{Deserialize, Serialize};

/// The `plugin.json` beside a plugin's artifacts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Plugin id: the part of its node ids before the slash.
    pub id: String,
    /// Semantic version of the plugin.
    pub version: String,
    /// Name shown to people; empty means the id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What the plugin is for, a sentence or two.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Terms of use as an SPDX expression such as `MIT OR Apache-2.0`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub license: String,
    /// Address of a page about the plugin.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub homepage: String,
    /// Who publishes it, as shown to people. Whom to trust is decided by the id's first word and its key, not by this.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub publisher: String,
    /// Version of the interface the artifacts were built for, `1.0`.
    pub abi: String,
    /// What can be loaded; the host takes the one for its machine, a component anywhere.
    pub artifacts: Vec<Artifact>,
    /// What the plugin asks for beyond computing: names in [`Permission`]. A host refuses a plugin that asks for one
    /// it does not know. A native plugin has the user's rights anyway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// Limits of a component.
    #[serde(default)]
    pub limits: Limits,
    /// Ids of the nodes; must be exactly those that `describe` names.
    pub nodes: Vec<String>,
    /// Folder with the plugin's models, relative to the manifest; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub models: String,
    /// Folder with files the plugin reads through [`Permission::DATA`], relative to the manifest; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data: String,
}

/// The permissions of version 1.
pub struct Permission;

impl Permission {
    /// Read the files in the plugin's own data folder.
    pub const DATA: &'static str = "data";
    /// Keep files in a scratch folder of the plugin's own.
    pub const SCRATCH: &'static str = "scratch";
}

/// One loadable file of a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// Where it runs.
    pub target: Target,
    /// File name relative to the manifest; may not leave its folder.
    pub file: String,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Where an artifact runs: `wasm32-component`, or the Rust target triple of a native library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Target(pub String);

impl Target {
    /// A WebAssembly component of world `wirebrush:node/plugin@1.0.0`.
    pub const COMPONENT: &'static str = "wasm32-component";
}

/// Limits of a component's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest linear memory in MiB.
    #[serde(default = "Limits::default_memory_mib")]
    pub memory_mib: u32,
    /// Longest time without progress, in milliseconds.
    #[serde(default = "Limits::default_stall_ms")]
    pub stall_ms: u32,
}

impl Limits {
    fn default_memory_mib() -> u32 {
        1024
    }

    fn default_stall_ms() -> u32 {
        10_000
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_mib: Self::default_memory_mib(), stall_ms: Self::default_stall_ms() }
    }
}
