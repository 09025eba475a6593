//! Running a program that builds: what it says is shown, and what it complains of kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a program with its arguments in a folder. All it prints goes to standard error.
///
/// # Errors
/// When it cannot be started; when it fails, with what it complains of.
pub(super) fn run(words: &[String], folder: &Path) -> Result<()> {
    let [program, arguments @ ..] = words else { bail!("expected a program, found nothing") };
    // Many tools are scripts, which only the shell of Windows finds.
    let mut command = if cfg!(windows) { Command::new("cmd") } else { Command::new(program) };
    if cfg!(windows) {
        command.arg("/C").arg(program);
    }
    eprintln!("$ {}", words.join(" "));
    let mut child = command
        .args(arguments)
        .current_dir(folder)
        // The project says where its builds lie; cargo would put them elsewhere.
        .env_remove("CARGO_TARGET_DIR")
        .stdout(Stdio::from(std::io::stderr()))
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| {
            format!("cannot start `{program}`; the README of the project says what to install")
        })?;
    let said = child.stderr.take().map(show).transpose()?.unwrap_or_default();
    let status = child.wait()?;
    match complaint(&said) {
        _ if status.success() => Ok(()),
        Some(complaint) => bail!("`{}`: {complaint}", words.join(" ")),
        None => bail!("`{}` ended with {status}", words.join(" ")),
    }
}

/// Passes on to standard error, line by line, and gives it all.
fn show(from: impl Read) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    for line in BufReader::new(from).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        // Nobody may be reading; the build goes on.
        let _ = writeln!(std::io::stderr(), "{line}");
        lines.push(line);
    }
    Ok(lines)
}

/// The first line that begins as compilers' errors do, with the place that Rust puts below; otherwise the last line,
/// where Python and JavaScript say it.
fn complaint(lines: &[String]) -> Option<String> {
    let error = lines.iter().position(|line| line.starts_with("error"));
    let Some(error) = error else {
        return lines.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty()).map(str::to_owned);
    };
    let place = lines[error..].iter().take(3).find_map(|line| line.trim().strip_prefix("--> "));
    let what = lines[error].trim();
    Some(place.map_or_else(|| what.to_owned(), |place| format!("{what} ({place})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, expected: Option<&str>) {
        let lines: Vec<_> = said.lines().map(str::to_owned).collect();
        assert_eq!(complaint(&lines).as_deref(), expected);
    }

    #[test]
    fn the_first_error_of_a_compiler_is_told_with_its_place() {
        let said = "   Compiling tone v0.1.0\nwarning: unused\nerror[E0425]: cannot find value `x`\n  --> src/lib.rs:20:5\n\
            error: could not compile `tone`";
        check(said, Some("error[E0425]: cannot find value `x` (src/lib.rs:20:5)"));
    }

    #[test]
    fn otherwise_the_last_line_is_told() {
        let said =
            "Traceback (most recent call last):\n  File \"nodes.py\"\nNameError: name 'x' is not defined\n\n";
        check(said, Some("NameError: name 'x' is not defined"));
        check("", None);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&["no-such-program".to_owned()], Path::new(".")).unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }
}
