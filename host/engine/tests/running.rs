//! What runs, in which order, with what.

mod common;

use common::*;
use wirebrush_engine::{NodeState, Plan, PlanError, Reuse, RunStatus, Value, Wanted, Wiring};
use wirebrush_schema::{Definition, Kind, Port};

/// number → one → two, and beside them an unused node.
fn chain(value: i64) -> Wiring<'static> {
    Wiring::new()
        .node("two", "test/AddOne", |it| it.wire("in", "one", "out"))
        .node("one", "test/AddOne", |it| it.wire("in", "number", "out"))
        .node("number", "test/Number", |it| it.set("value", Value::Int(value)))
        .node("unused", "test/Number", |it| it)
}

#[test]
fn only_what_the_wanted_outputs_need_runs() {
    let bench = Bench::new(arithmetic());
    let told = bench.run(&chain(5), &["one"]);
    assert_eq!(told.int("one.out"), 6);
    assert_eq!(bench.nodes.calls(), "test/AddOne×1 test/Number×1");
    assert!(told.result.node("two").is_none());
    assert!(told.result.node("unused").is_none());
}

#[test]
fn nodes_run_behind_what_they_are_wired_to_and_tell_it_in_order() {
    let told = Bench::new(arithmetic()).run(&chain(5), &["two.out"]);
    assert_eq!(told.int("two.out"), 7);
    let expected = [
        "run-queued",
        "run-started",
        "node-queued number",
        "node-queued one",
        "node-queued two",
        "node-started number",
        "node-finished number",
        "node-started one",
        "node-finished one",
        "node-started two",
        "node-finished two",
        "run-finished",
    ];
    assert_eq!(told.story(), expected);
    let sequence: Vec<u64> = told.reports.iter().map(|report| report.sequence).collect();
    assert_eq!(sequence, (0..expected.len() as u64).collect::<Vec<_>>());
}

#[test]
fn without_a_wish_sinks_run_and_leaves_do_not() {
    let nodes =
        arithmetic().node(int_to_int("test/Save").sink(), |inputs, _| out(Value::Int(int(&inputs, "in"))));
    let bench = Bench::new(nodes);
    let wiring = chain(5).node("save", "test/Save", |it| it.wire("in", "number", "out"));
    let told = bench.run(&wiring, &[]);
    assert_eq!(told.int("save.out"), 5);
    assert_eq!(bench.nodes.calls(), "test/Number×1 test/Save×1");
}

#[test]
fn without_sinks_the_leaves_run() {
    let told = Bench::new(arithmetic()).run(&chain(5), &[]);
    assert_eq!((told.int("two.out"), told.int("unused.out")), (7, 0));
}

#[test]
fn a_list_keeps_its_order_and_an_unset_list_is_empty() {
    let joined = Definition::new("test/Join", "test")
        .input(Port::new("in", Kind::INT).list())
        .output(Port::new("out", Kind::TEXT));
    let nodes = arithmetic().node(joined, |inputs, _| {
        let all: Vec<String> = inputs.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        out(Value::Text(all.join(",").into()))
    });
    let wiring = chain(1)
        .node("join", "test/Join", |it| {
            it.wire("in", "two", "out")
                .wire("in", "number", "out")
                .set("in", Value::Int(9))
                .wire("in", "one", "out")
        })
        .node("empty", "test/Join", |it| it);
    let told = Bench::new(nodes).run(&wiring, &["join", "empty"]);
    assert_eq!(told.text("join.out"), "in=Int(3),in=Int(1),in=Int(9),in=Int(2)");
    assert_eq!(told.text("empty.out"), "");
}

#[test]
fn kinds_that_connect_arrive_as_the_port_says() {
    let float = Definition::new("test/Float", "test")
        .input(Port::new("in", Kind::FLOAT))
        .output(Port::new("out", Kind::TEXT));
    let nodes = arithmetic().node(float, |inputs, _| out(Value::Text(format!("{:?}", inputs[0].1).into())));
    let wiring = chain(1).node("float", "test/Float", |it| it.wire("in", "one", "out"));
    assert_eq!(Bench::new(nodes).run(&wiring, &["float"]).text("float.out"), "Float(2.0)");
}

#[test]
fn equal_nodes_of_one_run_run_once() {
    let wiring = Wiring::new()
        .node("a", "test/Number", |it| it.set("value", Value::Int(3)))
        .node("b", "test/Number", |it| it.set("value", Value::Int(3)))
        .node("a1", "test/AddOne", |it| it.wire("in", "a", "out"))
        .node("b1", "test/AddOne", |it| it.wire("in", "b", "out"))
        .node("sum", "test/Sum", |it| {
            it.wire("in", "a1", "out").wire("in", "b1", "out").wire("in", "a", "out")
        });
    let bench = Bench::new(arithmetic());
    let told = bench.run(&wiring, &["sum"]);
    assert_eq!(told.int("sum.out"), 11);
    assert_eq!(bench.nodes.calls(), "test/AddOne×1 test/Number×1 test/Sum×1");
    let twins = told.result.nodes.iter().filter(|node| node.state == NodeState::Cached(Reuse::Twin)).count();
    assert_eq!(twins, 1 + 1);
    assert_eq!(told.result.status, RunStatus::Finished);
}

#[test]
fn nodes_that_are_not_deterministic_run_each_for_itself() {
    let nodes = arithmetic().node(makes_int("test/Random").nondeterministic(), |_, _| out(Value::Int(4)));
    let wiring = Wiring::new().node("a", "test/Random", |it| it).node("b", "test/Random", |it| it).node(
        "sum",
        "test/Sum",
        |it| it.wire("in", "a", "out").wire("in", "b", "out"),
    );
    let bench = Bench::new(nodes);
    bench.run(&wiring, &["sum"]);
    assert_eq!(bench.nodes.calls(), "test/Random×2 test/Sum×1");
    bench.run(&wiring, &["sum"]);
    assert_eq!(bench.nodes.calls(), "test/Random×2 test/Sum×1", "also what depends on them runs again");
    assert!(bench.engine.memory().is_empty());
}

#[test]
fn a_chain_of_a_hundred_thousand_nodes_needs_no_stack() {
    let keys: Vec<String> = (0..100_000).map(|index| format!("n{index}")).collect();
    let mut wiring = Wiring::new().node(&keys[0], "test/Number", |it| it);
    for pair in keys.windows(2) {
        wiring = wiring.node(&pair[1], "test/AddOne", |it| it.wire("in", &pair[0], "out"));
    }
    let told = Bench::new(arithmetic()).run(&wiring, &["n99999"]);
    assert_eq!(told.int("n99999.out"), 99_999);
}

/// A text input that takes blobs as well gets either as it is; what came is the node's to see.
#[test]
fn an_input_takes_the_handles_that_it_names_beside_its_kind() {
    let nodes = Nodes::new()
        .node(Definition::new("test/Blob", "test").output(Port::handle("out", Blob::KIND)), |_, _| {
            out(Blob::new(1).value())
        })
        .node(makes_int("test/Use").input(Port::text("in", "name").also(Blob::KIND)), |inputs, _| {
            out(Value::Int(match inputs.into_iter().next() {
                Some((_, Value::Text(name))) => name.len() as i64,
                Some((_, Value::Handle(_))) => -1,
                _ => 0,
            }))
        })
        .node(makes_int("test/Read").input(Port::text("in", "name")), |_, _| out(Value::Int(0)));
    let bench = Bench::new(nodes);
    let wiring = Wiring::new()
        .node("blob", "test/Blob", |it| it)
        .node("named", "test/Use", |it| it.set("in", Value::Text("four".into())))
        .node("wired", "test/Use", |it| it.wire("in", "blob", "out"))
        .node("refused", "test/Read", |it| it.wire("in", "blob", "out"));
    let told = bench.run(&wiring, &["named", "wired"]);
    assert_eq!((told.int("named.out"), told.int("wired.out")), (4, -1));
    let error = Plan::new(&wiring, &Wanted::These(vec!["refused".to_owned()]), &*bench.nodes).unwrap_err();
    assert_eq!(error.to_string(), "node `refused`, input `in`: expected text, found test/blob@1 from `blob`");
}

#[track_caller]
fn check_refused(wiring: &Wiring<'_>, wanted: &str, expected: &str) {
    let error = Plan::new(wiring, &Wanted::These(vec![wanted.to_owned()]), &arithmetic()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_cannot_be_planned_is_said_in_a_sentence() {
    check_refused(&chain(1), "three", "wanted outputs: expected the name of a node, found `three`");
    check_refused(
        &chain(1),
        "one.image",
        "wanted outputs: expected an output of `one` (`out`), found `image`",
    );
    let unknown = Wiring::new().node("a", "acme/Blur", |it| it);
    check_refused(&unknown, "a", "node `a`: no plugin has the node type `acme/Blur`");
    let input = Wiring::new().node("a", "test/AddOne", |it| it.set("into", Value::Int(1)));
    check_refused(&input, "a", "node `a`: expected an input of `test/AddOne` (`in`), found `into`");
    let kind = Wiring::new().node("a", "test/AddOne", |it| it.set("in", Value::Bool(true)));
    check_refused(&kind, "a", "node `a`, input `in`: expected int, found bool");
    let nothing = Wiring::new().node("a", "test/AddOne", |it| it);
    check_refused(&nothing, "a", "node `a`, input `in`: expected int, found nothing");
    let nobody = Wiring::new().node("a", "test/AddOne", |it| it.wire("in", "ghost", "out"));
    check_refused(&nobody, "a", "node `a`, input `in`: expected the name of a node, found `ghost`");
    let twice = chain(1).node("a", "test/AddOne", |it| it.wire("in", "one", "out").wire("in", "two", "out"));
    check_refused(&twice, "a", "node `a`, input `in`: expected one value, found 2 values");
}

#[test]
fn a_circle_is_named_and_matters_only_when_needed() {
    let circle = chain(1)
        .node("a", "test/AddOne", |it| it.wire("in", "c", "out"))
        .node("b", "test/AddOne", |it| it.wire("in", "a", "out"))
        .node("c", "test/AddOne", |it| it.wire("in", "b", "out"));
    check_refused(&circle, "b", "nodes wait for each other: b → a → c → b");
    assert_eq!(Bench::new(arithmetic()).run(&circle, &["one"]).int("one.out"), 2);
    let itself = Wiring::new().node("a", "test/AddOne", |it| it.wire("in", "a", "out"));
    let error = Plan::new(&itself, &Wanted::Ends, &arithmetic());
    assert!(error.is_ok_and(|plan| plan.is_empty()), "nobody asks for a node that feeds itself");
    let error = Plan::new(&itself, &Wanted::These(vec!["a".into()]), &arithmetic()).unwrap_err();
    assert_eq!(error, PlanError::Cycle { nodes: vec!["a".into(), "a".into()] });
}
