//! Native libraries that must not be loaded: each a clear line, and the host lives on.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use wirebrush_conformance::{Build, Installed, Recorder, artifact, example};
use wirebrush_engine::{Runner, Value};
use wirebrush_loader::probe::Probe;
use wirebrush_loader::{Config, Discovery, Registry, approve};
use wirebrush_schema::Manifest;

fn everything() -> Vec<u8> {
    fs::read(artifact("wirebrush-fixture-everything", Build::Native)).unwrap()
}

fn foreign(name: &str) -> Vec<u8> {
    fs::read(example(name)).unwrap()
}

/// A host that the plugin did not come with: it must probe the library.
fn config(installed: &Installed) -> Config {
    let folder = installed.directory.path();
    Config {
        discovery: Discovery::new().directories([folder]),
        cache_dir: Some(folder.join("cache")),
        lock_file: Some(folder.join("plugins.lock.json")),
        probe: Probe {
            program: PathBuf::from(env!("CARGO_BIN_EXE_wirebrush-probe-native")),
            arguments: Vec::new(),
            timeout: Duration::from_secs(20),
        },
        ..Config::default()
    }
}

/// Installs bytes as an unknown native plugin and compares the refusal, less the path before it.
#[track_caller]
fn check_refused(id: &str, contents: &[u8], expected: &str) {
    let installed = Installed::new(id, Build::Native, contents, &[], |_| {});
    let registry = Registry::load(&config(&installed));
    let refusal = registry.plugins()[0].refusal().expect("the plugin is refused");
    let (path, why) = refusal.split_once(": ").unwrap();
    assert!(path.contains("plugin"), "{refusal}");
    assert!(why.starts_with(expected), "expected `{expected}…`, found `{why}`");
    assert!(!refusal.contains('\n'), "{refusal}");
    check_host_lives(&config(&installed));
}

/// A good plugin beside a bad one is found and runs.
#[track_caller]
fn check_host_lives(config: &Config) {
    let good = Installed::everything(Build::Native, |_| {});
    let config =
        Config { discovery: config.discovery.clone().bundled(good.directory.path()), ..config.clone() };
    let registry = Registry::load(&config);
    let inputs = vec![("number".to_owned(), Value::Int(41))];
    let outputs = registry.run("everything/Trivial", inputs, &Recorder::default()).unwrap();
    assert!(matches!(outputs[0].1, Value::Int(42)), "{outputs:?}");
}

#[test]
fn a_truncated_library_is_refused() {
    let whole = everything();
    // All well within the code; the system's loader notices some lengths and runs into the missing pages at others.
    let refusals = [100, 1_000, 10_000, 100_000, 300_000].map(|length| {
        let installed = Installed::new("broken", Build::Native, &whole[..length], &[], |_| {});
        check_host_lives(&config(&installed));
        Registry::load(&config(&installed)).plugins()[0].refusal().expect("the plugin is refused")
    });
    for refusal in &refusals {
        let how = ["not a library this machine can open: ", "opening it ended the process with SIG"];
        assert!(how.iter().any(|how| refusal.contains(how)), "{refusal}");
        assert!(!refusal.contains('\n'), "{refusal}");
    }
    assert!(refusals.iter().any(|refusal| refusal.contains(": opening it ended")), "{refusals:#?}");
}

#[test]
fn what_is_no_library_is_refused() {
    check_refused("broken", b"#!/bin/sh\necho I am a plugin\n", "not a library this machine can open: ");
    check_refused("broken", b"", "not a library this machine can open: ");
}

#[test]
fn another_major_version_of_the_interface_is_refused() {
    let why = "built for version 2.0.0 of the plugin interface, this host speaks 1.1.0";
    check_refused("broken", &foreign("major2"), why);
}

#[test]
fn other_types_under_the_same_version_are_refused_and_explained_in_the_log() {
    let why = "its types differ from those of version 1.1.0 of the plugin interface";
    check_refused("broken", &foreign("layout"), why);

    let installed = Installed::new("broken", Build::Native, &foreign("layout"), &[], |_| {});
    let registry = Registry::load(&config(&installed));
    let wirebrush_loader::Status::Refused(error) = &registry.plugins()[0].status else {
        panic!("it is usable")
    };
    assert!(error.detail().contains("describe"), "{}", error.detail());
    assert!(error.detail().lines().count() > 10, "{}", error.detail());
}

#[test]
fn a_library_that_aborts_when_opened_dies_alone() {
    check_refused("abort", &foreign("abort"), "opening it ended the process with SIGABRT (abort)");
}

#[test]
fn a_library_that_never_says_what_it_is_is_given_up() {
    let hang = fs::read(artifact("wirebrush-fixture-hang", Build::Native)).unwrap();
    let installed = Installed::new("hang", Build::Native, &hang, &[], |_| {});
    let mut config = config(&installed);
    config.probe.timeout = Duration::from_millis(300);
    let refusal = Registry::load(&config).plugins()[0].refusal().unwrap();
    assert!(refusal.ends_with(": did not say what it is within 0.3 s"), "{refusal}");
    check_host_lives(&config);
}

#[test]
fn a_panic_in_a_definition_is_refused() {
    check_refused("panics", &foreign("panics"), "describe: panicked: who am I? no idea");
}

#[test]
fn a_file_that_is_not_the_one_of_the_manifest_is_never_opened() {
    // Opening it, even in a probe, would say SIGABRT instead.
    let installed = Installed::new("abort", Build::Native, &foreign("abort"), &[], |manifest| {
        manifest.artifacts[0].sha256 = "0".repeat(64);
    });
    let refusal = Registry::load(&config(&installed)).plugins()[0].refusal().unwrap();
    assert!(refusal.contains(&format!("expected sha256 {}, found ", "0".repeat(64))), "{refusal}");
    let refusal = installed.refusal();
    assert!(refusal.contains(": expected sha256 "), "{refusal}");
}

#[test]
fn a_manifest_that_lists_other_nodes_is_refused() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut Manifest), expected: &str) {
        assert_eq!(
            Installed::everything(Build::Native, change).refusal(),
            format!("plugin `everything`: {expected}")
        );
    }
    check(
        |manifest| manifest.nodes.push("everything/Else".to_owned()),
        "its plugin.json lists node `everything/Else`, which it does not have",
    );
    check(
        |manifest| manifest.nodes.retain(|node| node != "everything/Echo"),
        "has node `everything/Echo`, which its plugin.json does not list",
    );
    let renamed = Installed::new("other", Build::Native, &everything(), &[], |_| {}).refusal();
    assert_eq!(renamed, "plugin `other`: expected nodes named `other/Name`, found `everything/Echo`");
}

#[test]
fn a_library_for_another_machine_is_refused() {
    let installed = Installed::everything(Build::Native, |manifest| {
        manifest.artifacts[0].target.0 = "riscv64gc-unknown-redox".to_owned();
    });
    let expected = format!(
        "plugin `everything` has no artifact for {}, only for riscv64gc-unknown-redox",
        wirebrush_loader::HOST_TARGET
    );
    assert_eq!(installed.refusal(), expected);
}

#[test]
fn an_unknown_library_is_probed_recorded_and_announced_once() {
    let installed = Installed::everything(Build::Native, |_| {});
    let config = config(&installed);
    let first = Registry::load(&config);
    assert_eq!(first.plugins()[0].refusal(), None);
    let announced = |registry: &Registry| {
        let notices = &registry.plugins()[0].notices;
        notices.iter().filter(|it| it.starts_with("native plugin `everything` runs with your rights")).count()
    };
    assert_eq!(announced(&first), 1, "{:?}", first.plugins()[0].notices);

    // Known by its hash, it is not probed again: this program does not even exist.
    let mut known = config.clone();
    known.probe.program = PathBuf::from("/nowhere");
    let second = Registry::load(&known);
    assert_eq!(second.plugins()[0].refusal(), None);
    assert_eq!(announced(&second), 0, "{:?}", second.plugins()[0].notices);
    check_host_lives(&known);
}

#[test]
fn a_changed_library_stays_disabled_until_it_is_approved() {
    let installed = Installed::everything(Build::Native, |_| {});
    let config = config(&installed);
    Registry::load(&config);

    // The system's loader ignores what follows a library.
    let mut changed = everything();
    changed.extend(b"changed");
    let folder = installed.directory.path().join("plugin");
    let mut manifest = wirebrush_loader::read_manifest(&folder).unwrap();
    let before = manifest.artifacts[0].sha256.clone();
    let nodes = manifest.nodes.clone();
    manifest = wirebrush_conformance::manifest(
        "everything",
        Build::Native,
        &manifest.artifacts[0].file,
        &changed,
        &nodes,
    );
    wirebrush_conformance::write_plugin(&folder, &manifest, &changed);

    let after = &manifest.artifacts[0].sha256;
    let expected = format!(
        "plugin `everything` has changed since it was approved (sha256 {before} then, {after} now): \
         run `wirebrush plugin approve everything` if you trust it"
    );
    assert_eq!(Registry::load(&config).plugins()[0].refusal().unwrap(), expected);
    approve(&config, "everything").unwrap();
    assert_eq!(Registry::load(&config).plugins()[0].refusal(), None);
    let unknown = approve(&config, "else").unwrap_err().to_string();
    assert_eq!(unknown, "no plugin `else`: there are everything");
}

#[test]
fn of_two_plugins_with_one_id_the_first_is_used_and_the_second_reported() {
    let (first, second) =
        (Installed::everything(Build::Native, |_| {}), Installed::everything(Build::Native, |_| {}));
    let directories = [first.directory.path(), second.directory.path()];
    let discovery = Discovery::new().bundled(directories[0]).bundled(directories[1]);
    let registry = Registry::load(&Config { discovery, ..Config::default() });
    let expected =
        format!("plugin `everything` is already loaded from {}", directories[0].join("plugin").display());
    assert_eq!(registry.plugins()[0].refusal(), None);
    assert_eq!(registry.plugins()[1].refusal().unwrap(), expected);
}

#[test]
fn a_lie_about_a_value_is_a_failure_of_the_node() {
    let nodes = ["liar/Short", "liar/Empty", "liar/Preview", "liar/Later"];
    let installed = Installed::new("liar", Build::Native, &foreign("liar"), &nodes, |_| {});
    let registry = installed.registry();
    let recorder = Recorder::default();
    let fail = |node: &str| registry.run(node, Vec::new(), &recorder).unwrap_err().to_string();

    let short = "expected 16000000 bytes for 1000×1000 pixels, 4 channel(s), 1 frame(s), found 15";
    assert_eq!(fail("liar/Short"), format!("liar/Short: output `image`: {short}"));
    let empty = fail("liar/Empty");
    assert!(empty.starts_with("liar/Empty: output `image`: expected at least one pixel"), "{empty}");

    registry.run("liar/Preview", Vec::new(), &recorder).unwrap();
    assert_eq!(recorder.log_lines(), [format!("plugin `liar`: preview: {short}")]);

    let restored = registry.restore("liar/truth@1", b"").unwrap_err().to_string();
    assert_eq!(restored, "plugin `liar` restored a int from a liar/truth@1");

    assert!(registry.definition("liar/Later").is_none());
    let state = registry.plugins()[0].nodes.iter().find(|node| node.id == "liar/Later").unwrap();
    let why = "input `mesh` is of kind `mesh`, which this host does not know";
    assert_eq!(state.disabled.as_deref(), Some(why));
    let unusable: Vec<_> =
        registry.unusable().map(|(definition, why)| (definition.id.as_str(), why)).collect();
    assert_eq!(unusable, [("liar/Later", why.to_owned())], "its definition is still known");
}

#[test]
fn a_handle_that_panics_at_every_touch_harms_nobody() {
    let installed = Installed::new("temper", Build::Native, &foreign("temper"), &["temper/Make"], |_| {});
    let registry = installed.registry();
    let outputs = registry.run("temper/Make", Vec::new(), &Recorder::default()).unwrap();
    let Value::Handle(handle) = &outputs[0].1 else { panic!("{outputs:?}") };
    assert_eq!(handle.kind(), "temper/temper@1");
    assert_eq!(handle.size_bytes(), 0);
    assert_eq!(handle.device(), "panicked: lives nowhere");
    handle.evict();
    assert_eq!(handle.save().unwrap_err().to_string(), "panicked: keeps it to itself");
    drop(outputs);
    let restored = registry.restore("temper/temper@1", b"").unwrap_err().to_string();
    assert_eq!(restored, "temper/temper@1: panicked: no message");
}
