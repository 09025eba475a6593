//! What is reused, what is not, and what goes when there is no room.

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::*;
use wirebrush_engine::{
    Buffer, Bytes, Config, DiskCache, Image, MemoryCache, NodeContext, NodeState, Plan, Reuse, Tensor, Value,
    Wanted, Wiring,
};
use wirebrush_schema::{Definition, ImageInfo, Kind, Port, Sample};

/// The shape of an edit: a photo is decoded and encoded, a prompt is encoded, both are sampled and decoded.
fn editor() -> Nodes {
    let text_node = |id: &str, inputs: &[Port]| {
        let definition = Definition::new(id, "test").output(Port::new("out", Kind::TEXT));
        inputs.iter().cloned().fold(definition, Definition::input)
    };
    let wired = |name: &str| Port::new(name, Kind::TEXT);
    Nodes::new()
        .node(text_node("edit/Load", &[Port::file("file")]), |inputs, _| {
            out(Value::Text(format!("photo {}", text(&inputs, "file")).into()))
        })
        .node(text_node("edit/Encode", &[wired("photo"), Port::model("vae", "ae")]), |inputs, _| {
            out(Value::Text(format!("latent of {}", text(&inputs, "photo")).into()))
        })
        .node(text_node("edit/Prompt", &[Port::text("text", ""), Port::model("model", "t5")]), |inputs, _| {
            out(Value::Text(text(&inputs, "text").into()))
        })
        .node(
            text_node("edit/Sample", &[wired("latent"), wired("prompt"), Port::seed("seed", 0)]),
            |inputs, _| {
                out(Value::Text(format!("{} + {}", text(&inputs, "latent"), text(&inputs, "prompt")).into()))
            },
        )
        .node(text_node("edit/Decode", &[wired("latent")]), |inputs, _| {
            out(Value::Text(text(&inputs, "latent").into()))
        })
}

fn edit(prompt: &str, seed: i64) -> Wiring<'static> {
    Wiring::new()
        .node("photo", "edit/Load", |it| it.set("file", Value::Text("cup.png".into())))
        .node("encode", "edit/Encode", |it| it.wire("photo", "photo", "out"))
        .node("prompt", "edit/Prompt", |it| it.set("text", Value::Text(prompt.into())))
        .node("sample", "edit/Sample", |it| {
            it.wire("latent", "encode", "out").wire("prompt", "prompt", "out").set("seed", Value::Int(seed))
        })
        .node("decode", "edit/Decode", |it| it.wire("latent", "sample", "out"))
}

fn edit_bench(nodes: Nodes) -> Bench {
    let bench = Bench::new(nodes);
    bench.world.files.lock().unwrap().insert("cup.png".to_owned(), b"cup".to_vec());
    bench
}

const ALL: &str = "edit/Decode×1 edit/Encode×1 edit/Load×1 edit/Prompt×1 edit/Sample×1";

#[track_caller]
fn check_rerun(change: impl FnOnce(&Bench) -> Wiring<'static>, expected: &str) {
    let bench = edit_bench(editor());
    bench.run(&edit("a red cup", 1), &["decode"]);
    assert_eq!(bench.nodes.calls(), ALL);
    let wiring = change(&bench);
    bench.run(&wiring, &["decode"]);
    assert_eq!(bench.nodes.calls(), expected);
}

#[test]
fn an_engine_over_the_same_nodes_loaded_anew_runs_nothing_again_and_over_changed_ones_does() {
    let bench = edit_bench(editor());
    let wiring = edit("a red cup", 1);
    bench.run(&wiring, &["decode"]);
    for (nodes, expected) in [(editor(), ""), (editor().artifact("another hash"), ALL)] {
        let nodes = Arc::new(nodes);
        let engine = bench.engine.with_runner(nodes.clone());
        let plan = Plan::new(&wiring, &Wanted::These(vec!["decode".to_owned()]), &*nodes).unwrap();
        engine.run(&plan, &|_| {}, &wirebrush_engine::CancelToken::new());
        assert_eq!(nodes.calls(), expected);
    }
}

#[test]
fn an_unchanged_graph_runs_nothing() {
    check_rerun(|_| edit("a red cup", 1), "");
}

#[test]
fn a_changed_prompt_reruns_text_and_sampling_but_not_the_photo() {
    check_rerun(|_| edit("a blue cup", 1), "edit/Decode×1 edit/Prompt×1 edit/Sample×1");
}

#[test]
fn a_changed_seed_reruns_sampling_only() {
    check_rerun(|_| edit("a red cup", -1), "edit/Decode×1 edit/Sample×1");
}

#[test]
fn a_changed_photo_of_the_same_name_is_read_again() {
    let change = |bench: &Bench| {
        bench.world.files.lock().unwrap().insert("cup.png".to_owned(), b"mug".to_vec());
        edit("a red cup", 1)
    };
    check_rerun(change, "edit/Decode×1 edit/Encode×1 edit/Load×1 edit/Sample×1");
}

#[test]
fn a_changed_model_of_the_same_name_reruns_what_uses_it() {
    let change = |bench: &Bench| {
        bench.world.models.lock().unwrap().insert("t5".to_owned(), "other weights".to_owned());
        edit("a red cup", 1)
    };
    check_rerun(change, "edit/Decode×1 edit/Prompt×1 edit/Sample×1");
}

/// One node whose result depends on the memory it gets, and one whose result does not.
#[test]
fn memory_reaches_empty_inputs_and_counts_unless_it_is_a_hint() {
    let echo = |id: &str, memory: Port| {
        let definition = Definition::new(id, "test").input(memory).output(Port::new("out", Kind::TEXT));
        (definition, |inputs: Values, _: &dyn NodeContext| out(Value::Text(text(&inputs, "memory").into())))
    };
    let nodes = || {
        let (tiled, run) = echo("test/Tiled", Port::memory("memory"));
        let nodes = Nodes::new().node(tiled, run);
        let (streamed, run) = echo("test/Streamed", Port::memory("memory").hint());
        nodes.node(streamed, run)
    };
    let wiring = |own: &'static str| {
        let wiring =
            Wiring::new().node("tiled", "test/Tiled", |it| it).node("streamed", "test/Streamed", |it| it);
        wiring.node("own", "test/Tiled", |it| it.set("memory", Value::Text(own.into())))
    };
    let memory = Arc::new(MemoryCache::new(1 << 20));
    let run = |amount: &str, own: &'static str| {
        let bench = Bench::with(nodes(), Config { memory: memory.clone(), ..Config::default() });
        bench.world.memory.set(amount.to_owned()).unwrap();
        let told = bench.run(&wiring(own), &["tiled", "streamed", "own"]);
        let outputs = ["tiled.out", "streamed.out", "own.out"].map(|name| told.text(name));
        (outputs.join(" "), bench.nodes.calls())
    };
    assert_eq!(run("8G", "2G"), ("8G 8G 2G".to_owned(), "test/Streamed×1 test/Tiled×2".to_owned()));
    assert_eq!(run("4G", "2G"), ("4G 8G 2G".to_owned(), "test/Tiled×1".to_owned()));
    assert_eq!(run("8G", "4G"), ("8G 8G 4G".to_owned(), String::new()));
}

#[test]
fn a_node_that_only_moved_in_the_document_is_the_same() {
    let moved = |_: &Bench| {
        let mut wiring = edit("a red cup", 1);
        wiring.nodes.reverse();
        wiring.nodes.iter_mut().for_each(|node| node.inputs.reverse());
        wiring
    };
    check_rerun(moved, "");
}

#[test]
fn a_default_written_out_is_the_default() {
    let written = |_: &Bench| {
        let mut wiring = edit("a red cup", 1);
        wiring.nodes[2].inputs.push(("model", wirebrush_engine::Wire::Literal(Value::Text("t5".into()))));
        wiring
    };
    check_rerun(written, "");
}

#[test]
fn new_code_behind_a_node_type_reruns_it() {
    let memory = Arc::new(MemoryCache::new(1 << 20));
    let config = || Config { memory: memory.clone(), ..Config::default() };
    let number = |version| makes_int("test/Number").version(version);
    let one = || Wiring::new().node("a", "test/Number", |it| it);
    let ran = |nodes: Nodes| {
        let bench = Bench::with(nodes, config());
        bench.run(&one(), &["a"]);
        bench.nodes.calls()
    };
    let nodes = |version| Nodes::new().node(number(version), |_, _| out(Value::Int(1)));
    assert_eq!(ran(nodes(1)), "test/Number×1");
    assert_eq!(ran(nodes(1)), "", "engines may share a cache");
    assert_eq!(ran(nodes(2)), "test/Number×1");
    assert_eq!(ran(nodes(1).artifact("rebuilt")), "test/Number×1");
}

#[test]
fn literals_are_typed_and_exact() {
    let any = makes_int("test/Any").input(Port::new("in", Kind::ANY));
    let bench = Bench::new(Nodes::new().node(any, |_, _| out(Value::Int(0))));
    let literals = [
        Value::Int(1),
        Value::Float(1.0),
        Value::Text("1".into()),
        Value::Choice("1".into()),
        Value::Bool(true),
        Value::None,
        Value::Int(i64::MAX),
        Value::Int(i64::MAX - 1),
        Value::Float(0.1 + 0.2),
        Value::Float(0.3),
    ];
    for literal in &literals {
        bench.run(&Wiring::new().node("a", "test/Any", |it| it.set("in", literal.clone())), &["a"]);
    }
    assert_eq!(bench.nodes.calls(), format!("test/Any×{}", literals.len()));
}

#[test]
fn a_result_that_is_there_spares_everything_before_it() {
    let bench = edit_bench(editor());
    bench.run(&edit("a red cup", 1), &["decode"]);
    let told = bench.run(&edit("a red cup", 1), &["decode"]);
    assert_eq!(told.text("decode.out"), "latent of photo cup + a red cup");
    assert_eq!(told.result.node("decode").unwrap().state, NodeState::Cached(Reuse::Memory));
    assert_eq!(told.result.node("photo").unwrap().state, NodeState::Unneeded);
    assert_eq!(told.story(), ["run-queued", "run-started", "node-cached decode", "run-finished"]);
}

/// `test/Bytes` gives as many bytes as `size`.
#[test]
fn cached_outputs_are_there_without_a_run_and_missing_ones_start_none() {
    let bench = edit_bench(editor());
    let look = |prompt: &str, wanted: &[&str]| {
        let found = bench.engine.cached(&bench.plan(&edit(prompt, 1), wanted))?;
        Some(found.iter().map(|it| format!("{} {:?}", it.name, it.value)).collect::<Vec<_>>().join(", "))
    };
    assert_eq!(look("a red cup", &["encode.out"]), None);
    bench.run(&edit("a red cup", 1), &["decode"]);
    assert_eq!(bench.nodes.calls(), ALL);
    assert_eq!(look("a red cup", &["encode.out"]).unwrap(), r#"encode.out Text("latent of photo cup")"#);
    // What does not depend on the prompt is there for another one too; with something missing, nothing is.
    assert!(look("a blue cup", &["encode.out"]).is_some());
    assert_eq!(look("a blue cup", &["encode.out", "sample.out"]), None);
    assert_eq!(bench.nodes.calls(), "");
}

fn bytes_node() -> Nodes {
    let definition = Definition::new("test/Bytes", "test")
        .input(Port::int("size", 0, 0..=i64::MAX))
        .input(Port::int("salt", 0, 0..=i64::MAX))
        .output(Port::bytes("out"));
    Nodes::new().node(definition, |inputs, _| {
        let data = Buffer::new(vec![7_u8; int(&inputs, "size") as usize]);
        out(Value::Bytes(Bytes { media_type: "application/octet-stream".into(), data }))
    })
}

fn bytes(salt: i64) -> Wiring<'static> {
    Wiring::new()
        .node("a", "test/Bytes", |it| it.set("size", Value::Int(100_000)).set("salt", Value::Int(salt)))
}

#[test]
fn the_memory_budget_holds_and_the_least_recently_used_goes_first() {
    let memory = Arc::new(MemoryCache::new(350_000));
    let bench = Bench::with(bytes_node(), Config { memory: memory.clone(), ..Config::default() });
    for salt in [1, 2, 3] {
        bench.run(&bytes(salt), &["a"]);
    }
    assert_eq!(memory.len(), 3);
    bench.run(&bytes(1), &["a"]);
    bench.run(&bytes(4), &["a"]);
    assert!(memory.size_bytes() <= 350_000);
    bench.nodes.calls();
    for salt in [1, 3, 4] {
        bench.run(&bytes(salt), &["a"]);
    }
    assert_eq!(bench.nodes.calls(), "", "the used ones stayed");
    bench.run(&bytes(2), &["a"]);
    assert_eq!(bench.nodes.calls(), "test/Bytes×1");
    memory.set_budget(0);
    assert!(memory.is_empty());
}

#[test]
fn without_any_budget_a_run_still_has_its_values() {
    let memory = Arc::new(MemoryCache::new(0));
    let bench = Bench::with(arithmetic(), Config { memory: memory.clone(), ..Config::default() });
    let wiring = Wiring::new()
        .node("number", "test/Number", |it| it)
        .node("one", "test/AddOne", |it| it.wire("in", "number", "out"))
        .node("sum", "test/Sum", |it| it.wire("in", "one", "out").wire("in", "number", "out"));
    assert_eq!(bench.run(&wiring, &["sum"]).int("sum.out"), 1);
    assert!(memory.is_empty());
    bench.run(&wiring, &["sum"]);
    assert_eq!(bench.nodes.calls(), "test/AddOne×2 test/Number×2 test/Sum×2");
}

#[test]
fn handles_are_evicted_under_pressure_and_stay_when_that_helped() {
    let blob = Blob::new(900_000);
    let memory = Arc::new(MemoryCache::new(1_000_000));
    let definition = Definition::new("test/Blob", "test").output(Port::handle("out", Blob::KIND));
    let nodes = bytes_node().node(definition, {
        let blob = blob.clone();
        move |_, _| out(blob.value())
    });
    let bench = Bench::with(nodes, Config { memory: memory.clone(), ..Config::default() });
    let blobs = Wiring::new().node("blob", "test/Blob", |it| it);
    bench.run(&blobs, &["blob"]);
    assert_eq!(blob.evictions(), 0);
    bench.run(&bytes(1), &["a"]);
    bench.run(&bytes(2), &["a"]);
    assert_eq!(blob.evictions(), 1);
    assert_eq!(memory.len(), 3, "an evicted handle takes little room");
    bench.nodes.calls();
    bench.run(&blobs, &["blob"]);
    assert_eq!(bench.nodes.calls(), "");
}

#[test]
fn a_handle_that_grew_while_it_was_used_counts_with_its_new_size() {
    let blob = Blob::new(10);
    let memory = Arc::new(MemoryCache::new(1_000_000));
    let definition = Definition::new("test/Blob", "test").output(Port::handle("out", Blob::KIND));
    let user = makes_int("test/Use").input(Port::handle("in", Blob::KIND));
    let nodes = Nodes::new()
        .node(definition, {
            let blob = blob.clone();
            move |_, _| out(blob.value())
        })
        .node(user, {
            let blob = blob.clone();
            move |_, _| {
                blob.size.store(5_000_000, Ordering::SeqCst);
                out(Value::Int(1))
            }
        });
    let bench = Bench::with(nodes, Config { memory: memory.clone(), ..Config::default() });
    let wiring = Wiring::new()
        .node("blob", "test/Blob", |it| it)
        .node("use", "test/Use", |it| it.wire("in", "blob", "out"));
    bench.run(&wiring, &["use"]);
    assert_eq!(blob.evictions(), 1);
    assert!(memory.size_bytes() <= 1_000_000);
    assert_eq!(memory.len(), 2, "and stays, because that helped");
}

#[test]
fn a_result_larger_than_the_budget_is_not_kept() {
    let memory = Arc::new(MemoryCache::new(50_000));
    let bench = Bench::with(bytes_node(), Config { memory: memory.clone(), ..Config::default() });
    bench.run(&bytes(1), &["a"]);
    assert!(memory.is_empty());
}

/// Every kind of value, from one node.
fn zoo() -> Vec<(&'static str, &'static str, Value)> {
    let image = |channels| Image {
        info: ImageInfo::srgb(5, 3, channels, Sample::U16),
        data: Buffer::new((0..30 * channels as u8).collect::<Vec<_>>()),
    };
    let half = (0..12).collect::<Vec<u8>>();
    vec![
        ("none", Kind::NONE, Value::None),
        ("bool", Kind::BOOL, Value::Bool(true)),
        ("int", Kind::INT, Value::Int(i64::MIN)),
        ("float", Kind::FLOAT, Value::Float(-0.0)),
        ("text", Kind::TEXT, Value::Text("grüße".into())),
        ("choice", Kind::CHOICE, Value::Choice("bilinear".into())),
        (
            "bytes",
            Kind::BYTES,
            Value::Bytes(Bytes { media_type: "image/png".into(), data: Buffer::new(vec![1_u8, 2, 3]) }),
        ),
        ("image", Kind::IMAGE, Value::Image(image(3))),
        ("mask", Kind::MASK, Value::Mask(image(1))),
        (
            "tensor",
            Kind::TENSOR,
            Value::Tensor(Tensor { dtype: "bf16".into(), shape: [2, 1, 3].into(), data: Buffer::new(half) }),
        ),
        ("blob", Blob::KIND, Blob::saved(b"contents").value()),
    ]
}

fn zoo_nodes() -> Nodes {
    let definition = zoo()
        .iter()
        .fold(Definition::new("test/Zoo", "test"), |it, (name, kind, _)| it.output(Port::new(*name, kind)));
    Nodes::new()
        .node(definition, |_, _| {
            Ok(zoo().into_iter().map(|(name, _, value)| (name.to_owned(), value)).collect())
        })
        .restore(|kind, bytes| {
            assert_eq!(kind, Blob::KIND);
            Ok(Blob::saved(bytes).value())
        })
}

/// A fresh engine, as after a restart, that finds everything worth keeping on disk.
fn restarted(nodes: Nodes, directory: &Path, budget: u64) -> Bench {
    let disk = Some(Arc::new(DiskCache::new(directory, budget).unwrap()));
    Bench::with(nodes, Config { disk, disk_worth: Duration::ZERO, ..Config::default() })
}

fn zoo_wiring() -> Wiring<'static> {
    Wiring::new().node("zoo", "test/Zoo", |it| it)
}

/// Values without the addresses of handles.
fn shown(told: &Told) -> Vec<String> {
    told.result
        .outputs
        .iter()
        .map(|output| match &output.value {
            Value::Bytes(it) => format!("{it:?} {:?}", &*it.data),
            Value::Image(it) | Value::Mask(it) => format!("{it:?} {:?}", &*it.data),
            Value::Tensor(it) => format!("{it:?} {:?}", &*it.data),
            Value::Handle(it) => format!("{it:?} {:?}", it.save()),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn every_kind_of_value_survives_a_restart_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let first = restarted(zoo_nodes(), directory.path(), 1 << 20).run(&zoo_wiring(), &["zoo"]);
    let bench = restarted(zoo_nodes(), directory.path(), 1 << 20);
    let second = bench.run(&zoo_wiring(), &["zoo"]);
    assert_eq!(bench.nodes.calls(), "");
    assert_eq!(second.result.node("zoo").unwrap().state, NodeState::Cached(Reuse::Disk));
    assert_eq!(shown(&first), shown(&second));
    let third = bench.run(&zoo_wiring(), &["zoo"]);
    assert_eq!(third.result.node("zoo").unwrap().state, NodeState::Cached(Reuse::Memory));
}

fn only_file(directory: &Path) -> std::path::PathBuf {
    let files: Vec<_> = fs::read_dir(directory).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().unwrap()
}

#[track_caller]
fn check_corrupted(what: &str, spoil: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    restarted(zoo_nodes(), directory.path(), 1 << 20).run(&zoo_wiring(), &["zoo"]);
    let file = only_file(directory.path());
    fs::write(&file, spoil(fs::read(&file).unwrap())).unwrap();
    let bench = restarted(zoo_nodes(), directory.path(), 1 << 20);
    bench.run(&zoo_wiring(), &["zoo"]);
    assert_eq!(bench.nodes.calls(), "test/Zoo×1", "{what}");
    drop(bench);
    let bench = restarted(zoo_nodes(), directory.path(), 1 << 20);
    bench.run(&zoo_wiring(), &["zoo"]);
    assert_eq!(bench.nodes.calls(), "", "{what}: written anew");
}

#[test]
fn a_spoilt_file_on_disk_is_removed_and_counts_as_not_there() {
    check_corrupted("empty", |_| Vec::new());
    check_corrupted("header only", |file| file[..128].to_vec());
    check_corrupted("cut off", |file| file[..file.len() - 1].to_vec());
    check_corrupted("too long", |mut file| {
        file.push(0);
        file
    });
    check_corrupted("another version", |mut file| {
        file[8] ^= 3;
        file
    });
    for at in [0, 20, 60, 128, 300] {
        check_corrupted("one bit", |mut file| {
            file[at] ^= 16;
            file
        });
    }
}

#[test]
fn a_file_under_the_name_of_another_is_not_taken_for_it() {
    let directory = tempfile::tempdir().unwrap();
    restarted(bytes_node(), directory.path(), 1 << 20).run(&bytes(1), &["a"]);
    let first = only_file(directory.path());
    let content = fs::read(&first).unwrap();
    fs::remove_file(&first).unwrap();
    restarted(bytes_node(), directory.path(), 1 << 20).run(&bytes(2), &["a"]);
    fs::write(only_file(directory.path()), content).unwrap();
    let bench = restarted(bytes_node(), directory.path(), 1 << 20);
    bench.run(&bytes(2), &["a"]);
    assert_eq!(bench.nodes.calls(), "test/Bytes×1");
}

#[test]
fn the_disk_budget_holds() {
    let directory = tempfile::tempdir().unwrap();
    let bench = restarted(bytes_node(), directory.path(), 350_000);
    for salt in 0..5 {
        bench.run(&bytes(salt), &["a"]);
    }
    let disk = bench.engine.disk().unwrap();
    disk.flush();
    assert!(disk.size_bytes() <= 350_000);
    let real: u64 =
        fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(disk.size_bytes(), real);
    bench.engine.memory().clear();
    bench.nodes.calls();
    bench.run(&bytes(4), &["a"]);
    assert_eq!(bench.nodes.calls(), "", "the newest stayed");
    disk.clear();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn quick_nodes_and_nodes_that_are_not_deterministic_never_touch_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(DiskCache::new(directory.path(), 1 << 20).unwrap());
    let worth = Duration::from_secs(3600);
    let config = Config { disk: Some(disk.clone()), disk_worth: worth, ..Config::default() };
    Bench::with(bytes_node(), config).run(&bytes(1), &["a"]);
    let random = Nodes::new().node(makes_int("test/Random").nondeterministic(), |_, _| out(Value::Int(4)));
    let config = Config { disk: Some(disk.clone()), disk_worth: Duration::ZERO, ..Config::default() };
    Bench::with(random, config).run(&Wiring::new().node("a", "test/Random", |it| it), &["a"]);
    disk.flush();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_handle_that_cannot_be_saved_keeps_its_result_off_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let definition = Definition::new("test/Blob", "test").output(Port::handle("out", Blob::KIND));
    let nodes = Nodes::new().node(definition, |_, _| out(Blob::new(5).value()));
    let bench = restarted(nodes, directory.path(), 1 << 20);
    bench.run(&Wiring::new().node("a", "test/Blob", |it| it), &["a"]);
    bench.engine.disk().unwrap().flush();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_disk_that_cannot_be_written_is_a_warning() {
    let directory = tempfile::tempdir().unwrap();
    let bench = restarted(bytes_node(), directory.path(), 1 << 20);
    fs::remove_dir_all(directory.path()).unwrap();
    bench.run(&bytes(1), &["a"]);
    bench.engine.disk().unwrap().flush();
    let told = bench.run(&bytes(2), &["a"]);
    assert_eq!(told.result.status, wirebrush_engine::RunStatus::Finished);
    assert!(told.story().contains(&"run-warning".to_owned()));
}

#[test]
fn plans_of_equal_requests_are_equal() {
    let nodes = editor();
    let plan = || Plan::new(&edit("a", 1), &Wanted::Ends, &nodes).unwrap();
    let names = |plan: &Plan| plan.nodes().map(|(key, _)| key.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&plan()), names(&plan()));
    assert_eq!(names(&plan()), ["photo", "encode", "prompt", "sample", "decode"]);
}

#[test]
fn sizes_a_handle_makes_up_do_not_overflow() {
    let blob = Blob::new(u64::MAX);
    let counted = AtomicU64::new(0);
    let definition = Definition::new("test/Blob", "test").output(Port::handle("out", Blob::KIND));
    let nodes = Nodes::new().node(definition.input(Port::int("salt", 0, 0..=9)), {
        let blob = blob.clone();
        move |_, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            blob.size.store(u64::MAX, Ordering::SeqCst);
            out(blob.value())
        }
    });
    let bench = Bench::new(nodes);
    for salt in 0..3 {
        bench.run(&Wiring::new().node("a", "test/Blob", |it| it.set("salt", Value::Int(salt))), &["a"]);
    }
    bench.engine.memory().trim();
    assert!(bench.engine.memory().size_bytes() <= 2 << 30);
}
