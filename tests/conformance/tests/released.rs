//! The promise that old plugins load: what was built at 1.0 runs in this host, and so does what will be built later.

use std::fs;
use std::path::{Path, PathBuf};

use wirebrush_conformance::{Build, Event, Installed, Recorder, released_library, table};
use wirebrush_engine::{Buffer, Image, Runner, Value};
use wirebrush_loader::{Config, Discovery, Registry};
use wirebrush_schema::{Failure, ImageInfo, LogLevel, Sample};

/// The nodes that the fixture `everything` had at 1.0.
const EVERYTHING: [&str; 18] = [
    "everything/Echo",
    "everything/List",
    "everything/Trivial",
    "everything/MakeCounter",
    "everything/UseCounter",
    "everything/Invert",
    "everything/Owned",
    "everything/Describe",
    "everything/Work",
    "everything/Talk",
    "everything/Flood",
    "everything/Fail",
    "everything/Panic",
    "everything/Lie",
    "everything/Spin",
    "everything/Allocate",
    "everything/Recurse",
    "everything/Leave",
];

const RELEASED: [&str; 5] =
    ["released/Echo", "released/Invert", "released/Count", "released/Talk", "released/Fail"];

/// A component that was built at 1.0.
fn component() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/released/1.0/everything.wasm");
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A plugin built from the sources of 1.0, against the interface of that day or of a later one.
fn native(name: &str) -> Installed {
    Installed::new("released", Build::Native, &read(&released_library(name)), &RELEASED, |_| {})
}

fn read(path: &PathBuf) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[track_caller]
fn open(installed: &Installed) -> Registry {
    let registry = installed.registry();
    assert_eq!(registry.plugins()[0].refusal(), None);
    registry
}

fn run(
    registry: &Registry,
    node: &str,
    inputs: Vec<(&str, Value)>,
    recorder: &Recorder,
) -> Result<Vec<(String, Value)>, Failure> {
    let inputs = inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    registry.run(node, inputs, recorder)
}

/// Whether a component does what the conformance table says of the nodes it has.
#[track_caller]
fn check_conforms(contents: &[u8]) {
    let installed = Installed::new("everything", Build::Component, contents, &EVERYTHING, |_| {});
    let registry = open(&installed);
    let cases = table();
    let known: Vec<_> = cases
        .iter()
        .filter(|case| EVERYTHING.iter().any(|node| node.strip_prefix("everything/") == Some(case.node)))
        .collect();
    assert!(known.len() > 40, "{} cases are left", known.len());
    let wrong: Vec<String> = known.iter().filter_map(|case| case.check(&registry).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), known.len(), wrong.join("\n"));
}

#[test]
fn a_component_built_at_1_0_conforms() {
    check_conforms(&component());
}

#[test]
fn a_component_of_a_later_minor_version_conforms_as_long_as_it_asks_for_nothing_new() {
    let (now, later) = (b"@1.0.0", b"@1.9.0");
    let mut contents = component();
    let places: Vec<usize> =
        (0..contents.len() - now.len()).filter(|at| contents[*at..].starts_with(now)).collect();
    // `wasi` interfaces have other versions.
    assert!(places.len() >= 4, "{places:?}");
    for at in places {
        contents[at..at + later.len()].copy_from_slice(later);
    }
    check_conforms(&contents);
}

/// Every value, failure and call that interface 1.0 had.
#[track_caller]
fn check_native(name: &str) {
    let installed = native(name);
    let registry = open(&installed);
    let recorder = Recorder::default();

    let text =
        run(&registry, "released/Echo", vec![("value", Value::Text("grüße".into()))], &recorder).unwrap();
    assert!(matches!(&text[0].1, Value::Text(text) if &**text == "grüße"), "{text:?}");
    let info = ImageInfo::srgb(2, 1, 1, Sample::U8);
    let image = Value::Image(Image { info, data: Buffer::new(vec![0_u8, 255]) });
    let inverted = run(&registry, "released/Invert", vec![("image", image)], &recorder).unwrap();
    assert!(matches!(&inverted[0].1, Value::Image(image) if *image.data == [255, 0]), "{inverted:?}");

    let first = run(&registry, "released/Count", Vec::new(), &recorder).unwrap();
    let Value::Handle(handle) = &first[0].1 else { panic!("{first:?}") };
    assert_eq!((handle.kind(), handle.size_bytes()), ("released/count@1", 8));
    let restored = registry.restore("released/count@1", &handle.save().unwrap().unwrap()).unwrap();
    let second = run(&registry, "released/Count", vec![("count", restored)], &recorder).unwrap();
    assert!(matches!(second[1].1, Value::Int(2)), "{second:?}");

    run(&registry, "released/Talk", Vec::new(), &recorder).unwrap();
    let told = [
        Event::Progress(1, 2, "half".to_owned()),
        Event::Preview(ImageInfo::srgb(2, 1, 1, Sample::U8), vec![7, 8]),
        Event::log(LogLevel::Warn, "said in 1.0"),
    ];
    assert_eq!(recorder.events(), told);

    for (how, failure) in [
        ("invalid", Failure::invalid("how", "it is `invalid`")),
        ("cancelled", Failure::Cancelled),
        ("memory", Failure::OutOfMemory { needed: u64::MAX, device: "cuda:7".to_owned() }),
        ("unsupported", Failure::unsupported("flying")),
        ("else", Failure::failed("released/Fail: it was not to be")),
    ] {
        let inputs = vec![("how", Value::Text(how.into()))];
        assert_eq!(run(&registry, "released/Fail", inputs, &recorder).unwrap_err(), failure);
    }
}

#[test]
fn a_library_built_at_1_0_runs() {
    check_native("released_1_0");
}

#[test]
fn a_library_of_a_later_minor_version_and_sdk_runs() {
    check_native("released_later");
}

#[test]
fn libraries_of_all_minor_versions_run_in_one_host() {
    let old = native("released_1_0");
    let now = Installed::everything(Build::Native, |_| {});
    let later = native("released_later");
    // The later one has the same id: only its opening counts, in a host that has the others open.
    let open = |first: &Installed, second: &Installed| {
        let discovery = Discovery::new().bundled(first.directory.path()).bundled(second.directory.path());
        let registry = Registry::load(&Config { discovery, ..Config::default() });
        let refusals: Vec<_> = registry.plugins().iter().filter_map(|plugin| plugin.refusal()).collect();
        assert!(refusals.is_empty(), "{refusals:?}");
        let number = vec![("number", Value::Int(41))];
        let found = run(&registry, "everything/Trivial", number, &Recorder::default()).unwrap();
        assert!(matches!(found[0].1, Value::Int(42)));
        run(&registry, "released/Talk", Vec::new(), &Recorder::default()).unwrap();
    };
    open(&old, &now);
    open(&now, &later);
    open(&later, &now);
}
