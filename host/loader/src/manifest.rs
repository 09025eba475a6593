//! `plugin.json`: read, and checked field by field before anything else of a plugin is touched.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use semver::Version;
use sha2::{Digest, Sha256};
use wirebrush_package::is_plugin_id;
use wirebrush_schema::{Artifact, Manifest, Permission, Target};

use crate::Error;
use crate::error::one_line;

/// Name of the manifest in a plugin's folder.
pub(crate) const FILE: &str = "plugin.json";

// The largest manifest of ours has 4 kB; without a bound a link to a device would fill the memory.
const MAX_BYTES: u64 = 4 << 20;

/// Version of the interface to plugins that this host speaks.
pub const ABI: &str = wirebrush_abi::VERSION;

/// Target triple of native plugins this host can load.
pub const HOST_TARGET: &str = env!("WIREBRUSH_TARGET");

/// Reads and checks the `plugin.json` of a plugin's folder.
///
/// # Errors
/// [`Error::Io`] when there is none; [`Error::Manifest`] naming the first field that is wrong.
pub fn read_manifest(folder: &Path) -> Result<Manifest, Error> {
    let path = folder.join(FILE);
    let mut text = String::new();
    std::fs::File::open(&path)
        .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
        .map_err(|source| Error::io(&path, source))?;
    parse(&path, &text)
}

/// Checks the text of a manifest; `path` is for messages.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Manifest, Error> {
    let manifest: Manifest = serde_json::from_str(text).map_err(|error| Error::Manifest {
        path: path.to_owned(),
        field: String::new(),
        why: one_line(&error.to_string()),
    })?;
    check_manifest(path, &manifest)?;
    Ok(manifest)
}

/// Checks a manifest that was read elsewhere, for example from a package; `path` is for messages.
///
/// # Errors
/// [`Error::Manifest`] naming the first field that is wrong.
pub fn check_manifest(path: &Path, manifest: &Manifest) -> Result<(), Error> {
    let refuse = |(field, why): Wrong| Error::Manifest { path: path.to_owned(), field, why: one_line(&why) };
    check(manifest).map_err(refuse)
}

/// The artifact for this machine: the native one when there is one, else the component.
///
/// # Errors
/// [`Error::Target`], naming what there is.
pub(crate) fn artifact(manifest: &Manifest) -> Result<&Artifact, Error> {
    let of = |target| manifest.artifacts.iter().find(|artifact| artifact.target.0 == target);
    of(HOST_TARGET).or_else(|| of(Target::COMPONENT)).ok_or_else(|| Error::Target {
        id: manifest.id.clone(),
        expected: HOST_TARGET.to_owned(),
        found: manifest.artifacts.iter().map(|artifact| artifact.target.0.clone()).collect(),
    })
}

/// SHA-256 of bytes as 64 lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file as 64 lower-case hexadecimal digits. Costs about a millisecond a megabyte.
///
/// # Errors
/// [`Error::Io`].
pub fn sha256_file(path: &Path) -> Result<String, Error> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 20];
    let mut file = std::fs::File::open(path).map_err(|source| Error::io(path, source))?;
    loop {
        match file.read(&mut chunk).map_err(|source| Error::io(path, source))? {
            0 => return Ok(hex(&hasher.finalize())),
            length => hasher.update(&chunk[..length]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

type Wrong = (String, String);

fn check(manifest: &Manifest) -> Result<(), Wrong> {
    require("id", is_plugin_id(&manifest.id), || {
        format!("expected lower-case words such as `acme.tone`, found `{}`", manifest.id)
    })?;
    Version::parse(&manifest.version).map_err(|error| {
        wrong("version", format!("expected a semantic version, found `{}`: {error}", manifest.version))
    })?;
    let major = ABI.split('.').next().unwrap_or_default();
    require("abi", is_abi_of(&manifest.abi, major), || {
        format!("expected {major}.x, which this host speaks, found `{}`", manifest.abi)
    })?;
    require("artifacts", !manifest.artifacts.is_empty(), || "expected at least one, found none".to_owned())?;
    let mut targets = HashSet::new();
    for (index, artifact) in manifest.artifacts.iter().enumerate() {
        check_artifact(&format!("artifacts[{index}]"), artifact)?;
        require(&format!("artifacts[{index}].target"), targets.insert(&artifact.target.0), || {
            format!("`{}` is there twice", artifact.target.0)
        })?;
    }
    require("limits.memory_mib", manifest.limits.memory_mib > 0, || {
        "expected at least 1, found 0".to_owned()
    })?;
    require("limits.stall_ms", manifest.limits.stall_ms > 0, || "expected at least 1, found 0".to_owned())?;
    let mut nodes = HashSet::new();
    for (index, node) in manifest.nodes.iter().enumerate() {
        let field = format!("nodes[{index}]");
        require(&field, is_node_of(node, &manifest.id), || {
            format!("expected `{}/Name`, found `{node}`", manifest.id)
        })?;
        require(&field, nodes.insert(node), || format!("`{node}` is there twice"))?;
    }
    require("models", manifest.models.is_empty() || is_inside(&manifest.models), || {
        outside(&manifest.models)
    })?;
    check_permissions(manifest)
}

fn check_permissions(manifest: &Manifest) -> Result<(), Wrong> {
    const KNOWN: [&str; 2] = [Permission::DATA, Permission::SCRATCH];
    for (index, permission) in manifest.permissions.iter().enumerate() {
        let field = format!("permissions[{index}]");
        require(&field, KNOWN.contains(&permission.as_str()), || {
            format!("expected `{}`, which this host can give, found `{permission}`", KNOWN.join("` or `"))
        })?;
        require(&field, !manifest.permissions[..index].contains(permission), || {
            format!("`{permission}` is there twice")
        })?;
    }
    let asks = manifest.permissions.iter().any(|permission| permission == Permission::DATA);
    if manifest.data.is_empty() {
        return require("data", !asks, || {
            "expected a folder, as the permission `data` is asked for".to_owned()
        });
    }
    wirebrush_package::check_path(&manifest.data).map_err(|why| wrong("data", why))?;
    require("data", asks, || "a folder nobody reads: the permission `data` is not asked for".to_owned())
}

fn check_artifact(field: &str, artifact: &Artifact) -> Result<(), Wrong> {
    require(&format!("{field}.target"), !artifact.target.0.is_empty(), || {
        format!("expected a target such as {HOST_TARGET}, found nothing")
    })?;
    require(&format!("{field}.file"), is_inside(&artifact.file), || outside(&artifact.file))?;
    let digits = artifact.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    require(&format!("{field}.sha256"), digits && artifact.sha256.len() == 64, || {
        format!("expected 64 lower-case hexadecimal digits, found `{}`", artifact.sha256)
    })
}

fn require(field: &str, holds: bool, why: impl FnOnce() -> String) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(wrong(field, why())) }
}

fn wrong(field: &str, why: String) -> Wrong {
    (field.to_owned(), why)
}

fn outside(file: &str) -> String {
    format!("expected a path inside the plugin's folder, found `{file}`")
}

/// Whether a relative path stays where it is resolved.
fn is_inside(file: &str) -> bool {
    // A backslash separates on Windows; refusing it everywhere keeps a manifest valid on every system or on none.
    let path = PathBuf::from(file);
    !file.is_empty()
        && !file.contains(['\\', ':'])
        && path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn is_abi_of(abi: &str, major: &str) -> bool {
    let mut parts = abi.split('.');
    parts.next() == Some(major) && parts.all(|part| part.parse::<u32>().is_ok())
}

/// Whether `node` is an id that plugin `plugin` may use.
pub(crate) fn is_node_of(node: &str, plugin: &str) -> bool {
    node.strip_prefix(plugin).and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn good() -> Json {
        json!({
            "id": "acme.tone", "version": "1.2.3", "abi": "1.0", "nodes": ["acme.tone/Levels"],
            "artifacts": [{ "target": "wasm32-component", "file": "lib/tone.wasm", "sha256": "0a".repeat(32) }],
        })
    }

    #[track_caller]
    fn check_refused(pointer: &str, value: Json, message: &str) {
        let mut manifest = good();
        *manifest.pointer_mut(pointer).unwrap() = value;
        let error = parse(Path::new("plugin.json"), &manifest.to_string()).unwrap_err();
        assert_eq!(error.to_string(), format!("plugin.json: {message}"));
    }

    #[test]
    fn a_good_manifest_is_read() {
        let manifest = parse(Path::new("plugin.json"), &good().to_string()).unwrap();
        assert_eq!(manifest.id, "acme.tone");
        assert_eq!(manifest.limits.memory_mib, 1024);
    }

    #[test]
    fn a_later_minor_of_the_interface_is_accepted() {
        let mut manifest = good();
        manifest["abi"] = json!("1.7");
        parse(Path::new("plugin.json"), &manifest.to_string()).unwrap();
    }

    #[test]
    fn each_wrong_field_is_named() {
        check_refused(
            "/id",
            json!("Acme"),
            "`id`: expected lower-case words such as `acme.tone`, found `Acme`",
        );
        check_refused("/abi", json!("2.0"), "`abi`: expected 1.x, which this host speaks, found `2.0`");
        check_refused("/artifacts", json!([]), "`artifacts`: expected at least one, found none");
        check_refused(
            "/artifacts/0/sha256",
            json!("abc"),
            "`artifacts[0].sha256`: expected 64 lower-case hexadecimal digits, found `abc`",
        );
        check_refused(
            "/nodes/0",
            json!("other/Levels"),
            "`nodes[0]`: expected `acme.tone/Name`, found `other/Levels`",
        );
    }

    #[test]
    fn no_file_name_leaves_the_folder() {
        for file in ["", "../tone.wasm", "lib/../../tone.wasm", "/tone.wasm", "..\\tone.wasm", "c:tone.wasm"]
        {
            let message =
                format!("`artifacts[0].file`: expected a path inside the plugin's folder, found `{file}`");
            check_refused("/artifacts/0/file", json!(file), &message);
        }
    }

    #[test]
    fn what_is_no_json_is_refused_on_one_line() {
        let error = parse(Path::new("plugin.json"), "{\n\"id\": 1}").unwrap_err().to_string();
        assert!(error.starts_with("plugin.json: invalid type"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    // FIPS 180-4 test vector "abc".
    #[test]
    fn hashes_are_written_in_lower_case_hexadecimal() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
