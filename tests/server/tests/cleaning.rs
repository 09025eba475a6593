//! Freeing the space of assets: never what somebody still uses.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::picture;
use wirebrush_server_tests::{Answer, Server, Stream};

/// Uploads a text; its hash and reference.
#[track_caller]
fn upload(server: &Server, name: &str, text: &str) -> (String, String) {
    let answer = server.post_bytes(&format!("/api/assets?name={name}"), "text/plain", text.as_bytes());
    assert_eq!(answer.status, 201, "{}", answer.text());
    let asset = answer.json();
    (asset["hash"].as_str().unwrap().to_owned(), asset["reference"].as_str().unwrap().to_owned())
}

fn delete(server: &Server, hash: &str) -> Answer {
    server.delete(&format!("/api/assets/{hash}"))
}

fn graph(file: &str) -> Json {
    let nodes = json!({ "load": { "type": "image/LoadImage", "inputs": { "file": file } } });
    json!({ "format": "wirebrush/graph", "version": 1, "nodes": nodes })
}

/// Kind and name of each use that an answer names.
fn uses(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("in-use")), "{}", answer.text());
    let error = answer.json();
    let uses = error["uses"].as_array().unwrap().iter();
    let word = |it: &Json| it.as_str().unwrap().to_owned();
    uses.map(|it| (word(&it["kind"]), word(&it["name"]))).collect()
}

fn file(server: &Server, hash: &str) -> PathBuf {
    server.data().join("assets").join(&hash[..2]).join(hash)
}

/// Makes an asset look as if it came this many hours ago.
fn age(server: &Server, hash: &str, hours: u64) {
    let file = File::options().write(true).open(file(server, hash)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60 * 60 * hours)).unwrap();
}

#[track_caller]
fn clean(server: &Server, body: &Json) -> Json {
    let answer = server.post("/api/assets/clean", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn an_asset_that_nobody_names_is_deleted_with_file_row_and_thumbnail() {
    let server = Server::start();
    let bytes = fs::read(picture("two.png")).unwrap();
    let asset = server.post_bytes("/api/assets?name=a.png", "image/png", &bytes).json();
    let hash = asset["hash"].as_str().unwrap();
    assert_eq!(server.get(&format!("/api/assets/{hash}/thumbnail?size=32")).status, 200);
    assert_eq!(server.get("/api/assets").json()["storage"], json!({ "files": 1, "bytes": bytes.len() }));
    assert_eq!(delete(&server, hash).status, 204);
    assert_eq!(delete(&server, hash).status, 404);
    for path in [format!("/api/assets/{hash}"), format!("/api/assets/{hash}/thumbnail?size=32")] {
        assert_eq!(server.get(&path).status, 404, "{path}");
    }
    assert!(!file(&server, hash).exists());
    assert_eq!(fs::read_dir(server.data().join("cache/thumbnails")).unwrap().count(), 0);
    let list = server.get("/api/assets").json();
    assert_eq!((&list["assets"], &list["storage"]["files"]), (&json!([]), &json!(0)));

    let again = server.post_bytes("/api/assets?name=a.png", "image/png", &bytes);
    assert_eq!((again.status, &again.json()["hash"]), (201, &asset["hash"]));
    assert_eq!(server.get(&format!("/api/assets/{hash}")).body, bytes);
    for hash in ["abc", "..", &"0".repeat(64), &hash.to_uppercase()] {
        assert_eq!(delete(&server, hash).status, 404, "{hash}");
    }
}

#[test]
fn what_a_version_a_draft_or_a_run_names_cannot_be_deleted_and_the_answer_names_them() {
    let server = Server::start();
    let [(old, old_name), (new, new_name), (draft, draft_name), (queued, queued_name)] =
        ["old", "new", "draft", "queued"].map(|it| upload(&server, &format!("{it}.txt"), it));
    let saved = server.post("/api/graphs", &json!({ "name": "Kitchen", "graph": graph(&old_name) })).json();
    let id = saved["id"].as_str().unwrap();
    let next = json!({ "graph": graph(&new_name), "base_version": 1 });
    assert_eq!(server.put(&format!("/api/graphs/{id}"), &next).status, 200);
    let unsaved = json!({ "graph": graph(&draft_name), "base_version": 2 });
    assert_eq!(server.put(&format!("/api/graphs/{id}/draft"), &unsaved).status, 204);
    server.post("/api/queue/pause", &json!({}));
    let mut wish = graph(&queued_name);
    wish["title"] = json!("Waiting");
    let answer = server.post("/api/runs", &json!({ "id": "r", "graph": wish }));
    assert_eq!(answer.status, 201, "{}", answer.text());

    let named = |kind: &str, name: &str| vec![(kind.to_owned(), name.to_owned())];
    assert_eq!(uses(&delete(&server, &old)), named("graph", "Kitchen"));
    assert_eq!(delete(&server, &old).json()["uses"][0]["version"], 1);
    assert_eq!(delete(&server, &new).json()["uses"][0]["version"], 2);
    assert_eq!(uses(&delete(&server, &draft)), named("draft", "Kitchen"));
    assert_eq!(uses(&delete(&server, &queued)), named("run", "Waiting"));
    let message = delete(&server, &old).json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("graph `Kitchen` (version 1)"), "{message}");

    server.delete("/api/runs/r");
    server.delete(&format!("/api/graphs/{id}/draft"));
    for hash in [&queued, &draft] {
        assert_eq!(delete(&server, hash).status, 204);
    }
    server.delete(&format!("/api/graphs/{id}"));
    for hash in [&old, &new] {
        assert_eq!(delete(&server, hash).status, 204);
    }
}

#[test]
fn a_result_stays_until_its_run_is_forgotten() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let nodes = json!({
        "photo": { "type": "image/LoadImage", "inputs": { "file": "two.png" } },
        "save": { "type": "image/SaveImage", "inputs": { "image": { "from": "photo.image" } } },
    });
    fs::create_dir_all(server.data().join("input")).unwrap();
    fs::copy(picture("two.png"), server.data().join("input/two.png")).unwrap();
    let graph = json!({ "format": "wirebrush/graph", "version": 1, "nodes": nodes });
    assert_eq!(server.post("/api/runs", &json!({ "id": "r", "graph": graph })).status, 201);
    let (_, summary) = stream.until_over("r");
    assert_eq!(summary["status"], "finished", "{summary}");
    let hash = summary["outputs"][0]["value"]["asset"]["hash"].as_str().unwrap().to_owned();
    assert_eq!(uses(&delete(&server, &hash)).len(), 1);
    assert_eq!(clean(&server, &json!({ "keep_hours": 0 }))["files"], 0);
    assert_eq!(server.delete("/api/runs").json()["removed"], 1);
    assert_eq!(delete(&server, &hash).status, 204);
}

#[test]
fn cleaning_says_first_how_much_it_is_and_then_frees_exactly_that() {
    let server = Server::start();
    let (used, used_name) = upload(&server, "used.txt", "used");
    let (unused, _) = upload(&server, "unused.txt", "unused");
    let (fresh, _) = upload(&server, "fresh.txt", "fresh");
    server.post("/api/graphs", &json!({ "name": "Kitchen", "graph": graph(&used_name) }));
    for hash in [&used, &unused] {
        age(&server, hash, 25);
    }
    // What a bundle on the command line unpacked, or a crash between row and file left behind.
    let stray = "ab".repeat(32);
    fs::create_dir_all(file(&server, &stray).parent().unwrap()).unwrap();
    fs::write(file(&server, &stray), "stray!").unwrap();
    age(&server, &stray, 25);

    let would = clean(&server, &json!({ "dry_run": true }));
    assert_eq!(would, json!({ "files": 2, "bytes": 12, "storage": { "files": 2, "bytes": 9 } }));
    assert_eq!(server.get("/api/assets").json()["storage"], json!({ "files": 4, "bytes": 21 }));
    assert_eq!(server.get(&format!("/api/assets/{unused}")).text(), "unused");

    assert_eq!(clean(&server, &json!({})), would);
    assert_eq!(server.get("/api/assets").json()["storage"], would["storage"]);
    for (hash, status) in [(&used, 200), (&fresh, 200), (&unused, 404)] {
        assert_eq!(server.get(&format!("/api/assets/{hash}")).status, status, "{hash}");
    }
    assert!(!file(&server, &stray).exists());
    assert_eq!(clean(&server, &json!({ "keep_hours": 0 }))["files"], 1);
    assert_eq!(server.get(&format!("/api/assets/{fresh}")).status, 404);
    let wrong = server.post("/api/assets/clean", &json!({ "keep_hours": 8761 }));
    assert_eq!((wrong.status, &wrong.json()["code"]), (400, &json!("bad-hours")));
}

#[test]
fn what_is_brought_again_is_new_again() {
    let server = Server::start();
    let (hash, _) = upload(&server, "a.txt", "cup");
    age(&server, &hash, 48);
    assert_eq!(clean(&server, &json!({ "dry_run": true }))["files"], 1);
    upload(&server, "b.txt", "cup");
    assert_eq!(clean(&server, &json!({}))["files"], 0);
    assert_eq!(server.get(&format!("/api/assets/{hash}")).text(), "cup");
}

#[test]
fn pictures_of_the_templates_come_back_after_cleaning() {
    let server = Server::start();
    server.template("recolor");
    assert!(clean(&server, &json!({ "keep_hours": 0 }))["files"].as_u64().unwrap() > 0);
    let template = server.template("recolor");
    let reference = template["nodes"]["photo"]["inputs"]["file"].as_str().unwrap();
    let hash = reference.strip_prefix("asset:").unwrap().split('/').next().unwrap();
    assert_eq!(server.get(&format!("/api/assets/{hash}")).status, 200);
}

#[test]
fn while_a_run_is_under_way_nothing_goes_that_came_since() {
    let server = Server::start();
    let (old, _) = upload(&server, "old.txt", "old");
    let mut stream = Stream::open(server.address(), None);
    let wish = json!({ "id": "long", "graph": server.template("recolor"), "set": { "steps": 100 } });
    age(&server, &old, 1);
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    stream.until(|event| event["run"]["id"] == "long" && event["run"]["status"] == "running");
    let (new, _) = upload(&server, "new.txt", "new");
    let refused = delete(&server, &new);
    let running = server.get("/api/runs/long").json()["status"] == "running";
    assert!(running, "the run was over too early to say anything");
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("in-use")), "{}", refused.text());
    assert_eq!(delete(&server, &old).status, 204);
    server.post("/api/runs/long/cancel", &json!({}));
    stream.until_over("long");
    assert_eq!(delete(&server, &new).status, 204);
}
