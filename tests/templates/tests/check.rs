//! `wirebrush plugin check` on plugins that break their promises, each in a way of its own.

use std::path::Path;

use serde_json::Value as Json;
use wirebrush_cli_tests::Wirebrush;
use wirebrush_conformance::{Build, Installed, example};

const CARELESS: [&str; 7] = [
    "careless/Count",
    "careless/Panic",
    "careless/Abort",
    "careless/Hang",
    "careless/Deaf",
    "careless/Lie",
    "careless/DeclareV2",
];

fn careless() -> Installed {
    let library = std::fs::read(example("careless")).expect("the library was built");
    Installed::new("careless", Build::Native, &library, &CARELESS, |_| {})
}

/// Checks a plugin; its findings as `level rule node port`, without notes.
#[track_caller]
fn check(plugin: &Path, args: &[&str], code: i32) -> Vec<String> {
    let wirebrush = Wirebrush::staged();
    let plugin = plugin.to_str().expect("temporary folders have plain names");
    let ran = wirebrush.run([&["--json", "plugin", "check", plugin, "--cases", "40"], args].concat());
    let answer: Json = serde_json::from_str(&ran.ends_with(code).stdout()).expect("the answer is JSON");
    assert_eq!(answer["sound"], code == 0, "{answer:#}");
    let findings = answer["findings"].as_array().expect("a check has findings").iter();
    let text = |finding: &Json, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    findings
        .filter(|finding| finding["level"] != "note")
        .map(|finding| ["level", "rule", "node", "port"].map(|field| text(finding, field)).join(" "))
        .map(|line| line.trim_end().to_owned())
        .collect()
}

#[track_caller]
fn check_careless(node: &str, args: &[&str], code: i32, expected: &[&str]) {
    let installed = careless();
    let node = format!("careless/{node}");
    let found = check(&installed.directory.path().join("plugin"), &[&["--node", &node], args].concat(), code);
    // How the nodes are declared is said of all of them.
    let found: Vec<_> = found.into_iter().filter(|line| line.contains(&node)).collect();
    assert_eq!(found, expected);
}

#[test]
fn results_that_change_are_an_error() {
    check_careless("Count", &[], 1, &["error determinism careless/Count"]);
}

#[test]
fn a_panic_is_an_error() {
    check_careless("Panic", &[], 1, &["error crash careless/Panic"]);
}

#[test]
fn a_node_that_kills_its_process_is_an_error() {
    check_careless("Abort", &[], 1, &["error died careless/Abort"]);
}

#[test]
fn a_node_that_never_ends_is_an_error() {
    check_careless("Hang", &["--timeout", "10"], 1, &["error hang careless/Hang"]);
}

#[test]
fn outputs_that_are_not_as_declared_are_an_error() {
    check_careless("Lie", &[], 1, &["error crash careless/Lie"]);
}

#[test]
fn silence_and_deafness_are_warnings() {
    let installed = careless();
    let plugin = installed.directory.path().join("plugin");
    let found = check(&plugin, &["--node", "careless/Deaf"], 1);
    assert!(found.contains(&"warning silent careless/Deaf".to_owned()), "{found:?}");
    assert!(found.contains(&"warning cancel careless/Deaf".to_owned()), "{found:?}");
}

#[test]
fn careless_definitions_are_found() {
    let expected = [
        "warning description careless/DeclareV2",
        "warning category careless/DeclareV2",
        "warning unstable-id careless/DeclareV2",
        "warning unstable-id careless/DeclareV2 Amount of it",
        "warning tooltip careless/DeclareV2 Amount of it",
        "error default-outside careless/DeclareV2 Amount of it",
        "warning tooltip careless/DeclareV2 how",
        "warning choices careless/DeclareV2 how",
    ];
    check_careless("DeclareV2", &[], 1, &expected);
}

#[test]
fn a_component_is_held_to_the_same() {
    let installed = Installed::everything(Build::Component, |_| {});
    let nodes = ["Panic", "Lie", "Recurse", "Leave"].map(|node| format!("everything/{node}"));
    let args: Vec<&str> = nodes.iter().flat_map(|node| ["--node", node]).collect();
    let found = check(&installed.directory.path().join("plugin"), &args, 1);
    for node in nodes {
        assert!(found.contains(&format!("error crash {node}")), "{node}: {found:?}");
    }
}

#[test]
fn what_a_host_refuses_is_an_error() {
    let installed = Installed::everything(Build::Component, |manifest| {
        manifest.nodes.pop();
    });
    assert_eq!(check(&installed.directory.path().join("plugin"), &[], 1), ["error refused"]);

    let library = std::fs::read(example("abort")).expect("the library was built");
    let installed = Installed::new("abort", Build::Native, &library, &["abort/Nothing"], |_| {});
    assert_eq!(check(&installed.directory.path().join("plugin"), &[], 1), ["error refused"]);

    let nothing = tempfile::tempdir().expect("temporary folders can be made");
    assert_eq!(check(nothing.path(), &[], 1), ["error refused"]);
    assert_eq!(check(&nothing.path().join("no.wbplugin"), &[], 1), ["error refused"]);
}

#[test]
fn a_sound_node_of_our_own_passes_and_its_memory_is_measured() {
    let wirebrush = Wirebrush::staged();
    let stage = wirebrush.command().get_program().to_owned();
    let plugin = Path::new(&stage).with_file_name("plugins").join("image");
    let plugin = plugin.to_str().expect("the stage has a plain name");
    let args = ["--json", "plugin", "check", plugin, "--cases", "20", "--node", "image/Invert"];
    let answer: Json = serde_json::from_str(&wirebrush.run(args).ends_with(0).stdout()).unwrap();
    assert!(answer["measured"][0]["memory_bytes"].as_u64().unwrap() > 1 << 16, "{answer:#}");
    assert!(answer["measured"][0]["failed"] == 0, "{answer:#}");
}

#[test]
fn findings_are_one_line_each_for_people() {
    let installed = careless();
    let wirebrush = Wirebrush::staged();
    let plugin = installed.directory.path().join("plugin");
    let plugin = plugin.to_str().unwrap();
    let ran = wirebrush.run(["plugin", "check", plugin, "--node", "careless/Panic"]).ends_with(1);
    let crash = ran.stdout().lines().find(|line| line.contains("[crash]")).map(str::to_owned).unwrap();
    assert!(crash.starts_with("error careless/Panic: panicked: nine is too much ("), "{crash}");
    assert!(
        ran.stdout().lines().last().unwrap().starts_with("careless 0.1.0: 2 errors, "),
        "{}",
        ran.stdout()
    );
}
