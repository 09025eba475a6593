//! Graphs go out and come back: as JSON, inside a picture, in a bundle.

use std::fs;

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::{Wirebrush, picture};
use wirebrush_server_tests::{Answer, Server};

fn export(server: &Server, body: &Json) -> Answer {
    let answer = server.post("/api/export", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-disposition").starts_with("attachment"), "{:?}", answer.headers);
    answer
}

fn import(server: &Server, bytes: &[u8]) -> Json {
    let answer = server.post_bytes("/api/import", "application/octet-stream", bytes);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// A graph that came back without what its way out added: the notes of its models.
#[track_caller]
fn without_notes(back: &Json) -> Json {
    let mut graph = back["graph"].clone();
    let notes = graph.as_object_mut().unwrap().remove("models").unwrap();
    assert_eq!(notes["kontext-tiny"]["blake3"].as_str().unwrap().len(), 64, "{notes}");
    graph
}

fn hash_of(graph: &Json) -> String {
    let reference = graph["nodes"]["photo"]["inputs"]["file"].as_str().unwrap();
    let rest = reference.strip_prefix("asset:").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn a_graph_comes_back_from_json() {
    let server = Server::start();
    let graph = server.template("recolor");
    let answer = export(&server, &json!({ "graph": graph, "format": "json" }));
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.header("content-disposition").ends_with("Recolor.json"), "{:?}", answer.headers);
    assert!(answer.text().ends_with("}\n"), "the canonical form ends with a newline");
    let back = import(&server, &answer.body);
    assert_eq!(without_notes(&back), graph);
    assert_eq!((&back["format"], &back["problems"]), (&json!("json"), &json!([])));
}

#[test]
fn a_graph_comes_back_from_the_picture_that_carries_it() {
    let server = Server::start();
    let graph = server.template("recolor");
    let answer = export(&server, &json!({ "graph": graph, "format": "png", "picture": hash_of(&graph) }));
    assert_eq!(answer.header("content-type"), "image/png");
    let back = import(&server, &answer.body);
    assert_eq!((without_notes(&back), &back["format"]), (graph, &json!("png")));

    let plain = fs::read(picture("two.png")).unwrap();
    let answer = server.post_bytes("/api/import", "image/png", &plain);
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (422, Some("not-a-graph")),
        "it carries none"
    );
}

#[test]
fn a_picture_must_be_there_and_a_png_to_carry_a_graph() {
    let server = Server::start();
    let graph = server.template("recolor");
    let status = |picture: Json| {
        server.post("/api/export", &json!({ "graph": graph, "format": "png", "picture": picture })).status
    };
    assert_eq!(status(Json::Null), 400);
    assert_eq!(status(json!("0".repeat(64))), 404);
    assert_eq!(status(json!("../secret")), 404);
    let text = server.post_bytes("/api/assets?name=a.png", "image/png", b"no picture").json();
    assert_eq!(status(text["hash"].clone()), 422);
}

#[test]
fn a_bundle_opens_elsewhere_with_its_pictures() {
    let here = Server::start();
    fs::create_dir_all(here.data().join("input")).unwrap();
    fs::copy(picture("landscape.png"), here.data().join("input/mine.png")).unwrap();
    let mut graph = here.template("recolor");
    graph["nodes"]["photo"]["inputs"]["file"] = json!("mine.png");
    let bundle = export(&here, &json!({ "graph": graph, "format": "bundle" }));
    assert!(bundle.header("content-disposition").ends_with("Recolor.wirebrush"), "{:?}", bundle.headers);
    assert_eq!(bundle.body, export(&here, &json!({ "graph": graph, "format": "bundle" })).body);
    drop(here);

    let there = Server::start();
    let back = import(&there, &bundle.body);
    assert_eq!((&back["format"], &back["problems"]), (&json!("bundle"), &json!([])));
    let file = back["graph"]["nodes"]["photo"]["inputs"]["file"].as_str().unwrap();
    assert!(file.ends_with("/mine.png"), "{file}");
    let asset = there.get(&format!("/api/assets/{}", hash_of(&back["graph"])));
    assert_eq!((asset.status, asset.header("content-type")), (200, "image/png"));
    assert_eq!(asset.body, fs::read(picture("landscape.png")).unwrap());
    assert!(asset.header("content-disposition").ends_with("mine.png"));
}

#[test]
fn the_command_line_runs_and_checks_a_bundle() {
    let server = Server::start();
    let graph = server.template("text-only");
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shared.wirebrush");
    for id in ["text-only", "recolor"] {
        let graph = if id == "recolor" { server.template(id) } else { graph.clone() };
        fs::write(&file, export(&server, &json!({ "graph": graph, "format": "bundle" })).body).unwrap();
        wirebrush.run(["check".as_ref(), file.as_os_str()]).ends_with(0);
        let out = folder.path().join(id);
        wirebrush.run(["run".as_ref(), file.as_os_str(), "-o".as_ref(), out.as_os_str()]).ends_with(0);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 1, "{id}");
    }
    fs::write(&file, &fs::read(&file).unwrap()[..200]).unwrap();
    wirebrush.run(["check".as_ref(), file.as_os_str()]).ends_with(2);
}

#[test]
fn prompts_and_paths_stay_home_when_asked_to() {
    let server = Server::start();
    let mut graph = server.template("recolor");
    graph["nodes"]["prompt"]["inputs"]["text"] = json!("a secret wish");
    graph["title"] = json!("a secret wish");
    let hash = hash_of(&graph);
    for format in ["json", "png", "bundle"] {
        let strip = json!(["prompts", "paths"]);
        let body = json!({ "graph": graph, "format": format, "picture": hash, "strip": strip });
        let answer = export(&server, &body);
        let back = import(&server, &answer.body)["graph"].clone();
        let text = back.to_string();
        assert!(!text.contains("secret") && !text.contains("shapes.png"), "{format}: {text}");
        assert_eq!(back["nodes"]["photo"]["inputs"]["file"], format!("asset:{hash}"), "{format}");
        assert_eq!(back["nodes"]["t5"]["inputs"]["model"], "kontext-tiny");
        assert!(!answer.header("content-disposition").contains("secret"), "{:?}", answer.headers);
    }
    let kept = export(&server, &json!({ "graph": graph, "format": "json" })).text();
    assert!(kept.contains("a secret wish") && kept.contains("shapes.png"));
}

#[test]
fn what_is_no_graph_is_refused_with_a_reason() {
    let server = Server::start();
    let bundle = export(&server, &json!({ "graph": server.template("recolor"), "format": "bundle" })).body;
    let mut damaged = bundle.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let foreign = br#"{"last_node_id":3,"nodes":[],"version":0.4}"#;
    let newer = br#"{"format":"wirebrush/graph","version":99,"nodes":{}}"#;
    for bytes in [
        b"".as_slice(),
        b"hello",
        b"{}",
        b"\xff\xfe\xfd",
        foreign,
        newer,
        &bundle[..100],
        &damaged,
        b"PK\x03\x04",
    ] {
        let answer = server.post_bytes("/api/import", "application/octet-stream", bytes);
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(!answer.json()["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_graph_with_unknown_nodes_opens_and_says_so() {
    let server = Server::start();
    let nodes = json!({ "a": { "type": "acme.tone/Levels", "inputs": { "x": 1 } } });
    let graph = json!({ "format": "wirebrush/graph", "version": 1, "nodes": nodes });
    let back = import(&server, graph.to_string().as_bytes());
    assert_eq!(back["graph"], graph);
    assert_eq!(back["problems"][0]["code"], "unknown-type");
}
