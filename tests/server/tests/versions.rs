//! Plugins that change while the server runs: versions side by side, loading anew, crashes.

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wirebrush_cli_tests::{Tone, Wirebrush};
use wirebrush_server_tests::{Server, Stream};

/// A server and somebody who writes plugins for it.
struct Scene {
    server: Server,
    author: Wirebrush,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { server: Server::start(), author: Wirebrush::staged(), folder: tempfile::tempdir().unwrap() }
    }

    /// Installs a version over the network, agreeing to whatever it asks for.
    #[track_caller]
    fn install(&self, tone: Tone) -> Json {
        let package = self.author.pack(&tone.write(self.folder.path(), |_| {}), None);
        let package = std::fs::read(package).unwrap();
        let upload = |confirm: &str| {
            let path = format!("/api/plugins/upload?confirm={confirm}");
            self.server.post_bytes(&path, "application/octet-stream", &package)
        };
        let mut answer = upload("");
        // What asks for no more than the version before it is installed at once.
        if answer.status == 409 {
            answer = upload(answer.json()["consent"]["confirm"].as_str().unwrap());
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Runs a graph and waits for its end.
    #[track_caller]
    fn run(&self, graph: &Json) -> Json {
        run(&self.server, graph)
    }

    fn plugin(&self) -> Json {
        plugin(&self.server)
    }
}

#[track_caller]
fn run(server: &Server, graph: &Json) -> Json {
    let mut stream = Stream::open(server.address(), None);
    let answer = server.post("/api/runs", &json!({ "graph": graph }));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    stream.until_over(&id);
    server.get(&format!("/api/runs/{id}")).json()
}

fn plugin(server: &Server) -> Json {
    let listed = server.get("/api/plugins").json();
    let tone = listed["plugins"].as_array().unwrap().iter().find(|it| it["id"] == "acme.tone");
    tone.cloned().unwrap_or_default()
}

fn graph(node_type: &str, inputs: &Json, made_with: &Json) -> Json {
    json!({
        "format": "wirebrush/graph", "version": 1, "made_with": made_with,
        "nodes": { "say": { "type": node_type, "inputs": inputs } },
    })
}

/// The text that a run wrote.
#[track_caller]
fn said(server: &Server, run: &Json) -> String {
    assert_eq!(run["status"], "finished", "{run}");
    let hash =
        run["outputs"][0]["value"]["asset"]["hash"].as_str().unwrap_or_else(|| panic!("no asset: {run}"));
    server.get(&format!("/api/assets/{hash}")).text()
}

#[test]
fn two_versions_serve_two_graphs_in_one_process() {
    let scene = Scene::new();
    scene.install(Tone::One);
    let old = graph("acme.tone/Shout", &json!({ "text": "tea" }), &json!({}));
    let first = scene.run(&old);
    assert_eq!(said(&scene.server, &first), "one: tea");
    assert_eq!(first["graph"]["made_with"], json!({ "acme.tone": "1.0.0" }), "the run says what made it");

    let changes = scene.install(Tone::Two);
    assert_eq!(changes["changed"], json!(["acme.tone"]), "{changes}");
    let new = graph("acme.tone/Announce", &json!({ "words": "tea" }), &json!({}));
    assert_eq!(said(&scene.server, &scene.run(&new)), "two: tea");
    assert_eq!(said(&scene.server, &scene.run(&first["graph"])), "one: tea", "as it was made");
    assert_eq!(said(&scene.server, &scene.run(&old)), "two: tea", "renamed, as it says no version");
}

#[test]
fn a_folder_is_loaded_anew_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    let server = Server::start_with(&["--plugins", plugins.to_str().unwrap()]);
    let mut stream = Stream::open(server.address(), None);
    let reload = || server.post("/api/plugins/reload", &json!({})).json();
    assert_eq!(reload(), json!({ "added": [], "changed": [], "removed": [], "refused": [] }));

    let written = |tone: Tone| {
        let target = plugins.join("tone");
        let _ = std::fs::remove_dir_all(&target);
        std::fs::rename(tone.write(folder.path(), |_| {}), target).unwrap();
    };
    written(Tone::One);
    assert_eq!(reload()["added"], json!(["acme.tone"]));
    stream.until(|event| event["type"] == "plugins-changed");
    let old = graph("acme.tone/Shout", &json!({ "text": "tea" }), &json!({}));
    assert_eq!(said(&server, &run(&server, &old)), "one: tea");

    written(Tone::Two);
    assert_eq!(reload()["changed"], json!(["acme.tone"]));
    assert_eq!(said(&server, &run(&server, &old)), "two: tea");

    std::fs::remove_dir_all(plugins.join("tone")).unwrap();
    assert_eq!(reload()["removed"], json!(["acme.tone"]));
    let refused = server.post("/api/runs", &json!({ "graph": old }));
    assert_eq!(refused.status, 422, "{}", refused.text());
}

#[test]
fn a_plugin_that_crashes_again_and_again_is_shown_and_can_be_disabled() {
    let scene = Scene::new();
    scene.install(Tone::Two);
    let stumble = |times: u32| {
        let mut graph = graph("acme.tone/Stumble", &json!({ "times": times }), &json!({}));
        graph["exposed"] = json!({ "never": { "from": "say.never" } });
        let failed = scene.run(&graph);
        assert_eq!(failed["status"], "failed", "{failed}");
        assert!(failed["error"].as_str().unwrap().contains("over my own feet"), "{failed}");
    };
    stumble(1);
    stumble(2);
    assert!(scene.plugin()["crashes"].is_null(), "twice can be an accident");
    stumble(3);
    assert_eq!(scene.plugin()["crashes"], 3);
    scene.server.post("/api/plugins/reload", &json!({}));
    assert_eq!(scene.plugin()["crashes"], 3, "it is the same plugin");

    let well = graph("acme.tone/Announce", &json!({ "words": "tea" }), &json!({}));
    assert_eq!(said(&scene.server, &scene.run(&well)), "two: tea", "its other nodes go on");
    assert!(scene.plugin()["crashes"].is_null(), "it is well again");

    let disabled = scene.server.post("/api/plugins/acme.tone/disable", &json!({ "reason": "it falls" }));
    assert_eq!(disabled.status, 200, "{}", disabled.text());
    assert_eq!(scene.plugin()["status"], "disabled");
    assert_eq!(scene.server.post("/api/runs", &json!({ "graph": well })).status, 422);
}
