//! The tests of the Python and JavaScript templates, and the tools that these need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{answers, cargo, root, run};
use crate::{build, npm};

/// Runs them. Without Python, Node.js or their registries it says so; in CI that is a failure.
pub(crate) fn test(staged: &Path, primed_data: &Path) -> Result<()> {
    for language in ["python", "javascript"] {
        let folder = build::target_dir().join("templates").join(language);
        let installed =
            if language == "python" { install_python(&folder) } else { install_javascript(&folder) };
        if let Err(why) = installed {
            let missing = format!("NOT TESTED: the {language} template: {why:#}");
            if std::env::var_os("CI").is_some() {
                bail!(missing);
            }
            println!("{missing}");
            continue;
        }
        // With the features of the whole workspace, so that nothing is built again.
        let test = format!("template_{language}");
        run(cargo()
            .args(["test", "--workspace", "--test", &test, "--", "--ignored"])
            .env("WIREBRUSH_STAGE", staged)
            .env("WIREBRUSH_PRIMED_DATA", primed_data))?;
    }
    Ok(())
}

/// A virtual environment with what the template's `requirements.txt` names.
fn install_python(folder: &Path) -> Result<()> {
    let wanted = template("python").join("requirements.txt");
    if is_done(folder, &wanted)? {
        return Ok(());
    }
    let python = if cfg!(windows) { "python" } else { "python3" };
    if !answers(Command::new(python).arg("--version")) {
        bail!("there is no Python (`{python}`)");
    }
    run(Command::new(python).args(["-m", "venv"]).arg(folder))?;
    let pip = folder.join(if cfg!(windows) { "Scripts/pip" } else { "bin/pip" });
    run(Command::new(pip).args(["install", "--quiet", "--requirement"]).arg(&wanted))?;
    done(folder, &wanted)
}

/// The packages that the template's `package.json` names.
fn install_javascript(folder: &Path) -> Result<()> {
    let wanted = template("javascript").join("package.json");
    if is_done(folder, &wanted)? {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let package = fs::read_to_string(&wanted)?.replace("{{package}}", "wirebrush-template");
    fs::write(folder.join("package.json"), package)?;
    npm::install_anew(folder)?;
    done(folder, &wanted)
}

fn template(language: &str) -> PathBuf {
    root().join("plugin-sdk/templates").join(language)
}

/// Whether a folder holds what a file names now.
fn is_done(folder: &Path, wanted: &Path) -> Result<bool> {
    let wanted = fs::read(wanted).with_context(|| wanted.display().to_string())?;
    Ok(fs::read(folder.join("installed")).is_ok_and(|installed| installed == wanted))
}

fn done(folder: &Path, wanted: &Path) -> Result<()> {
    fs::copy(wanted, folder.join("installed"))?;
    Ok(())
}
