//! The Rust template, built against the SDK of this repository.

use std::ffi::OsStr;
use std::path::Path;

use wirebrush_cli_tests::repository;
use wirebrush_templates_tests::{Project, cache};

#[test]
fn a_rust_project_becomes_a_component_and_a_library_that_run() {
    let sdk = repository().join("plugin-sdk");
    let mut project = Project::new([OsStr::new("--both"), OsStr::new("--sdk"), sdk.as_os_str()]);
    // The versions of this repository are here already, so that nothing is downloaded; what was built of them is kept.
    let lock = project.path().join("Cargo.lock");
    std::fs::copy(repository().join("Cargo.lock"), lock).expect("the project's folder can be written");
    project.set("CARGO_NET_OFFLINE", "true");
    let built = cache("rust");
    project.set("CARGO_TARGET_DIR", &built);
    std::fs::create_dir_all(&built).expect("the target folder can be written");
    link(&built, &project.path().join("target"));

    project.run("cargo", &["test", "--release", "--quiet"]);
    let targets = project.build_check_and_run();
    assert_eq!(targets.len(), 2, "{targets:?}");
    assert_eq!(targets[1], "wasm32-component");
}

/// Makes what is kept look as if it lay in the project.
fn link(from: &Path, to: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(from, to).expect("the project's folder can be written");
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(from, to).expect("links may be made");
}
