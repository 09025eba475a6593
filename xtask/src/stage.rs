//! A folder laid out as users get it: the binary, and beside it `plugins/ID` with manifest, artifacts and models.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::build::{self, Profile};
use crate::editor;
use crate::process::run;

/// A plugin of this repository.
struct Bundled<'a> {
    folder: &'a str,
    package: &'a str,
    native: bool,
}

const PLUGINS: [Bundled<'_>; 3] = [
    Bundled { folder: "plugins/kontext", package: "wirebrush-kontext", native: true },
    Bundled { folder: "nodes/image", package: "wirebrush-nodes-image", native: false },
    Bundled { folder: "nodes/text", package: "wirebrush-nodes-text", native: false },
];

/// The example plugins that build for both targets, and those that are native only: folders of `examples/plugins`.
const EXAMPLES: [&str; 8] =
    ["channels", "clouds", "frames", "heal", "lut", "palette", "variants", "vignette"];
const NATIVE_EXAMPLES: [&str; 1] = ["standardize"];

/// Builds everything and lays it out in `target/stage/PROFILE`.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    let components: Vec<_> =
        PLUGINS.iter().filter(|plugin| !plugin.native).map(|plugin| plugin.package).collect();
    editor::build()?;
    build::native(profile)?;
    build::components(&components)?;

    let stage = build::target_dir().join("stage").join(profile.folder());
    let binary = format!("wirebrush{}", std::env::consts::EXE_SUFFIX);
    replace(&build::native_file(profile, &binary), &stage.join(&binary))?;
    for plugin in &PLUGINS {
        lay_out(plugin, profile, &stage.join("plugins"))?;
    }
    Ok(stage)
}

/// Lays the example plugins out in `target/stage/PROFILE.examples`: libraries in `native`, components in `component`.
pub(crate) fn examples(profile: Profile) -> Result<PathBuf> {
    let packages: Vec<_> = EXAMPLES.iter().map(|name| format!("example-{name}")).collect();
    build::components(&packages.iter().map(String::as_str).collect::<Vec<_>>())?;

    let examples = build::target_dir().join("stage").join(profile.folder()).with_extension("examples");
    let lay_out_as = |name: &str, native: bool| {
        let (folder, package) = (format!("examples/plugins/{name}"), format!("example-{name}"));
        let plugins = examples.join(if native { "native" } else { "component" });
        lay_out(&Bundled { folder: &folder, package: &package, native }, profile, &plugins)
    };
    for name in EXAMPLES {
        lay_out_as(name, true)?;
        lay_out_as(name, false)?;
    }
    for name in NATIVE_EXAMPLES {
        lay_out_as(name, true)?;
    }
    Ok(examples)
}

/// A data directory in which a staged program has compiled its components and those of the examples: what tests start from.
pub(crate) fn primed_data(stage: &Path, examples: &Path) -> Result<PathBuf> {
    let data = stage.with_extension("data");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    let mut command = Command::new(binary(stage));
    command.arg("nodes").arg("--plugins").arg(examples.join("component"));
    run(command.env("WIREBRUSH_DATA_DIR", &data).stdout(Stdio::null()))?;
    Ok(data)
}

/// The staged binary.
pub(crate) fn binary(stage: &Path) -> PathBuf {
    stage.join(format!("wirebrush{}", std::env::consts::EXE_SUFFIX))
}

fn lay_out(plugin: &Bundled<'_>, profile: Profile, plugins: &Path) -> Result<()> {
    let source = Path::new(plugin.folder).join("plugin.json");
    let text = fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let mut manifest: Json =
        serde_json::from_str(&text).with_context(|| format!("in {}", source.display()))?;
    let id = manifest["id"].as_str().with_context(|| format!("{}: no `id`", source.display()))?.to_owned();

    let (artifact, target) = if plugin.native {
        let name = format!(
            "{}{}{}",
            std::env::consts::DLL_PREFIX,
            plugin.package.replace('-', "_"),
            std::env::consts::DLL_SUFFIX
        );
        (build::native_file(profile, &name), build::host_triple()?)
    } else {
        (build::component_file(plugin.package), "wasm32-component".to_owned())
    };
    let folder = plugins.join(&id);
    let file = artifact.file_name().context("artifacts have names")?.to_string_lossy().into_owned();
    replace(&artifact, &folder.join(&file))?;
    let bytes = fs::read(&artifact)?;
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    manifest["artifacts"] = json!([{ "target": target, "file": file, "sha256": sha256 }]);
    fs::write(folder.join("plugin.json"), format!("{manifest:#}\n"))?;

    for content in ["models", "data"] {
        if let Some(content) = manifest[content].as_str() {
            copy_folder(&Path::new(plugin.folder).join(content), &folder.join(content))?;
        }
    }
    Ok(())
}

/// Copies a file under a temporary name and renames it: a running process may still map the old one.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let parent = to.parent().context("files lie in folders")?;
    fs::create_dir_all(parent)?;
    let temporary = to.with_extension("new");
    fs::copy(from, &temporary)
        .with_context(|| format!("cannot copy {} to {}", from.display(), temporary.display()))?;
    fs::rename(&temporary, to)?;
    Ok(())
}

/// Copies a folder with everything below it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            replace(&entry.path(), &target)?;
        }
    }
    Ok(())
}
