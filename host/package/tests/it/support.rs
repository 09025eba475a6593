//! A small plugin's folder, its package, and packages that somebody changed.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use wirebrush_package::{Error, Package, PublicKey, SecretKey, pack};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Names and contents of an archive's entries.
pub(crate) type Entries = Vec<(String, Vec<u8>)>;

/// A plugin with a component, a native library, data and documents.
pub(crate) fn plugin() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, contents: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    };
    let manifest = json!({
        "id": "acme.tone", "version": "1.2.3", "title": "Tone", "publisher": "Acme", "abi": "1.0", "data": "data",
        "permissions": ["data"], "nodes": ["acme.tone/Levels"],
        "artifacts": [
            { "target": "wasm32-component", "file": "target/wasm32-wasip2/release/tone.wasm" },
            { "target": "x86_64-unknown-linux-gnu", "file": "target/release/libtone.so", "sha256": "out of date" },
        ],
    });
    write("plugin.json", manifest.to_string().as_bytes());
    write("target/wasm32-wasip2/release/tone.wasm", b"\0asm component");
    write("target/release/libtone.so", b"\x7fELF library");
    write("target/release/other.so", b"not named, not taken");
    write("data/lut/warm.cube", b"LUT_3D_SIZE 2");
    write("src/lib.rs", b"not taken");
    write("README.md", b"# Tone");
    write("LICENSE-MIT", b"MIT");
    folder
}

/// The bytes of a folder's package.
pub(crate) fn packed(folder: &Path, key: Option<&SecretKey>) -> Vec<u8> {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("tone.wbplugin");
    pack(folder, &file, key).unwrap();
    fs::read(file).unwrap()
}

/// What an archive has in it.
pub(crate) fn entries(bytes: &[u8]) -> Entries {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let read = |index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).unwrap();
        (entry.name().unwrap().into_owned(), contents)
    };
    (0..entries_len(bytes)).map(read).collect()
}

fn entries_len(bytes: &[u8]) -> usize {
    ZipArchive::new(Cursor::new(bytes)).unwrap().len()
}

/// An archive of these entries, uncompressed.
pub(crate) fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in entries {
        zip.start_file(name.as_str(), stored()).unwrap();
        zip.write_all(contents).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

/// The least entries a package has, with a `contents.json` over them and `more`.
pub(crate) fn sealed(more: &[(&str, &[u8])]) -> Entries {
    let component = b"\0asm";
    let sha256: String = Sha256::digest(component).iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = json!({
        "id": "acme.tone", "version": "1.2.3", "abi": "1.0", "nodes": ["acme.tone/Levels"],
        "artifacts": [{ "target": "wasm32-component", "file": "tone.wasm", "sha256": sha256 }],
    });
    let mut entries = vec![
        ("plugin.json".to_owned(), manifest.to_string().into_bytes()),
        ("tone.wasm".to_owned(), component.to_vec()),
    ];
    entries.extend(more.iter().map(|(name, contents)| ((*name).to_owned(), contents.to_vec())));
    let contents = contents(&entries);
    entries.insert(0, ("contents.json".to_owned(), contents));
    entries
}

/// The `contents.json` that belongs to these entries.
pub(crate) fn contents(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let files: serde_json::Map<String, Json> = entries
        .iter()
        .map(|(name, contents)| {
            let sha256: String = Sha256::digest(contents).iter().map(|byte| format!("{byte:02x}")).collect();
            let blake3 = blake3::hash(contents).to_hex().to_string();
            (name.clone(), json!({ "size": contents.len(), "sha256": sha256, "blake3": blake3 }))
        })
        .collect();
    let document = json!({ "format": "wirebrush/package", "version": 1, "id": "acme.tone", "plugin": "1.2.3", "files": files });
    format!("{document:#}\n").into_bytes()
}

/// Reads a package whole.
pub(crate) fn read(bytes: &[u8]) -> Result<(Option<PublicKey>, Entries), Error> {
    let mut package = Package::read(Cursor::new(bytes), "tone.wbplugin")?;
    package.verify()?;
    let folder = tempfile::tempdir().unwrap();
    package.unpack(folder.path())?;
    let files = package.contents().files.keys();
    let files = files.map(|path| (path.clone(), fs::read(folder.path().join(path)).unwrap())).collect();
    Ok((package.signer(), files))
}

/// Why bytes are no package: one line that names the file.
#[track_caller]
pub(crate) fn refusal(bytes: &[u8]) -> String {
    let error = read(bytes).map(|(signer, _)| signer).expect_err("it is refused").to_string();
    assert!(error.starts_with("tone.wbplugin: ") && error.lines().count() == 1, "{error}");
    error
}

/// Replaces every occurrence of some bytes by as many others.
pub(crate) fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let found: Vec<_> = (0..=bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!found.is_empty(), "the bytes are there");
    for at in found {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}
