//! A plugin's own files: what it has not, it hears of as an answer, whichever way it was built.

use wirebrush_conformance::{Build, Installed, Recorder};
use wirebrush_engine::{Runner, Value};
use wirebrush_loader::{Config, Registry};
use wirebrush_schema::{Failure, Manifest};

fn read(registry: &Registry) -> Result<Vec<(String, Value)>, Failure> {
    let inputs = vec![("name".to_owned(), Value::Text("greeting.txt".into()))];
    registry.run("everything/ReadData", inputs, &Recorder::default())
}

fn keep(registry: &Registry, how: &str, contents: &str) -> Result<String, Failure> {
    let inputs = vec![
        ("how".to_owned(), Value::Choice(how.into())),
        ("name".to_owned(), Value::Text("kept.txt".into())),
        ("contents".to_owned(), Value::Text(contents.into())),
    ];
    let outputs = registry.run("everything/KeepFile", inputs, &Recorder::default())?;
    match &outputs[0].1 {
        Value::Text(answer) => Ok(answer.as_ref().to_owned()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_permission_every_call_is_unsupported() {
    for &build in Build::ALL {
        let installed = Installed::everything(build, |manifest| {
            manifest.permissions.clear();
            manifest.data.clear();
        });
        let registry = installed.registry();
        let why = |name| {
            Failure::unsupported(format!(
                "files in `{name}`: the plugin has no permission `{name}`: its plugin.json does not ask for it"
            ))
        };
        assert_eq!(read(&registry).unwrap_err(), why("data"));
        for how in ["write", "read", "remove", "list"] {
            assert_eq!(keep(&registry, how, "x").unwrap_err(), why("scratch"), "{build:?}");
        }
        assert!(!installed.directory.path().join("scratch").exists());
    }
}

#[test]
fn a_host_that_keeps_nothing_says_so() {
    for &build in Build::ALL {
        let installed = Installed::everything(build, |_| {});
        let registry = Registry::load(&Config { scratch_dir: None, ..installed.config() });
        let why = Failure::unsupported("files in `scratch`: this host keeps none");
        assert_eq!(keep(&registry, "list", "").unwrap_err(), why);
        assert!(read(&registry).is_ok());
    }
}

#[test]
fn what_is_kept_outlives_the_host_and_is_no_other_plugins() {
    let (native, component) =
        (Installed::everything(Build::Native, |_| {}), Installed::everything(Build::Component, |_| {}));
    let scratch = native.directory.path().join("shared");
    let open = |installed: &Installed| {
        Registry::load(&Config { scratch_dir: Some(scratch.clone()), ..installed.config() })
    };
    keep(&open(&native), "write", "from before").unwrap();
    // The same plugin, whichever way it was built.
    assert_eq!(keep(&open(&component), "read", "").unwrap(), "from before");
    assert_eq!(std::fs::read(scratch.join("everything/files/kept.txt")).unwrap(), b"from before");
}

#[test]
fn the_data_folder_is_part_of_what_results_are_known_by() {
    for &build in Build::ALL {
        let installed = Installed::everything(build, |_| {});
        let identity = || {
            let registry = installed.registry();
            registry.artifact("everything/ReadData").unwrap().to_owned()
        };
        let before = identity();
        assert_eq!(identity(), before);
        installed.write_data("greeting.txt", b"hullo");
        let changed = identity();
        assert_ne!(changed, before);
        installed.write_data("greeting.txt", b"hello");
        assert_eq!(identity(), before, "{build:?}");
    }
}

#[test]
fn a_permission_nobody_knows_refuses_the_plugin_by_name() {
    let refusal = |change: fn(&mut Manifest)| Installed::everything(Build::Component, change).refusal();
    let unknown = refusal(|manifest| manifest.permissions.push("network".to_owned()));
    let expected =
        "`permissions[2]`: expected `data` or `scratch`, which this host can give, found `network`";
    assert!(unknown.ends_with(expected), "{unknown}");

    let twice = refusal(|manifest| manifest.permissions.push("data".to_owned()));
    assert!(twice.ends_with("`permissions[2]`: `data` is there twice"), "{twice}");
}

#[test]
fn a_data_folder_and_its_permission_go_together() {
    let refusal = |change: fn(&mut Manifest)| Installed::everything(Build::Component, change).refusal();
    let asked = refusal(|manifest| manifest.data.clear());
    assert!(asked.ends_with("`data`: expected a folder, as the permission `data` is asked for"), "{asked}");
    let unread = refusal(|manifest| manifest.permissions.clear());
    let expected = "`data`: a folder nobody reads: the permission `data` is not asked for";
    assert!(unread.ends_with(expected), "{unread}");
    let outside = refusal(|manifest| manifest.data = "../elsewhere".to_owned());
    assert!(outside.contains("`data`: `../elsewhere` cannot be the path of a file"), "{outside}");
}
