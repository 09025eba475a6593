//! What is built for which purpose.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{answers, cargo, root, run};

const WASM: &str = "wasm32-wasip2";

/// How much the optimizer does.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    /// Name of the profile's folder below `target`.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds everything for this machine.
///
/// Always the whole workspace: a selection of packages has features of its own, for which the heavy dependencies would be
/// built once more.
pub(crate) fn native(profile: Profile) -> Result<()> {
    let mut command = cargo();
    command.args(["build", "--workspace"]);
    match profile {
        Profile::Release => run(command.arg("--release")),
        Profile::Dev => run(command.arg("--all-targets")),
    }
}

/// Builds an example in release; the program.
pub(crate) fn example(name: &str) -> Result<PathBuf> {
    run(cargo().args(["build", "--release", "--workspace", "--example", name]))?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(target_dir().join(Profile::Release.folder()).join("examples").join(file))
}

/// Builds packages as components; always optimized, since components are small.
pub(crate) fn components(packages: &[&str]) -> Result<()> {
    ensure_wasm_target()?;
    let mut command = cargo();
    command.args(["build", "--release", "--target", WASM]);
    for package in packages {
        command.args(["--package", package]);
    }
    run(&mut command)
}

/// Builds the plugins of released interfaces, each against the sources of its day.
pub(crate) fn released() -> Result<()> {
    for workspace in ["1.0", "later"] {
        let manifest = root().join("tests/fixtures/released").join(workspace).join("Cargo.toml");
        let target = target_dir().join("released");
        run(cargo()
            .args(["build", "--locked", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(target))?;
    }
    Ok(())
}

/// Where cargo puts what [`native`] builds.
pub(crate) fn native_file(profile: Profile, name: &str) -> PathBuf {
    target_dir().join(profile.folder()).join(name)
}

/// Where cargo puts what [`components`] builds.
pub(crate) fn component_file(package: &str) -> PathBuf {
    target_dir().join(WASM).join("release").join(format!("{}.wasm", package.replace('-', "_")))
}

/// Cargo's target folder.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Rust's name for this machine.
pub(crate) fn host_triple() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot start rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let triple = text.lines().find_map(|line| line.strip_prefix("host: "));
    triple.map(str::to_owned).context("`rustc -vV` does not say `host:`")
}

fn ensure_wasm_target() -> Result<()> {
    let sysroot =
        Command::new("rustc").args(["--print", "sysroot"]).output().context("cannot start rustc")?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    if sysroot.join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    eprintln!("The Rust target {WASM} is missing: adding it with rustup.");
    if !answers(Command::new("rustup").arg("--version")) {
        anyhow::bail!("rustup is missing: install the target {WASM} for {}", sysroot.display());
    }
    run(Command::new("rustup").args(["target", "add", WASM]))
}
