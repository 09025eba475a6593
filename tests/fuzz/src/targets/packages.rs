//! `.wbplugin` files: their bytes, and archives of members that were changed each for itself.

use std::io::{Cursor, Write};

use fastrand::Rng;
use serde_json::json;
use tempfile::TempDir;
use wirebrush_package::{Package, SecretKey};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::Target;
use crate::mutate;

pub(super) struct Packages {
    folder: TempDir,
    seeds: [Vec<u8>; 2],
}

impl Packages {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let project = folder.path().join("project");
        let write = |name: &str, bytes: &[u8]| {
            let path = project.join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&project))
                .and_then(|()| std::fs::write(path, bytes))
                .expect("temporary files can be written");
        };
        let manifest = json!({
            "id": "acme.tone", "version": "1.0.0", "abi": "1.0", "nodes": ["acme.tone/Levels"],
            "artifacts": [{ "target": "wasm32-component", "file": "tone.wasm" }],
            "permissions": ["data"], "data": "data",
        });
        write("plugin.json", manifest.to_string().as_bytes());
        write("tone.wasm", b"\0asm\x0d\0\x01\0");
        write("data/lut.bin", &[7; 300]);
        write("README.md", b"# Tone\n");
        write("LICENSE", b"MIT\n");
        let key = SecretKey::generate().expect("the system has random numbers");
        let packed = |key: Option<&SecretKey>| {
            let out = folder.path().join("tone.wbplugin");
            wirebrush_package::pack(&project, &out, key).expect("a good project is packed");
            std::fs::read(out).expect("what was written is read")
        };
        let seeds = [packed(None), packed(Some(&key))];
        Self { seeds, folder }
    }

    /// Takes a package as good only if everything in it arrives inside the folder it is unpacked to.
    fn check(&self, bytes: Vec<u8>, unpack: bool) -> bool {
        let Ok(mut package) = Package::read(Cursor::new(bytes), "fuzzed.wbplugin") else { return false };
        let good = package.verify().is_ok();
        if unpack {
            let base = tempfile::tempdir_in(self.folder.path()).expect("temporary folders can be made");
            let inner = base.path().join("inner");
            let unpacked = package.unpack(&inner).is_ok();
            let outside = std::fs::read_dir(base.path()).into_iter().flatten().flatten();
            let outside: Vec<_> = outside.map(|entry| entry.path()).filter(|path| *path != inner).collect();
            assert!(outside.is_empty(), "written outside: {outside:?}");
            assert!(!good || unpacked, "verified, but not unpacked");
        }
        good
    }
}

impl Target for Packages {
    fn run(&mut self, rng: &mut Rng) -> bool {
        let mut package = self.seeds[rng.usize(..2)].clone();
        if rng.bool() {
            mutate::bytes(rng, &mut package);
        } else if let Some(rebuilt) = rebuild(rng, &package) {
            package = rebuilt;
        }
        let unpack = rng.u8(..8) == 0;
        self.check(package, unpack)
    }
}

/// The archive anew, with one or more members changed, renamed, doubled or left out.
fn rebuild(rng: &mut Rng, package: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(package)).ok()?;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..archive.len() {
        let mut member = archive.by_index(place).ok()?;
        let mut name = member.name().ok()?.into_owned().into_bytes();
        let mut contents = Vec::new();
        std::io::copy(&mut member, &mut contents).ok()?;
        match rng.u8(..16) {
            0 => continue,
            1 => mutate::bytes(rng, &mut name),
            2..=4 => match serde_json::from_slice::<serde_json::Value>(&contents) {
                Ok(document) => contents = mutate::json_text(rng, &document),
                Err(_) => mutate::bytes(rng, &mut contents),
            },
            _ => {}
        }
        let name = String::from_utf8_lossy(&name);
        // The writer refuses some names itself.
        let started = if rng.u8(..64) == 0 {
            writer.add_symlink(&*name, "/etc/passwd", SimpleFileOptions::default())
        } else {
            writer.start_file(&*name, SimpleFileOptions::default())
        };
        if started.is_ok() {
            writer.write_all(&contents).ok()?;
        }
    }
    Some(writer.finish().ok()?.into_inner())
}
