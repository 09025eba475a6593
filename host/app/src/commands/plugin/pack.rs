//! `wirebrush plugin pack`: one file to ship a plugin in.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use wirebrush_loader::Config;
use wirebrush_package::{Package, SecretKey};

use super::verify;
use crate::exit::Exit;
use crate::project::Project;

/// What `plugin pack` takes.
#[derive(Args)]
pub(crate) struct Pack {
    /// A plugin's folder, or a project with a `build.json`, which is built first.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// File to write [default: ID-VERSION.wbplugin].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Sign with this secret key, see `keygen`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

pub(super) fn pack(args: &Pack, config: &Config, json: bool) -> Result<Exit> {
    let key = args.key.as_deref().map(SecretKey::read).transpose()?;
    let folder = match Project::is_in(&args.folder) {
        true => Project::read(&args.folder)?.build(config)?,
        false => args.folder.clone(),
    };
    // Beside its final place, so that it gets its name at once and only when the host would load it.
    let beside = args.output.as_ref().and_then(|output| output.parent());
    let beside = beside.filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(".".as_ref());
    let temporary = tempfile::Builder::new().prefix(".wbplugin-").tempdir_in(beside);
    let temporary = temporary.with_context(|| beside.display().to_string())?;
    let packed = temporary.path().join("package");
    wirebrush_package::pack(&folder, &packed, key.as_ref())?;
    let mut package = Package::open(&packed)?;
    let manifest = package.manifest();
    wirebrush_loader::check_manifest(&folder.join("plugin.json"), manifest)?;
    let output = args.output.clone();
    let output = output.unwrap_or_else(|| format!("{}-{}.wbplugin", manifest.id, manifest.version).into());
    std::fs::rename(&packed, &output).with_context(|| output.display().to_string())?;
    verify::print(&output, &mut package, json)
}
