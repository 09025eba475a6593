//! `serve --isolate`: a plugin whose process is killed takes its run along, and nothing else.
#![cfg(unix)]

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::{children, is_running, signal};
use wirebrush_server_tests::{Server, Stream};

fn ask(server: &Server, steps: u32) -> String {
    let mut graph = server.template("recolor");
    graph["nodes"]["sample"]["inputs"]["steps"] = json!(steps);
    let answer = server.post("/api/runs", &json!({ "graph": graph }));
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn get(server: &Server, id: &str) -> Json {
    server.get(&format!("/api/runs/{id}")).json()
}

/// The only process that the server has started.
fn plugin(server: &Server) -> u32 {
    let children = children(server.pid());
    assert_eq!(children.len(), 1, "{children:?}");
    children[0]
}

/// Waits until the sampler has done a step.
fn until_it_samples(stream: &mut Stream) {
    stream.until(|event| {
        event["type"] == "node" && event["node"] == "sample" && event["state"]["step"].as_u64() > Some(0)
    });
}

#[test]
fn a_killed_plugin_fails_its_run_by_name_and_the_server_goes_on() {
    let server = Server::start_with(&["--isolate", "kontext"]);
    let mut stream = Stream::open(server.address(), None);
    let id = ask(&server, 100);
    until_it_samples(&mut stream);
    let first = plugin(&server);
    // Rust's own handler in the child takes the first SIGSEGV from outside for nothing.
    signal(first, "KILL");
    stream.until_over(&id);
    let run = get(&server, &id);
    assert_eq!(run["status"], "failed", "{run}");
    let why = "kontext/FlowSample: plugin `kontext` ended its process with SIGKILL (killed)";
    assert!(run["error"].as_str().unwrap().contains(why), "{run}");
    assert_eq!(run["nodes"]["fit"]["state"], "finished", "{run}");

    let id = ask(&server, 2);
    stream.until_over(&id);
    let run = get(&server, &id);
    assert_eq!(run["status"], "finished", "{run}");
    assert_eq!(run["nodes"]["photo"]["state"], "cached", "what other plugins gave is still there");
    assert_ne!(plugin(&server), first);
}

#[test]
fn a_killed_server_takes_the_plugin_along() {
    let server = Server::start_with(&["--isolate", "kontext"]);
    let mut stream = Stream::open(server.address(), None);
    ask(&server, 100);
    until_it_samples(&mut stream);
    let plugin = plugin(&server);
    server.kill();
    let deadline = Instant::now() + Duration::from_secs(20);
    while is_running(plugin) {
        assert!(Instant::now() < deadline, "the plugin's process has outlived the server");
        std::thread::sleep(Duration::from_millis(10));
    }
}
