//! Runs from the outside: asked for, watched, stopped, repeated.

use serde_json::{Value as Json, json};
use wirebrush_server_tests::{Server, Stream};

/// Asks for a run and waits until it is over; the whole run.
#[track_caller]
fn run(server: &Server, wish: &Json) -> Json {
    let mut stream = Stream::open(server.address(), None);
    let answer = server.post("/api/runs", wish);
    assert_eq!(answer.status, 201, "{}", answer.json());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    stream.until_over(&id);
    get(server, &id)
}

#[track_caller]
fn get(server: &Server, id: &str) -> Json {
    let answer = server.get(&format!("/api/runs/{id}"));
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

fn text(words: &str) -> Json {
    json!({
        "format": "wirebrush/graph", "version": 1, "title": "Text",
        "nodes": {
            "first": { "type": "text/Text", "inputs": { "text": words } },
            "second": { "type": "text/Join", "inputs": { "texts": [{ "from": "first.text" }, "and more"] } },
        },
        "exposed": { "words": "first.text", "result": { "from": "second.text" } },
    })
}

fn state<'a>(run: &'a Json, node: &str) -> &'a str {
    run["nodes"][node]["state"].as_str().unwrap_or_else(|| panic!("no node {node}: {run}"))
}

#[test]
fn the_recolor_template_gives_a_picture_that_carries_its_graph() {
    let server = Server::start();
    let graph = server.template("recolor");
    let prompt = "make the circle red";
    let run = run(&server, &json!({ "graph": graph, "set": { "prompt": prompt } }));
    assert_eq!(run["status"], "finished", "{run}");
    assert_eq!((&run["done"], &run["total"]), (&json!(10), &json!(10)));
    let output = &run["outputs"][0];
    assert_eq!((&output["name"], &output["node"]), (&json!("save.file"), &json!("save")));
    let asset = &output["value"]["asset"];
    assert_eq!((&asset["media_type"], &asset["name"]), (&json!("image/png"), &json!("recolor.png")));
    let png = server.get(&format!("/api/assets/{}", asset["hash"].as_str().unwrap())).body;
    assert!(png.starts_with(b"\x89PNG"));
    let imported = server.post_bytes("/api/import", "application/octet-stream", &png).json();
    assert_eq!(imported["format"], "png");
    assert_eq!(imported["graph"]["nodes"]["prompt"]["inputs"]["text"], prompt);
    for (node, state) in run["nodes"].as_object().unwrap() {
        assert_eq!(state["state"], "finished", "{node}");
        assert!(state["ms"].as_f64().unwrap() >= 0.0 && state["started_ms"].is_u64(), "{node}: {state}");
    }
}

#[test]
fn a_wish_for_one_node_runs_only_what_that_node_needs() {
    let server = Server::start();
    let run = run(&server, &json!({ "graph": server.template("recolor"), "wanted": ["prompt.text"] }));
    assert_eq!(run["nodes"].as_object().unwrap().len(), 1);
    assert_eq!(run["outputs"][0]["name"], "prompt.text");
    assert_eq!(run["outputs"][0]["value"]["value"], "make the circle purple");
}

#[test]
fn values_are_set_by_exposed_name_and_stay_in_the_runs_graph() {
    let server = Server::start();
    let wish = json!({ "graph": text("tea"), "set": { "words": "coffee" }, "graph_id": "g1" });
    let run = run(&server, &wish);
    assert_eq!(run["outputs"][0]["name"], "result");
    assert_eq!(
        run["outputs"][0]["value"],
        json!({
            "kind": "text", "summary": "coffee, and more", "value": "coffee, and more",
        })
    );
    assert_eq!(run["graph"]["nodes"]["first"]["inputs"]["text"], "coffee");
    assert_eq!((&run["title"], &run["graph_id"]), (&json!("Text"), &json!("g1")));
    let wrong = server.post("/api/runs", &json!({ "graph": text("tea"), "set": { "word": "coffee" } }));
    assert_eq!(wrong.status, 422);
    assert!(wrong.json()["problems"][0]["expected"].as_str().unwrap().contains("words"), "{}", wrong.json());
}

#[test]
fn a_changed_prompt_leaves_the_photo_alone() {
    let server = Server::start();
    let graph = server.template("recolor");
    let first = run(&server, &json!({ "graph": graph, "set": { "prompt": "make the circle red" } }));
    assert_eq!(first["status"], "finished", "{first}");
    let second = run(&server, &json!({ "graph": graph, "set": { "prompt": "make the circle green" } }));
    for node in ["photo", "fit", "reference"] {
        assert_eq!(state(&second, node), "cached");
    }
    for node in ["prompt", "t5", "clip", "sample", "decode", "result", "save"] {
        assert_eq!(state(&second, node), "finished");
    }
    assert_eq!(second["done"], second["total"]);
    let third = run(&server, &json!({ "graph": graph, "set": { "prompt": "make the circle green" } }));
    assert!(third["nodes"].as_object().unwrap().values().all(|node| node["state"] == "cached"), "{third}");
    assert_eq!(third["outputs"], second["outputs"]);
}

#[test]
fn sending_the_same_id_twice_runs_once() {
    let server = Server::start();
    let wish = json!({ "id": "mine-1", "graph": text("tea") });
    run(&server, &wish);
    let again = server.post("/api/runs", &wish);
    assert_eq!((again.status, &again.json()["status"]), (200, &json!("finished")));
    assert_eq!(server.get("/api/runs").json()["runs"].as_array().unwrap().len(), 1);
    for id in ["", "a b", "../x", &"x".repeat(65)] {
        let answer = server.post("/api/runs", &json!({ "id": id, "graph": text("tea") }));
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("invalid-id")), "{id:?}");
    }
}

#[test]
fn an_id_that_another_wish_has_is_refused_by_name() {
    let server = Server::start();
    server.post("/api/queue/pause", &json!({}));
    let wish = json!({ "id": "mine", "graph": text("tea"), "set": { "words": "coffee" } });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    let refused = |body: &Json| {
        let answer = server.post("/api/runs", body);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (409, &json!("id-taken")),
            "{body}: {}",
            answer.text()
        );
        assert!(answer.json()["message"].as_str().unwrap().contains("`mine`"), "{}", answer.text());
    };
    refused(&json!({ "id": "mine", "graph": text("soup"), "set": { "words": "coffee" } }));
    refused(&json!({ "id": "mine", "graph": text("tea"), "set": { "words": "soup" } }));
    refused(&json!({ "id": "mine", "graph": text("tea") }));
    refused(
        &json!({ "id": "mine", "graph": text("tea"), "set": { "words": "coffee" }, "wanted": ["first"] }),
    );
    refused(&json!({ "id": "mine", "graph": text("tea"), "set": { "words": "coffee" }, "graph_id": "g" }));
    refused(&json!({ "id": "mine", "graph": { "nodes": "no graph at all" } }));
    let spelled = r#"{ "set": {"words":"coffee"}, "graph": GRAPH, "wanted": null, "id": "mine" }"#;
    let spelled = spelled.replace("GRAPH", &format!("{:#}", text("tea")));
    let server = server.kill().start();
    let again = server.post_bytes("/api/runs", "application/json", spelled.as_bytes());
    assert_eq!((again.status, &again.json()["id"]), (200, &json!("mine")), "{}", again.text());
    assert_eq!(server.get("/api/runs").json()["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn an_id_belongs_to_a_wish_or_to_a_retry_but_not_to_both() {
    let server = Server::start();
    run(&server, &json!({ "id": "a", "graph": text("tea") }));
    run(&server, &json!({ "id": "b", "graph": text("soup") }));
    let retry = |of: &str, id: &str| server.post(&format!("/api/runs/{of}/retry"), &json!({ "id": id }));
    assert_eq!(retry("a", "again").status, 201);
    assert_eq!(retry("a", "again").status, 200);
    for answer in [
        retry("b", "again"),
        retry("a", "b"),
        server.post("/api/runs", &json!({ "id": "again", "graph": text("tea") })),
    ] {
        assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("id-taken")), "{}", answer.text());
    }
}

#[test]
fn a_graph_that_cannot_run_is_refused_with_everything_that_is_wrong() {
    let server = Server::start();
    let mut graph = text("tea");
    graph["nodes"]["second"]["inputs"]["texts"] = json!({ "from": "nobody.text" });
    graph["nodes"]["first"]["inputs"]["txt"] = json!("tea");
    let answer = server.post("/api/runs", &json!({ "graph": graph }));
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("invalid-graph")));
    let error = answer.json();
    let paths: Vec<_> =
        error["problems"].as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert!(paths.iter().any(|path| path.starts_with("nodes.second.inputs.texts")), "{paths:?}");
    assert!(paths.contains(&"nodes.first.inputs.txt"), "{paths:?}");
    let unknown = server.post("/api/runs", &json!({ "graph": text("tea"), "wanted": ["third.text"] }));
    assert_eq!(unknown.status, 422);
    assert!(unknown.json()["problems"][0]["found"].as_str().unwrap().contains("third"), "{}", unknown.json());
    assert_eq!(server.post("/api/runs", &json!({ "graph": "tea" })).status, 422);
    assert!(server.get("/api/runs").json()["runs"].as_array().unwrap().is_empty());
}

#[test]
fn a_failure_names_the_node_and_the_input_and_can_be_retried() {
    let server = Server::start();
    let graph = json!({
        "format": "wirebrush/graph", "version": 1,
        "nodes": {
            "photo": { "type": "image/LoadImage", "inputs": { "file": "missing.png" } },
            "save": { "type": "image/SaveImage", "inputs": { "image": { "from": "photo.image" } } },
        },
    });
    let failed = run(&server, &json!({ "graph": graph }));
    assert_eq!(failed["status"], "failed");
    assert_eq!((state(&failed, "photo"), state(&failed, "save")), ("failed", "skipped"));
    assert_eq!(failed["nodes"]["photo"]["port"], "file");
    assert!(failed["nodes"]["photo"]["error"].as_str().unwrap().contains("missing.png"), "{failed}");
    assert!(failed["error"].as_str().unwrap().starts_with("photo: "), "{failed}");

    let id = failed["id"].as_str().unwrap();
    let mut stream = Stream::open(server.address(), None);
    let retried = server.post(&format!("/api/runs/{id}/retry"), &json!({ "id": "again" }));
    assert_eq!((retried.status, &retried.json()["retry_of"]), (201, &json!(id)));
    assert_eq!(stream.until_over("again").1["status"], "failed");
    assert_eq!(server.post(&format!("/api/runs/{id}/retry"), &json!({ "id": "again" })).status, 200);
    assert_eq!(server.post("/api/runs/nobody/retry", &json!({})).status, 404);
}

#[test]
fn a_running_run_is_cancelled_at_its_next_step() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let wish = json!({ "id": "long", "graph": server.template("recolor"), "set": { "steps": 100 } });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    stream.until(|event| event["node"] == "sample" && event["state"]["step"].as_u64() > Some(0));
    assert_eq!(server.delete("/api/runs/long").status, 409);
    assert_eq!(server.post("/api/runs/long/cancel", &json!({})).status, 200);
    let (events, summary) = stream.until_over("long");
    assert_eq!(summary["status"], "cancelled");
    let steps =
        events.iter().filter(|event| event["node"] == "sample").filter_map(|it| it["state"]["step"].as_u64());
    assert!(steps.max().unwrap_or_default() < 100);
    let run = get(&server, "long");
    assert_eq!((state(&run, "reference"), state(&run, "sample")), ("finished", "cancelled"));
    assert_eq!(state(&run, "save"), "cancelled");
    // What is over stays as it is.
    assert_eq!(server.post("/api/runs/long/cancel", &json!({})).json()["status"], "cancelled");
    assert_eq!(server.delete("/api/runs/long").status, 204);
    assert_eq!(server.get("/api/runs/long").status, 404);
    assert_eq!(server.delete("/api/runs/long").status, 404);
}

#[test]
fn the_value_on_any_wire_can_be_looked_at_after_a_run() {
    let server = Server::start();
    let run = run(&server, &json!({ "id": "r", "graph": server.template("recolor") }));
    assert_eq!(run["status"], "finished", "{run}");
    let value = |wire: &str| {
        let answer = server.get(&format!("/api/runs/r/values/{wire}"));
        assert_eq!(answer.status, 200, "{wire}: {}", answer.json());
        answer.json()
    };
    let picture = value("decode.image");
    assert_eq!(picture["kind"], "image");
    assert!(picture["summary"].as_str().unwrap().starts_with("image "), "{picture}");
    let hash = picture["asset"]["hash"].as_str().unwrap();
    assert!(server.get(&format!("/api/assets/{hash}")).body.starts_with(b"\x89PNG"));
    assert!(value("sample.latent")["summary"].as_str().unwrap().starts_with("kontext/latent@1, "));
    assert_eq!(value("prompt.text")["value"], "make the circle purple");
    assert_eq!(value("save.file"), run["outputs"][0]["value"]);
    for wire in ["nobody.image", "decode.nothing", "decode"] {
        let status = server.get(&format!("/api/runs/r/values/{wire}")).status;
        assert_eq!(status, if wire == "decode" { 200 } else { 404 }, "{wire}");
    }
    assert_eq!(server.get("/api/runs/nobody/values/decode.image").status, 404);
}

#[test]
fn nodes_inside_an_instance_are_seen_under_its_name() {
    let server = Server::start();
    let graph = json!({
        "format": "wirebrush/graph", "version": 1,
        "nodes": { "polite": { "type": "#Polite", "inputs": { "words": "tea" } } },
        "definitions": { "Polite": {
            "inputs": { "words": ["join.texts"] },
            "outputs": { "text": { "from": "end.text" } },
            "nodes": {
                "join": { "type": "text/Join" },
                "end": { "type": "text/Join", "inputs": { "texts": [{ "from": "join.text" }, "please"] } },
            },
        } },
        "exposed": { "wish": { "from": "polite.text" } },
    });
    let run = run(&server, &json!({ "id": "r", "graph": graph }));
    assert_eq!((state(&run, "polite/join"), state(&run, "polite/end")), ("finished", "finished"));
    assert_eq!(
        (&run["outputs"][0]["name"], &run["outputs"][0]["node"]),
        (&json!("wish"), &json!("polite/end"))
    );
    for (wire, value) in
        [("polite%2Fjoin.text", "tea"), ("polite%2Fend.text", "tea, please"), ("polite.text", "tea, please")]
    {
        assert_eq!(server.get(&format!("/api/runs/r/values/{wire}")).json()["value"], value, "{wire}");
    }
}

#[test]
fn looking_at_a_wire_starts_no_work() {
    let server = Server::start();
    assert_eq!(server.post("/api/queue/pause", &json!({})).status, 200);
    let wish = json!({ "id": "waits", "graph": server.template("recolor") });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    let answer = server.get("/api/runs/waits/values/decode.image");
    assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not-found")));
}

#[test]
fn muted_nodes_are_skipped_with_the_reason() {
    let server = Server::start();
    let mut graph = text("tea");
    graph["nodes"]["third"] =
        json!({ "type": "text/Text", "state": "muted", "inputs": { "text": { "from": "first.text" } } });
    let run = run(&server, &json!({ "graph": graph }));
    assert_eq!((state(&run, "third"), state(&run, "second")), ("skipped", "finished"));
    assert!(run["nodes"]["third"]["message"].is_string(), "{run}");
    assert_eq!(run["total"], 2);
}
