//! Plugins over the network: nothing is installed or trusted that the user did not agree to.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wirebrush_cli_tests::{Ran, Wirebrush, copy_folder, publish};
use wirebrush_server_tests::{Answer, Server, Stream};

const ID: &str = "example.vignette";
const NODE: &str = "example.vignette/Vignette";

/// Where somebody writes plugins, packs and publishes them.
struct Author {
    wirebrush: Wirebrush,
    folder: TempDir,
}

impl Author {
    fn new() -> Self {
        let author = Self { wirebrush: Wirebrush::staged(), folder: tempfile::tempdir().unwrap() };
        author.plugin(&["keygen", "-o", "key.pem"]);
        author
    }

    fn plugin(&self, args: &[&str]) {
        let mut command = self.wirebrush.command();
        Ran(command.current_dir(self.folder.path()).arg("plugin").args(args).output().unwrap()).ends_with(0);
    }

    /// Packs the example of one target as `version`, after `change` to its manifest.
    fn pack(&self, target: &str, version: &str, key: Option<&str>, change: impl Fn(&mut Json)) -> Vec<u8> {
        let source = self.folder.path().join("source");
        let _ = fs::remove_dir_all(&source);
        copy_folder(&self.wirebrush.examples().join(target).join(ID), &source).unwrap();
        let path = source.join("plugin.json");
        let mut manifest: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        manifest["version"] = json!(version);
        change(&mut manifest);
        fs::write(path, manifest.to_string()).unwrap();
        let file = format!("vignette-{version}.wbplugin");
        let key = key.map_or_else(Vec::new, |key| vec!["--key", key]);
        self.plugin(&[&["pack", "source", "-o", &file], key.as_slice()].concat());
        fs::read(self.folder.path().join(file)).unwrap()
    }

    fn component(&self, version: &str) -> Vec<u8> {
        self.pack("component", version, Some("key.pem"), |_| ())
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn upload(server: &Server, package: &[u8], confirm: &str) -> Answer {
    let path = format!("/api/plugins/upload?confirm={confirm}");
    server.post_bytes(&path, "application/octet-stream", package)
}

/// What an answer asks the user to agree to.
#[track_caller]
fn consent(answer: &Answer) -> Json {
    let body = answer.json();
    assert_eq!((answer.status, &body["code"]), (409, &json!("consent-required")), "{body}");
    body["consent"].clone()
}

fn confirm(answer: &Answer) -> String {
    consent(answer)["confirm"].as_str().unwrap().to_owned()
}

/// Uploads, agrees, and waits until it is done.
#[track_caller]
fn install(server: &Server, package: &[u8]) -> Json {
    let done = upload(server, package, &confirm(&upload(server, package, "")));
    assert_eq!(done.status, 200, "{}", done.text());
    done.json()
}

fn info(server: &Server, id: &str) -> Json {
    let list = server.get("/api/plugins").json();
    let found = list["plugins"].as_array().into_iter().flatten().find(|plugin| plugin["id"] == id);
    found.cloned().unwrap_or(Json::Null)
}

fn has_node(server: &Server) -> bool {
    let nodes = server.get("/api/nodes").json();
    nodes["nodes"].as_array().unwrap().iter().any(|node| node["id"] == NODE)
}

#[track_caller]
fn check_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.text());
}

#[test]
fn bundled_plugins_are_listed_with_what_they_are() {
    let server = Server::start();
    let image = info(&server, "image");
    assert_eq!(
        (&image["origin"], &image["status"], &image["native"]),
        (&json!("bundled"), &json!("ready"), &json!(false))
    );
    assert_eq!(info(&server, "kontext")["native"], json!(true));
    assert_eq!(server.get("/api/plugins").json()["index"], json!(false));
}

#[test]
fn an_uploaded_plugin_is_installed_once_the_user_agrees() {
    let author = Author::new();
    let package = author.component("1.0.0");
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);

    let asked = consent(&upload(&server, &package, ""));
    let lines = asked["lines"].to_string();
    assert!(lines.contains("sandbox") && lines.contains("ed25519:"), "{lines}");
    assert_eq!(
        (&asked["id"], &asked["version"], &asked["native"]),
        (&json!(ID), &json!("1.0.0"), &json!(false))
    );
    assert_eq!(info(&server, ID), Json::Null, "asking installs nothing");

    let changes = install(&server, &package);
    assert_eq!(changes["added"], json!([ID]));
    assert!(has_node(&server));
    stream.until(|event| event["type"] == "plugins-changed");
    let now = info(&server, ID);
    assert_eq!(
        (&now["origin"], &now["status"], &now["version"]),
        (&json!("installed"), &json!("ready"), &json!("1.0.0"))
    );
    assert!(now["key"].as_str().unwrap().starts_with("ed25519:"), "{now}");
    assert_eq!(now["versions"][0]["active"], json!(true));
}

#[test]
fn what_is_installed_and_removed_in_a_terminal_is_noticed() {
    let author = Author::new();
    author.component("1.0.0");
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let terminal = |args: &[&str]| {
        let mut command = author.wirebrush.command();
        command
            .env("WIREBRUSH_DATA_DIR", server.data())
            .current_dir(author.folder())
            .arg("plugin")
            .args(args);
        Ran(command.output().unwrap()).ends_with(0);
    };
    terminal(&["install", "vignette-1.0.0.wbplugin", "--yes"]);
    stream.until(|event| event["type"] == "plugins-changed");
    assert!(has_node(&server));
    terminal(&["remove", ID]);
    stream.until(|event| event["type"] == "plugins-changed");
    assert!(!has_node(&server));
}

#[test]
fn native_code_is_called_so_and_needs_the_agreement_to_this_very_file() {
    let author = Author::new();
    let package = author.pack("native", "1.0.0", None, |_| ());
    let other = author.pack("native", "1.0.1", None, |_| ());
    let server = Server::start();
    let asked = consent(&upload(&server, &package, ""));
    assert_eq!(asked["native"], json!(true));
    let lines = asked["lines"].to_string();
    assert!(lines.contains("runs with your rights") && lines.contains("NOT SIGNED"), "{lines}");

    let agreed = asked["confirm"].as_str().unwrap();
    for wrong in ["yes", "0", &agreed[..63]] {
        consent(&upload(&server, &package, wrong));
    }
    consent(&upload(&server, &other, agreed));
    assert_eq!(info(&server, ID), Json::Null);
    assert_eq!(upload(&server, &package, agreed).status, 200);
    assert_eq!(info(&server, ID)["native"], json!(true));
}

#[test]
fn an_update_asks_only_for_what_is_new() {
    let author = Author::new();
    let server = Server::start();
    install(&server, &author.component("1.0.0"));
    let quiet = upload(&server, &author.component("1.1.0"), "");
    assert_eq!(quiet.status, 200, "{}", quiet.text());
    assert_eq!(info(&server, ID)["version"], json!("1.1.0"));

    let asks =
        author.pack("component", "1.2.0", Some("key.pem"), |it| it["permissions"] = json!(["scratch"]));
    let asked = consent(&upload(&server, &asks, ""));
    assert_eq!(asked["new_permissions"], json!(["scratch"]));
    assert!(asked["lines"].to_string().contains("NEW: it did not ask to"), "{asked}");
    install(&server, &asks);
    assert_eq!(info(&server, ID)["granted"], json!(["scratch"]));
}

#[test]
fn another_key_is_taken_only_when_the_user_says_it_is_the_publishers() {
    let author = Author::new();
    let server = Server::start();
    install(&server, &author.component("1.0.0"));
    author.plugin(&["keygen", "-o", "other.pem"]);
    let other = author.pack("component", "1.1.0", Some("other.pem"), |_| ());
    let asked = upload(&server, &other, "");
    assert_eq!(consent(&asked)["key_changed"], json!(true));
    let lines = consent(&asked)["lines"].to_string();
    assert!(
        lines.contains("THE KEY HAS CHANGED") && lines.contains("somebody else may have made it"),
        "{lines}"
    );
    let unsigned = author.pack("component", "1.1.0", None, |_| ());
    check_refused(&upload(&server, &unsigned, ""), 409, "wrong-key");
    assert_eq!(info(&server, ID)["version"], json!("1.0.0"));

    let known = info(&server, ID)["key"].clone();
    assert_eq!(upload(&server, &other, &confirm(&asked)).status, 200);
    assert_eq!(info(&server, ID)["version"], json!("1.1.0"));
    assert_ne!(info(&server, ID)["key"], known);
    let first = upload(&server, &author.component("1.2.0"), "");
    assert_eq!(consent(&first)["key_changed"], json!(true), "from now on the first key is another one");
}

#[test]
fn versions_are_chosen_and_removed() {
    let author = Author::new();
    let server = Server::start();
    install(&server, &author.component("1.0.0"));
    assert_eq!(upload(&server, &author.component("2.0.0"), "").status, 200);
    let version = |server: &Server| info(server, ID)["version"].clone();
    assert_eq!(version(&server), json!("2.0.0"));

    let activate =
        |version: &str| server.post(&format!("/api/plugins/{ID}/activate"), &json!({ "version": version }));
    assert_eq!(activate("1.0.0").status, 200);
    assert_eq!(version(&server), json!("1.0.0"));
    check_refused(&activate("9.9.9"), 404, "not-found");

    assert_eq!(server.delete(&format!("/api/plugins/{ID}?version=1.0.0")).status, 200);
    assert_eq!(version(&server), json!("2.0.0"));
    assert_eq!(server.delete(&format!("/api/plugins/{ID}")).status, 200);
    assert_eq!(info(&server, ID), Json::Null);
    check_refused(&server.delete(&format!("/api/plugins/{ID}")), 404, "not-found");
    assert!(!has_node(&server));
}

#[test]
fn a_plugin_is_disabled_and_enabled() {
    let author = Author::new();
    let server = Server::start();
    install(&server, &author.component("1.0.0"));
    let disabled = server.post(&format!("/api/plugins/{ID}/disable"), &json!({ "reason": "too dark" }));
    assert_eq!(disabled.status, 200, "{}", disabled.text());
    let now = info(&server, ID);
    assert_eq!((&now["status"], &now["reason"]), (&json!("disabled"), &json!("too dark")));
    assert!(!has_node(&server));
    let enable = || server.post(&format!("/api/plugins/{ID}/enable"), &json!({}));
    assert_eq!(enable().status, 200);
    assert!(has_node(&server));
    check_refused(&enable(), 404, "not-found");
    check_refused(&server.post("/api/plugins/acme.none/disable", &json!({})), 404, "not-found");
}

#[test]
fn approving_asks_first_too() {
    let author = Author::new();
    let server = Server::start();
    install(&server, &author.component("1.0.0"));
    let approve =
        |confirm: &str| server.post(&format!("/api/plugins/{ID}/approve?confirm={confirm}"), &json!({}));
    let agreed = confirm(&approve(""));
    assert_eq!(approve(&agreed).status, 200);
    check_refused(&server.post("/api/plugins/acme.none/approve", &json!({})), 404, "not-found");
}

#[test]
fn a_missing_node_is_found_in_the_index_and_its_plugin_installed_from_there() {
    let author = Author::new();
    author.component("1.0.0");
    author.component("1.1.0");
    author.plugin(&["index", "build", "."]);
    let url = publish(author.folder());
    let server = Server::start_with(&["--index", &format!("{url}/index.json")]);
    let offers = server.get(&format!("/api/plugins/find?node={NODE}")).json()["offers"].clone();
    let expected = json!({ "id": ID, "version": "1.1.0", "native": false });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&offers[0][field], value, "{offers}");
    }
    assert_eq!(server.get("/api/plugins/find?node=acme.none/Node").json()["offers"], json!([]));

    let wanted = json!({ "id": ID, "version": "1.0.0" });
    let agreed = confirm(&server.post("/api/plugins/install", &wanted));
    let done = server.post(&format!("/api/plugins/install?confirm={agreed}"), &wanted);
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(has_node(&server));
    check_refused(&server.post("/api/plugins/install", &json!({ "id": "acme.none" })), 404, "not-found");
}

#[test]
fn an_index_that_lies_about_a_package_installs_nothing() {
    let author = Author::new();
    author.component("1.0.0");
    author.plugin(&["index", "build", "."]);
    author.component("1.1.0");
    fs::rename(
        author.folder().join("vignette-1.1.0.wbplugin"),
        author.folder().join("vignette-1.0.0.wbplugin"),
    )
    .unwrap();
    let index = author.folder().join("index.json");
    let server = Server::start_with(&["--index", index.to_str().unwrap()]);
    let refused = server.post("/api/plugins/install", &json!({ "id": ID }));
    check_refused(&refused, 502, "unavailable");
    assert!(refused.text().contains("as the index says"), "{}", refused.text());
}

#[test]
fn a_package_is_fetched_from_a_url_and_never_from_a_path() {
    let author = Author::new();
    author.component("1.0.0");
    let file = author.folder().join("vignette-1.0.0.wbplugin");
    let url = publish(author.folder());
    let server = Server::start();
    let wanted = json!({ "url": format!("{url}/vignette-1.0.0.wbplugin") });
    consent(&server.post("/api/plugins/install", &wanted));
    for path in [file.to_str().unwrap(), &format!("file://{}", file.display()), "vignette-1.0.0.wbplugin", ""]
    {
        check_refused(&server.post("/api/plugins/install", &json!({ "url": path })), 400, "bad-url");
    }
    let gone = json!({ "url": format!("{url}/gone.wbplugin") });
    check_refused(&server.post("/api/plugins/install", &gone), 502, "unavailable");
    check_refused(&server.post("/api/plugins/install", &json!({})), 400, "bad-plugin");
    check_refused(&server.get(&format!("/api/plugins/find?node={NODE}")), 404, "not-found");
}

#[test]
fn what_is_no_package_is_refused_and_leaves_nothing() {
    let author = Author::new();
    let package = author.component("1.0.0");
    let mut changed = package.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let server = Server::start();
    for bytes in [b"".as_slice(), b"hello", &package[..package.len() / 2]] {
        check_refused(&upload(&server, bytes, ""), 422, "plugin-refused");
    }
    // The hash is only seen when the file is read: after the user agreed.
    let answer = upload(&server, &changed, "");
    let refused = if answer.status == 409 { upload(&server, &changed, &confirm(&answer)) } else { answer };
    check_refused(&refused, 422, "plugin-refused");
    assert_eq!(info(&server, ID), Json::Null);
}

#[test]
fn no_page_of_another_origin_can_install_anything() {
    let author = Author::new();
    let package = author.component("1.0.0");
    let server = Server::start();
    let agreed = confirm(&upload(&server, &package, ""));
    let request = server.request("POST", &format!("/api/plugins/upload?confirm={agreed}"));
    let request =
        request.header("Content-Type", "application/octet-stream").header("Origin", "http://evil.example");
    check_refused(&server.send(request, &package), 403, "foreign-origin");
    assert_eq!(info(&server, ID), Json::Null);
}
