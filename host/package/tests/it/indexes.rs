//! Which plugin has a node?

use semver::VersionReq;
use serde_json::{Value as Json, json};
use wirebrush_package::{Error, Host, Index, Published, SecretKey, index_schema};

const HOST: Host<'static> = Host { abi: "1.0", target: "x86_64-unknown-linux-gnu" };

fn version(number: &str, nodes: &[&str]) -> Json {
    json!({
        "version": number, "abi": "1.0", "url": format!("tone-{number}.wbplugin"), "sha256": "0a".repeat(32),
        "size": 1234, "targets": ["wasm32-component"], "nodes": nodes,
    })
}

fn index() -> Json {
    json!({
        "format": "wirebrush/index", "version": 1,
        "plugins": {
            "acme.tone": {
                "title": "Tone", "description": "Levels and curves.", "publisher": "Acme",
                "versions": [
                    version("1.2.0", &["acme.tone/Levels"]),
                    version("1.10.0", &["acme.tone/Levels", "acme.tone/Curves"]),
                ],
            },
            "acme.zone": { "versions": [version("2.0.0", &["acme.zone/Mask"])] },
        },
    })
}

fn parse(index: &Json) -> Result<Index, Error> {
    Index::parse(&index.to_string(), "index.json")
}

fn found(index: &Json, node: &str) -> Vec<String> {
    let index = parse(index).unwrap();
    let offers = index.find(node, &HOST);
    offers.iter().map(|offer| format!("{} {}", offer.id, offer.version.version)).collect()
}

#[test]
fn the_versions_that_have_a_node_are_found_newest_first() {
    assert_eq!(found(&index(), "acme.tone/Levels"), ["acme.tone 1.10.0", "acme.tone 1.2.0"]);
    assert_eq!(found(&index(), "acme.tone/Curves"), ["acme.tone 1.10.0"]);
    assert!(found(&index(), "acme.tone/Nothing").is_empty());
}

#[test]
fn a_plugin_that_takes_a_node_over_is_found_behind_its_owner() {
    let mut index = index();
    index["plugins"]["acme.zone"]["versions"][0]["replaces"] = json!(["acme.tone/Levels", "old.tone/Levels"]);
    assert_eq!(found(&index, "acme.tone/Levels"), ["acme.tone 1.10.0", "acme.tone 1.2.0", "acme.zone 2.0.0"]);
    assert_eq!(found(&index, "old.tone/Levels"), ["acme.zone 2.0.0"]);
}

#[test]
fn versions_this_host_cannot_load_are_not_offered() {
    let mut index = index();
    let versions = &mut index["plugins"]["acme.tone"]["versions"];
    versions[1]["abi"] = json!("2.0");
    versions[0]["targets"] = json!(["aarch64-apple-darwin"]);
    assert!(found(&index, "acme.tone/Levels").is_empty());
    let index = parse(&index).unwrap();
    let why = index.newest("acme.tone", &VersionReq::STAR, &HOST).unwrap_err();
    assert_eq!(
        why,
        "the index has no acme.tone * for this host, but 1.10.0 (it was built for interface 2.0, this host speaks 1.0), \
         1.2.0 (it is made for aarch64-apple-darwin, this host is x86_64-unknown-linux-gnu)"
    );
}

#[test]
fn the_newest_version_that_satisfies_a_requirement_is_taken() {
    let index = parse(&index()).unwrap();
    let newest = |requirement: &str| {
        let requirement = VersionReq::parse(requirement).unwrap();
        index.newest("acme.tone", &requirement, &HOST).map(|offer| offer.version.version.as_str())
    };
    assert_eq!(newest("^1"), Ok("1.10.0"));
    assert_eq!(newest("~1.2"), Ok("1.2.0"));
    assert_eq!(
        newest("^2"),
        Err("the index has no acme.tone ^2 for this host, but 1.10.0, 1.2.0".to_owned())
    );
    let missing = index.newest("acme.none", &VersionReq::STAR, &HOST);
    assert_eq!(missing.unwrap_err(), "the index has no plugin acme.none");
}

#[test]
fn native_code_is_told_from_a_component() {
    let mut index = index();
    index["plugins"]["acme.zone"]["versions"][0]["targets"] =
        json!(["wasm32-component", "x86_64-unknown-linux-gnu"]);
    let index = parse(&index).unwrap();
    assert!(index.find("acme.zone/Mask", &HOST)[0].is_native(&HOST));
    assert!(!index.find("acme.tone/Levels", &HOST)[0].is_native(&HOST));
}

#[test]
fn every_problem_is_told_at_once() {
    let mut index = index();
    let plugins = &mut index["plugins"];
    plugins["Wrong Id"] = json!({ "versions": [] });
    plugins["acme.none"] = json!(3);
    plugins["acme.key"] = json!({ "versions": [], "key": "ed25519:x" });
    plugins["acme.tone"]["versions"] = json!([
        { "version": "one", "abi": "1", "url": "../secret", "sha256": "AB", "size": u64::MAX, "targets": [],
          "nodes": ["other/Node", "acme.tone/A", "acme.tone/A"] },
        version("1.0.0", &[]), version("1.0.0", &[]),
        { "version": "1.1.0" },
    ]);
    let error = parse(&index).unwrap_err().to_string();
    let expected = [
        r#"plugins["Wrong Id"]: expected a plugin's id such as acme.tone"#,
        r#"plugins["acme.none"]: expected an object, found a number"#,
        r#"plugins["acme.key"].key: ed25519:x: expected a public key"#,
        r#"plugins["acme.tone"].versions[0].version: expected a semantic version, found `one`"#,
        r#"plugins["acme.tone"].versions[0].abi: expected an interface version such as 1.0, found `1`"#,
        r#"plugins["acme.tone"].versions[0].url: expected an http or https URL or a relative path, found `../secret`"#,
        r#"plugins["acme.tone"].versions[0].sha256: expected 64 lower-case hexadecimal digits, found `AB`"#,
        r#"plugins["acme.tone"].versions[0].size: expected at most"#,
        r#"plugins["acme.tone"].versions[0].targets: expected at least one, found none"#,
        r#"plugins["acme.tone"].versions[0].nodes: expected `acme.tone/Name`, found `other/Node`"#,
        r#"plugins["acme.tone"].versions[0].nodes: `acme.tone/A` is there twice"#,
        r#"plugins["acme.tone"].versions[2]: version 1.0.0 is there twice"#,
        r#"plugins["acme.tone"].versions[3]: missing field"#,
    ];
    for expected in expected {
        assert!(
            error.lines().any(|line| line.starts_with(&format!("index.json: {expected}"))),
            "{expected}\n{error}"
        );
    }
    assert_eq!(error.lines().count(), expected.len(), "{error}");
}

#[test]
fn what_is_no_index_is_refused_on_one_line() {
    for (text, message) in [
        ("", "EOF"),
        ("{}", r#"format: expected "wirebrush/index", found null"#),
        (r#"{"format":"wirebrush/index","version":2}"#, "version: expected 1, found 2"),
        (
            r#"{"format":"wirebrush/index","version":1,"plugins":[]}"#,
            "plugins: expected an object, found an array",
        ),
    ] {
        let error = Index::parse(text, "index.json").unwrap_err().to_string();
        assert!(error.starts_with("index.json: ") && error.contains(message), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}

#[test]
fn an_index_made_of_packages_is_one_that_is_read() {
    let manifest = |version: &str, title: &str| {
        serde_json::from_value(json!({
            "id": "acme.tone", "version": version, "title": title, "abi": "1.0", "nodes": ["acme.tone/Levels"],
            "permissions": ["data"],
            "artifacts": [{ "target": "wasm32-component", "file": "a", "sha256": "0a".repeat(32) }],
        }))
        .unwrap()
    };
    let key = SecretKey::generate().unwrap().public();
    let mut index = Index::new();
    let package = |url: &str, replaces: &[&str]| Published {
        url: url.to_owned(),
        sha256: "0b".repeat(32),
        size: 7,
        replaces: replaces.iter().map(|id| (*id).to_owned()).collect(),
    };
    index.add(&manifest("1.10.0", "New"), Some(key), package("a.wbplugin", &["acme.tone/Old"]));
    index.add(&manifest("1.9.0", "Old"), None, package("b.wbplugin", &[]));
    let text = index.to_json();
    let read = Index::parse(&text, "index.json").unwrap();
    assert_eq!(read, index);
    assert_eq!(read.to_json(), text);
    let plugin = &read.plugins["acme.tone"];
    assert_eq!((plugin.title.as_str(), plugin.key.clone()), ("New", Some(key.to_string())));
    assert_eq!(plugin.versions[0].version, "1.10.0");
    assert_eq!(read.find("acme.tone/Old", &HOST).len(), 1);
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let validator = jsonschema::validator_for(&index_schema()).unwrap();
    assert!(validator.is_valid(&index()));
    for (pointer, wrong) in [
        ("/format", json!("x")),
        ("/version", json!(2)),
        ("/plugins/acme.tone/versions/0/sha256", json!("x")),
    ] {
        let mut index = index();
        *index.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&index), "{pointer}");
        assert!(parse(&index).is_err(), "{pointer}");
    }
}
