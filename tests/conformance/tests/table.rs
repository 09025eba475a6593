//! Both builds of one plugin do the same.

use wirebrush_conformance::{Build, Installed, table};
use wirebrush_loader::Registry;

fn check(build: Build) {
    let installed = Installed::everything(build, |_| {});
    let registry: Registry = installed.registry();
    let refusals: Vec<_> = registry.plugins().iter().filter_map(|plugin| plugin.refusal()).collect();
    assert!(refusals.is_empty(), "{refusals:?}");
    let cases = table();
    assert!(cases.len() > 40, "the table lost cases: {} are left", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(|case| case.check(&registry).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn the_native_library_conforms() {
    check(Build::Native);
}

#[cfg(unix)]
#[test]
fn the_native_library_conforms_in_a_process_of_its_own() {
    check(Build::Isolated);
}

#[test]
fn the_component_conforms() {
    check(Build::Component);
}
