//! Compiled components on disk.
//!
//! A file is named by the component's SHA-256 and by a hash of everything that shapes machine code (wasmtime's
//! version, its settings, the processor's features). It begins with the SHA-256 of the rest, so that one that was
//! cut short or damaged is compiled again.

#![allow(unsafe_code, reason = "wasmtime cannot check machine code it is given back")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, io, process};

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::manifest::sha256;

const CHECKSUM_BYTES: usize = 64;

/// The component of `bytes`, whose SHA-256 is `hash`: from `dir` when it is there, else compiled and kept there.
/// A folder that cannot be written costs time at the next start, nothing else.
///
/// # Errors
/// What wasmtime says when the bytes are no component.
pub(super) fn compile(
    engine: &Engine,
    bytes: &[u8],
    hash: &str,
    dir: Option<&Path>,
) -> wasmtime::Result<Component> {
    let Some(dir) = dir else { return Component::from_binary(engine, bytes) };
    let path = dir.join(file_name(engine, hash));
    if let Some(component) = read(engine, &path) {
        return Ok(component);
    }
    let component = Component::from_binary(engine, bytes)?;
    if let Ok(code) = component.serialize() {
        let _ = write(&path, &code);
    }
    Ok(component)
}

fn file_name(engine: &Engine, hash: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{hash}-{:016x}.compiled", hasher.finish()).into()
}

fn read(engine: &Engine, path: &Path) -> Option<Component> {
    let file = fs::read(path).ok()?;
    let (checksum, code) = file.split_at_checked(CHECKSUM_BYTES)?;
    if checksum != sha256(code).as_bytes() {
        return None;
    }
    // SAFETY: the bytes are what `Component::serialize` gave to a host of the same settings (the file's name and
    // wasmtime's own header say so) and arrived whole (the checksum says so). The file lies in a folder of the
    // user's: whoever can forge it could as well replace the host.
    unsafe { Component::deserialize(engine, code) }.ok()
}

// Written beside and renamed: another process sees the whole file or none.
fn write(path: &Path, code: &[u8]) -> io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let part = path.with_extension(format!("part-{}-{count}", process::id()));
    let written =
        fs::write(&part, [sha256(code).as_bytes(), code].concat()).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}
