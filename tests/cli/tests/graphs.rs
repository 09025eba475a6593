//! `wirebrush run`, `check`, `nodes`, `schema` on the bundled graphs.

use std::path::PathBuf;

use serde_json::Value as Json;
use wirebrush_cli_tests::{Ran, Wirebrush, repository};

fn examples() -> Vec<PathBuf> {
    let folder = repository().join("examples/graphs");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    files
}

#[test]
fn every_example_runs() {
    let wirebrush = Wirebrush::staged();
    for example in examples() {
        let temp = tempfile::tempdir().unwrap();
        let mut run = wirebrush.command();
        let ran = run.arg("run").arg(&example).arg("-o").arg(temp.path()).output().unwrap();
        assert!(ran.status.success(), "{}: {}", example.display(), String::from_utf8_lossy(&ran.stderr));
        let written = std::fs::read_dir(temp.path()).unwrap().count();
        assert_eq!(written, 1, "{}", example.display());
    }
}

#[test]
fn every_example_is_sound_and_canonical() {
    let wirebrush = Wirebrush::staged();
    for example in examples() {
        let checked = wirebrush.run(["check".as_ref(), example.as_os_str()]).ends_with(0);
        assert!(checked.stdout().contains("sound"), "{}", checked.stdout());
        let text = std::fs::read_to_string(&example).unwrap();
        let graph = wirebrush_graph::Graph::parse(&text).unwrap();
        assert_eq!(graph.to_json(), text, "{}: `wirebrush graph format` writes it", example.display());
    }
}

#[test]
fn a_second_run_reuses_what_has_not_changed() {
    let temp = tempfile::tempdir().unwrap();
    let wirebrush = Wirebrush::staged();
    let graph = repository().join("examples/graphs/recolor.json");
    // Only what takes a while goes to disk; thirty steps do on any machine.
    let run = |prompt: &str| {
        let mut run = wirebrush.command();
        run.arg("run").arg(&graph).arg("-o").arg(temp.path()).arg("--json");
        let ran =
            run.arg("--set").arg(format!("prompt={prompt}")).args(["--set", "steps=30"]).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let lines = String::from_utf8(ran.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Json>>()
    };
    run("make the star red");
    let events = run("make the star red");
    let ran = events.iter().filter(|event| event["event"] == "node-started").count();
    let cached = events.iter().any(|event| event["event"] == "node-cached" && event["from"] == "disk");
    assert!(cached, "nothing came from the disk cache: {events:?}");
    assert!(ran < 10, "all nodes ran again");
}

#[test]
fn texts_that_a_graph_ends_in_are_told_beside_the_files() {
    let temp = tempfile::tempdir().unwrap();
    let graph = temp.path().join("graph.json");
    let text = r#"{"format": "wirebrush/graph", "version": 1, "nodes":
        {"hello": {"type": "text/Text", "inputs": {"text": "two\nlines"}}}}"#;
    std::fs::write(&graph, text).unwrap();
    let wirebrush = Wirebrush::staged();
    let run = |json: &[&str]| {
        let mut run = wirebrush.command();
        let ran = run.arg("run").arg(&graph).args(json).arg("-o").arg(temp.path()).output().unwrap();
        Ran(ran).ends_with(0)
    };
    let ran = run(&[]);
    assert_eq!(ran.stdout(), "", "the standard output is for files");
    assert!(ran.stderr().contains("hello.text = \"two\\nlines\"\n"), "{}", ran.stderr());
    let last: Json = serde_json::from_str(run(&["--json"]).stdout().lines().last().unwrap()).unwrap();
    assert_eq!(last["values"]["hello.text"], "two\nlines", "{last}");
}

#[test]
fn wrong_graphs_end_with_code_two_and_every_problem() {
    let temp = tempfile::tempdir().unwrap();
    let graph = temp.path().join("wrong.json");
    let text = r#"{ "format": "wirebrush/graph", "version": 1, "nodes": {
        "a": { "type": "image/Resize", "inputs": { "width": -5 } },
        "b": { "type": "acme/Unknown", "inputs": { "x": 1 } } } }"#;
    std::fs::write(&graph, text).unwrap();
    for command in ["check", "run"] {
        let ran = Wirebrush::staged().run([command.as_ref(), graph.as_os_str()]).ends_with(2);
        let said = ran.stdout() + &ran.stderr();
        for expected in ["nodes.a.inputs.width", "nodes.a.inputs.image", "acme"] {
            assert!(said.contains(expected), "{command} does not name {expected}: {said}");
        }
    }
}

#[test]
fn set_names_what_there_is_when_a_name_is_wrong() {
    let graph = repository().join("examples/graphs/recolor.json");
    let ran = Wirebrush::staged()
        .run(["run".as_ref(), graph.as_os_str(), "--set".as_ref(), "promt=x".as_ref()])
        .ends_with(2);
    assert!(ran.stderr().contains("prompt"), "{}", ran.stderr());
}

#[test]
fn nodes_and_schema_are_listed() {
    let wirebrush = Wirebrush::staged();
    let listed = wirebrush.run(["nodes"]).ends_with(0).stdout();
    for node in [
        "kontext/T5Encode",
        "kontext/CLIPEncode",
        "kontext/ReduxEncode",
        "kontext/VAEEncode",
        "kontext/FlowSample",
        "kontext/VAEDecode",
        "image/LoadImage",
        "image/SaveImage",
        "image/Resize",
        "image/Crop",
        "image/Pad",
        "image/Invert",
        "image/Composite",
        "text/Text",
    ] {
        assert!(listed.contains(node), "{node} is missing: {listed}");
    }
    let described = wirebrush.run(["nodes", "kontext/FlowSample"]).ends_with(0).stdout();
    assert!(described.contains("18446744073709551615"), "{described}");
    let schema: Json =
        serde_json::from_str(&wirebrush.run(["schema", "graph"]).ends_with(0).stdout()).unwrap();
    assert!(schema["$schema"].is_string());
    wirebrush.run(["nodes", "image/Nothing"]).ends_with(2);
    wirebrush.run(["no-such-command"]).ends_with(2);
}

#[test]
fn models_and_plugins_are_listed_and_inspected() {
    let wirebrush = Wirebrush::staged();
    assert!(wirebrush.run(["model", "list"]).ends_with(0).stdout().contains("kontext-tiny"));
    let report = wirebrush.run(["model", "inspect", "kontext-tiny", "--json"]).ends_with(0).stdout();
    let report: Json = serde_json::from_str(&report).unwrap();
    assert_eq!(report["missing"], serde_json::json!([]), "{report:#}");
    wirebrush.run(["model", "inspect", "no-such-model"]).ends_with(2);
    let plugins = wirebrush.run(["plugin", "list"]).ends_with(0).stdout();
    for plugin in ["image", "kontext", "text"] {
        assert!(plugins.contains(plugin), "{plugins}");
    }
}

#[test]
fn a_plan_says_what_an_edit_takes_and_refuses_what_is_too_little() {
    let wirebrush = Wirebrush::staged();
    let plan = |size: &str| -> Json {
        let run = ["model", "plan", "kontext-tiny", "--memory", "8G", "--json", "--size", size];
        serde_json::from_str(&wirebrush.run(run).ends_with(0).stdout()).unwrap()
    };
    let (small, large) = (plan("64x64"), plan("512x512"));
    assert_eq!(small["budget"], 8_u64 << 30);
    assert_eq!(small["stages"].as_array().unwrap().len(), 5, "{small:#}");
    assert!(small["peak"].as_u64() < large["peak"].as_u64(), "{small:#} {large:#}");
    let words = wirebrush.run(["model", "plan", "kontext-tiny", "--memory", "8G"]).ends_with(0).stdout();
    assert!(words.starts_with("at most ") && words.contains(" of 8.0G; "), "{words}");
    let error = wirebrush.run(["model", "plan", "kontext-tiny", "--memory", "20M"]).ends_with(1).stderr();
    assert!(error.contains("input `memory`: expected at least ") && error.contains(", found 20M"), "{error}");
    let error = wirebrush.run(["model", "plan", "kontext-tiny", "--memory", "much"]).ends_with(1).stderr();
    assert!(error.contains("expected an amount such as 8G or 12000M, found `much`"), "{error}");
}

#[test]
fn a_reader_that_leaves_early_ends_the_program_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let wirebrush = Wirebrush::staged();
    let ended = wirebrush.command().arg("nodes").stdout(writer).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&ended.stderr).contains("panicked"));
}
