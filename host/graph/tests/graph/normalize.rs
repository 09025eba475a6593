//! Old ids and rounded integers are put right.

use serde_json::json;
use wirebrush_graph::{Graph, Node, normalize, validate};

use crate::catalog::{catalog, good};

#[test]
fn a_replaced_node_keeps_its_values_and_wires_under_the_new_names() {
    let mut graph = Graph::new("")
        .with("photo", Node::new("image/LoadImage").set("file", "cup.png"))
        .with("small", Node::new("image/Scale").set("size", 64).wire("image", "photo", "image"))
        .with("save", Node::new("image/SaveImage").wire("image", "small", "picture"))
        .expose("size", "small", "size")
        .expose_output("picture", "small", "picture");
    let problems = normalize(&mut graph, &catalog());
    assert_eq!(
        problems.to_string(),
        "warning: nodes.small.type: expected `image/Resize`, found `image/Scale`; it is taken for the new one"
    );
    assert!(validate(&graph, &catalog()).is_empty(), "{}", validate(&graph, &catalog()));
    let value = graph.to_value();
    assert_eq!(value["nodes"]["small"]["inputs"]["width"], json!(64));
    assert_eq!(value["nodes"]["save"]["inputs"]["image"], json!({ "from": "small.image" }));
    assert_eq!(value["exposed"], json!({ "picture": { "from": "small.image" }, "size": "small.width" }));
}

#[test]
fn integers_that_a_reader_could_round_become_text() {
    // 2^53 is the last integer up to which doubles have all; 2^53 + 1 has no double.
    for (given, expected) in [
        (json!(u64::MAX), json!("18446744073709551615")),
        (json!(9_007_199_254_740_993_u64), json!("9007199254740993")),
        (json!(9_007_199_254_740_992_u64), json!(9_007_199_254_740_992_u64)),
        (json!("7"), json!(7)),
        (json!("007"), json!(7)),
        (json!("seven"), json!("seven")),
    ] {
        let mut graph = Graph::new("").with("sample", Node::new("kontext/FlowSample").set("seed", given));
        normalize(&mut graph, &catalog());
        assert_eq!(graph.nodes["sample"].inputs["seed"].to_value(), expected);
    }
}

#[test]
fn an_instance_has_its_integers_put_right_too() {
    let mut graph = wirebrush_graph::from_value(json!({
        "format": "wirebrush/graph", "version": 1,
        "nodes": { "edit": { "type": "#Edit", "inputs": { "seed": u64::MAX } } },
        "definitions": { "Edit": {
            "inputs": { "seed": "sample.seed" },
            "nodes": { "sample": { "type": "kontext/FlowSample", "inputs": { "seed": u64::MAX } } },
        } },
    }))
    .graph
    .unwrap();
    normalize(&mut graph, &catalog());
    assert_eq!(graph.nodes["edit"].inputs["seed"].to_value(), json!("18446744073709551615"));
    assert_eq!(
        graph.definitions["Edit"].nodes["sample"].inputs["seed"].to_value(),
        json!("18446744073709551615")
    );
}

#[test]
fn what_is_up_to_date_stays_as_it_is() {
    for (path, text) in good() {
        let graph = Graph::parse(&text).unwrap();
        let mut normalized = graph.clone();
        assert!(normalize(&mut normalized, &catalog()).is_empty(), "{}", path.display());
        assert_eq!(normalized, graph, "{}", path.display());
    }
}
