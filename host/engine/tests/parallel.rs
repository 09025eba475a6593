//! What runs side by side and what never does. Barriers and channels, no timers.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use common::*;
use wirebrush_engine::{CancelToken, Config, NodeState, Reuse, RunStatus, Value, Wiring};
use wirebrush_schema::{Concurrency, Failure, Port};

/// Two nodes of a type that differ in their `salt`, and their sum.
fn pair(one: &'static str, other: &'static str) -> Wiring<'static> {
    Wiring::new()
        .node("a", one, |it| it.set("salt", Value::Int(1)))
        .node("b", other, |it| it.set("salt", Value::Int(2)))
        .node("sum", "test/Sum", |it| it.wire("in", "a", "out").wire("in", "b", "out"))
}

fn salted(id: &str) -> wirebrush_schema::Definition {
    makes_int(id).input(Port::int("salt", 0, 0..=99))
}

#[test]
fn two_parallel_nodes_overlap() {
    // Neither returns before the other has started.
    let barrier = Arc::new(Barrier::new(2));
    let nodes = arithmetic().node(salted("test/Meet"), move |_, _| {
        barrier.wait();
        out(Value::Int(1))
    });
    assert_eq!(Bench::new(nodes).run(&pair("test/Meet", "test/Meet"), &["sum"]).int("sum.out"), 2);
}

#[test]
fn as_many_nodes_overlap_as_there_are_threads_and_no_more() {
    let barrier = Arc::new(Barrier::new(3));
    let inside = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let nodes = arithmetic().node(salted("test/Meet"), {
        let (inside, most) = (inside.clone(), most.clone());
        move |_, _| {
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            barrier.wait();
            inside.fetch_sub(1, Ordering::SeqCst);
            out(Value::Int(1))
        }
    });
    let keys: Vec<String> = (0..9).map(|index| format!("n{index}")).collect();
    let wiring = keys.iter().zip(0..).fold(Wiring::new(), |wiring, (key, salt)| {
        wiring.node(key, "test/Meet", |it| it.set("salt", Value::Int(salt)))
    });
    let wiring =
        wiring.node("sum", "test/Sum", |it| keys.iter().fold(it, |it, key| it.wire("in", key, "out")));
    let bench = Bench::with(nodes, Config { threads: 3, ..Config::default() });
    assert_eq!(bench.run(&wiring, &["sum"]).int("sum.out"), 9);
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

/// Nodes that fail when another of them is inside.
fn jealous(ids: &[&str], concurrency: Concurrency) -> Nodes {
    let inside = Arc::new(AtomicUsize::new(0));
    ids.iter().fold(arithmetic(), |nodes, id| {
        let inside = inside.clone();
        nodes.node(salted(id).concurrency(concurrency), move |_, _| {
            let others = inside.fetch_add(1, Ordering::SeqCst);
            for _ in 0..100 {
                thread::yield_now();
            }
            inside.fetch_sub(1, Ordering::SeqCst);
            if others == 0 { out(Value::Int(1)) } else { Err(Failure::failed("not alone")) }
        })
    })
}

/// Runs many pairs in many runs at once.
#[track_caller]
fn check_alone(nodes: Nodes, one: &'static str, other: &'static str) {
    // Nothing is kept, so that every run runs everything.
    let bench = Bench::with(nodes, Config { threads: 4, memory: no_memory(), ..Config::default() });
    thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|run| {
                let bench = &bench;
                scope.spawn(move || {
                    for round in 0..25 {
                        let salt = 50 * (run % 2) + 2 * round;
                        let wiring = Wiring::new()
                            .node("a", one, |it| it.set("salt", Value::Int(salt)))
                            .node("b", other, |it| it.set("salt", Value::Int(salt + 1)));
                        let told = bench.run(&wiring, &["a", "b"]);
                        assert_eq!(told.result.status, RunStatus::Finished, "{:?}", told.result);
                    }
                })
            })
            .collect();
        runs.into_iter().for_each(|run| run.join().unwrap());
    });
}

fn no_memory() -> Arc<wirebrush_engine::MemoryCache> {
    Arc::new(wirebrush_engine::MemoryCache::new(0))
}

#[test]
fn one_per_node_never_overlaps_itself() {
    check_alone(jealous(&["test/Lone"], Concurrency::OnePerNode), "test/Lone", "test/Lone");
}

#[test]
fn exclusive_nodes_of_any_type_never_overlap() {
    check_alone(jealous(&["test/Gpu", "test/Gpu2"], Concurrency::Exclusive), "test/Gpu", "test/Gpu2");
}

#[test]
fn one_per_node_overlaps_other_types() {
    let barrier = Arc::new(Barrier::new(2));
    let nodes = ["test/This", "test/That"].iter().fold(arithmetic(), |nodes, id| {
        let barrier = barrier.clone();
        nodes.node(salted(id).concurrency(Concurrency::OnePerNode), move |_, _| {
            barrier.wait();
            out(Value::Int(1))
        })
    });
    assert_eq!(Bench::new(nodes).run(&pair("test/This", "test/That"), &["sum"]).int("sum.out"), 2);
}

#[test]
fn a_parallel_node_runs_while_an_exclusive_one_does() {
    let barrier = Arc::new(Barrier::new(2));
    let other = barrier.clone();
    let nodes = arithmetic()
        .node(salted("test/Gpu").concurrency(Concurrency::Exclusive), move |_, _| {
            barrier.wait();
            out(Value::Int(1))
        })
        .node(salted("test/Cpu"), move |_, _| {
            other.wait();
            out(Value::Int(1))
        });
    assert_eq!(Bench::new(nodes).run(&pair("test/Gpu", "test/Cpu"), &["sum"]).int("sum.out"), 2);
}

/// `test/Slow` says that it has started, then waits for leave to go on.
struct Slow {
    bench: Bench,
    started: Mutex<Receiver<()>>,
    go: std::sync::mpsc::Sender<Result<i64, Failure>>,
}

impl Slow {
    fn new() -> Self {
        let (tell, started) = channel();
        let (go, leave) = channel::<Result<i64, Failure>>();
        let (tell, leave) = (Mutex::new(tell), Mutex::new(leave));
        let nodes = arithmetic().node(makes_int("test/Slow"), move |_, _| {
            tell.lock().unwrap().send(()).unwrap();
            let answer = leave.lock().unwrap().recv().unwrap();
            out(Value::Int(answer?))
        });
        Self { bench: Bench::new(nodes), started: Mutex::new(started), go }
    }

    fn wait_until_started(&self) {
        self.started.lock().unwrap().recv().unwrap();
    }
}

fn slow() -> Wiring<'static> {
    Wiring::new().node("slow", "test/Slow", |it| it)
}

#[test]
fn two_runs_that_need_the_same_result_compute_it_once() {
    let it = Slow::new();
    thread::scope(|scope| {
        let first = scope.spawn(|| it.bench.run(&slow(), &["slow"]));
        it.wait_until_started();
        let (tell, second_started) = channel();
        let second = scope.spawn({
            let it = &it;
            move || {
                it.bench.run_until(&slow(), &["slow"], &CancelToken::new(), |report| {
                    if matches!(report.event, wirebrush_engine::Event::NodeQueued { .. }) {
                        tell.send(()).unwrap();
                    }
                })
            }
        });
        second_started.recv().unwrap();
        it.go.send(Ok(9)).unwrap();
        assert_eq!(first.join().unwrap().int("slow.out"), 9);
        let second = second.join().unwrap();
        assert_eq!(second.int("slow.out"), 9);
        // Whether it waited or came just behind: it did not compute.
        let state = &second.result.node("slow").unwrap().state;
        assert!(matches!(state, NodeState::Cached(Reuse::Twin | Reuse::Memory)), "{state:?}");
    });
    assert_eq!(it.bench.nodes.calls(), "test/Slow×1");
}

#[test]
fn when_the_first_run_fails_the_one_that_waited_tries_itself() {
    let it = Slow::new();
    thread::scope(|scope| {
        let first = scope.spawn(|| it.bench.run(&slow(), &["slow"]));
        it.wait_until_started();
        let second = scope.spawn(|| it.bench.run(&slow(), &["slow"]));
        it.go.send(Err(Failure::failed("no"))).unwrap();
        assert_eq!(first.join().unwrap().failure("slow"), "no");
        it.wait_until_started();
        it.go.send(Ok(3)).unwrap();
        assert_eq!(second.join().unwrap().int("slow.out"), 3);
    });
    assert_eq!(it.bench.nodes.calls(), "test/Slow×2");
}

#[test]
fn who_waits_for_another_run_can_be_cancelled() {
    let it = Slow::new();
    thread::scope(|scope| {
        let first = scope.spawn(|| it.bench.run(&slow(), &["slow"]));
        it.wait_until_started();
        let cancel = CancelToken::new();
        let (tell, queued) = channel();
        let second = scope.spawn({
            let (it, cancel) = (&it, cancel.clone());
            move || {
                it.bench.run_until(&slow(), &["slow"], &cancel, |report| {
                    if matches!(report.event, wirebrush_engine::Event::NodeQueued { .. }) {
                        tell.send(()).unwrap();
                    }
                })
            }
        });
        queued.recv().unwrap();
        cancel.cancel();
        assert_eq!(second.join().unwrap().result.status, RunStatus::Cancelled);
        it.go.send(Ok(1)).unwrap();
        assert_eq!(first.join().unwrap().int("slow.out"), 1);
    });
}

#[test]
fn a_chain_never_changes_threads() {
    let threads = Arc::new(Mutex::new(std::collections::HashSet::new()));
    let nodes = arithmetic().node(int_to_int("test/Where"), {
        let threads = threads.clone();
        move |inputs, _| {
            threads.lock().unwrap().insert(thread::current().id());
            out(Value::Int(int(&inputs, "in") + 1))
        }
    });
    let keys: Vec<String> = (0..100).map(|index| format!("n{index}")).collect();
    let mut wiring = Wiring::new().node("start", "test/Number", |it| it);
    let mut last = "start";
    for key in &keys {
        wiring = wiring.node(key, "test/Where", |it| it.wire("in", last, "out"));
        last = key;
    }
    Bench::new(nodes).run(&wiring, &["n99"]);
    assert_eq!(*threads.lock().unwrap(), [thread::current().id()].into());
}

#[test]
fn reports_come_in_the_order_of_their_numbers_from_all_threads() {
    let barrier = Arc::new(Barrier::new(2));
    let nodes = arithmetic().node(salted("test/Chatty"), move |_, cx| {
        barrier.wait();
        for step in 0..50 {
            cx.progress(step, 50, "");
        }
        out(Value::Int(1))
    });
    let told = Bench::new(nodes).run(&pair("test/Chatty", "test/Chatty"), &["sum"]);
    assert!(told.reports.iter().zip(0..).all(|(report, sequence)| report.sequence == sequence));
    let story = told.story();
    let at = |what: &str| story.iter().position(|it| it == what).unwrap();
    for node in ["a", "b"] {
        assert!(at(&format!("node-started {node}")) < at(&format!("node-progress {node}")));
        assert!(at(&format!("node-finished {node}")) < at("node-started sum"));
    }
}
