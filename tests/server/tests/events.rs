//! The stream of events: what clients hear, together and after a break.

use serde_json::{Value as Json, json};
use wirebrush_server_tests::{Frame, Server, Stream};

fn text(id: &str) -> Json {
    let nodes = json!({ "text": { "type": "text/Text", "inputs": { "text": id } } });
    json!({ "id": id, "graph": { "format": "wirebrush/graph", "version": 1, "nodes": nodes } })
}

fn sequence(event: &Json) -> u64 {
    event["sequence"].as_u64().unwrap()
}

#[test]
fn two_clients_hear_the_same_in_the_same_order() {
    let server = Server::start();
    let mut streams = [Stream::open(server.address(), None), Stream::open(server.address(), None)];
    assert_eq!(streams[0].event()["type"], "hello");
    assert_eq!(streams[1].event()["type"], "hello");
    for id in ["a", "b", "c"] {
        assert_eq!(server.post("/api/runs", &text(id)).status, 201);
    }
    let [first, second] = streams.each_mut().map(|stream| stream.until_over("c").0);
    assert_eq!(first, second);
    for pair in first.windows(2) {
        assert_eq!(sequence(&pair[1]), sequence(&pair[0]) + 1);
    }
    let states = |run: &str| {
        let of_run = first.iter().filter(|event| event["type"] == "node" && event["run"] == run);
        of_run.map(|event| event["state"]["state"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(states("a"), "running finished");
}

#[test]
fn who_comes_back_hears_exactly_what_was_missed() {
    let server = Server::start();
    let mut whole = Stream::open(server.address(), None);
    let hello = whole.event();
    for id in ["a", "b"] {
        server.post("/api/runs", &text(id));
    }
    let events = whole.until_over("b").0;
    for (index, event) in events.iter().enumerate() {
        let mut again = Stream::open(server.address(), Some(sequence(event)));
        assert_eq!(again.event(), json!({ "type": "hello", "sequence": sequence(event) }));
        for missed in &events[index + 1..] {
            assert_eq!(&again.event(), missed);
        }
    }
    // A list says up to where it counts.
    let list = server.get("/api/runs").json();
    assert_eq!(sequence(&list), sequence(events.last().unwrap()));
    assert!(sequence(&hello) < sequence(&events[0]));
}

#[test]
fn who_asks_for_what_is_not_there_is_told_to_start_over() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let newest = sequence(&stream.event());
    let mut ahead = Stream::open(server.address(), Some(newest + 1_000_000));
    assert_eq!(ahead.event(), json!({ "type": "reset", "sequence": newest }));
    server.post("/api/runs", &text("a"));
    assert_eq!(sequence(&ahead.event()), newest + 1);
    // More happens than is kept: every node of a large graph is told three times.
    for id in ["b", "c", "d"] {
        let node =
            |index: usize| json!({ "type": "text/Text", "inputs": { "text": format!("{id} {index}") } });
        let nodes: serde_json::Map<_, _> =
            (0..1500).map(|index| (format!("n{index}"), node(index))).collect();
        let graph = json!({ "format": "wirebrush/graph", "version": 1, "nodes": nodes });
        assert_eq!(server.post("/api/runs", &json!({ "id": id, "graph": graph })).status, 201);
    }
    ahead.until_over("d");
    let late = Stream::open(server.address(), Some(newest)).event();
    assert_eq!(late["type"], "reset");
    let list = server.get("/api/runs").json();
    assert_eq!(sequence(&late), sequence(&list));
}

#[test]
fn previews_come_as_pictures_while_sampling() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let wish = json!({ "id": "r", "graph": server.template("recolor"), "set": { "steps": 30 } });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    let (header, picture) = loop {
        match stream.frame() {
            Frame::Preview { header, picture } => break (header, picture),
            Frame::Event(event) => assert_ne!(event["run"]["status"], "finished", "no preview came"),
        }
    };
    assert_eq!((&header["run"], &header["node"]), (&json!("r"), &json!("sample")));
    let jpeg = header["media_type"] == "image/jpeg" && picture.starts_with(&[0xff, 0xd8]);
    let png = header["media_type"] == "image/png" && picture.starts_with(b"\x89PNG");
    assert!(jpeg || png, "{header}");
    assert_eq!(stream.until_over("r").1["status"], "finished");
}

#[test]
fn progress_says_which_node_is_at_which_step_and_how_far_the_run_is() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let wish = json!({ "id": "r", "graph": server.template("recolor"), "set": { "steps": 30 } });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    let (events, summary) = stream.until_over("r");
    let of_sample = |event: &&Json| event["type"] == "node" && event["node"] == "sample";
    let steps: Vec<_> =
        events.iter().filter(of_sample).filter_map(|it| it["state"]["step"].as_u64()).collect();
    assert!(steps.is_sorted() && steps.len() > 1, "{steps:?}");
    let done: Vec<_> =
        events.iter().filter(|it| it["type"] == "run").filter_map(|it| it["run"]["done"].as_u64()).collect();
    assert!(done.is_sorted(), "{done:?}");
    assert_eq!((&summary["done"], &summary["total"]), (&json!(10), &json!(10)));
}

#[test]
fn a_run_goes_on_when_nobody_listens() {
    let server = Server::start();
    let mut stream = Stream::open(server.address(), None);
    let wish = json!({ "id": "r", "graph": server.template("recolor"), "set": { "steps": 40 } });
    assert_eq!(server.post("/api/runs", &wish).status, 201);
    let seen = stream.until(|event| event["node"] == "sample" && event["state"]["state"] == "running");
    drop(stream);
    let mut stream = Stream::open(server.address(), seen.last().map(sequence));
    assert_eq!(stream.until_over("r").1["status"], "finished");
}

#[test]
fn pages_from_elsewhere_hear_nothing() {
    let server = Server::start();
    let status = Stream::connect(server.address(), None, "http://elsewhere.example").err();
    assert_eq!(status, Some(403));
    assert_eq!(server.get("/api/events").status, 400);
}
