//! The plain graph that an engine runs.

use serde_json::json;
use wirebrush_graph::{Flat, Graph, Input, Link, Node, State, expand, lookup};

use crate::catalog::{catalog, good};

fn flat(graph: &Graph) -> Flat {
    expand(graph, &catalog()).unwrap_or_else(|problems| panic!("{problems}"))
}

#[track_caller]
fn check_input(flat: &Flat, node: &str, input: &str, expected: Option<serde_json::Value>) {
    let found = flat.nodes[node].inputs.get(input).map(Input::to_value);
    assert_eq!(found, expected, "{node}.{input}");
}

fn link(node: &str, output: &str) -> Link {
    Link { node: node.to_owned(), output: output.to_owned() }
}

/// A photo, inverted, then saved.
fn chain() -> Graph {
    Graph::new("")
        .with("photo", Node::new("image/LoadImage").set("file", "cup.png"))
        .with("invert", Node::new("image/Invert").wire("image", "photo", "image"))
        .with("save", Node::new("image/SaveImage").wire("image", "invert", "image"))
        .expose_output("picture", "invert", "image")
}

fn in_state(mut graph: Graph, node: &str, state: State) -> Graph {
    graph.nodes.get_mut(node).unwrap().state = state;
    graph
}

#[test]
fn a_plain_graph_stays_as_it_is() {
    let flat = flat(&chain());
    assert_eq!(flat.nodes, chain().nodes);
    assert!(flat.skipped.is_empty());
    assert_eq!(flat.outputs["picture"], link("invert", "image"));
    assert_eq!(flat.resolve(&link("photo", "mask")), Some(link("photo", "mask")));
    assert_eq!(flat.resolve(&link("nobody", "mask")), None);
}

#[test]
fn a_closure_is_enough_for_definitions() {
    let catalog = catalog();
    let flat = expand(
        &in_state(chain(), "invert", State::Bypassed),
        &lookup(|id| wirebrush_graph::Definitions::get(&catalog, id)),
    );
    check_input(&flat.unwrap(), "save", "image", Some(json!({ "from": "photo.image" })));
}

#[test]
fn a_bypassed_node_hands_on_its_first_input_of_the_kind() {
    let flat = flat(&in_state(chain(), "invert", State::Bypassed));
    check_input(&flat, "save", "image", Some(json!({ "from": "photo.image" })));
    assert_eq!(flat.outputs["picture"], link("photo", "image"));
    assert_eq!(flat.skipped.keys().collect::<Vec<_>>(), ["invert"]);
}

#[test]
fn a_bypassed_node_hands_on_what_its_definition_pairs() {
    let graph = chain().with(
        "blend",
        Node::new("image/Blend")
            .wire("base", "photo", "image")
            .wire("top", "invert", "image")
            .state(State::Bypassed),
    );
    let flat = flat(&graph.with("save", Node::new("image/SaveImage").wire("image", "blend", "image")));
    check_input(&flat, "save", "image", Some(json!({ "from": "invert.image" })));
}

#[test]
fn a_bypassed_node_hands_on_literals_and_defaults() {
    let graph = Graph::new("")
        .with("set", Node::new("text/Text").set("text", "hello").state(State::Bypassed))
        .with("unset", Node::new("text/Text").state(State::Bypassed))
        .with("join", Node::new("text/Join").wire("parts", "set", "text").wire("parts", "unset", "text"));
    check_input(&flat(&graph), "join", "parts", Some(json!(["hello", ""])));
}

#[test]
fn a_bypassed_list_is_spliced_and_a_single_input_takes_its_first() {
    let graph = Graph::new("")
        .with("a", Node::new("image/LoadImage").set("file", "a.png"))
        .with("b", Node::new("image/LoadImage").set("file", "b.png"))
        .with(
            "both",
            Node::new("image/Collect")
                .wire("images", "a", "image")
                .wire("images", "b", "image")
                .state(State::Bypassed),
        )
        .with("stack", Node::new("image/Stack").wire("images", "b", "image").wire("images", "both", "images"))
        .with("one", Node::new("image/Invert").wire("image", "both", "images"));
    let flat = flat(&graph);
    let from = |it: &str| json!({ "from": it });
    check_input(&flat, "stack", "images", Some(json!([from("b.image"), from("a.image"), from("b.image")])));
    check_input(&flat, "one", "image", Some(from("a.image")));
}

#[test]
fn what_cannot_do_without_a_muted_node_does_not_run() {
    let flat = flat(&in_state(chain(), "photo", State::Muted));
    assert!(flat.nodes.is_empty() && flat.outputs.is_empty());
    let skipped: Vec<String> = flat.skipped.iter().map(|(key, why)| format!("{key}: {why}")).collect();
    assert_eq!(
        skipped,
        [
            "invert: its input `image` needs `photo.image`, which does not run",
            "photo: muted",
            "save: its input `image` needs `invert.image`, which does not run",
        ]
    );
}

#[test]
fn what_can_do_without_a_muted_node_runs() {
    let graph = Graph::new("")
        .with("one", Node::new("text/Text").set("text", "1"))
        .with("two", Node::new("text/Text").set("text", "2").state(State::Muted))
        .with("join", Node::new("text/Join").wire("parts", "one", "text").wire("parts", "two", "text"))
        .with("default", Node::new("text/Text").wire("text", "two", "text"))
        .with("none", Node::new("text/Join").wire("parts", "two", "text").wire("parts", "two", "text"));
    let flat = flat(&graph);
    check_input(&flat, "join", "parts", Some(json!([{ "from": "one.text" }])));
    check_input(&flat, "default", "text", None);
    assert_eq!(flat.skipped.keys().collect::<Vec<_>>(), ["none", "two"]);
}

fn subgraphs() -> Graph {
    let (_, text) = good().into_iter().find(|(path, _)| path.ends_with("ok-subgraphs.json")).unwrap();
    Graph::parse(&text).unwrap()
}

#[test]
fn an_instance_becomes_its_nodes_with_its_own_values() {
    let flat = flat(&subgraphs());
    let keys: Vec<&str> = flat.nodes.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "gentle/blend",
            "gentle/invert",
            "photo",
            "save",
            "soften/inner/blend",
            "soften/inner/invert",
            "soften/last"
        ]
    );
    // The default of the definition, the value of the instance, and one handed through two levels.
    check_input(&flat, "gentle/invert", "amount", Some(json!(0.5)));
    check_input(&flat, "soften/inner/invert", "amount", Some(json!(0.75)));
    check_input(&flat, "gentle/invert", "image", Some(json!({ "from": "photo.image" })));
    check_input(&flat, "gentle/blend", "base", Some(json!({ "from": "photo.image" })));
    check_input(&flat, "gentle/blend", "top", Some(json!({ "from": "gentle/invert.image" })));
    check_input(&flat, "soften/inner/blend", "base", Some(json!({ "from": "gentle/blend.image" })));
    check_input(&flat, "soften/last", "image", Some(json!({ "from": "soften/inner/blend.image" })));
    check_input(&flat, "save", "image", Some(json!({ "from": "soften/last.image" })));
    assert_eq!(flat.outputs["picture"], link("soften/last", "image"));
    assert_eq!(flat.resolve(&link("gentle", "image")), Some(link("gentle/blend", "image")));
}

#[test]
fn a_bypassed_instance_hands_on_its_picture() {
    let flat = flat(&in_state(subgraphs(), "soften", State::Bypassed));
    check_input(&flat, "save", "image", Some(json!({ "from": "gentle/blend.image" })));
    assert!(!flat.nodes.keys().any(|key| key.starts_with("soften")));
}

#[test]
fn a_muted_instance_takes_all_its_nodes_with_it() {
    let flat = flat(&in_state(subgraphs(), "gentle", State::Muted));
    assert_eq!(flat.nodes.keys().collect::<Vec<_>>(), ["photo"]);
}

#[test]
fn recursion_is_refused() {
    let text = r##"{ "format": "wirebrush/graph", "version": 1, "nodes": { "x": { "type": "#A" } }, "definitions": {
        "A": { "nodes": { "b": { "type": "#B" } } }, "B": { "nodes": { "a": { "type": "#A" } } } } }"##;
    let problems = expand(&Graph::parse(text).unwrap(), &catalog()).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "definitions.A: expected no subgraph inside itself, found `A` → `B` → `A`"
    );
}

/// A chain of definitions, each with `width` instances of the one before.
fn tower(levels: usize, width: usize) -> Graph {
    let mut definitions = serde_json::Map::new();
    for level in 0..levels {
        let node_type = if level == 0 { "text/Text".to_owned() } else { format!("#D{}", level - 1) };
        let nodes: serde_json::Map<_, _> =
            (0..width).map(|it| (format!("n{it}"), json!({ "type": node_type }))).collect();
        definitions.insert(format!("D{level}"), json!({ "nodes": nodes }));
    }
    let top = format!("#D{}", levels - 1);
    let document = json!({
        "format": "wirebrush/graph", "version": 1,
        "nodes": { "top": { "type": top } }, "definitions": definitions,
    });
    wirebrush_graph::from_value(document).graph.unwrap()
}

#[test]
fn subgraphs_that_multiply_without_end_are_refused() {
    assert_eq!(flat(&tower(5, 3)).nodes.len(), 3_usize.pow(5));
    let problems = expand(&tower(30, 2), &catalog()).unwrap_err().to_string();
    assert!(problems.contains("expected at most 50000 nodes after expansion, found more"), "{problems}");
}

#[test]
fn subgraphs_that_are_nested_too_deeply_are_refused() {
    assert!(expand(&tower(32, 1), &catalog()).is_ok());
    let problems = expand(&tower(10_000, 1), &catalog()).unwrap_err();
    assert_eq!(
        problems.list[0].to_string(),
        "definitions.D100: expected at most 32 subgraphs inside each other, found more"
    );
}

#[test]
fn a_long_chain_behind_a_muted_node_is_taken_out_whole() {
    let mut graph = Graph::new("").with("n0", Node::new("image/LoadImage").state(State::Muted));
    for index in 1..20_000 {
        let node = Node::new("image/Invert").wire("image", format!("n{}", index - 1), "image");
        graph = graph.with(format!("n{index}"), node);
    }
    let flat = flat(&graph);
    assert!(flat.nodes.is_empty());
    assert_eq!(flat.skipped.len(), 20_000);
}

#[test]
fn bypassed_nodes_in_a_circle_give_nothing_and_end() {
    let graph = Graph::new("")
        .with("a", Node::new("image/Invert").wire("image", "b", "image").state(State::Bypassed))
        .with("b", Node::new("image/Invert").wire("image", "a", "image").state(State::Bypassed))
        .with("c", Node::new("image/Invert").wire("image", "a", "image"));
    assert!(flat(&graph).nodes.is_empty());
    let list = Node::new("image/Collect").wire("images", "l", "images").wire("images", "l", "images");
    let graph = graph
        .with("l", list.state(State::Bypassed))
        .with("s", Node::new("image/Stack").wire("images", "l", "images"));
    let problems = expand(&graph, &catalog()).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "nodes.s: expected at most 1000000 links through bypassed lists, found more"
    );
}
