//! What the engine itself costs: nodes that do next to nothing, in a chain of 500.
//!
//! `cargo bench -p wirebrush-engine`. Divide `chain` by 500 for the overhead a node.

use std::path::PathBuf;
use std::sync::Arc;

use divan::{Bencher, black_box};
use wirebrush_engine::{
    CancelToken, Config, Engine, Environment, File, MemoryCache, NodeContext, Plan, RunStatus, Runner, Value,
    Wanted, Wiring,
};
use wirebrush_graph::{Graph, Node};
use wirebrush_schema::{Definition, Failure, Kind, Port};

const NODES: usize = 500;

fn main() {
    divan::main();
}

/// Adds one.
struct AddOne(Definition);

impl AddOne {
    fn new() -> Arc<Self> {
        let definition = Definition::new("bench/AddOne", "bench")
            .input(Port::int("in", 0, i64::MIN..=i64::MAX))
            .output(Port::new("out", Kind::INT));
        Arc::new(Self(definition))
    }
}

impl Runner for AddOne {
    fn definition(&self, node_type: &str) -> Option<&Definition> {
        (node_type == self.0.id).then_some(&self.0)
    }

    fn artifact(&self, _: &str) -> Option<&str> {
        Some("bench")
    }

    fn run(
        &self,
        _: &str,
        inputs: Vec<(String, Value)>,
        _: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Failure> {
        match inputs.first() {
            Some((_, Value::Int(it))) => Ok(vec![("out".to_owned(), Value::Int(it.wrapping_add(1)))]),
            _ => Err(Failure::failed("no input")),
        }
    }

    fn restore(&self, kind: &str, _: &[u8]) -> Result<Value, Failure> {
        Err(Failure::unsupported(kind))
    }
}

struct Nowhere;

impl Environment for Nowhere {
    fn read_file(&self, name: &str) -> Result<File, Failure> {
        Err(Failure::failed(name))
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        Err(Failure::failed(name))
    }

    fn model_identity(&self, _: &str) -> String {
        String::new()
    }
}

fn engine(runner: &Arc<AddOne>, memory: u64) -> Engine {
    let config = Config { memory: Arc::new(MemoryCache::new(memory)), ..Config::default() };
    Engine::new(runner.clone(), Arc::new(Nowhere), config)
}

fn keys() -> Vec<String> {
    (0..NODES).map(|index| format!("node{index:03}")).collect()
}

fn chain(keys: &[String]) -> Wiring<'_> {
    let first = Wiring::new().node(&keys[0], "bench/AddOne", |it| it.set("in", Value::Int(0)));
    keys.windows(2).fold(first, |wiring, pair| {
        wiring.node(&pair[1], "bench/AddOne", |it| it.wire("in", &pair[0], "out"))
    })
}

/// Fan: every node by itself, so that they run on all threads.
fn fan(keys: &[String]) -> Wiring<'_> {
    keys.iter().zip(0..).fold(Wiring::new(), |wiring, (key, value)| {
        wiring.node(key, "bench/AddOne", |it| it.set("in", Value::Int(value)))
    })
}

fn document() -> Graph {
    let mut graph = Graph::new("chain").with("node000", Node::new("bench/AddOne").set("in", 0));
    for (key, before) in keys()[1..].iter().zip(&keys()) {
        graph = graph.with(key, Node::new("bench/AddOne").wire("in", before, "out"));
    }
    graph.expose_output("result", "node499", "out")
}

#[track_caller]
fn run(engine: &Engine, plan: &Plan) {
    let result = engine.run(plan, &|report| drop(black_box(report)), &CancelToken::new());
    assert_eq!(result.status, RunStatus::Finished);
}

/// Every node runs, and its result is kept.
#[divan::bench]
fn chain_of_500(bencher: Bencher<'_, '_>) {
    let (runner, keys) = (AddOne::new(), keys());
    let plan = Plan::new(&chain(&keys), &Wanted::Ends, &*runner).unwrap();
    bencher.with_inputs(|| engine(&runner, 1 << 30)).bench_refs(|engine| run(engine, &plan));
}

/// Every node runs, on as many threads as there are.
#[divan::bench]
fn fan_of_500(bencher: Bencher<'_, '_>) {
    let (runner, keys) = (AddOne::new(), keys());
    let plan = Plan::new(&fan(&keys), &Wanted::Ends, &*runner).unwrap();
    bencher.with_inputs(|| engine(&runner, 1 << 30)).bench_refs(|engine| run(engine, &plan));
}

/// Nothing runs: plan from the document, fingerprints, and the one result that is asked for.
#[divan::bench]
fn unchanged_document_of_500(bencher: Bencher<'_, '_>) {
    let (runner, graph) = (AddOne::new(), document());
    let engine = engine(&runner, 1 << 30);
    let again = || run(&engine, &engine.plan(&graph, &Wanted::Ends).unwrap());
    again();
    bencher.bench_local(again);
}

/// Nothing runs, and all 500 results are asked for.
#[divan::bench]
fn unchanged_fan_of_500(bencher: Bencher<'_, '_>) {
    let (runner, keys) = (AddOne::new(), keys());
    let plan = Plan::new(&fan(&keys), &Wanted::Ends, &*runner).unwrap();
    let engine = engine(&runner, 1 << 30);
    run(&engine, &plan);
    bencher.bench_local(|| run(&engine, &plan));
}

/// From document to plan alone.
#[divan::bench]
fn plan_of_500(bencher: Bencher<'_, '_>) {
    let (runner, graph) = (AddOne::new(), document());
    let engine = engine(&runner, 1 << 30);
    bencher.bench_local(|| engine.plan(&graph, &Wanted::Ends).unwrap());
}
