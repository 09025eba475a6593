//! Models over HTTP: what is here, and what a graph says when its model is not.

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::{Wirebrush, copy_folder};
use wirebrush_server_tests::{Server, Stream};

fn tiny() -> std::path::PathBuf {
    Wirebrush::staged().plugins().join("kontext/models/kontext-tiny")
}

fn graph(model: &str, models: &Json) -> Json {
    json!({
        "format": "wirebrush/graph", "version": 1, "models": models,
        "nodes": { "clip": { "type": "kontext/CLIPEncode", "inputs": { "text": "cup", "model": model } } },
    })
}

/// Runs a graph and gives the run when it is over.
fn run(server: &Server, graph: &Json) -> Json {
    let mut stream = Stream::open(server.address(), None);
    let answer = server.post("/api/runs", &json!({ "graph": graph }));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    stream.until_over(&id);
    server.get(&format!("/api/runs/{id}")).json()
}

#[test]
fn a_run_notes_its_model_and_finds_it_again_under_another_name() {
    let server = Server::start();
    let first = run(&server, &graph("kontext-tiny", &json!({})));
    assert_eq!(first["status"], "finished", "{first:#}");
    let note = &first["graph"]["models"]["kontext-tiny"];
    assert_eq!(note["blake3"].as_str().unwrap().len(), 64, "{note}");
    assert!(note["family"].is_string(), "{note}");

    let renamed = graph("my-tiny", &json!({ "my-tiny": note }));
    let checked = server.post("/api/validate", &json!({ "graph": renamed })).json();
    let problem = &checked["problems"][0];
    assert_eq!((&problem["code"], &problem["severity"]), (&json!("missing-model"), &json!("warning")));
    assert_eq!(problem["path"], "nodes.clip.inputs.model");
    let again = run(&server, &renamed);
    assert_eq!(again["status"], "finished", "{again:#}");
    assert_eq!(again["graph"]["nodes"]["clip"]["inputs"]["model"], "kontext-tiny");
}

#[test]
fn a_graph_whose_model_is_missing_is_refused_with_what_could_stand_in() {
    let server = Server::start();
    let note = run(&server, &graph("kontext-tiny", &json!({})))["graph"]["models"]["kontext-tiny"].clone();
    let other = json!({ "blake3": "00", "role": note["role"], "family": note["family"] });
    let missing = graph("gone", &json!({ "gone": other }));
    let checked = server.post("/api/validate", &json!({ "graph": missing })).json();
    let problem = &checked["problems"][0];
    assert_eq!(problem["severity"], "error");
    assert!(problem["hint"].as_str().unwrap().contains("`kontext-tiny`"), "{problem}");
    let refused = server.post("/api/runs", &json!({ "graph": missing }));
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(refused.json()["problems"][0]["code"], "missing-model");
}

#[test]
fn a_large_model_of_the_right_size_is_named_and_not_read() {
    let server = Server::start();
    let note = run(&server, &graph("kontext-tiny", &json!({})))["graph"]["models"]["kontext-tiny"].clone();
    let bytes: u64 = 300 << 20;
    std::fs::create_dir_all(server.data().join("models")).unwrap();
    let file = std::fs::File::create(server.data().join("models/large.safetensors")).unwrap();
    file.set_len(bytes).unwrap();
    let gone = json!({ "blake3": "00", "bytes": bytes, "role": "vae", "family": note["family"] });
    let missing = graph("gone", &json!({ "gone": gone }));
    let checked = server.post("/api/validate", &json!({ "graph": missing })).json();
    let hint = checked["problems"][0]["hint"].as_str().unwrap();
    assert!(hint.contains("`large.safetensors` has the same size"), "{hint}");
    assert!(hint.contains("`wirebrush model verify large.safetensors`"), "{hint}");
    let known: Json =
        serde_json::from_str(&std::fs::read_to_string(server.data().join("models.json")).unwrap()).unwrap();
    let files = known["files"].as_object().unwrap();
    let large = files.iter().find(|(path, _)| path.ends_with("large.safetensors"));
    assert!(large.is_none_or(|(_, facts)| facts["blake3"].is_null()), "{known:#}");
}

#[test]
fn the_family_of_models_is_asked_when_one_is_missing() {
    let server = Server::start();
    copy_folder(&tiny().join("vae"), &server.data().join("models/my-vae")).unwrap();
    let listed = server.get("/api/models").json();
    let mine = |listed: &Json| {
        listed["models"].as_array().unwrap().iter().find(|it| it["name"] == "my-vae").cloned().unwrap()
    };
    assert!(mine(&listed)["family"].is_null(), "{listed:#}");
    let family = "FLUX.1 VAE of another time";
    let gone = json!({ "blake3": "00", "bytes": 7, "role": "vae", "family": family });
    let missing = graph("gone", &json!({ "gone": gone }));
    server.post("/api/validate", &json!({ "graph": missing }));
    let listed = server.get("/api/models").json();
    assert!(mine(&listed)["family"].is_string(), "{listed:#}");
}

/// Looking into models is done by running a graph, and who runs graphs in a terminal listens for Ctrl-C.
#[cfg(unix)]
#[test]
fn a_server_that_has_looked_into_models_ends_with_ctrl_c() {
    let server = Server::start();
    run(&server, &graph("kontext-tiny", &json!({})));
    server.stop_with_ctrl_c();
}

#[test]
fn nodes_that_are_not_wanted_may_lack_their_model() {
    let server = Server::start();
    let mut two = graph("kontext-tiny", &json!({}));
    let gone = json!({ "type": "kontext/CLIPEncode", "inputs": { "text": "cup", "model": "gone" } });
    two["nodes"]["other"] = gone;
    assert_eq!(server.post("/api/runs", &json!({ "graph": two })).status, 422);
    let some = server.post("/api/runs", &json!({ "graph": two, "wanted": ["clip"] }));
    assert_eq!(some.status, 201, "{}", some.text());
}

#[test]
fn models_are_listed_with_what_they_are_for() {
    let server = Server::start();
    copy_folder(&tiny().join("vae"), &server.data().join("models/my-vae")).unwrap();
    let listed = server.get("/api/models").json();
    let model =
        |name: &str| listed["models"].as_array().unwrap().iter().find(|it| it["name"] == name).cloned();
    assert_eq!(model("kontext-tiny").unwrap()["role"], "set");
    assert!(model("my-vae").unwrap()["bytes"].as_u64().unwrap() > 0);
}

#[test]
fn a_graph_that_is_shared_finds_its_model_elsewhere_under_another_name() {
    let here = Server::start();
    copy_folder(&tiny(), &here.data().join("models/my-tiny")).unwrap();
    let shared =
        here.post("/api/export", &json!({ "graph": graph("my-tiny", &json!({})), "format": "json" }));
    assert_eq!(shared.status, 200, "{}", shared.text());
    let shared = shared.json();
    assert_eq!(shared["models"]["my-tiny"]["blake3"].as_str().unwrap().len(), 64, "{shared:#}");

    // The embedded model has the same contents; nobody has read it yet.
    let elsewhere = Server::start();
    let checked = elsewhere.post("/api/validate", &json!({ "graph": shared })).json();
    let problem = &checked["problems"][0];
    assert_eq!(
        (&problem["severity"], &problem["code"]),
        (&json!("warning"), &json!("missing-model")),
        "{checked:#}"
    );
    assert!(problem["hint"].as_str().unwrap().contains("`kontext-tiny` is the same model"), "{problem}");
    assert_eq!(run(&elsewhere, &shared)["status"], "finished");
}
