//! Many runs: their order, and what people do to it.

use serde_json::{Value as Json, json};
use wirebrush_server_tests::{Server, Stream};

fn wish(id: &str) -> Json {
    json!({
        "id": id,
        "graph": {
            "format": "wirebrush/graph", "version": 1, "title": id,
            "nodes": { "text": { "type": "text/Text", "inputs": { "text": id } } },
        },
    })
}

#[track_caller]
fn submit(server: &Server, ids: &[&str]) {
    for id in ids {
        let answer = server.post("/api/runs", &wish(id));
        assert_eq!(answer.status, 201, "{}", answer.json());
    }
}

fn pause(server: &Server) {
    assert_eq!(server.post("/api/queue/pause", &json!({})).json()["paused"], true);
}

fn resume(server: &Server) {
    assert_eq!(server.post("/api/queue/resume", &json!({})).json()["paused"], false);
}

/// Ids of the runs of a status, in the order of the list.
fn listed(server: &Server, status: &str) -> Vec<String> {
    let list = server.get(&format!("/api/runs?limit=500&status={status}")).json();
    let runs = list["runs"].as_array().unwrap();
    runs.iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn two_hundred_runs_wait_and_end_in_their_order() {
    let server = Server::start();
    pause(&server);
    let mut stream = Stream::open(server.address(), None);
    let ids: Vec<String> = (0..200).map(|index| format!("run-{index}")).collect();
    submit(&server, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(listed(&server, "queued"), ids);
    let health = server.get("/api/health").json();
    assert_eq!((&health["queued"], &health["paused"]), (&json!(200), &json!(true)));
    resume(&server);
    let mut begun = Vec::new();
    for id in &ids {
        let (events, summary) = stream.until_over(id);
        assert_eq!(
            (&summary["status"], &summary["outputs"][0]["value"]["value"]),
            (&json!("finished"), &json!(id))
        );
        let running = events.iter().filter(|event| event["run"]["status"] == "running");
        begun.extend(running.map(|event| event["run"]["id"].as_str().unwrap().to_owned()));
    }
    begun.dedup();
    assert_eq!(begun, ids);
    let newest_first: Vec<_> = ids.iter().rev().cloned().collect();
    assert_eq!(listed(&server, "finished"), newest_first);
}

#[test]
fn the_order_can_be_changed_while_runs_wait() {
    let server = Server::start();
    pause(&server);
    submit(&server, &["a", "b", "c", "d"]);
    let order = |list: &Json| {
        let runs = list["runs"].as_array().unwrap();
        for (index, run) in runs.iter().enumerate() {
            assert_eq!(run["position"], json!(index));
        }
        runs.iter().map(|run| run["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    let place = |id: &str, position: u64| {
        let answer = server.post(&format!("/api/runs/{id}/move"), &json!({ "position": position }));
        assert_eq!(answer.status, 200, "{}", answer.json());
        order(&answer.json())
    };
    assert_eq!(place("d", 0), "d a b c");
    assert_eq!(place("d", 2), "a b d c");
    assert_eq!(place("a", 99), "b d c a");
    assert_eq!(server.post("/api/runs/d/cancel", &json!({})).json()["status"], "cancelled");
    assert_eq!(listed(&server, "queued"), ["b", "c", "a"]);
    assert_eq!(server.delete("/api/runs/c").status, 204);
    assert_eq!(order(&server.get("/api/runs?status=queued").json()), "b a");
    assert_eq!(server.post("/api/runs/d/move", &json!({ "position": 0 })).status, 409);
    assert_eq!(server.post("/api/runs/nobody/move", &json!({ "position": 0 })).status, 404);
    let mut stream = Stream::open(server.address(), None);
    resume(&server);
    stream.until_over("a");
    assert_eq!(listed(&server, "finished"), ["a", "b"]);
}

#[test]
fn events_alone_tell_the_order_of_the_queue() {
    let server = Server::start();
    pause(&server);
    let mut stream = Stream::open(server.address(), None);
    submit(&server, &["a", "b", "c", "d", "e"]);
    server.post("/api/runs/e/move", &json!({ "position": 1 }));
    server.post("/api/runs/a/move", &json!({ "position": 3 }));
    server.post("/api/runs/c/cancel", &json!({}));
    server.delete("/api/runs/b");
    submit(&server, &["last"]);
    let events = stream.until(|event| event["run"]["id"] == "last");
    // As a client does: out of the order, and in again at the place that is told.
    let mut order: Vec<String> = Vec::new();
    for event in &events {
        let id = event["run"]["id"].as_str().or(event["run"].as_str()).unwrap_or_default();
        order.retain(|it| it != id);
        if event["run"]["status"] == "queued" {
            let position = event["run"]["position"].as_u64().unwrap() as usize;
            order.insert(position, id.to_owned());
        }
    }
    assert_eq!(order, listed(&server, "queued"));
    assert_eq!(order, ["e", "a", "d", "last"]);
}

#[test]
fn pausing_holds_the_queue_and_is_told_once() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    pause(&server);
    pause(&server);
    submit(&server, &["a"]);
    assert_eq!(listed(&server, "queued"), ["a"]);
    resume(&server);
    let (events, _) = stream.until_over("a");
    let told: Vec<_> = events.iter().filter(|it| it["type"] == "queue").map(|it| &it["paused"]).collect();
    assert_eq!(told, [&json!(true), &json!(false)]);
}

#[test]
fn the_history_comes_in_pages() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let ids = ["a", "b", "c", "d", "e"];
    submit(&server, &ids);
    stream.until_over("e");
    let mut pages = Vec::new();
    let mut before = String::new();
    loop {
        let list = server.get(&format!("/api/runs?limit=2{before}")).json();
        let runs = list["runs"].as_array().unwrap().clone();
        let Some(last) = runs.last() else { break };
        before = format!("&before={}", last["ended_at"]);
        pages.push(runs.iter().map(|run| run["id"].as_str().unwrap()).collect::<String>());
    }
    assert_eq!(pages, ["ed", "cb", "a"]);
    assert_eq!(server.get("/api/runs?status=dancing").status, 400);
}
