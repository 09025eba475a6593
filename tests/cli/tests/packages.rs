//! `wirebrush plugin pack`, `keygen`, `sign`, `verify`, `find`, `index build`: from a plugin's folder to an index.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wirebrush_cli_tests::{Ran, Tone, Wirebrush, publish, publish_and_tell};

/// A folder to work in, with a key, a signed package of the bundled text plugin, and an index of it.
struct Shop {
    wirebrush: Wirebrush,
    folder: TempDir,
    key: String,
}

impl Shop {
    fn open() -> Self {
        let shop =
            Self { wirebrush: Wirebrush::staged(), folder: tempfile::tempdir().unwrap(), key: String::new() };
        let made = shop.plugin(&["keygen", "-o", "key.pem"]).ends_with(0).stdout();
        let key = made.lines().next().unwrap().to_owned();
        let text = shop.wirebrush.plugins().join("text");
        shop.plugin(&["pack", text.to_str().unwrap(), "-o", "text.wbplugin", "--key", "key.pem"])
            .ends_with(0);
        shop.plugin(&["index", "build", "."]).ends_with(0);
        Self { key, ..shop }
    }

    fn plugin(&self, args: &[&str]) -> Ran {
        let mut command = self.wirebrush.command();
        Ran(command.current_dir(self.folder.path()).arg("plugin").args(args).output().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }
}

#[test]
fn a_secret_key_is_never_overwritten() {
    let shop = Shop::open();
    let key = shop.read("key.pem");
    assert!(key.starts_with(b"-----BEGIN PRIVATE KEY-----\n"));
    assert!(shop.key.starts_with("ed25519:"), "{}", shop.key);
    let again = shop.plugin(&["keygen", "-o", "key.pem"]).ends_with(1);
    assert!(again.stderr().contains("key.pem"), "{}", again.stderr());
    assert_eq!(shop.read("key.pem"), key);
    shop.plugin(&["keygen"]).ends_with(0);
    assert!(shop.wirebrush.data().join("signing-key.pem").is_file());
}

#[test]
fn a_package_says_who_signed_it_what_it_may_do_and_what_is_in_it() {
    let shop = Shop::open();
    let said = shop.plugin(&["verify", "text.wbplugin"]).ends_with(0).stdout();
    for expected in [&*format!("signed with {}", shop.key), "sandboxed", "node text/Text", "file plugin.json"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let told: Json =
        serde_json::from_str(&shop.plugin(&["verify", "text.wbplugin", "--json"]).ends_with(0).stdout())
            .unwrap();
    assert_eq!((&told["id"], &told["key"], &told["native"]), (&json!("text"), &json!(shop.key), &json!([])));
}

#[test]
fn a_native_plugin_is_called_so_and_an_unsigned_one_too() {
    let shop = Shop::open();
    let kontext = shop.wirebrush.plugins().join("kontext");
    shop.plugin(&["pack", kontext.to_str().unwrap(), "-o", "kontext.wbplugin"]).ends_with(0);
    let said = shop.plugin(&["verify", "kontext.wbplugin"]).ends_with(0).stdout();
    assert!(said.contains("native code for") && said.contains("runs with your rights"), "{said}");
    assert!(said.contains("not signed"), "{said}");
}

#[test]
fn packing_twice_and_signing_later_give_the_same_bytes() {
    let shop = Shop::open();
    let text = shop.wirebrush.plugins().join("text");
    shop.plugin(&["pack", text.to_str().unwrap()]).ends_with(0);
    let mut files = fs::read_dir(shop.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let unsigned = files.find(|path| path.to_string_lossy().contains("text-0")).unwrap();
    shop.plugin(&["sign", unsigned.to_str().unwrap(), "--key", "key.pem"]).ends_with(0);
    assert_eq!(fs::read(unsigned).unwrap(), shop.read("text.wbplugin"));
}

#[test]
fn a_changed_package_is_refused_with_the_reason() {
    let shop = Shop::open();
    let mut bytes = shop.read("text.wbplugin");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(shop.path("changed.wbplugin"), bytes).unwrap();
    let refused = shop.plugin(&["verify", "changed.wbplugin"]).ends_with(1).stderr();
    assert!(refused.contains("changed.wbplugin: "), "{refused}");
    assert_eq!(refused.lines().count(), 1, "{refused}");
}

#[test]
fn what_the_host_would_not_load_is_not_packed() {
    let shop = Shop::open();
    let folder = shop.path("broken");
    fs::create_dir(&folder).unwrap();
    let pack = || shop.plugin(&["pack", "broken", "-o", "broken.wbplugin"]).ends_with(1).stderr();
    assert!(pack().contains("plugin.json"));
    let mut manifest =
        json!({ "id": "acme.broken", "version": "1.0.0", "abi": "1.0", "nodes": [], "artifacts": [] });
    fs::write(folder.join("plugin.json"), manifest.to_string()).unwrap();
    assert!(pack().contains("`artifacts`"));
    fs::write(folder.join("broken.wasm"), "").unwrap();
    manifest["artifacts"] = json!([{ "target": "wasm32-component", "file": "broken.wasm" }]);
    manifest["abi"] = json!("7.0");
    fs::write(folder.join("plugin.json"), manifest.to_string()).unwrap();
    assert!(pack().contains("`abi`: expected 1.x"), "{}", pack());
    assert!(!shop.path("broken.wbplugin").exists());
}

#[test]
fn an_index_of_packages_says_which_plugin_has_a_node() {
    let shop = Shop::open();
    let index: Json = serde_json::from_slice(&shop.read("index.json")).unwrap();
    let text = &index["plugins"]["text"];
    assert_eq!((&text["key"], &text["versions"][0]["url"]), (&json!(shop.key), &json!("text.wbplugin")));
    assert_eq!(text["versions"][0]["size"], json!(shop.read("text.wbplugin").len()));

    let found = shop.plugin(&["find", "text/Text", "--index", "index.json"]).ends_with(0).stdout();
    assert!(found.contains("sandboxed") && found.contains("wirebrush plugin install text"), "{found}");
    let told = shop.plugin(&["find", "text/Text", "--index", "index.json", "--json"]).ends_with(0).stdout();
    let told: Json = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["offers"][0]["id"], &told["offers"][0]["native"]), (&json!("text"), &json!(false)));
    shop.plugin(&["find", "text/Nothing", "--index", "index.json"]).ends_with(1);
    let missing = shop.plugin(&["find", "text/Text"]).ends_with(2).stderr();
    assert!(missing.contains("WIREBRUSH_INDEX"), "{missing}");
}

#[test]
fn an_index_on_a_web_server_is_sent_once_while_it_stays_the_same() {
    let shop = Shop::open();
    let (url, told) = publish_and_tell(shop.folder.path());
    let index = format!("{url}/index.json");
    let find = |node: &str, code: i32| shop.plugin(&["find", node, "--index", &index]).ends_with(code);
    find("text/Text", 0);
    find("text/Text", 0);
    find("text/Nothing", 1);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["GET /index.json 200"], "one question for some minutes");

    // Who wants to install something wants what there is now.
    let update = || shop.plugin(&["update", "--index", &index]).ends_with(0);
    update();
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["GET /index.json 304"]);
    let changed = String::from_utf8(shop.read("index.json")).unwrap().replace("text/Text", "text/Words");
    fs::write(shop.path("index.json"), changed).unwrap();
    update();
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["GET /index.json 200"]);
    find("text/Words", 0);
    find("text/Text", 1);
    assert_eq!(told.try_iter().count(), 0);
}

#[test]
fn an_index_knows_which_older_nodes_a_plugin_takes_over() {
    let shop = Shop::open();
    let tone = Tone::Two.write(shop.folder.path(), |_| ());
    shop.wirebrush.pack(&tone, None);
    shop.plugin(&["index", "build", "."]).ends_with(0);
    let found = shop.plugin(&["find", "acme.tone/Shout", "--index", "index.json"]).ends_with(0).stdout();
    assert!(found.contains("acme.tone 2.0.0"), "{found}");
}

#[test]
fn everything_that_is_wrong_with_an_index_is_told() {
    let shop = Shop::open();
    let index = r#"{ "format": "wirebrush/index", "version": 1, "plugins": { "Wrong": 1, "acme.tone": { "versions": [{}] } } }"#;
    fs::write(shop.path("wrong.json"), index).unwrap();
    let told = shop.plugin(&["find", "text/Text", "--index", "wrong.json"]).ends_with(1).stderr();
    assert!(told.contains(r#"wrong.json: plugins["Wrong"]"#), "{told}");
    assert!(told.contains(r#"wrong.json: plugins["acme.tone"].versions[0]"#), "{told}");
}

#[test]
fn the_schema_of_an_index_is_printed() {
    let printed = Wirebrush::staged().run(["schema", "index"]).ends_with(0).stdout();
    let schema: Json = serde_json::from_str(&printed).unwrap();
    assert_eq!(schema["$id"], "urn:wirebrush:index:1");
}

#[test]
fn checking_a_graph_offers_what_it_lacks() {
    let shop = Shop::open();
    let text = fs::read_to_string(shop.path("index.json")).unwrap();
    fs::write(shop.path("index.json"), text.replace("\"text", "\"acme.text")).unwrap();
    let nodes = json!({ "a": { "type": "acme.text/Text" }, "b": { "type": "acme.none/Node" } });
    let graph = json!({ "format": "wirebrush/graph", "version": 1, "nodes": nodes });
    fs::write(shop.path("graph.json"), graph.to_string()).unwrap();
    let mut command = shop.wirebrush.command();
    command
        .current_dir(shop.folder.path())
        .args(["check", "graph.json"])
        .env("WIREBRUSH_INDEX", "index.json");
    let said = Ran(command.output().unwrap()).ends_with(2).stdout();
    assert!(said.contains("wirebrush plugin install acme.text`"), "{said}");
    assert!(said.contains("acme.none/Node: no plugin of the index has it"), "{said}");
}

#[test]
fn an_index_on_a_web_server_is_asked() {
    let shop = Shop::open();
    let url = publish(shop.folder.path());
    let index = format!("{url}/index.json");
    let found = shop.plugin(&["find", "text/Text", "--index", &index]).ends_with(0).stdout();
    assert!(found.contains("wirebrush plugin install text"), "{found}");
    let gone =
        shop.plugin(&["find", "text/Text", "--index", &format!("{url}/gone.json")]).ends_with(1).stderr();
    assert!(gone.contains("gone.json") && gone.contains("404"), "{gone}");
}
