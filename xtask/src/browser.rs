//! The browser tests: Playwright on the machine's own Chromium against the staged program.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::npm;
use crate::process::{answers, root, run};

/// Runs the browser tests. Without a Chromium, and without a way to install one, it says so; in CI that is a failure.
pub(crate) fn test(staged: &Path, primed_data: &Path) -> Result<()> {
    let Some(chromium) = chromium()? else {
        let missing = "the editor in a browser: there is no Chromium (install one, or name it in CHROMIUM)";
        if std::env::var_os("CI").is_some() {
            bail!("NOT TESTED: {missing}");
        }
        println!("NOT TESTED: {missing}");
        return Ok(());
    };
    let folder = root().join("tests").join("browser");
    npm::install(&folder)?;
    run(&mut npm::exec(&folder, &["tsc", "--noEmit"]))?;
    run(npm::exec(&folder, &["playwright", "test"])
        .env("CHROMIUM", chromium)
        .env("WIREBRUSH_STAGE", staged)
        .env("WIREBRUSH_PRIMED_DATA", primed_data))
}

fn chromium() -> Result<Option<PathBuf>> {
    if let Some(chromium) = installed() {
        return Ok(Some(chromium));
    }
    // Only root may install packages, and only Debian calls this one so.
    if !answers(Command::new("apt-get").arg("--version")) || !is_root() {
        return Ok(None);
    }
    eprintln!("Chromium is missing: installing it with apt-get.");
    run(Command::new("apt-get").arg("update"))?;
    run(Command::new("apt-get").args(["install", "--yes", "--no-install-recommends", "chromium"]))?;
    Ok(installed())
}

fn installed() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    named.into_iter().chain(usual).find(|path| path.is_file())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
