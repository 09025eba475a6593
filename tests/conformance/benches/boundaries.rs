//! What a node costs from outside: engine, registry and binary interface together, for both builds of one plugin.
//!
//! `cargo xtask bench`. Divide `chain_of_500` by 500 for the overhead a node.

use std::sync::Arc;

use divan::{Bencher, black_box};
use wirebrush_conformance::{Build, Installed, Nowhere, Recorder};
use wirebrush_engine::{
    Buffer, CancelToken, Config, Engine, Image, MemoryCache, RunStatus, Runner, Value, Wanted,
};
use wirebrush_graph::{Graph, Node};
use wirebrush_loader::Registry;
use wirebrush_schema::{ImageInfo, Sample};

const NODES: usize = 500;

fn main() {
    divan::main();
}

fn engine(registry: &Arc<Registry>) -> Engine {
    let config = Config { memory: Arc::new(MemoryCache::new(1 << 30)), ..Config::default() };
    Engine::new(registry.clone(), Arc::new(Nowhere), config)
}

fn chain() -> Graph {
    let name = |index: usize| format!("node{index:03}");
    let mut graph = Graph::new("chain").with(name(0), Node::new("everything/Trivial").set("number", 0));
    for index in 1..NODES {
        let node = Node::new("everything/Trivial").wire("number", name(index - 1), "number");
        graph = graph.with(name(index), node);
    }
    graph
}

#[track_caller]
fn run(engine: &Engine, graph: &Graph) {
    let plan = engine.plan(graph, &Wanted::Ends).unwrap();
    let result = engine.run(&plan, &|report| drop(black_box(report)), &CancelToken::new());
    assert_eq!(result.status, RunStatus::Finished);
}

/// Every node runs.
#[divan::bench(args = Build::ALL, sample_count = 20)]
fn chain_of_500(bencher: Bencher<'_, '_>, build: &Build) {
    let installed = Installed::everything(*build, |_| {});
    let (registry, graph) = (Arc::new(installed.registry()), chain());
    // Opening the plugin is not part of the overhead a node.
    run(&engine(&registry), &graph);
    bencher.with_inputs(|| engine(&registry)).bench_refs(|engine| run(engine, &graph));
}

/// Nothing runs.
#[divan::bench(args = Build::ALL)]
fn unchanged_chain_of_500(bencher: Bencher<'_, '_>, build: &Build) {
    let installed = Installed::everything(*build, |_| {});
    let (registry, graph) = (Arc::new(installed.registry()), chain());
    let engine = engine(&registry);
    run(&engine, &graph);
    bencher.bench_local(|| run(&engine, &graph));
}

/// A picture through a node that inverts it, 1920×1080 RGBA u8.
#[divan::bench(args = Build::ALL, sample_count = 10)]
fn invert_1080p_u8(bencher: Bencher<'_, '_>, build: &Build) {
    invert(bencher, *build, ImageInfo::srgb(1920, 1080, 4, Sample::U8));
}

/// A picture through a node that inverts it, 4096×2304 RGBA f32 (151 MB).
#[divan::bench(args = Build::ALL, sample_count = 5)]
fn invert_4k_f32(bencher: Bencher<'_, '_>, build: &Build) {
    invert(bencher, *build, ImageInfo::srgb(4096, 2304, 4, Sample::F32));
}

fn invert(bencher: Bencher<'_, '_>, build: Build, info: ImageInfo) {
    let installed = Installed::everything(build, |_| {});
    let registry = installed.registry();
    let size = usize::try_from(info.size_bytes().unwrap()).unwrap();
    let image = Value::Image(Image { info, data: Buffer::new(vec![0_u8; size]) });
    let recorder = Recorder::default();
    bencher.bench_local(|| {
        let inputs = vec![("image".to_owned(), image.clone())];
        registry.run("everything/Invert", inputs, &recorder).unwrap()
    });
}
