//! Packages and programs of the JavaScript world, through npm.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{answers, run};

/// Installs what `folder`'s lock file names, unless that was done since it last changed.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let changed = |file: &str| fs::metadata(folder.join(file)).and_then(|it| it.modified()).ok();
    let done = changed("node_modules/.package-lock.json");
    if done.is_some() && done >= changed("package-lock.json") {
        return Ok(());
    }
    require()?;
    eprintln!("Packages of {} are missing or old: installing them with npm.", folder.display());
    run(Command::new(program("npm")).args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    // npm leaves its own lock file alone when there is nothing to do.
    let lock = fs::File::options().append(true).open(folder.join("node_modules/.package-lock.json"))?;
    Ok(lock.set_modified(std::time::SystemTime::now())?)
}

/// Installs what `folder`'s `package.json` names.
pub(crate) fn install_anew(folder: &Path) -> Result<()> {
    require()?;
    run(Command::new(program("npm")).args(["install", "--no-audit", "--no-fund"]).current_dir(folder))
}

fn require() -> Result<()> {
    if !answers(Command::new(program("npm")).arg("--version")) {
        bail!("npm is missing: install Node.js 20 or newer, which brings it");
    }
    Ok(())
}

/// A program of an installed package, with arguments.
pub(crate) fn exec(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("npx"));
    command.arg("--no-install").args(arguments).current_dir(folder);
    command
}

fn program(name: &str) -> String {
    if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() }
}
