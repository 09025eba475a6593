//! `wirebrush plugin verify`: says who made a package and what is in it, without installing anything.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::json;
use wirebrush_loader::permissions_in_words;
use wirebrush_package::Package;

use crate::exit::Exit;
use crate::output::outln;

/// What `plugin verify` takes.
#[derive(Args)]
pub(crate) struct Verify {
    /// The package.
    file: PathBuf,
}

pub(super) fn verify(args: &Verify, json: bool) -> Result<Exit> {
    let mut package = Package::open(&args.file)?;
    package.verify()?;
    wirebrush_loader::check_manifest(&args.file, package.manifest())?;
    print(&args.file, &mut package, json)
}

/// Says what a package is.
pub(super) fn print<R: Read + Seek>(file: &Path, package: &mut Package<R>, json: bool) -> Result<Exit> {
    let (manifest, files) = (package.manifest(), &package.contents().files);
    let native = package.native_targets();
    let signer = package.signer().map(|key| key.to_string());
    let bytes: u64 = files.values().map(|file| file.size).sum();
    if json {
        let text = json!({
            "file": file, "id": manifest.id, "version": manifest.version, "title": manifest.title, "key": signer,
            "native": native, "permissions": manifest.permissions, "nodes": manifest.nodes, "files": files,
        });
        outln!("{text:#}");
        return Ok(Exit::Ok);
    }
    outln!("{}: {} {}, {} files, {bytes} bytes", file.display(), manifest.id, manifest.version, files.len());
    match signer {
        Some(key) => outln!("  signed with {key}"),
        None => outln!("  not signed: anybody can have made it"),
    }
    if native.is_empty() {
        outln!("  sandboxed: it can only compute");
    } else {
        outln!(
            "  native code for {}: it runs with your rights and can do whatever you can",
            native.join(", ")
        );
    }
    if !manifest.permissions.is_empty() {
        outln!("  asks to {}", permissions_in_words(&manifest.permissions));
    }
    for node in &manifest.nodes {
        outln!("  node {node}");
    }
    for (path, entry) in files {
        outln!("  file {path}, {} bytes", entry.size);
    }
    Ok(Exit::Ok)
}
