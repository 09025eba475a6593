//! `--set name=value` and forms.

use serde_json::json;
use wirebrush_graph::{Graph, Node, exposed_inputs, set, set_value};

use crate::catalog::{catalog, good};

fn graph() -> Graph {
    Graph::new("")
        .with("prompt", Node::new("text/Text"))
        .with("sample", Node::new("kontext/FlowSample").set("steps", 4))
        .with("resize", Node::new("image/Resize").wire("image", "photo", "image"))
        .with("blend", Node::new("image/Blend"))
        .with("join", Node::new("text/Join"))
        .with("show", Node::new("text/Show"))
        .with("odd", Node::new("acme/Blur"))
        .expose("prompt", "prompt", "text")
        .expose("seed", "sample", "seed")
        .expose_output("latent", "sample", "latent")
}

#[track_caller]
fn check(name: &str, text: &str, expected: serde_json::Value) {
    let mut graph = graph();
    set(&mut graph, &catalog(), name, text).unwrap_or_else(|problem| panic!("{problem}"));
    let (node, input) = match name {
        "prompt" => ("prompt", "text"),
        "seed" => ("sample", "seed"),
        other => other.split_once('.').unwrap(),
    };
    assert_eq!(graph.nodes[node].inputs[input].to_value(), expected);
}

#[track_caller]
fn check_error(name: &str, text: &str, expected: &str) {
    let mut changed = graph();
    assert_eq!(set(&mut changed, &catalog(), name, text).unwrap_err().to_string(), expected);
    assert_eq!(changed, graph());
}

#[test]
fn text_is_read_by_the_kind_of_the_port() {
    check("prompt", " 7 ", json!(" 7 "));
    check("seed", "18446744073709551615", json!(u64::MAX));
    check("sample.steps", "30", json!(30));
    check("sample.guidance", "2.50", json!(2.5));
    check("sample.guidance", "3", json!(3));
    check("resize.filter", "nearest", json!("nearest"));
    check("blend.invert mask", "on", json!(true));
    check("join.parts", "one", json!(["one"]));
    check("join.parts", r#"["one", "two"]"#, json!(["one", "two"]));
    check("show.value", "7", json!(7));
    check("show.value", "seven", json!("seven"));
}

#[test]
fn what_does_not_suit_is_refused_and_changes_nothing() {
    check_error(
        "sed",
        "7",
        "exposed: expected an exposed input (`prompt`, `seed`) or `node.input`, found `sed`; did you mean `seed`?",
    );
    check_error(
        "seed",
        "-1",
        "nodes.sample.inputs.seed: expected an integer from 0 to 18446744073709551615, found -1",
    );
    check_error("seed", "many", "nodes.sample.inputs.seed: expected an integer, found \"many\"");
    check_error(
        "sample.steps",
        "101",
        "nodes.sample.inputs.steps: expected an integer from 1 to 100, found 101",
    );
    check_error("sample.guidance", "inf", "nodes.sample.inputs.guidance: expected a number, found \"inf\"");
    check_error(
        "sample.step",
        "4",
        "nodes.sample.inputs.step: expected an input of `kontext/FlowSample` (`conditioning`, `references`, `steps`, \
         `guidance`, `seed`), found `step`; did you mean `steps`?",
    );
    check_error(
        "resize.image",
        "cup.png",
        "nodes.resize.inputs.image: expected a link to an image, found \"cup.png\"; write { \"from\": \"node.output\" } \
         to wire an image",
    );
    check_error(
        "odd.radius",
        "1",
        "nodes.odd.inputs.radius: expected a node of an available plugin, found `acme/Blur`",
    );
    check_error("join.parts", "[1]", "nodes.join.inputs.parts[0]: expected text, found 1");
    check_error(
        "join.parts",
        "[1",
        "nodes.join.inputs.parts: expected a value or a JSON array of values, found \"[1\"",
    );
}

#[test]
fn a_form_shows_what_the_graph_says_or_else_the_default() {
    let graph = graph().expose("steps", "sample", "steps").expose("picture", "resize", "image");
    let shown: Vec<_> = exposed_inputs(&graph, &catalog())
        .into_iter()
        .map(|it| (it.name, it.port.unwrap().kind.0, it.value))
        .collect();
    assert_eq!(
        shown,
        [
            ("picture".to_owned(), "image".to_owned(), None),
            ("prompt".to_owned(), "text".to_owned(), Some(json!(""))),
            ("seed".to_owned(), "int".to_owned(), Some(json!(0))),
            ("steps".to_owned(), "int".to_owned(), Some(json!(4))),
        ]
    );
}

#[test]
fn an_input_of_an_instance_is_set_like_any_other() {
    let (_, text) = good().into_iter().find(|(path, _)| path.ends_with("ok-subgraphs.json")).unwrap();
    let mut graph = Graph::parse(&text).unwrap();
    set(&mut graph, &catalog(), "soften.strength", "0.125").unwrap();
    assert_eq!(graph.nodes["soften"].inputs["strength"].to_value(), json!(0.125));
    let problem = set(&mut graph, &catalog(), "soften.strength", "2").unwrap_err();
    assert_eq!(problem.to_string(), "nodes.soften.inputs.strength: expected a number from 0 to 1, found 2");
}

#[test]
fn json_values_keep_their_type_and_null_brings_the_default_back() {
    let mut graph = graph();
    let mut set =
        |name: &str, value| set_value(&mut graph, &catalog(), name, value).map_err(|it| it.to_string());
    for (name, value) in [
        ("prompt", json!("7")),
        ("seed", json!(u64::MAX)),
        ("sample.guidance", json!(3)),
        ("join.parts", json!(["one", "two"])),
        ("show.value", json!("7")),
        ("sample.steps", json!(null)),
    ] {
        assert_eq!(set(name, value), Ok(()), "{name}");
    }
    let problem = set("prompt", json!(7)).unwrap_err();
    assert!(problem.starts_with("nodes.prompt.inputs.text: expected"), "{problem}");
    assert!(set("sede", json!(7)).unwrap_err().contains("exposed input"));
    assert_eq!(graph.nodes["prompt"].inputs["text"].to_value(), json!("7"));
    assert_eq!(graph.nodes["sample"].inputs["seed"].to_value(), json!(u64::MAX));
    assert_eq!(graph.nodes["join"].inputs["parts"].to_value(), json!(["one", "two"]));
    assert_eq!(graph.nodes["show"].inputs["value"].to_value(), json!("7"));
    assert!(!graph.nodes["sample"].inputs.contains_key("steps"));
}
