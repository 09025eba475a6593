//! The Python template. Needs componentize-py, which `cargo xtask test` installs into `target/templates/python`.

use wirebrush_templates_tests::{Project, cache};

#[test]
#[ignore = "needs componentize-py: run by `cargo xtask test`"]
fn a_python_project_becomes_a_component_that_runs() {
    let mut project = Project::new(["--lang", "python"]);
    let tools = cache("python").join(if cfg!(windows) { "Scripts" } else { "bin" });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(tools).chain(std::env::split_paths(&path));
    project.set("PATH", std::env::join_paths(path).expect("no folder has a separator in its name"));

    project.run("python3", &["-m", "unittest"]);
    assert_eq!(project.build_check_and_run(), ["wasm32-component"]);
}
