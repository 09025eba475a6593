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

/// What the editor keeps of the program, and the arguments that print it.
const PRINTED: [(&str, [&str; 2]); 2] =
    [("openapi.json", ["schema", "openapi"]), ("src/graph/fixtures/schema.json", ["schema", "graph"])];

/// The types that follow from the first of them.
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

/// Runs the editor's unit tests, and holds what it keeps of the program against the program.
pub(crate) fn test(binary: &Path) -> Result<()> {
    let folder = folder();
    run(&mut npm::exec(&folder, &["prettier", "--check", "."]))?;
    run(&mut npm::exec(&folder, &["vitest", "run"]))?;
    let fresh = folder.join("node_modules/.cache/wirebrush");
    write_types(binary, &fresh)?;
    for file in PRINTED.map(|(file, _)| file).into_iter().chain([TYPES]) {
        let path = folder.join(file);
        let kept = fs::read(&path).with_context(|| path.display().to_string())?;
        if kept != fs::read(fresh.join(file))? {
            bail!("{} is not what the program says: run `cargo xtask types`", path.display());
        }
    }
    Ok(())
}

/// Writes the API's description, the graph's schema and the TypeScript types that follow.
pub(crate) fn types(binary: &Path) -> Result<()> {
    npm::install(&folder())?;
    write_types(binary, &folder())
}

fn write_types(binary: &Path, to: &Path) -> Result<()> {
    for (file, arguments) in PRINTED {
        let said = Command::new(binary).args(arguments).output()?;
        if !said.status.success() {
            bail!("`wirebrush {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&said.stderr));
        }
        let path = to.join(file);
        fs::create_dir_all(path.parent().context("files lie in folders")?)?;
        fs::write(path, said.stdout)?;
    }
    let (description, types) = (to.join(PRINTED[0].0), to.join(TYPES));
    fs::create_dir_all(types.parent().context("files lie in folders")?)?;
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
