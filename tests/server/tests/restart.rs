//! The server dies and comes back: nothing is lost.

use serde_json::{Value as Json, json};
use wirebrush_server_tests::{Server, Stream};

fn text(id: &str) -> Json {
    let nodes = json!({ "text": { "type": "text/Text", "inputs": { "text": id } } });
    json!({ "id": id, "graph": { "format": "wirebrush/graph", "version": 1, "nodes": nodes } })
}

fn get(server: &Server, id: &str) -> Json {
    server.get(&format!("/api/runs/{id}")).json()
}

#[test]
fn a_killed_run_is_interrupted_and_goes_on_from_its_cached_nodes_when_retried() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let mut graph = server.template("two-step-edit");
    graph["nodes"]["sample2"]["inputs"]["steps"] = json!(40);
    let wish = json!({ "id": "long", "graph": graph, "set": { "steps": 5 } });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    stream.until(|it| it["run"]["id"] == "long" && it["run"]["status"] == "running");
    for id in ["a", "b", "c"] {
        assert_eq!(server.post("/api/runs", &text(id)).status, 201);
    }
    server.post("/api/runs/c/move", &json!({ "position": 0 }));
    server.post("/api/queue/pause", &json!({}));
    let seen = stream.until(|it| it["node"] == "sample2" && it["state"]["step"].as_u64() >= Some(2));
    let newest = seen.last().unwrap()["sequence"].as_u64().unwrap();
    drop(stream);

    let server = server.kill().start();
    let list = server.get("/api/runs").json();
    let order: Vec<_> =
        list["runs"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(order, ["c", "a", "b", "long"]);
    assert_eq!(list["paused"], true);
    assert!(list["sequence"].as_u64().unwrap() >= newest, "numbers went back");
    let long = get(&server, "long");
    assert_eq!(long["status"], "interrupted");
    assert!(long["ended_at"].is_i64() && long["error"].is_string(), "{long}");
    assert_eq!(long["nodes"]["sample2"]["state"], "cancelled");

    let mut stream = Stream::open(server.address(), Some(newest));
    assert_eq!(stream.event()["type"], "reset");
    let retried = server.post("/api/runs/long/retry", &json!({ "id": "again" }));
    assert_eq!(retried.status, 201, "{}", retried.json());
    server.post("/api/runs/again/move", &json!({ "position": 0 }));
    server.post("/api/queue/resume", &json!({}));
    assert_eq!(stream.until_over("again").1["status"], "finished");
    let again = get(&server, "again");
    assert_eq!(again["nodes"]["sample"]["state"], "cached", "{again}");
    assert_eq!(again["nodes"]["sample2"]["state"], "finished");
    assert_eq!(stream.until_over("b").1["status"], "finished");
}

#[test]
fn an_orderly_end_interrupts_too_and_history_and_outputs_stay() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    assert_eq!(server.post("/api/runs", &text("done")).status, 201);
    stream.until_over("done");
    let wish = json!({ "id": "long", "graph": server.template("recolor"), "set": { "steps": 100 } });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    stream.until(|it| it["node"] == "sample" && it["state"]["step"].as_u64() > Some(0));
    let before = get(&server, "done");
    drop(stream);

    let server = server.stop().start();
    assert_eq!(get(&server, "done"), before);
    assert_eq!(get(&server, "long")["status"], "interrupted");
    assert_eq!(get(&server, "long")["nodes"]["sample"]["state"], "cancelled");
}

#[test]
fn sending_a_run_again_after_the_server_died_runs_it_once() {
    let server = Server::start();
    server.post("/api/queue/pause", &json!({}));
    assert_eq!(server.post("/api/runs", &text("mine")).status, 201);
    let server = server.kill().start();
    assert_eq!(server.post("/api/runs", &text("mine")).status, 200);
    assert_eq!(server.get("/api/runs").json()["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn how_a_run_ended_is_kept_while_the_database_takes_nothing_and_saved_when_it_does_again() {
    let server = Server::start();
    let database = rusqlite::Connection::open(server.data().join("wirebrush.sqlite")).unwrap();
    let full =
        "CREATE TRIGGER full BEFORE UPDATE OF ended_at ON runs BEGIN SELECT RAISE(ABORT, 'no room'); END";
    database.execute_batch(full).unwrap();
    let mut stream = Stream::open(server.address(), None);
    assert_eq!(server.post("/api/runs", &text("a")).status, 201);
    assert_eq!(stream.until_over("a").1["status"], "finished");
    let list = server.get("/api/runs").json();
    assert_eq!((&list["runs"][0]["id"], &list["runs"][0]["status"]), (&json!("a"), &json!("finished")));
    assert_eq!(get(&server, "a")["nodes"]["text"]["state"], "finished");

    database.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(server.get("/api/runs").json()["runs"][0]["status"], "finished");
    drop((database, stream));
    let server = server.kill().start();
    let saved = get(&server, "a");
    assert_eq!(
        (&saved["status"], &saved["nodes"]["text"]["state"]),
        (&json!("finished"), &json!("finished"))
    );
    assert_eq!(server.get("/api/runs").json()["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn what_a_killed_run_had_said_is_still_there() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let set = json!({ "steps": 100, "prompt": "a very long wish ".repeat(300) });
    let wish = json!({ "id": "long", "graph": server.template("recolor"), "set": set });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    stream.until(|event| event["type"] == "log" && event["node"] == "clip");
    let said = server.get("/api/runs/long/log").json()["lines"][0].clone();
    let database = rusqlite::Connection::open(server.data().join("wirebrush.sqlite")).unwrap();
    let written =
        || -> i64 { database.query_row("SELECT count(*) FROM run_log", [], |row| row.get(0)).unwrap() };
    // Nobody is told when lines go to disk.
    while written() == 0 {
        assert_eq!(get(&server, "long")["status"], "running", "the run ended before anything was written");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    drop((database, stream));
    let server = server.kill().start();
    assert_eq!(get(&server, "long")["status"], "interrupted");
    assert_eq!(server.get("/api/runs/long/log").json()["lines"][0], said);
}
