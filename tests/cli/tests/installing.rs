//! `wirebrush plugin install`, `update`, `activate`, `disable`, `remove`, `trust`: what users decide, and that it holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use wirebrush_cli_tests::{Ran, Tone, Wirebrush, picture};

/// A user with a folder of plugins that are not installed.
struct User {
    wirebrush: Wirebrush,
    folder: TempDir,
}

impl User {
    fn new() -> Self {
        Self { wirebrush: Wirebrush::staged(), folder: tempfile::tempdir().unwrap() }
    }

    fn write(&self, tone: Tone) -> PathBuf {
        tone.write(self.folder.path(), |_| {})
    }

    fn plugin(&self, args: &[&str]) -> Ran {
        self.wirebrush.run([&["plugin"], args].concat())
    }

    fn install(&self, path: &Path) -> Ran {
        self.plugin(&["install", path.to_str().unwrap(), "--yes"])
    }

    fn json(&self, args: &[&str]) -> Json {
        serde_json::from_str(&self.plugin(&[args, &["--json"]].concat()).ends_with(0).stdout()).unwrap()
    }

    /// Version and whether it is active, of every usable version of the fixture.
    fn versions(&self) -> Vec<(String, bool)> {
        let listed = self.json(&["list"]);
        let tone =
            listed.as_array().unwrap().iter().filter(|it| it["id"] == "acme.tone" && it["refused"].is_null());
        tone.map(|it| (it["version"].as_str().unwrap().to_owned(), it["active"] == true)).collect()
    }

    /// Runs a graph of one node and returns what it wrote.
    fn result(&self, node_type: &str, input: &str, made_with: Option<&str>) -> String {
        let out = tempfile::tempdir().unwrap();
        self.run(&graph(node_type, input, made_with), out.path()).ends_with(0);
        let file = fs::read_dir(out.path()).unwrap().next().unwrap().unwrap().path();
        fs::read_to_string(file).unwrap()
    }

    fn run(&self, graph: &Json, out: &Path) -> Ran {
        let file = self.folder.path().join("graph.json");
        fs::write(&file, graph.to_string()).unwrap();
        self.wirebrush.run(["run".as_ref(), file.as_os_str(), "-o".as_ref(), out.as_os_str()])
    }

    fn lock(&self) -> Json {
        serde_json::from_slice(&fs::read(self.wirebrush.data().join("plugins.lock.json")).unwrap()).unwrap()
    }
}

fn graph(node_type: &str, input: &str, made_with: Option<&str>) -> Json {
    let mut graph = json!({
        "format": "wirebrush/graph", "version": 1,
        "nodes": { "say": { "type": node_type, "inputs": { input: "tea" } } },
    });
    if let Some(version) = made_with {
        graph["made_with"] = json!({ "acme.tone": version });
    }
    graph
}

fn versions(expected: &[(&str, bool)]) -> Vec<(String, bool)> {
    expected.iter().map(|(version, active)| ((*version).to_owned(), *active)).collect()
}

#[test]
fn nothing_is_installed_before_the_user_has_agreed() {
    let user = User::new();
    let folder = user.write(Tone::One);
    let refused = user.plugin(&["install", folder.to_str().unwrap()]).ends_with(2);
    for said in ["acme.tone 1.0.0", "Acme", "NOT SIGNED", "sandbox", "--yes"] {
        assert!(refused.stderr().contains(said), "{said}: {}", refused.stderr());
    }
    assert!(user.versions().is_empty());
    user.install(&folder).ends_with(0);
    assert_eq!(user.versions(), versions(&[("1.0.0", true)]));
    assert_eq!(user.result("acme.tone/Shout", "text", None), "one: tea");
}

#[test]
fn native_code_is_announced_in_plain_words() {
    let user = User::new();
    let host = user.json(&["list"]);
    let target = host.as_array().unwrap().iter().find(|it| it["id"] == "kontext").unwrap()["target"].clone();
    let folder = user.folder.path().join("native");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("tone.bin"), "not a library at all").unwrap();
    let manifest = json!({
        "id": "acme.tone", "version": "1.0.0", "abi": "1.0", "nodes": ["acme.tone/Shout"],
        "artifacts": [{ "target": target, "file": "tone.bin" }],
    });
    fs::write(folder.join("plugin.json"), manifest.to_string()).unwrap();
    let refused = user.install(&folder).ends_with(1);
    assert!(refused.stderr().contains("runs with your rights"), "{}", refused.stderr());
    assert!(refused.stderr().contains("not a library"), "{}", refused.stderr());
    assert!(user.versions().is_empty(), "what cannot be loaded is not installed");
    assert!(!user.wirebrush.data().join("plugins/acme.tone").exists());
}

#[test]
fn each_graph_gets_the_version_it_was_made_with() {
    let user = User::new();
    user.install(&user.write(Tone::One)).ends_with(0);
    user.install(&user.write(Tone::Two)).ends_with(0);
    assert_eq!(user.versions(), versions(&[("1.0.0", false), ("2.0.0", true)]));
    assert_eq!(user.result("acme.tone/Shout", "text", Some("1.0.0")), "one: tea");
    assert_eq!(user.result("acme.tone/Announce", "words", None), "two: tea");
    assert_eq!(user.result("acme.tone/Announce", "words", Some("9.0.0")), "two: tea");

    let mut graph = graph("acme.tone/Shout", "text", None);
    graph["requires"] = json!({ "acme.tone": "^1" });
    let out = tempfile::tempdir().unwrap();
    user.run(&graph, out.path()).ends_with(0);
    assert_eq!(fs::read_to_string(out.path().join("say.txt")).unwrap(), "one: tea");
    graph["requires"] = json!({ "acme.tone": "^3" });
    let refused = user.run(&graph, out.path()).ends_with(2);
    assert!(refused.stderr().contains("`acme.tone` ^3, found versions 1.0.0, 2.0.0"), "{}", refused.stderr());
}

#[test]
fn an_old_graph_goes_on_with_renamed_nodes_and_ports() {
    let user = User::new();
    user.install(&user.write(Tone::Two)).ends_with(0);
    assert_eq!(user.result("acme.tone/Shout", "text", Some("1.0.0")), "two: tea");

    let mut wired = graph("acme.tone/Shout", "text", None);
    wired["exposed"] = json!({ "said": { "from": "say.file" }, "what": "say.text" });
    let file = user.folder.path().join("wired.json");
    fs::write(&file, wired.to_string()).unwrap();
    let out = tempfile::tempdir().unwrap();
    let args = ["run".as_ref(), file.as_os_str(), "--set".as_ref(), "what=milk".as_ref(), "-o".as_ref()];
    user.wirebrush.run(args.into_iter().chain([out.path().as_os_str()])).ends_with(0);
    assert_eq!(fs::read_to_string(out.path().join("say.txt")).unwrap(), "two: milk");
}

#[test]
fn an_older_version_can_be_made_active_again() {
    let user = User::new();
    user.install(&user.write(Tone::Two)).ends_with(0);
    user.install(&user.write(Tone::One)).ends_with(0);
    assert_eq!(
        user.versions(),
        versions(&[("1.0.0", false), ("2.0.0", true)]),
        "an older one is not activated"
    );
    user.plugin(&["activate", "acme.tone@1.0.0"]).ends_with(0);
    assert_eq!(user.result("acme.tone/Shout", "text", None), "one: tea");
    user.plugin(&["activate", "acme.tone@3.0.0"]).ends_with(1);
    assert_eq!(user.versions(), versions(&[("1.0.0", true), ("2.0.0", false)]));
}

#[test]
fn an_update_that_asks_for_more_waits_for_the_user() {
    let user = User::new();
    let shop = user.folder.path().join("shop");
    fs::create_dir(&shop).unwrap();
    let (key, _) = user.wirebrush.keygen(user.folder.path().join("acme.pem"));
    let update = |args: &[&str]| {
        let index = shop.join("index.json");
        user.plugin(&[&["update", "--index", index.to_str().unwrap()], args].concat())
    };
    let publish = |tone: Tone, version: &str, permissions: &[&str]| {
        let folder = tone.write(&shop, |manifest| {
            manifest["version"] = version.into();
            if !permissions.is_empty() {
                manifest["permissions"] = json!(permissions);
            }
        });
        let package = user.wirebrush.pack(&folder, Some(&key));
        user.plugin(&["index", "build", shop.to_str().unwrap()]).ends_with(0);
        package
    };
    user.install(&publish(Tone::One, "1.0.0", &[])).ends_with(0);
    assert!(update(&[]).ends_with(0).stdout().contains("acme.tone: nothing newer"));

    publish(Tone::One, "1.1.0", &[]);
    update(&[]).ends_with(0);
    assert_eq!(user.versions(), versions(&[("1.0.0", false), ("1.1.0", true)]), "nothing to ask");

    publish(Tone::Two, "2.0.0", &["scratch"]);
    let waits = update(&[]).ends_with(2);
    assert!(waits.stderr().contains("NEW: it did not ask to keep files"), "{}", waits.stderr());
    assert_eq!(user.versions(), versions(&[("1.0.0", false), ("1.1.0", true)]));
    update(&["--yes"]).ends_with(0);
    assert_eq!(user.versions(), versions(&[("1.0.0", false), ("1.1.0", false), ("2.0.0", true)]));
    assert_eq!(user.lock()["plugins"]["acme.tone"]["permissions"], json!(["scratch"]));
    assert!(update(&["other"]).ends_with(2).stderr().contains("`other` is not installed"));
}

#[test]
fn another_key_is_loud_until_the_user_trusts_it() {
    let user = User::new();
    let (first, _) = user.wirebrush.keygen(user.folder.path().join("first.pem"));
    let (second, public) = user.wirebrush.keygen(user.folder.path().join("second.pem"));
    user.install(&user.wirebrush.pack(&user.write(Tone::One), Some(&first))).ends_with(0);

    let two = user.write(Tone::Two);
    let unsigned = user.install(&two).ends_with(1);
    assert!(unsigned.stderr().contains("NOT SIGNED, but `acme` is known to sign"), "{}", unsigned.stderr());
    let package = user.wirebrush.pack(&two, Some(&second));
    let refused = user.install(&package).ends_with(1);
    assert!(refused.stderr().contains("THE KEY HAS CHANGED"), "{}", refused.stderr());
    assert!(refused.stderr().contains("somebody else may have made it"), "{}", refused.stderr());
    assert_eq!(user.versions(), versions(&[("1.0.0", true)]));

    user.plugin(&["trust", "acme", "--key", "ed25519:AAAA"]).ends_with(1);
    user.plugin(&["trust", "acme", "--key", &public]).ends_with(0);
    user.install(&package).ends_with(0);
    assert_eq!(user.versions(), versions(&[("1.0.0", false), ("2.0.0", true)]));
    assert_eq!(user.json(&["show", "acme.tone"])["key"], public);
}

#[test]
fn a_disabled_plugin_says_so_where_it_is_missed() {
    let user = User::new();
    user.install(&user.write(Tone::One)).ends_with(0);
    user.plugin(&["disable", "acme.tone", "--reason", "too loud"]).ends_with(0);
    assert!(user.versions().is_empty());
    let out = tempfile::tempdir().unwrap();
    let refused = user.run(&graph("acme.tone/Shout", "text", None), out.path()).ends_with(2);
    assert!(refused.stderr().contains("disabled (too loud)"), "{}", refused.stderr());
    user.plugin(&["enable", "acme.tone"]).ends_with(0);
    assert_eq!(user.versions(), versions(&[("1.0.0", true)]));
    assert!(user.plugin(&["disable", "acme.tune"]).ends_with(1).stderr().contains("no plugin `acme.tune`"));
}

#[test]
fn what_is_removed_is_gone_and_the_next_lower_version_takes_over() {
    let user = User::new();
    user.install(&user.write(Tone::One)).ends_with(0);
    user.install(&user.write(Tone::Two)).ends_with(0);
    user.plugin(&["remove", "acme.tone@2.0.0"]).ends_with(0);
    assert_eq!(user.versions(), versions(&[("1.0.0", true)]));
    user.plugin(&["remove", "acme.tone"]).ends_with(0);
    assert!(user.versions().is_empty());
    assert!(!user.wirebrush.data().join("plugins/acme.tone").exists());
    user.plugin(&["remove", "acme.tone"]).ends_with(1);
    user.plugin(&["remove", "image"]).ends_with(1);
}

#[test]
fn bundled_plugins_cannot_be_replaced() {
    let user = User::new();
    let folder = Tone::One.write(user.folder.path(), |manifest| {
        manifest["id"] = "image".into();
        manifest["nodes"] = json!(["image/Shout"]);
    });
    let refused = user.install(&folder).ends_with(1);
    assert!(refused.stderr().contains("comes with Wirebrush"), "{}", refused.stderr());
}

#[test]
fn the_same_package_twice_is_fine_and_another_of_the_same_version_is_not() {
    let user = User::new();
    let package = user.wirebrush.pack(&user.write(Tone::One), None);
    user.install(&package).ends_with(0);
    assert!(user.install(&package).ends_with(0).stdout().contains("installed already"));
    let other = Tone::One.write(user.folder.path(), |manifest| manifest["title"] = "Another".into());
    let refused = user.install(&user.wirebrush.pack(&other, None)).ends_with(1);
    assert!(refused.stderr().contains("1.0.0 is installed already"), "{}", refused.stderr());
}

#[test]
fn a_folder_takes_the_place_of_the_same_version_until_a_package_does() {
    let user = User::new();
    let titled =
        |title: &str| Tone::One.write(user.folder.path(), |manifest| manifest["title"] = title.into());
    let shown = |user: &User| user.plugin(&["show", "acme.tone"]).ends_with(0).stdout();
    user.install(&titled("First")).ends_with(0);
    let replaced = user.install(&titled("Second")).ends_with(0);
    assert!(replaced.stderr().contains("in place of another build of this version"), "{}", replaced.stderr());
    assert!(shown(&user).contains("title: Second"), "{}", shown(&user));
    // No trace of the first is left.
    let plugins = fs::read_dir(user.wirebrush.data().join("plugins")).unwrap();
    assert_eq!(plugins.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>(), ["acme.tone"]);

    user.install(&user.wirebrush.pack(&titled("Third"), None)).ends_with(0);
    assert!(shown(&user).contains("title: Third"), "{}", shown(&user));
    assert_eq!(user.versions(), versions(&[("1.0.0", true)]));
}

#[test]
fn what_cannot_be_found_says_what_was_looked_for() {
    let user = User::new();
    let why = |source: &str| user.plugin(&["install", source]).ends_with(2).stderr();
    assert!(why("tone.wbplugin").ends_with("tone.wbplugin: no such file or folder\n"));
    assert!(why("shop/tone").ends_with("shop/tone: no such file or folder\n"));
    assert!(why("acme.tone").contains("acme.tone: neither a file or folder nor, since no index is chosen"));
}

#[test]
fn a_plugin_that_fails_its_first_look_is_named_by_its_package() {
    let user = User::new();
    let folder = user.write(Tone::One);
    let wasm = b"\0asm\x0d\0\x01\0";
    fs::write(folder.join("tone.wasm"), wasm).unwrap();
    let sha256: String = Sha256::digest(wasm).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut manifest: Json = serde_json::from_slice(&fs::read(folder.join("plugin.json")).unwrap()).unwrap();
    manifest["artifacts"][0]["sha256"] = sha256.into();
    fs::write(folder.join("plugin.json"), manifest.to_string()).unwrap();
    let stderr = user.install(&folder).ends_with(1).stderr();
    assert!(
        stderr.contains("error: acme.tone-1.0.0/")
            && stderr.contains("tone.wasm: ")
            && !stderr.contains(".staging"),
        "{stderr}"
    );
}

#[test]
fn results_say_which_versions_made_them() {
    let user = User::new();
    let graph = json!({
        "format": "wirebrush/graph", "version": 1,
        "nodes": {
            "load": { "type": "image/LoadImage", "inputs": { "file": picture("shapes.png") } },
            "save": { "type": "image/SaveImage", "inputs": { "image": { "from": "load.image" } } },
        },
    });
    let out = tempfile::tempdir().unwrap();
    user.run(&graph, out.path()).ends_with(0);
    let listed = user.json(&["list"]);
    let image = listed.as_array().unwrap().iter().find(|it| it["id"] == "image").unwrap();
    let made_with = format!("\"made_with\": {{\n    \"image\": {}\n  }}", image["version"]);
    let written = fs::read(fs::read_dir(out.path()).unwrap().next().unwrap().unwrap().path()).unwrap();
    assert!(String::from_utf8_lossy(&written).contains(&made_with), "no {made_with} in the picture");
}

/// Kills installations at more and more advanced moments: the plugin is there as a whole or not at all, and the next
/// installation succeeds.
#[test]
fn an_installation_that_is_killed_leaves_the_old_or_the_new_state() {
    let user = User::new();
    user.install(&user.write(Tone::One)).ends_with(0);
    let two = user.write(Tone::Two);
    let before = Instant::now();
    user.install(&two).ends_with(0);
    let whole = before.elapsed();
    user.plugin(&["remove", "acme.tone@2.0.0"]).ends_with(0);

    let (old, new) = (versions(&[("1.0.0", true)]), versions(&[("1.0.0", false), ("2.0.0", true)]));
    for step in 1..=12 {
        let mut install = user.wirebrush.command();
        install.args(["plugin", "install", "--yes"]).arg(&two);
        install.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut install = install.spawn().unwrap();
        std::thread::sleep(whole * step / 10);
        install.kill().unwrap();
        install.wait().unwrap();
        let found = user.versions();
        assert!(found == old || found == new, "after {step} tenths: {found:?}");
        if found == new {
            user.plugin(&["remove", "acme.tone@2.0.0"]).ends_with(0);
        }
    }
    user.install(&two).ends_with(0);
    assert_eq!(user.versions(), new);
    let left: Vec<_> = fs::read_dir(user.wirebrush.data().join("plugins")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "something is left over: {left:?}");
}
