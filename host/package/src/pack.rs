//! From a plugin's folder to its package.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::error::Error;
use crate::hash::sha256_file;
use crate::key::SecretKey;
use crate::package::{MANIFEST, Package};
use crate::path::check_path;
use crate::write::{Plan, Source, write};

/// Packs the plugin in `folder` to `out`, signed when there is a key; equal files and keys give equal bytes.
///
/// Taken along: `plugin.json`, the artifacts it names, its `models` and `data` folders, `README.md` and `LICENSE*`.
/// Artifacts go to `artifacts/TARGET/NAME`, and their hashes are computed here: what `plugin.json` says of them may be
/// out of date or absent.
///
/// # Errors
/// [`Error::Folder`] naming what is wrong in it; [`Error::Io`]; [`Error::Package`] when a limit of packages is passed.
/// Then `out` is as it was.
pub fn pack(folder: &Path, out: &Path, key: Option<&SecretKey>) -> Result<(), Error> {
    let path = folder.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(|source| Error::io(&path, source))?;
    let mut manifest: Json =
        serde_json::from_str(&text).map_err(|error| Error::folder(&path, error.to_string()))?;
    let field = |name: &str| {
        let text = manifest[name].as_str().map(str::to_owned);
        text.ok_or_else(|| {
            Error::folder(&path, format!("`{name}`: expected a text, found {}", manifest[name]))
        })
    };
    let (id, version) = (field("id")?, field("version")?);

    let mut files = BTreeMap::new();
    let artifacts = manifest["artifacts"].as_array().cloned().unwrap_or_default();
    if artifacts.is_empty() {
        return Err(Error::folder(&path, "`artifacts`: expected what the plugin was built to, found none"));
    }
    manifest["artifacts"] = take_artifacts(&artifacts, folder, &path, &mut files)?;
    for field in ["models", "data"] {
        if let Some(inside) = manifest[field].as_str().filter(|inside| !inside.is_empty()) {
            let inside = inside.trim_end_matches('/');
            check_path(inside).map_err(|why| Error::folder(&path, format!("`{field}`: {why}")))?;
            take_folder(folder, inside, &mut files)?;
        }
    }
    take_documents(folder, &mut files)?;
    files.insert(MANIFEST.to_owned(), Source::Bytes(format!("{manifest:#}\n").into_bytes()));
    write(&Plan { id, version, files }, key, out)
}

/// Signs a package anew; a signature that it had is replaced. The bytes are those that [`pack`] gives with the key.
///
/// # Errors
/// [`Error::Package`] when `package` is none; [`Error::Io`]. Then `out`, which may be the same file, is as it was.
pub fn sign(package: &Path, key: &SecretKey, out: &Path) -> Result<(), Error> {
    let mut from = Package::open(package)?;
    let folder = tempfile::tempdir().map_err(|source| Error::io(&std::env::temp_dir(), source))?;
    from.unpack(folder.path())?;
    let contents = from.contents();
    let files =
        contents.files.keys().map(|path| (path.clone(), Source::File(folder.path().join(path)))).collect();
    let plan = Plan { id: contents.id.clone(), version: contents.plugin.clone(), files };
    write(&plan, Some(key), out)
}

fn take_artifacts(
    artifacts: &[Json],
    folder: &Path,
    manifest: &Path,
    files: &mut BTreeMap<String, Source>,
) -> Result<Json, Error> {
    let mut packed = Vec::new();
    for (index, artifact) in artifacts.iter().enumerate() {
        let text = |name: &str| {
            let why = || format!("`artifacts[{index}].{name}`: expected a text, found {}", artifact[name]);
            artifact[name].as_str().ok_or_else(|| Error::folder(manifest, why()))
        };
        let (target, file) = (text("target")?, text("file")?);
        let source = folder.join(file);
        let name = source.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let path = format!("artifacts/{target}/{name}");
        check_path(&path).map_err(|why| Error::folder(manifest, format!("`artifacts[{index}]`: {why}")))?;
        packed.push(json!({ "target": target, "file": path, "sha256": sha256_file(&source)? }));
        if files.insert(path, Source::File(source)).is_some() {
            return Err(Error::folder(
                manifest,
                format!("`artifacts[{index}].target`: `{target}` is there twice"),
            ));
        }
    }
    Ok(Json::Array(packed))
}

/// Takes every file below `inside`; links are refused, since what they lead to is not the author's to give away.
fn take_folder(root: &Path, inside: &str, files: &mut BTreeMap<String, Source>) -> Result<(), Error> {
    let folder = root.join(inside);
    for (name, path) in entries(&folder)? {
        let inside = format!("{inside}/{name}");
        let kind = std::fs::symlink_metadata(&path).map_err(|source| Error::io(&path, source))?.file_type();
        if kind.is_dir() {
            take_folder(root, &inside, files)?;
        } else if kind.is_file() {
            check_path(&inside).map_err(|why| Error::folder(&path, why))?;
            files.insert(inside, Source::File(path));
        } else {
            return Err(Error::folder(&path, "expected a file or a folder, found a link or a device"));
        }
    }
    Ok(())
}

fn take_documents(folder: &Path, files: &mut BTreeMap<String, Source>) -> Result<(), Error> {
    for (name, path) in entries(folder)? {
        if (name == "README.md" || name.starts_with("LICENSE")) && path.is_file() {
            check_path(&name).map_err(|why| Error::folder(&path, why))?;
            files.insert(name, Source::File(path));
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let failed = |source| Error::io(folder, source);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some(name) => entries.push((name.to_owned(), path)),
            None => return Err(Error::folder(&path, "expected a name in ASCII")),
        }
    }
    Ok(entries)
}
