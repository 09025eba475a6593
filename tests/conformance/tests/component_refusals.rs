//! Components that must not be loaded: each a clear line, and the host lives on.

use std::fs;

use wirebrush_conformance::{Build, Installed, Recorder, artifact};
use wirebrush_engine::{Runner, Value};
use wirebrush_loader::Registry;

fn everything() -> Vec<u8> {
    fs::read(artifact("wirebrush-fixture-everything", Build::Component)).unwrap()
}

/// Installs bytes as a component and compares the refusal, less the path before it.
#[track_caller]
fn check_refused(contents: &[u8], nodes: &[&str], expected: &str) {
    let refusal = Installed::new("broken", Build::Component, contents, nodes, |_| {}).refusal();
    let (path, why) = refusal.split_once(": ").unwrap();
    assert!(path.ends_with("plugin.wasm"), "{refusal}");
    assert!(why.starts_with(expected), "expected `{expected}…`, found `{why}`");
    assert!(!refusal.contains('\n'), "{refusal}");
}

#[test]
fn a_truncated_component_is_refused() {
    let whole = everything();
    for length in [9, 100, whole.len() / 2, whole.len() - 1] {
        check_refused(&whole[..length], &[], "damaged component: ");
    }
}

#[test]
fn a_component_with_damaged_bytes_is_refused_or_fails_cleanly() {
    let whole = everything();
    for at in (8..whole.len()).step_by(whole.len() / 8) {
        let mut damaged = whole.clone();
        damaged[at..(at + 4).min(whole.len())].iter_mut().for_each(|byte| *byte ^= 0xa5);
        let installed = Installed::new("everything", Build::Component, &damaged, &[], |_| {});
        let registry = installed.registry();
        // Damage in a string or a name may go unnoticed; then the empty list of nodes is what does not fit.
        assert!(registry.plugins()[0].refusal().is_some(), "damage at {at} went unnoticed");
    }
}

#[test]
fn a_core_module_is_refused_with_a_hint() {
    let module = b"\0asm\x01\0\0\0";
    check_refused(
        module,
        &[],
        "expected a component, found a core module: build it with `--target wasm32-wasip2`",
    );
}

#[test]
fn what_is_no_webassembly_is_refused() {
    check_refused(b"\x7fELF and so on", &[], "expected a component, found no WebAssembly at all");
    check_refused(b"", &[], "expected a component, found no WebAssembly at all");
}

#[test]
fn an_empty_component_is_no_plugin() {
    let component = b"\0asm\x0d\0\x01\0";
    check_refused(component, &[], "exports no `wirebrush:node/node`: not a component of Wirebrush");
}

#[test]
fn a_component_that_asks_for_sockets_is_refused_by_their_name() {
    let bytes = fs::read(artifact("wirebrush-fixture-sockets", Build::Component)).unwrap();
    let installed = Installed::new("sockets", Build::Component, &bytes, &["sockets/Phone"], |_| {});
    let refusal = installed.refusal();
    assert!(refusal.contains("plugin.wasm: imports what components may not use: wasi:"), "{refusal}");
    let sockets = refusal.split("wasi:sockets@0.2.").nth(1).expect("the package is named");
    assert!(sockets.contains("tcp, "), "{refusal}");
}

#[test]
fn a_component_that_never_says_what_it_is_is_given_up() {
    let bytes = fs::read(artifact("wirebrush-fixture-hang", Build::Component)).unwrap();
    let installed = Installed::new("hang", Build::Component, &bytes, &["hang/Ponder"], |_| {});
    let mut config = installed.config();
    config.component.describe_timeout = std::time::Duration::from_millis(100);
    let registry = Registry::load(&config);
    let refusal = registry.plugins()[0].refusal().unwrap();
    assert!(refusal.ends_with("plugin.wasm: describe: no progress for 100 ms"), "{refusal}");
}

#[test]
fn a_component_whose_hash_is_not_the_manifests_is_refused() {
    let installed = Installed::everything(Build::Component, |manifest| {
        manifest.artifacts[0].sha256 = "0".repeat(64);
    });
    let refusal = installed.refusal();
    assert!(refusal.contains(&format!("expected sha256 {}, found ", "0".repeat(64))), "{refusal}");
}

#[test]
fn a_component_that_is_not_what_its_manifest_says_is_refused() {
    let extra = Installed::everything(Build::Component, |manifest| {
        manifest.nodes.push("everything/Nothing".to_owned());
    });
    let why = "plugin `everything`: its plugin.json lists node `everything/Nothing`, which it does not have";
    assert_eq!(extra.refusal(), why);
    let fewer = Installed::everything(Build::Component, |manifest| {
        manifest.nodes.retain(|node| node != "everything/Echo");
    });
    let why = "plugin `everything`: has node `everything/Echo`, which its plugin.json does not list";
    assert_eq!(fewer.refusal(), why);
}

#[test]
fn a_damaged_file_of_the_compiled_cache_is_compiled_anew() {
    let installed = Installed::everything(Build::Component, |_| {});
    let folder = installed.directory.path().join("compiled");
    let mut config = installed.config();
    config.component.cache_dir = Some(folder.clone());
    let run = || {
        let inputs = vec![("number".to_owned(), Value::Int(1))];
        Registry::load(&config).run("everything/Trivial", inputs, &Recorder::default()).unwrap()
    };
    run();
    let file = fs::read_dir(&folder).unwrap().next().expect("a compiled component").unwrap().path();
    let whole = fs::read(&file).unwrap();
    let damaged = |change: fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        bytes
    };
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.clear(),
        |bytes| bytes.truncate(70),
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
    ];
    for damage in damages {
        fs::write(&file, damaged(damage)).unwrap();
        assert!(matches!(run()[0].1, Value::Int(2)));
        assert_eq!(fs::read(&file).unwrap().len(), whole.len(), "the file is written anew");
    }
}
