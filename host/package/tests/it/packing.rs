//! A folder becomes a package, and the package a folder.

use std::fs;

use crate::support::{entries, packed, plugin, read};
use serde_json::{Value as Json, json};
use wirebrush_package::{Package, SecretKey, pack, sha256_file, sign};

#[test]
fn a_package_has_what_the_plugin_needs_and_nothing_else() {
    let folder = plugin();
    let names: Vec<_> = entries(&packed(folder.path(), None)).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "contents.json",
        "LICENSE-MIT",
        "README.md",
        "artifacts/wasm32-component/tone.wasm",
        "artifacts/x86_64-unknown-linux-gnu/libtone.so",
        "data/lut/warm.cube",
        "plugin.json",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_package_comes_back_as_a_folder_whose_manifest_has_the_hashes() {
    let folder = plugin();
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("tone.wbplugin");
    pack(folder.path(), &file, None).unwrap();

    let mut package = Package::open(&file).unwrap();
    assert_eq!((package.manifest().id.as_str(), package.signer()), ("acme.tone", None));
    assert_eq!(package.native_targets(), ["x86_64-unknown-linux-gnu"]);
    let unpacked = out.path().join("unpacked");
    package.unpack(&unpacked).unwrap();

    let manifest: Json = serde_json::from_slice(&fs::read(unpacked.join("plugin.json")).unwrap()).unwrap();
    for artifact in manifest["artifacts"].as_array().unwrap() {
        let path = unpacked.join(artifact["file"].as_str().unwrap());
        assert_eq!(artifact["sha256"], json!(sha256_file(&path).unwrap()));
    }
    assert_eq!(fs::read(unpacked.join("data/lut/warm.cube")).unwrap(), b"LUT_3D_SIZE 2");
    assert!(package.unpack(&unpacked).is_err(), "nothing is overwritten");
}

#[test]
fn equal_folders_give_equal_bytes() {
    let (here, there) = (plugin(), plugin());
    let key = SecretKey::generate().unwrap();
    assert_eq!(packed(here.path(), None), packed(there.path(), None));
    assert_eq!(packed(here.path(), Some(&key)), packed(there.path(), Some(&key)));
}

#[test]
fn signing_later_gives_the_bytes_of_signing_at_once() {
    let folder = plugin();
    let (first, second) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("tone.wbplugin");
    fs::write(&file, packed(folder.path(), None)).unwrap();
    for key in [&first, &second] {
        sign(&file, key, &file).unwrap();
        let bytes = fs::read(&file).unwrap();
        assert_eq!(bytes, packed(folder.path(), Some(key)));
        assert_eq!(read(&bytes).unwrap().0, Some(key.public()));
    }
}

#[cfg(unix)]
#[test]
fn a_package_can_be_read_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let folder = plugin();
    let file = folder.path().join("tone.wbplugin");
    pack(folder.path(), &file, None).unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&file), mode(&plain));
}

#[track_caller]
fn check_not_packed(change: impl FnOnce(&mut Json), message: &str) {
    let folder = plugin();
    let path = folder.path().join("plugin.json");
    let mut manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(&path, manifest.to_string()).unwrap();
    let file = folder.path().join("tone.wbplugin");
    fs::write(&file, "an older package").unwrap();
    let error = pack(folder.path(), &file, None).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"an older package");
}

#[test]
fn a_folder_that_cannot_be_packed_leaves_the_older_package() {
    check_not_packed(|it| it["artifacts"] = json!([]), "`artifacts`: expected what the plugin was built to");
    check_not_packed(|it| it["artifacts"][0]["file"] = json!("missing.wasm"), "missing.wasm");
    check_not_packed(|it| it["artifacts"][0]["target"] = json!("../.."), "`artifacts[0]`");
    check_not_packed(
        |it| it["artifacts"][0]["target"] = json!(1),
        "`artifacts[0].target`: expected a text, found 1",
    );
    check_not_packed(|it| it["id"] = json!(null), "`id`: expected a text");
    check_not_packed(|it| it["id"] = json!("Acme Tone"), "expected a plugin's id");
    check_not_packed(|it| it["version"] = json!("one"), "expected a semantic version");
    check_not_packed(|it| it["data"] = json!("../secret"), "`data`");
    check_not_packed(|it| it["data"] = json!("missing"), "missing");
    check_not_packed(|it| it["nodes"] = json!("all"), "plugin.json");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_into_a_package() {
    let folder = plugin();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("data/secret")).unwrap();
    let error = pack(folder.path(), &folder.path().join("out"), None).unwrap_err().to_string();
    assert!(error.contains("data/secret") && error.contains("found a link"), "{error}");
}
