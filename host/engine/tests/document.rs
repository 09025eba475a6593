//! From a graph document to a result.

mod common;

use common::*;
use wirebrush_engine::{CancelToken, PlanError, Value, Wanted};
use wirebrush_graph::Graph;
use wirebrush_schema::{Failure, Port};

fn graph(text: &str) -> Graph {
    Graph::parse(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn nodes() -> Nodes {
    arithmetic().node(makes_int("test/Seed").input(Port::seed("seed", 0)), |inputs, _| {
        out(Value::Int(int(&inputs, "seed")))
    })
}

#[track_caller]
fn check(text: &str, wanted: &[&str], expected: &[(&str, i64)]) {
    let bench = Bench::new(nodes());
    let wanted = match wanted {
        [] => Wanted::Ends,
        names => Wanted::These(names.iter().map(|it| (*it).to_owned()).collect()),
    };
    let plan = bench.engine.plan(&graph(text), &wanted).unwrap_or_else(|error| panic!("{error}"));
    let result = bench.engine.run(&plan, &|_| {}, &CancelToken::new());
    let found: Vec<(&str, i64)> = result
        .outputs
        .iter()
        .map(|output| match output.value {
            Value::Int(it) => (&*output.name, it),
            _ => panic!("{output:?}"),
        })
        .collect();
    assert_eq!(found, expected);
}

const SUMS: &str = r##"{
  "format": "wirebrush/graph", "version": 1,
  "nodes": {
    "seven": { "type": "test/Number", "inputs": { "value": 7 } },
    "twice": { "type": "#Twice", "inputs": { "of": { "from": "seven.out" } } },
    "total": { "type": "test/Sum", "inputs": { "in": [{ "from": "twice.sum" }, 100, { "from": "seven.out" }] } },
    "muted": { "type": "test/AddOne", "state": "muted", "inputs": { "in": { "from": "seven.out" } } },
    "passed": { "type": "test/AddOne", "state": "bypassed", "inputs": { "in": { "from": "total.out" } } },
    "last": { "type": "test/AddOne", "inputs": { "in": { "from": "passed.out" } } }
  },
  "definitions": {
    "Twice": {
      "inputs": { "of": ["add.in"] },
      "outputs": { "sum": { "from": "add.out" } },
      "nodes": { "add": { "type": "test/AddOne" } }
    }
  },
  "exposed": { "result": { "from": "last.out" } }
}"##;

#[test]
fn exposed_outputs_run_through_instances_lists_and_bypassed_nodes() {
    // 7 + 1 inside the instance, plus 100 and 7, plus 1 behind the bypassed node.
    check(SUMS, &[], &[("result", 116)]);
}

#[test]
fn wanted_names_may_be_nodes_outputs_instances_bypassed_nodes_and_exposed_names() {
    let wanted = ["result", "twice.sum", "twice", "passed", "seven.out", "seven"];
    // What is asked for twice is given once.
    check(SUMS, &wanted, &[("result", 116), ("twice.sum", 8), ("passed.out", 115), ("seven.out", 7)]);
}

#[test]
fn a_seed_of_64_bits_arrives_exactly() {
    let text = |seed: &str| {
        format!(
            r#"{{ "format": "wirebrush/graph", "version": 1,
                  "nodes": {{ "a": {{ "type": "test/Seed", "inputs": {{ "seed": {seed} }} }} }} }}"#
        )
    };
    check(&text("\"18446744073709551615\""), &["a"], &[("a.out", -1)]);
    check(&text("9007199254740993"), &["a"], &[("a.out", 9_007_199_254_740_993)]);
}

#[track_caller]
fn check_refused(text: &str, wanted: &str) -> PlanError {
    let wanted = Wanted::These(vec![wanted.to_owned()]);
    Bench::new(nodes()).engine.plan(&graph(text), &wanted).unwrap_err()
}

#[test]
fn a_wanted_node_that_is_muted_says_so() {
    let error = check_refused(SUMS, "muted");
    assert!(matches!(&error, PlanError::Muted { name, .. } if name == "muted"), "{error}");
    let error = check_refused(SUMS, "muted.out");
    assert!(matches!(&error, PlanError::Muted { .. }), "{error}");
    let instance = SUMS.replace(r##""type": "#Twice","##, r##""type": "#Twice", "state": "muted","##);
    assert!(matches!(check_refused(&instance, "twice"), PlanError::Muted { .. }));
    let error = check_refused(SUMS, "twice.product");
    assert!(!error.to_string().is_empty());
}

#[test]
fn a_literal_that_does_not_suit_matters_only_when_needed() {
    let text = r#"{ "format": "wirebrush/graph", "version": 1, "nodes": {
        "bad": { "type": "test/Number", "inputs": { "value": "many" } },
        "good": { "type": "test/Number", "inputs": { "value": 3 } },
        "alien": { "type": "acme/Unknown", "inputs": { "x": 1 } } } }"#;
    check(text, &["good"], &[("good.out", 3)]);
    let error = check_refused(text, "bad");
    assert_eq!(error.to_string(), "node `bad`, input `value`: expected an integer, found \"many\"");
    assert!(matches!(check_refused(text, "alien"), PlanError::UnknownType { .. }));
}

#[test]
fn a_failure_inside_an_instance_names_the_inner_node() {
    let nodes = arithmetic().node(int_to_int("test/Bad"), |_, _| Err(Failure::failed("no")));
    let bench = Bench::new(nodes);
    let text = SUMS.replace(r#""add": { "type": "test/AddOne" }"#, r#""add": { "type": "test/Bad" }"#);
    let plan = bench.engine.plan(&graph(&text), &Wanted::Ends).unwrap();
    let result = bench.engine.run(&plan, &|_| {}, &CancelToken::new());
    let failed: Vec<String> = result.failures().map(|(node, _)| node.to_string()).collect();
    assert_eq!(failed, ["twice/add"]);
}
