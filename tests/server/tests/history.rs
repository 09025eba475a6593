//! Finding old runs, forgetting them, and what they said.

use serde_json::{Value as Json, json};
use wirebrush_server_tests::{Server, Stream};

fn graph(title: &str, nodes: &Json) -> Json {
    json!({ "format": "wirebrush/graph", "version": 1, "title": title, "nodes": nodes })
}

fn text(title: &str, node: &str) -> Json {
    graph(title, &json!({ node: { "type": "text/Text", "inputs": { "text": title } } }))
}

/// Asks for runs, and waits until the last of them is over.
#[track_caller]
fn run(server: &Server, wishes: &[(&str, Json)]) {
    let mut stream = Stream::open(server.address(), None);
    for (id, graph) in wishes {
        let answer = server.post("/api/runs", &json!({ "id": id, "graph": graph }));
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    if let Some((last, _)) = wishes.last() {
        stream.until_over(last);
    }
}

/// A run that fails: there is no such file.
fn failing(title: &str) -> Json {
    graph(
        title,
        &json!({
            "photo": { "type": "image/LoadImage", "inputs": { "file": "missing.png" } },
            "save": { "type": "image/SaveImage", "inputs": { "image": { "from": "photo.image" } } },
        }),
    )
}

/// Ids in the order of the list.
#[track_caller]
fn listed(server: &Server, parameters: &str) -> String {
    let answer = server.get(&format!("/api/runs?{parameters}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let list = answer.json();
    let runs = list["runs"].as_array().unwrap().iter();
    runs.map(|run| run["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn runs_are_found_by_title_node_status_and_error() {
    let server = Server::start();
    run(
        &server,
        &[("a", text("Grüne Tasse", "words")), ("b", failing("Kanne")), ("c", text("Tasse", "speech"))],
    );
    for (search, found) in [
        ("tasse", "c a"),
        ("GR%C3%9CNE", "a"),
        ("gr%C3%BCne+tasse", "a"),
        ("speech", "c"),
        ("photo", "b"),
        ("missing.png", "b"),
        ("failed", "b"),
        ("finished%20words", "a"),
        ("tasse%20kanne", ""),
        ("%20", "c b a"),
    ] {
        assert_eq!(listed(&server, &format!("q={search}")), found, "{search}");
    }
    assert_eq!(listed(&server, "q=tasse&status=failed"), "");
    let long = server.get(&format!("/api/runs?q={}", "a".repeat(201)));
    assert_eq!((long.status, &long.json()["code"]), (400, &json!("bad-search")));
    let server = server.kill().start();
    assert_eq!(listed(&server, "q=speech"), "c", "names outlive the server");
}

#[test]
fn what_waits_is_searched_too_and_what_was_found_comes_in_pages() {
    let server = Server::start();
    let done: Vec<_> =
        ["a", "b", "c", "d", "e", "f"].map(|id| (id, text(if id < "d" { "Cup" } else { "Pot" }, "t"))).into();
    run(&server, &done);
    server.post("/api/queue/pause", &json!({}));
    for (id, title, node) in [("q1", "Pot", "t"), ("q2", "Pot", "special"), ("q3", "Cup", "t")] {
        let answer = server.post("/api/runs", &json!({ "id": id, "graph": text(title, node) }));
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    assert_eq!(listed(&server, "q=cup"), "q3 c b a");
    assert_eq!(listed(&server, "q=special"), "q2");
    assert_eq!(listed(&server, "q=queued%20pot"), "q1 q2");
    let first = server.get("/api/runs?q=cup&limit=2").json();
    assert_eq!(listed(&server, "q=cup&limit=2"), "q3 c b");
    let before = &first["runs"][2]["ended_at"];
    assert_eq!(listed(&server, &format!("q=cup&limit=2&before={before}")), "a");
}

#[test]
fn clearing_forgets_what_is_over_and_meant_and_every_client_hears_of_it() {
    let server = Server::start();
    run(
        &server,
        &[("a", text("Cup", "t")), ("b", failing("Cup")), ("c", text("Pot", "t")), ("d", failing("Pot"))],
    );
    server.post("/api/queue/pause", &json!({}));
    server.post("/api/runs", &json!({ "id": "waits", "graph": text("Cup", "t") }));
    let mut other = Stream::open(server.address(), None);
    let removed = |answer: wirebrush_server_tests::Answer| {
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["removed"].as_u64().unwrap()
    };
    assert_eq!(removed(server.delete("/api/runs?status=failed&q=pot")), 1);
    assert_eq!(listed(&server, ""), "waits c b a");
    assert_eq!(removed(server.delete("/api/runs?status=failed")), 1);
    assert_eq!(removed(server.delete("/api/runs")), 2);
    assert_eq!(removed(server.delete("/api/runs")), 0);
    assert_eq!(listed(&server, ""), "waits");
    assert_eq!(server.get("/api/runs/a").status, 404);
    let heard = other.until(|event| event["type"] == "run-removed" && event["run"] == "a");
    let mut gone: Vec<_> = heard.iter().filter_map(|event| event["run"].as_str()).collect();
    assert_eq!(&gone[..2], ["d", "b"]);
    gone.sort_unstable();
    assert_eq!(gone, ["a", "b", "c", "d"]);
    for status in ["queued", "running"] {
        let answer = server.delete(&format!("/api/runs?status={status}"));
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("not-over")));
    }
    assert_eq!(server.delete("/api/runs?status=dancing").status, 400);
    let server = server.kill().start();
    assert_eq!(listed(&server, ""), "waits");
}

#[test]
fn what_nodes_said_is_still_there_after_the_page_and_the_server_were_closed() {
    let server = Server::start();
    let words = "a very long wish ".repeat(300);
    let nodes = json!({
        "clip": { "type": "kontext/CLIPEncode", "inputs": { "text": words, "model": "kontext-tiny" } },
    });
    let mut stream = Stream::open(server.address(), None);
    let answer = server.post("/api/runs", &json!({ "id": "r", "graph": graph("", &nodes) }));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let (events, summary) = stream.until_over("r");
    assert_eq!(summary["status"], "finished", "{summary}");
    let told: Vec<Json> = events
        .iter()
        .filter(|event| event["type"] == "log" && event["run"] == "r")
        .map(|event| {
            let mut line = event.as_object().unwrap().clone();
            for other in ["type", "run", "sequence"] {
                line.remove(other);
            }
            Json::Object(line)
        })
        .collect();
    let log = server.get("/api/runs/r/log");
    assert_eq!((log.status, log.json()), (200, json!({ "lines": told, "cut": false })));
    // What is told for those who look for faults comes and goes; the long wish is for everybody.
    let for_everybody: Vec<&Json> = told.iter().filter(|line| line["level"] != "debug").collect();
    let [line] = for_everybody[..] else { panic!("one line expected: {events:?}") };
    assert_eq!((&line["node"], &line["level"]), (&json!("clip"), &json!("info")));
    assert!(line["at_ms"].is_u64() && line["message"].as_str().unwrap().len() > 10, "{line}");

    drop(stream);
    let server = server.kill().start();
    assert_eq!(server.get("/api/runs/r/log").json(), log.json());
    assert_eq!(server.delete("/api/runs/r").status, 204);
    assert_eq!(server.get("/api/runs/r/log").status, 404);
    assert_eq!(server.get("/api/runs/nobody/log").status, 404);
}

/// A picture of one pixel, twice: opening it makes its node say so. No two numbers give the same file.
fn animation(number: u16) -> Vec<u8> {
    let [low, high] = number.to_le_bytes();
    let frame = b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    let head = b"GIF89a\x01\0\x01\0\x80\0\0";
    [head.as_slice(), &[low, high, 0, 255, 255, 255], frame, frame, b";"].concat()
}

#[test]
fn of_a_run_that_says_too_much_the_first_thousand_lines_are_kept_and_the_last_says_so() {
    let server = Server::start();
    let input = server.data().join("input");
    std::fs::create_dir_all(&input).unwrap();
    let mut nodes = serde_json::Map::new();
    for number in 0..1003 {
        std::fs::write(input.join(format!("{number}.gif")), animation(number)).unwrap();
        let inputs = json!({ "file": format!("{number}.gif") });
        nodes.insert(format!("n{number}"), json!({ "type": "image/LoadImage", "inputs": inputs }));
    }
    let mut stream = Stream::open(server.address(), None);
    let answer = server.post("/api/runs", &json!({ "id": "r", "graph": graph("", &nodes.into()) }));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let (events, summary) = stream.until_over("r");
    assert_eq!(summary["status"], "finished", "{summary}");
    let told: Vec<_> = events.iter().filter(|event| event["type"] == "log").map(|it| &it["number"]).collect();
    assert_eq!(told, (0..1000).map(Json::from).collect::<Vec<_>>().iter().collect::<Vec<_>>());

    let server = server.kill().start();
    let log = server.get("/api/runs/r/log").json();
    let lines = log["lines"].as_array().unwrap();
    assert_eq!((lines.len(), &log["cut"]), (1000, &json!(true)));
    assert!(lines[998]["message"].as_str().unwrap().contains("animated"), "{}", lines[998]);
    assert_eq!((&lines[999]["level"], &lines[999]["node"]), (&json!("warn"), &json!("")));
    assert!(lines[999]["message"].as_str().unwrap().contains("left out"), "{}", lines[999]);
}

#[test]
fn a_run_that_says_nothing_has_an_empty_log() {
    let server = Server::start();
    run(&server, &[("a", text("Cup", "t"))]);
    assert_eq!(server.get("/api/runs/a/log").json(), json!({ "lines": [], "cut": false }));
}
