//! The JavaScript template. Needs componentize-qjs, which `cargo xtask test` installs into `target/templates/javascript`.

use wirebrush_templates_tests::{Project, cache};

#[test]
#[ignore = "needs componentize-qjs: run by `cargo xtask test`"]
fn a_javascript_project_becomes_a_component_that_runs() {
    let project = Project::new(["--lang", "javascript"]);
    let modules = cache("javascript").join("node_modules");
    let link = project.path().join("node_modules");
    #[cfg(unix)]
    std::os::unix::fs::symlink(modules, link).expect("the project's folder can be written");
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(modules, link).expect("links may be made");

    project.run(if cfg!(windows) { "npm.cmd" } else { "npm" }, &["test"]);
    assert_eq!(project.build_check_and_run(), ["wasm32-component"]);
}
