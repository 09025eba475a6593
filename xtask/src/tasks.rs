//! The tasks themselves, one function each.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::build::{self, Profile};
use crate::process::{answers, cargo, root, run};
use crate::{browser, editor, stage, templates};

/// The plugin that the conformance table runs on, and what else tests need as components.
const FIXTURE: &str = "wirebrush-fixture-everything";
const COMPONENT_FIXTURES: [&str; 5] = [
    FIXTURE,
    "wirebrush-fixture-hang",
    "wirebrush-fixture-sockets",
    "wirebrush-fixture-tone-1",
    "wirebrush-fixture-tone-2",
];

const PICTURE: &str = "examples/pictures/shapes.png";
const PROMPT: &str = "make the circle purple";

/// Edits the bundled picture with the embedded model.
pub(crate) fn edit() -> Result<()> {
    let staged = stage::build(Profile::Release)?;
    let result = root().join("output").join("edited.png");
    let mut command = Command::new(stage::binary(&staged));
    command.args(["edit", PICTURE, PROMPT, "-o"]).arg(&result);
    run(&mut command)?;
    println!("\nBefore: {}\nPrompt: {PROMPT}\nAfter:  {}", root().join(PICTURE).display(), result.display());
    println!("Try your own: cargo xtask wirebrush edit {PICTURE} \"remove the star\" -o output/mine.png");
    Ok(())
}

/// Runs `wirebrush` from a release build.
pub(crate) fn wirebrush(args: &[String]) -> Result<()> {
    let staged = stage::build(Profile::Release)?;
    let status = Command::new(stage::binary(&staged)).args(args).status()?;
    std::process::exit(status.code().unwrap_or(1));
}

/// Opens the editor.
pub(crate) fn serve(args: &[String]) -> Result<()> {
    let open = if args.is_empty() { vec!["--open".to_owned()] } else { args.to_vec() };
    wirebrush(&[&["serve".to_owned()], open.as_slice()].concat())
}

/// Writes the API's description and the editor's types.
pub(crate) fn types() -> Result<()> {
    editor::types(&stage::binary(&stage::build(Profile::Dev)?))
}

/// Runs every test of the workspace: units, documentation, golden values, both boundaries, the command line, the server,
/// the editor.
pub(crate) fn test(args: &[String]) -> Result<()> {
    let staged = stage::build(Profile::Dev)?;
    let examples = stage::examples(Profile::Dev)?;
    build::components(&COMPONENT_FIXTURES)?;
    build::released()?;
    let nextest = answers(cargo().args(["nextest", "--version"]));
    let mut tests = cargo();
    if nextest {
        tests.args(["nextest", "run", "--workspace", "--no-fail-fast"]).args(args);
    } else {
        eprintln!("cargo-nextest is not installed: using `cargo test`, which says the same more slowly.");
        tests.args(["test", "--workspace", "--all-targets", "--no-fail-fast"]).args(args);
    }
    let primed = stage::primed_data(&staged, &examples)?;
    run(tests.env("WIREBRUSH_STAGE", &staged).env("WIREBRUSH_PRIMED_DATA", &primed))?;
    run(cargo().args(["test", "--workspace", "--doc"]))?;
    editor::test(&stage::binary(&staged))?;
    browser::test(&staged, &primed)?;
    templates::test(&staged, &primed)?;
    with_files_of_the_user()
}

/// Runs the tests that need files which are not ours to ship, as far as the environment names them.
fn with_files_of_the_user() -> Result<()> {
    println!(
        "NOT TESTED: a model of the real size: it takes minutes and 13 GB of disk (see `cargo xtask full-size`)"
    );
    let tests = [
        ("WIREBRUSH_TOKENIZERS", "tokenizers", "ids of FLUX.1's real tokenizers"),
        ("WIREBRUSH_REFERENCE_MODEL", "reference_model", "pictures that diffusers made from another model"),
    ];
    for (variable, binary, what) in tests {
        if std::env::var_os(variable).is_none() {
            println!("NOT TESTED: {what}: {variable} is not set (see tests/golden/tests/{binary}.rs)");
            continue;
        }
        // With the features of the whole workspace, so that nothing is built again.
        run(cargo().args(["test", "--workspace", "--test", binary, "--", "--ignored"]))?;
    }
    Ok(())
}

/// Makes a folder that can be copied to another machine of the same kind.
pub(crate) fn dist() -> Result<()> {
    let staged = stage::build(Profile::Release)?;
    let dist = root().join("dist").join("wirebrush");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    stage::copy_folder(&staged, &dist)?;
    for file in ["README.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(file, dist.join(file))?;
    }
    stage::copy_folder(Path::new("examples/graphs"), &dist.join("examples/graphs"))?;
    stage::copy_folder(Path::new("examples/pictures"), &dist.join("examples/pictures"))?;
    stage::copy_folder(Path::new("docs"), &dist.join("docs"))?;
    println!("{}", dist.display());
    Ok(())
}

/// Measures overheads.
pub(crate) fn bench(args: &[String]) -> Result<()> {
    build::native(Profile::Release)?;
    build::components(&[FIXTURE])?;
    run(cargo()
        .args(["bench", "--workspace", "--bench", "overhead", "--bench", "boundaries", "--"])
        .args(args))
}

/// Runs the fuzz harness: as tests are built, so that overflows are noticed.
pub(crate) fn fuzz(args: &[String]) -> Result<()> {
    build::native(Profile::Dev)?;
    build::components(&[FIXTURE])?;
    let harness = format!("wirebrush-fuzz{}", std::env::consts::EXE_SUFFIX);
    run(Command::new(build::native_file(Profile::Dev, &harness)).args(args))
}

/// Measures the embedded model on the held-back scenes.
pub(crate) fn eval(args: &[String]) -> Result<()> {
    run(Command::new(build::example("eval")?).args(args))
}

/// Measures a transformer of the real size.
pub(crate) fn full_size(args: &[String]) -> Result<()> {
    run(Command::new(build::example("full_size")?).args(args))
}
