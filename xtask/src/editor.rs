//! The editor: built before the program, which embeds it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::npm;
use crate::process::{root, run};

/// What the built editor is made of.
const SOURCES: [&str; 6] =
    ["src", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];

/// The description of the HTTP API that the editor's types come from, and those types.
const DESCRIPTION: &str = "openapi.json";
const TYPES: &str = "src/api/openapi.d.ts";

/// Builds the editor into `host/editor/dist`, unless it is there and newer than its sources.
pub(crate) fn build() -> Result<()> {
    let folder = folder();
    npm::install(&folder)?;
    let built = fs::metadata(folder.join("dist/index.html")).and_then(|it| it.modified()).ok();
    if built.is_some() && built > SOURCES.iter().filter_map(|source| changed(&folder.join(source))).max() {
        return Ok(());
    }
    run(&mut npm::exec(&folder, &["tsc", "--noEmit"]))?;
    run(&mut npm::exec(&folder, &["vite", "build"]))
}

/// Runs the editor's unit tests, and holds its types against the program's.
pub(crate) fn test(binary: &Path) -> Result<()> {
    let folder = folder();
    run(&mut npm::exec(&folder, &["vitest", "run"]))?;
    let temporary = folder.join("node_modules/.cache/wirebrush");
    fs::create_dir_all(&temporary)?;
    let (description, types) = (temporary.join("openapi.json"), temporary.join("openapi.d.ts"));
    write_types(binary, &description, &types)?;
    for (file, fresh) in [(DESCRIPTION, &description), (TYPES, &types)] {
        let path = folder.join(file);
        let kept = fs::read(&path).with_context(|| path.display().to_string())?;
        if kept != fs::read(fresh)? {
            bail!("{} is not what the program says: run `cargo xtask types`", path.display());
        }
    }
    Ok(())
}

/// Writes the API's description and the TypeScript types that follow from it.
pub(crate) fn types(binary: &Path) -> Result<()> {
    npm::install(&folder())?;
    write_types(binary, &folder().join(DESCRIPTION), &folder().join(TYPES))
}

fn write_types(binary: &Path, description: &Path, types: &Path) -> Result<()> {
    let said = Command::new(binary).args(["schema", "openapi"]).output()?;
    if !said.status.success() {
        bail!("`wirebrush schema openapi` failed: {}", String::from_utf8_lossy(&said.stderr));
    }
    fs::write(description, said.stdout)?;
    run(npm::exec(&folder(), &["openapi-typescript"]).arg(description).arg("--output").arg(types))
}

fn folder() -> PathBuf {
    root().join("host").join("editor")
}

/// When a file, or anything in a folder, last changed.
fn changed(path: &Path) -> Option<SystemTime> {
    let own = fs::metadata(path).and_then(|it| it.modified()).ok();
    let inside = fs::read_dir(path).into_iter().flatten().flatten().filter_map(|it| changed(&it.path()));
    inside.chain(own).max()
}
