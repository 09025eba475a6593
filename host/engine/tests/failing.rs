//! Failures, lies, panics, memory that runs out, and cancelling.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::*;
use wirebrush_engine::{
    Buffer, CancelToken, Event, Image, NodeState, Reuse, RunStatus, Tensor, Value, Wiring,
};
use wirebrush_schema::{Alpha, Color, Definition, Failure, ImageInfo, Kind, Port, Sample};

/// bad → behind → further, and ok → fine beside them.
fn half_broken(bad: &'static str) -> Wiring<'static> {
    Wiring::new()
        .node("bad", bad, |it| it)
        .node("behind", "test/AddOne", |it| it.wire("in", "bad", "out"))
        .node("further", "test/AddOne", |it| it.wire("in", "behind", "out"))
        .node("ok", "test/Number", |it| it.set("value", Value::Int(1)))
        .node("fine", "test/AddOne", |it| it.wire("in", "ok", "out"))
}

#[test]
fn a_failure_skips_what_depends_on_it_and_nothing_else() {
    let nodes = arithmetic().node(makes_int("test/Bad"), |_, _| Err(Failure::failed("the lamp went out")));
    let bench = Bench::new(nodes);
    let told = bench.run(&half_broken("test/Bad"), &["further", "fine"]);
    assert_eq!(told.result.status, RunStatus::Failed);
    assert_eq!(told.failure("bad"), "the lamp went out");
    let state = |node| told.result.node(node).unwrap().state.clone();
    assert_eq!(state("behind"), NodeState::Skipped("bad".into()));
    assert_eq!(state("further"), NodeState::Skipped("bad".into()));
    assert_eq!(told.int("fine.out"), 2);
    assert!(told.result.output("further.out").is_none());
    let Event::RunFailed { failed, .. } = &told.reports.last().unwrap().event else { panic!() };
    assert_eq!(failed, &["bad"]);
    bench.nodes.calls();
    bench.run(&half_broken("test/Bad"), &["further", "fine"]);
    assert_eq!(bench.nodes.calls(), "test/Bad×1", "a failure is never kept");
}

#[test]
fn a_failed_node_takes_its_twin_along() {
    let nodes = arithmetic().node(makes_int("test/Bad"), |_, _| Err(Failure::failed("no")));
    let wiring = half_broken("test/Bad")
        .node("twin", "test/Bad", |it| it)
        .node("last", "test/Sum", |it| it.wire("in", "twin", "out").wire("in", "ok", "out"));
    let bench = Bench::new(nodes);
    let told = bench.run(&wiring, &["further", "last"]);
    assert_eq!((told.failure("bad"), told.failure("twin")), ("no".to_owned(), "no".to_owned()));
    assert!(matches!(told.result.node("last").unwrap().state, NodeState::Skipped(_)));
    assert_eq!(bench.nodes.calls(), "test/Bad×1 test/Number×1");
}

#[test]
fn a_panic_in_the_runner_is_a_failure_of_its_node() {
    let nodes = arithmetic().node(makes_int("test/Bad"), |_, _| panic!("index {} out of bounds", 7));
    let told = Bench::new(nodes).run(&half_broken("test/Bad"), &["further", "fine"]);
    assert_eq!(told.failure("bad"), "node `test/Bad` panicked: index 7 out of bounds");
    assert_eq!(told.int("fine.out"), 2);
}

#[test]
fn a_file_that_cannot_be_read_fails_the_node_that_names_it() {
    let reads = makes_int("test/Read").input(Port::file("file"));
    let nodes = arithmetic().node(reads, |_, _| out(Value::Int(0)));
    let wiring = Wiring::new().node("read", "test/Read", |it| it.set("file", Value::Text("gone.png".into())));
    let bench = Bench::new(nodes);
    let told = bench.run(&wiring, &["read"]);
    assert_eq!(told.failure("read"), "input `file`: no file `gone.png`");
    assert_eq!(bench.nodes.calls(), "");
}

#[track_caller]
fn check_lie(kind: &str, lie: fn() -> Vec<(String, Value)>, expected: &str) {
    let definition = Definition::new("test/Liar", "test").output(Port::new("out", kind));
    let bench = Bench::new(Nodes::new().node(definition, move |_, _| Ok(lie())));
    let told = bench.run(&Wiring::new().node("liar", "test/Liar", |it| it), &["liar"]);
    assert_eq!(told.failure("liar"), expected);
    assert!(bench.engine.memory().is_empty());
}

fn named(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

fn image(width: u32, channels: u32, bytes: usize) -> Image {
    Image { info: ImageInfo::srgb(width, 2, channels, Sample::U8), data: Buffer::new(vec![0; bytes]) }
}

#[test]
fn lies_are_failures_that_name_node_and_output() {
    check_lie(Kind::INT, Vec::new, "node `test/Liar` did not return output `out` (int)");
    check_lie(
        Kind::INT,
        || vec![named("out", Value::Float(1.0))],
        "node `test/Liar` returned output `out` as float; expected int",
    );
    check_lie(
        Kind::INT,
        || vec![named("out", Value::Int(1)), named("out", Value::Int(1))],
        "node `test/Liar` returned output `out` twice",
    );
    check_lie(
        Kind::INT,
        || vec![named("out", Value::Int(1)), named("more", Value::Int(1))],
        "node `test/Liar` returned output `more` that it does not declare",
    );
    check_lie(
        Kind::IMAGE,
        || vec![named("out", Value::Image(image(3, 3, 17)))],
        "node `test/Liar` returned output `out` of 17 bytes; expected 1 × 2 × 3 × 3 samples of 1 bytes",
    );
    check_lie(
        Kind::IMAGE,
        || vec![named("out", Value::Image(image(3, 2, 12)))],
        "node `test/Liar` returned output `out` with 2 channels; expected 1, 3 or 4",
    );
    check_lie(
        Kind::MASK,
        || vec![named("out", Value::Mask(image(3, 3, 18)))],
        "node `test/Liar` returned output `out` as mask of 3 channels; expected 1",
    );
    check_lie(
        Kind::TENSOR,
        || {
            let data = Buffer::new(vec![0_u8; 20]);
            vec![named("out", Value::Tensor(Tensor { dtype: "f32".into(), shape: [2, 3].into(), data }))]
        },
        "node `test/Liar` returned output `out` of 20 bytes; expected [2, 3] elements of f32",
    );
    check_lie(
        "test/blob@2",
        || vec![named("out", Blob::new(1).value())],
        "node `test/Liar` returned output `out` as test/blob@1; expected test/blob@2",
    );
}

#[test]
fn an_image_too_large_to_exist_is_a_lie_not_an_overflow() {
    let definition = Definition::new("test/Liar", "test").output(Port::image("out"));
    let nodes = Nodes::new().node(definition, |_, _| {
        let info = ImageInfo {
            frames: u32::MAX,
            height: u32::MAX,
            width: u32::MAX,
            channels: 4,
            sample: Sample::F32,
            color: Color::Srgb,
            alpha: Alpha::Straight,
        };
        out(Value::Image(Image { info, data: Buffer::new(Vec::new()) }))
    });
    let told = Bench::new(nodes).run(&Wiring::new().node("liar", "test/Liar", |it| it), &["liar"]);
    assert!(told.failure("liar").starts_with("node `test/Liar` returned output `out` of 0 bytes"));
}

#[test]
fn running_out_of_memory_evicts_and_tries_once_more() {
    let cached = Blob::new(1000);
    let own = Blob::new(1000);
    let tries = Arc::new(AtomicUsize::new(0));
    let blob = |id: &str| Definition::new(id, "test").output(Port::handle("out", Blob::KIND));
    let nodes = Nodes::new()
        .node(blob("test/Old"), {
            let cached = cached.clone();
            move |_, _| out(cached.value())
        })
        .node(blob("test/Own"), {
            let own = own.clone();
            move |_, _| out(own.value())
        })
        .node(makes_int("test/Big").input(Port::handle("in", Blob::KIND)), {
            let tries = tries.clone();
            move |_, _| match tries.fetch_add(1, Ordering::SeqCst) {
                0 => Err(Failure::OutOfMemory { needed: 1 << 40, device: "cpu".into() }),
                _ => out(Value::Int(1)),
            }
        });
    let bench = Bench::new(nodes);
    bench.run(&Wiring::new().node("old", "test/Old", |it| it), &["old"]);
    let wiring = Wiring::new()
        .node("own", "test/Own", |it| it)
        .node("big", "test/Big", |it| it.wire("in", "own", "out"));
    let told = bench.run(&wiring, &["big"]);
    assert_eq!(told.int("big.out"), 1);
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    assert_eq!((cached.evictions(), own.evictions()), (1, 0), "its own input is what it needs");
    assert_eq!(bench.engine.memory().len(), 1, "only what was computed since");
    assert!(told.story().contains(&"node-log big".to_owned()));
}

#[test]
fn running_out_of_memory_twice_is_a_failure() {
    let nodes = Nodes::new()
        .node(makes_int("test/Big"), |_, _| Err(Failure::OutOfMemory { needed: 5, device: "cpu".into() }));
    let bench = Bench::new(nodes);
    let told = bench.run(&Wiring::new().node("big", "test/Big", |it| it), &["big"]);
    assert_eq!(told.failure("big"), "out of memory on cpu: 5 bytes needed");
    assert_eq!(bench.nodes.calls(), "test/Big×2");
}

/// Counts to three in steps, and stops at the step where it hears of the cancel.
fn steps() -> Nodes {
    arithmetic().node(int_to_int("test/Steps"), |inputs, cx| {
        for step in 0..3 {
            cx.progress(step, 3, "");
            if cx.is_cancelled() {
                return Err(Failure::Cancelled);
            }
        }
        out(Value::Int(int(&inputs, "in")))
    })
}

fn stepping() -> Wiring<'static> {
    Wiring::new()
        .node("number", "test/Number", |it| it.set("value", Value::Int(5)))
        .node("steps", "test/Steps", |it| it.wire("in", "number", "out"))
        .node("last", "test/AddOne", |it| it.wire("in", "steps", "out"))
}

#[test]
fn cancel_is_felt_at_the_next_step_and_keeps_what_was_whole() {
    let bench = Bench::new(steps());
    let cancel = CancelToken::new();
    let told = bench.run_until(&stepping(), &["last"], &cancel, |report| {
        if matches!(report.event, Event::NodeProgress { step: 1, .. }) {
            cancel.cancel();
        }
    });
    assert_eq!(told.result.status, RunStatus::Cancelled);
    let progress = told.story().iter().filter(|it| *it == "node-progress steps").count();
    assert_eq!(progress, 2, "no step after the cancel");
    let end = ["node-cancelled steps", "node-cancelled last", "run-cancelled"];
    assert!(told.story().ends_with(&end.map(str::to_owned)), "{:?}", told.story());
    bench.nodes.calls();
    let again = bench.run(&stepping(), &["last"]);
    assert_eq!(again.int("last.out"), 6);
    assert_eq!(bench.nodes.calls(), "test/AddOne×1 test/Steps×1", "the number was whole");
}

#[test]
fn what_a_node_returns_after_it_heard_of_the_cancel_is_not_kept() {
    let cancel = CancelToken::new();
    let nodes = Nodes::new().node(makes_int("test/Sloppy"), {
        let cancel = cancel.clone();
        move |_, cx| {
            cancel.cancel();
            // Breaks out of its loop and returns what it has.
            out(Value::Int(if cx.is_cancelled() { -1 } else { 1 }))
        }
    });
    let bench = Bench::new(nodes);
    let told = bench.run_until(&Wiring::new().node("a", "test/Sloppy", |it| it), &["a"], &cancel, |_| {});
    assert_eq!(told.result.status, RunStatus::Cancelled);
    assert!(told.result.outputs.is_empty());
    assert!(bench.engine.memory().is_empty());
}

#[test]
fn a_run_cancelled_before_it_starts_runs_nothing() {
    let bench = Bench::new(steps());
    let cancel = CancelToken::new();
    cancel.cancel();
    let told = bench.run_until(&stepping(), &["last"], &cancel, |_| {});
    assert_eq!(told.result.status, RunStatus::Cancelled);
    assert_eq!(bench.nodes.calls(), "");
}

#[test]
fn cancelling_when_everything_is_there_changes_nothing() {
    let bench = Bench::new(steps());
    bench.run(&stepping(), &["last"]);
    let cancel = CancelToken::new();
    let told = bench.run_until(&stepping(), &["last"], &cancel, |report| {
        if matches!(report.event, Event::RunStarted { .. }) {
            cancel.cancel();
        }
    });
    assert_eq!(told.result.status, RunStatus::Finished);
    assert_eq!(told.result.node("last").unwrap().state, NodeState::Cached(Reuse::Memory));
}

#[test]
fn a_node_that_says_cancelled_when_nobody_did_has_failed() {
    let nodes = Nodes::new().node(makes_int("test/Shy"), |_, _| Err(Failure::Cancelled));
    let told = Bench::new(nodes).run(&Wiring::new().node("a", "test/Shy", |it| it), &["a"]);
    assert_eq!(told.failure("a"), "node `test/Shy` says it was cancelled, but nobody did");
}
