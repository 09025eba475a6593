//! `wirebrush plugin index`: an index for others to choose from.

use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;
use wirebrush_loader::Config;
use wirebrush_package::{Index, Package, Published, sha256_file};
use wirebrush_schema::Target;

use crate::exit::{Exit, WrongUse};
use crate::output::outln;

/// The words after `wirebrush plugin index`.
#[derive(Subcommand)]
pub(crate) enum IndexCommand {
    /// Make an index of all packages in a folder and below it.
    Build {
        /// Folder with `.wbplugin` files.
        folder: PathBuf,
        /// File to write; the packages are named relative to it [default: DIR/index.json].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Where the packages will lie, for example `https://acme.org/plugins/`, instead of beside the index.
        #[arg(long, value_name = "URL")]
        base: Option<String>,
    },
}

pub(super) fn index(command: &IndexCommand, config: &Config, json: bool) -> Result<Exit> {
    let IndexCommand::Build { folder, output, base } = command;
    let output = output.clone().unwrap_or_else(|| folder.join("index.json"));
    let mut packages = Vec::new();
    find_packages(folder, &mut packages)?;
    let mut index = Index::new();
    for package in &packages {
        let url = match base {
            Some(base) => format!("{}/{}", base.trim_end_matches('/'), relative(package, folder)?),
            None => relative(package, output.parent().unwrap_or(Path::new("")))?,
        };
        add(&mut index, package, url, config)?;
    }
    let text = index.to_json();
    // What no reader would take is not written.
    Index::parse(&text, &output.display().to_string())?;
    let temporary = output.with_extension("json.new");
    fs::write(&temporary, text).with_context(|| temporary.display().to_string())?;
    fs::rename(&temporary, &output).with_context(|| output.display().to_string())?;
    if json {
        outln!("{}", json!({ "file": output, "plugins": index.plugins.len(), "packages": packages.len() }));
    } else {
        outln!(
            "{}: {} of {}",
            output.display(),
            count(packages.len(), "package"),
            count(index.plugins.len(), "plugin")
        );
    }
    Ok(Exit::Ok)
}

fn add(index: &mut Index, file: &Path, url: String, config: &Config) -> Result<()> {
    let mut package = Package::open(file)?;
    wirebrush_loader::check_manifest(file, package.manifest())?;
    let replaces = replaces(&mut package, config).with_context(|| file.display().to_string())?;
    let size = fs::metadata(file).with_context(|| file.display().to_string())?.len();
    let published = Published { url, sha256: sha256_file(file)?, size, replaces };
    index.add(package.manifest(), package.signer(), published);
    Ok(())
}

/// Ids of the older nodes that a package's nodes take over. Its component says so; a library is not opened for that.
fn replaces(package: &mut Package<impl Read + Seek>, config: &Config) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    package.unpack(folder.path())?;
    let manifest = package.manifest();
    let component = manifest.artifacts.iter().find(|artifact| artifact.target.0 == Target::COMPONENT);
    let Some(component) = component else { return Ok(Vec::new()) };
    let described = wirebrush_loader::describe(folder.path(), manifest, component, config)?;
    let nodes = described.map(|description| description.nodes).unwrap_or_default();
    let mut ids: Vec<_> = nodes.into_iter().flat_map(|node| node.replaces).map(|old| old.id).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn find_packages(folder: &Path, packages: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries = fs::read_dir(folder)
        .and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()
        })
        .with_context(|| folder.display().to_string())?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find_packages(&path, packages)?;
        } else if path.extension().is_some_and(|extension| extension == wirebrush_package::EXTENSION) {
            packages.push(path);
        }
    }
    Ok(())
}

/// A path as a URL that is relative to a folder.
fn relative(path: &Path, folder: &Path) -> Result<String> {
    let (path, folder) = (std::path::absolute(path)?, std::path::absolute(folder)?);
    let inside = path.strip_prefix(&folder).map_err(|_| {
        let why = "expected packages below the index's folder, or --base with where they will lie";
        WrongUse(format!("{}: {why}", path.display()))
    })?;
    let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
    Ok(names.join("/"))
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
