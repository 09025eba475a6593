//! Saved graphs, versions, drafts, templates, and what a server says of graphs and nodes.

use serde_json::{Value as Json, json};
use wirebrush_server_tests::{Server, Stream};

fn graph(text: &str) -> Json {
    let nodes = json!({ "text": { "type": "text/Text", "inputs": { "text": text } } });
    json!({ "format": "wirebrush/graph", "version": 1, "nodes": nodes })
}

fn save(server: &Server, name: &str, text: &str) -> String {
    let answer = server.post("/api/graphs", &json!({ "name": name, "graph": graph(text) }));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_saved_graph_comes_back_with_its_versions() {
    let server = Server::start();
    let id = save(&server, "  Tea  ", "one");
    let path = format!("/api/graphs/{id}");
    let saved = server.get(&path).json();
    assert_eq!(
        (&saved["name"], &saved["version"], &saved["has_draft"]),
        (&json!("Tea"), &json!(1), &json!(false))
    );
    assert_eq!(saved["graph"], graph("one"));

    let next = server.put(&path, &json!({ "graph": graph("two"), "base_version": 1, "name": "Coffee" }));
    assert_eq!((next.status, &next.json()["version"]), (200, &json!(2)));
    assert_eq!(server.get(&format!("{path}/versions/1")).json()["graph"], graph("one"));
    assert_eq!(server.get(&path).json()["graph"], graph("two"));
    let versions = server.get(&format!("{path}/versions")).json()["versions"].clone();
    let numbers: Vec<_> =
        versions.as_array().unwrap().iter().map(|it| it["version"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [2, 1]);
    assert!(versions[0]["bytes"].as_i64() > Some(50) && versions[0]["saved_at"].is_i64(), "{versions}");

    let other = save(&server, "Other", "three");
    let list = server.get("/api/graphs").json()["graphs"].clone();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Other", "Coffee"], "newest first");

    assert_eq!(server.delete(&format!("/api/graphs/{other}")).status, 204);
    assert_eq!(server.delete(&format!("/api/graphs/{other}")).status, 404);
    assert_eq!(server.get(&format!("/api/graphs/{other}")).status, 404);
    assert_eq!(server.get(&format!("/api/graphs/{other}/versions")).status, 404);
    assert_eq!(server.get(&format!("{path}/versions/3")).status, 404);
}

#[test]
fn unknown_nodes_and_fields_are_saved_as_they_came() {
    let server = Server::start();
    let strange = json!({
        "format": "wirebrush/graph", "version": 1, "title": "Strange", "later": { "field": [1, 2.5] },
        "nodes": { "a": { "type": "acme.tone/Levels", "inputs": { "x": { "from": "b.y" }, "seed": "18446744073709551615" },
            "color": "#fff" } },
    });
    let answer = server.post("/api/graphs", &json!({ "name": "Strange", "graph": strange }));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(server.get(&format!("/api/graphs/{id}")).json()["graph"], strange);
}

#[test]
fn what_is_no_graph_is_not_saved() {
    let server = Server::start();
    let nodes =
        json!({ "a": { "type": 7 }, "b": { "type": "text/Text", "inputs": { "text": { "from": 1 } } } });
    let broken = json!({ "format": "wirebrush/graph", "version": 1, "nodes": nodes });
    let answer = server.post("/api/graphs", &json!({ "name": "a", "graph": broken }));
    assert_eq!((answer.status, answer.json()["code"].as_str()), (422, Some("invalid-graph")));
    let problems = answer.json()["problems"].clone();
    let paths: Vec<_> = problems.as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert!(paths.iter().any(|it| it.starts_with("nodes.a")), "{problems}");
    assert!(paths.iter().any(|it| it.starts_with("nodes.b")), "all problems at once: {problems}");
    for name in ["", "   ", "two\nlines", &"a".repeat(201)] {
        let answer = server.post("/api/graphs", &json!({ "name": name, "graph": graph("") }));
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("bad-name")), "{name:?}");
    }
    assert_eq!(server.get("/api/graphs").json()["graphs"], json!([]));
}

#[test]
fn a_save_on_top_of_an_old_version_is_a_conflict_and_changes_nothing() {
    let server = Server::start();
    let id = save(&server, "Tea", "one");
    let path = format!("/api/graphs/{id}");
    server.put(&path, &json!({ "graph": graph("first tab"), "base_version": 1 }));
    for (path, body) in [
        (path.clone(), json!({ "graph": graph("second tab"), "base_version": 1 })),
        (format!("{path}/draft"), json!({ "graph": graph("second tab"), "base_version": 1 })),
    ] {
        let answer = server.put(&path, &body);
        assert_eq!(answer.status, 409, "{path}");
        assert_eq!(
            (&answer.json()["code"], &answer.json()["current_version"]),
            (&json!("conflict"), &json!(2))
        );
    }
    let now = server.get(&path).json();
    assert_eq!((&now["graph"], &now["version"]), (&graph("first tab"), &json!(2)));
}

#[test]
fn the_last_fifty_versions_are_kept() {
    let server = Server::start();
    let id = save(&server, "Tea", "1");
    for base in 1..=52 {
        let next = json!({ "graph": graph(&format!("{}", base + 1)), "base_version": base });
        assert_eq!(server.put(&format!("/api/graphs/{id}"), &next).status, 200);
    }
    let versions = server.get(&format!("/api/graphs/{id}/versions")).json()["versions"].clone();
    let numbers: Vec<_> =
        versions.as_array().unwrap().iter().map(|it| it["version"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (4..=53).rev().collect::<Vec<_>>());
    assert_eq!(server.get(&format!("/api/graphs/{id}/versions/3")).status, 404);
}

#[test]
fn a_draft_survives_a_crash_and_ends_with_the_save() {
    let server = Server::start();
    let id = save(&server, "Tea", "one");
    let path = format!("/api/graphs/{id}");
    // What is typed may be unsound for a while.
    let unsound = json!({ "nodes": { "half": {} } });
    for draft in [graph("typed"), unsound.clone()] {
        let answer = server.put(&format!("{path}/draft"), &json!({ "graph": draft, "base_version": 1 }));
        assert_eq!(answer.status, 204);
    }
    let server = server.kill().start();
    let saved = server.get(&path).json();
    assert_eq!((&saved["graph"], &saved["has_draft"]), (&graph("one"), &json!(true)));
    assert_eq!((&saved["draft"]["graph"], &saved["draft"]["base_version"]), (&unsound, &json!(1)));

    server.put(&path, &json!({ "graph": graph("two"), "base_version": 1 }));
    let saved = server.get(&path).json();
    assert_eq!((&saved["has_draft"], &saved["draft"]), (&json!(false), &Json::Null));

    server.put(&format!("{path}/draft"), &json!({ "graph": graph("three"), "base_version": 2 }));
    assert_eq!(server.delete(&format!("{path}/draft")).status, 204);
    assert_eq!(server.delete(&format!("{path}/draft")).status, 204, "there is none any more");
    assert_eq!(server.get(&path).json()["has_draft"], false);
    assert_eq!(server.put("/api/graphs/none/draft", &json!({ "graph": {}, "base_version": 1 })).status, 404);
}

#[test]
fn everybody_hears_of_saved_and_deleted_graphs() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    assert_eq!(stream.event()["type"], "hello");
    let id = save(&server, "Tea", "one");
    let path = format!("/api/graphs/{id}");
    for _ in 0..2 {
        server.put(&format!("{path}/draft"), &json!({ "graph": graph("typed"), "base_version": 1 }));
    }
    server.put(&path, &json!({ "graph": graph("two"), "base_version": 1 }));
    server.delete(&path);
    let mut heard = Vec::new();
    for _ in 0..4 {
        let event = stream.event();
        let graph = &event["graph"];
        heard.push(json!([event["type"], graph["version"], graph["has_draft"]]));
    }
    let expected =
        json!([["graph", 1, false], ["graph", 1, true], ["graph", 2, false], ["graph-removed", null, null],]);
    assert_eq!(json!(heard), expected, "the second autosave is no news");
}

#[test]
fn templates_are_sound_bring_their_pictures_and_begin_with_recolor() {
    let server = Server::start();
    let templates = server.get("/api/templates").json()["templates"].clone();
    let ids: Vec<_> = templates.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids[0], "recolor");
    assert!(ids.len() >= 5, "{ids:?}");
    for template in templates.as_array().unwrap() {
        let answer = server.post("/api/validate", &json!({ "graph": template["graph"] })).json();
        assert_eq!(answer["problems"], json!([]), "{}", template["id"]);
        assert_eq!(answer["graph"], template["graph"], "{}", template["id"]);
    }
    let reference = templates[0]["graph"]["nodes"]["photo"]["inputs"]["file"].as_str().unwrap();
    let (hash, name) = reference.strip_prefix("asset:").unwrap().split_once('/').unwrap();
    assert_eq!(name, "shapes.png");
    let picture = server.get(&format!("/api/assets/{hash}"));
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    assert_eq!(server.get("/api/assets").json()["assets"], json!([]), "nobody uploaded them");
}

#[test]
fn validation_finds_every_problem_and_answers_with_what_could_be_read() {
    let server = Server::start();
    let graph = json!({
        "format": "wirebrush/graph", "version": 1,
        "nodes": {
            "a": { "type": "image/Nope" },
            "b": { "type": "text/Text", "inputs": { "text": { "from": "c.text" } } },
        },
    });
    let answer = server.post("/api/validate", &json!({ "graph": graph }));
    assert_eq!(answer.status, 200);
    let problems = answer.json()["problems"].clone();
    let found: Vec<_> = problems.as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert_eq!(found, ["nodes.a.type", "nodes.b.inputs.text.from"], "{problems}");
    assert!(problems[0]["expected"].is_string() && problems[0]["severity"] == "error");
    assert_eq!(answer.json()["graph"], graph);
    let nothing = server.post("/api/validate", &json!({ "graph": [1] })).json();
    assert_eq!((&nothing["graph"], &nothing["problems"][0]["severity"]), (&Json::Null, &json!("error")));
}

#[test]
fn nodes_come_with_their_plugins_and_models_by_name() {
    let server = Server::start();
    let nodes = server.get("/api/nodes").json();
    let plugin =
        |id: &str| nodes["plugins"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone();
    assert_eq!(
        (&plugin("image")["kind"], &plugin("image")["state"]),
        (&json!("component"), &json!("loaded"))
    );
    assert_eq!(plugin("kontext")["kind"], "native");
    let ids: Vec<_> =
        nodes["nodes"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted());
    for id in ["image/LoadImage", "kontext/FlowSample", "text/Text"] {
        assert!(ids.contains(&id), "{id}");
    }
    for plugin in nodes["plugins"].as_array().unwrap() {
        for id in plugin["nodes"].as_array().unwrap() {
            assert!(ids.contains(&id.as_str().unwrap()), "{id} has no definition");
        }
    }
    let models = server.get("/api/models").json()["models"].clone();
    let tiny = models.as_array().unwrap().iter().find(|it| it["name"] == "kontext-tiny").unwrap();
    assert!(tiny["bytes"].as_u64() > Some(1 << 20) && tiny.get("path").is_none(), "{tiny}");
}

#[test]
fn a_plugin_that_cannot_be_used_is_listed_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("broken");
    std::fs::create_dir(&plugin).unwrap();
    std::fs::write(plugin.join("plugin.json"), "{ this is no manifest").unwrap();
    let server = Server::start_with(&["--plugins", folder.path().to_str().unwrap()]);
    let nodes = server.get("/api/nodes").json();
    let broken = nodes["plugins"].as_array().unwrap().iter().find(|it| it["id"] == "broken").unwrap();
    assert_eq!(broken["state"], "refused");
    assert!(broken["reason"].as_str().is_some_and(|it| !it.is_empty()), "{broken}");
}
