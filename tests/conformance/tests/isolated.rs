//! Native plugins in a process of their own: whatever ends it, the host lives and the next run works.
#![cfg(unix)]

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wirebrush_cli_tests::{is_running, signal};
use wirebrush_conformance::{Build, Event, Installed, Nowhere, Recorder, artifact, example};
use wirebrush_engine::{
    Buffer, Bytes, CancelToken, Engine, Image, NodeState, Reuse, RunResult, RunStatus, Runner, Value, Wanted,
};
use wirebrush_graph::{Graph, Node};
use wirebrush_loader::{Config, Registry};
use wirebrush_schema::{Failure, ImageInfo, Sample};

const NODES: [&str; 6] =
    ["fragile/Fall", "fragile/Wait", "fragile/Make", "fragile/Use", "fragile/Pass", "fragile/Where"];

const DEATHS: [(&str, &str); 5] = [
    ("segfault", "ended its process with SIGSEGV (invalid memory access)"),
    ("abort", "ended its process with SIGABRT (abort)"),
    ("exit", "ended its process early (exit status: 3)"),
    // Rust's own handler reports it and aborts.
    ("overflow", "ended its process with SIGABRT (abort)"),
    ("scribble", "talked nonsense to the host, so its process was ended"),
];

fn fragile() -> Installed {
    fragile_as(Build::Isolated)
}

fn fragile_as(build: Build) -> Installed {
    let library = fs::read(example("fragile")).unwrap();
    Installed::new("fragile", build, &library, &NODES, |_| {})
}

type Outputs = Result<Vec<(String, Value)>, Failure>;

fn call(runner: &dyn Runner, node: &str, inputs: &[(&str, Value)]) -> Outputs {
    let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    runner.run(node, inputs, &Recorder::default())
}

fn fall(runner: &dyn Runner, how: &str) -> String {
    call(runner, "fragile/Fall", &[("how", Value::Choice(how.into()))]).unwrap_err().to_string()
}

fn make(runner: &dyn Runner) -> Value {
    call(runner, "fragile/Make", &[("number", Value::Int(42))]).unwrap().remove(0).1
}

fn int(value: &Value) -> i64 {
    let Value::Int(number) = value else { panic!("{value:?}") };
    *number
}

/// The process that the plugin runs in now.
fn process(runner: &dyn Runner) -> u32 {
    let process = int(&call(runner, "fragile/Where", &[]).unwrap()[0].1);
    u32::try_from(process).unwrap()
}

fn wait_until(mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "it has not come to pass");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn each_way_to_end_the_process_is_named_and_the_next_run_works() {
    let installed = fragile();
    let registry = installed.registry();
    for (how, expected) in DEATHS {
        assert_eq!(fall(&registry, how), format!("fragile/Fall: plugin `fragile` {expected}"));
        let vase = make(&registry);
        assert_eq!(int(&call(&registry, "fragile/Use", &[("vase", vase)]).unwrap()[0].1), 42, "{how}");
        assert_eq!(registry.plugins()[0].failing(), None, "it did well in between");
    }
}

#[test]
fn it_runs_in_another_process_with_nothing_to_read() {
    let installed = fragile();
    let outputs = call(&installed.registry(), "fragile/Where", &[]).unwrap();
    assert_ne!(int(&outputs[0].1), i64::from(std::process::id()));
    assert_eq!(int(&outputs[1].1), 0, "it read what is not for it");
}

#[test]
fn the_process_ends_with_its_last_user() {
    let installed = fragile();
    let registry = installed.registry();
    let process = process(&registry);
    let vase = make(&registry);
    drop(registry);
    assert_eq!(vase.size_bytes(), 8, "a handle keeps it alive");
    drop(vase);
    wait_until(|| !is_running(process));
}

#[test]
fn what_runs_at_the_same_time_falls_too_and_it_counts_once() {
    let installed = fragile();
    let registry = installed.registry();
    for round in 1..=3 {
        let waiting = [(); 3].map(|()| Recorder::default());
        std::thread::scope(|scope| {
            let waits = waiting.each_ref().map(|recorder| {
                let registry = &registry;
                scope.spawn(move || registry.run("fragile/Wait", Vec::new(), recorder).unwrap_err())
            });
            wait_until(|| waiting.iter().all(|recorder| !recorder.events().is_empty()));
            fall(&registry, "segfault");
            for wait in waits {
                let expected =
                    "fragile/Wait: plugin `fragile` ended its process with SIGSEGV (invalid memory access)";
                assert_eq!(wait.join().unwrap().to_string(), expected);
            }
        });
        let failing = registry.plugins()[0].failing().map(|failing| failing.crashes);
        assert_eq!(failing, (round == 3).then_some(3), "round {round}");
    }
}

#[test]
fn a_handle_is_lost_with_its_process_and_says_so() {
    let installed = fragile();
    let registry = installed.registry();
    let vase = make(&registry);
    fall(&registry, "segfault");
    let Value::Handle(handle) = &vase else { panic!("{vase:?}") };
    assert!(handle.is_lost());
    assert_eq!(handle.size_bytes(), 0);
    let lost = "a fragile/vase@1 was lost when plugin `fragile` ended its process with SIGSEGV (invalid memory \
                access): the next run makes it anew";
    assert_eq!(handle.save().unwrap_err().to_string(), lost);
    let failure = call(&registry, "fragile/Use", &[("vase", vase)]).unwrap_err();
    assert_eq!(failure.to_string(), format!("fragile/Use: input `vase`: {lost}"));
}

#[test]
fn a_handle_of_another_plugin_is_passed_on_and_saved_but_stays_where_it_is() {
    use Build::{Isolated, Native};
    for (from, to) in [(Native, Isolated), (Isolated, Isolated), (Isolated, Native)] {
        let (maker, passer) = (Installed::everything(from, |_| {}), fragile_as(to));
        let (maker, passer) = (maker.registry(), passer.registry());
        let made = call(&maker, "everything/MakeCounter", &[("number", Value::Int(-7))]);
        let counter = made.unwrap().remove(0).1;
        let outputs = call(&passer, "fragile/Pass", &[("value", counter.clone())]).unwrap();
        let (Value::Handle(sent), Value::Bytes(saved), Value::Handle(back)) =
            (&counter, &outputs[0].1, &outputs[1].1)
        else {
            panic!("{outputs:?}")
        };
        assert_eq!(*saved.data, (-7_i64).to_le_bytes(), "{from:?} {to:?}");
        assert!(Arc::ptr_eq(&sent.0, &back.0), "it is the host's handle again");
        let used = call(&maker, "everything/UseCounter", &[("counters", outputs[1].1.clone())]).unwrap();
        assert_eq!(int(&used[0].1), -7, "{from:?} {to:?}");
    }
}

#[test]
fn a_picture_of_many_megabytes_comes_back_as_it_went() {
    let info = ImageInfo::srgb(4096, 2304, 4, Sample::U8);
    let size = usize::try_from(info.size_bytes().unwrap()).unwrap();
    // A period that no length of a message is a multiple of, so that nothing can change places unseen.
    let data: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
    let picture = Value::Image(Image { info, data: Buffer::new(data.clone()) });
    let outputs = call(&fragile().registry(), "fragile/Pass", &[("value", picture)]).unwrap();
    let Value::Image(back) = &outputs[0].1 else { panic!("{:?}", outputs[0].1) };
    assert_eq!(back.info, info);
    assert!(*back.data == data, "the pixels differ");
}

#[test]
fn a_node_that_never_stops_is_stopped_with_its_process() {
    let installed = fragile();
    let mut config = installed.config();
    config.isolation.grace = Duration::from_millis(100);
    let registry = Registry::load(&config);
    let recorder = Recorder::cancel_after(Some(0));
    let inputs = vec![("how".to_owned(), Value::Choice("deaf".into()))];
    let failure = registry.run("fragile/Fall", inputs, &recorder).unwrap_err().to_string();
    let expected =
        "fragile/Fall: plugin `fragile` did not stop within 0.1 s of a cancel, so its process was ended";
    assert_eq!(failure, expected);
    make(&registry);
}

#[test]
fn a_process_that_does_not_read_keeps_nobody_waiting() {
    let installed = fragile();
    let mut config = installed.config();
    config.isolation.patience = Duration::from_millis(100);
    let registry = Registry::load(&config);
    let (stopped, vase) = (process(&registry), make(&registry));
    assert_eq!(vase.size_bytes(), 8);
    signal(stopped, "STOP");
    assert_eq!(vase.size_bytes(), 8, "as it was");
    let data = Buffer::new(vec![0; 8 << 20]);
    let bytes = Value::Bytes(Bytes { media_type: "x/y".into(), data });
    let failure = call(&registry, "fragile/Pass", &[("value", bytes)]).unwrap_err().to_string();
    let expected =
        "fragile/Pass: plugin `fragile` did not listen to the host for 0.1 s, so its process was ended";
    assert_eq!(failure, expected);
    wait_until(|| !is_running(stopped));
    make(&registry);
}

#[test]
fn a_node_that_listens_hears_of_a_cancel() {
    let installed = fragile();
    let registry = installed.registry();
    let recorder = Recorder::default();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| registry.run("fragile/Wait", Vec::new(), &recorder));
        wait_until(|| !recorder.events().is_empty());
        assert_eq!(recorder.events(), [Event::Progress(0, 1, String::new())]);
        let before = process(&registry);
        recorder.cancel();
        assert_eq!(run.join().unwrap().unwrap_err(), Failure::Cancelled);
        assert_eq!(process(&registry), before, "the process goes on");
    });
}

#[test]
fn many_threads_use_one_process_at_once() {
    let installed = Installed::everything(Build::Isolated, |_| {});
    let registry = installed.registry();
    std::thread::scope(|scope| {
        for thread in 0..8_i64 {
            let registry = &registry;
            scope.spawn(move || {
                for number in thread * 1000..thread * 1000 + 50 {
                    let made = call(registry, "everything/MakeCounter", &[("number", Value::Int(number))]);
                    let counter = made.unwrap().remove(0).1;
                    let used = call(registry, "everything/UseCounter", &[("counters", counter)]).unwrap();
                    assert_eq!(int(&used[0].1), number);
                }
            });
        }
    });
}

/// Loads what must be refused.
fn refusal(installed: &Installed, change: impl FnOnce(&mut Config)) -> String {
    let mut config = installed.config();
    change(&mut config);
    let refusal = Registry::load(&config).plugins()[0].refusal().expect("the plugin is refused");
    refusal.split_once(": ").expect("the path comes first").1.to_owned()
}

#[test]
fn a_library_that_cannot_be_opened_is_refused_with_the_reason() {
    let install = |id: &str, library: &[u8]| Installed::new(id, Build::Isolated, library, &[], |_| {});
    let abort = install("abort", &fs::read(example("abort")).unwrap());
    assert_eq!(refusal(&abort, |_| {}), "opening it ended its process with SIGABRT (abort)");
    let hang = install("hang", &fs::read(artifact("wirebrush-fixture-hang", Build::Native)).unwrap());
    let briefly = |config: &mut Config| config.isolation.opening = Duration::from_millis(300);
    assert_eq!(refusal(&hang, briefly), "could not be opened within 0.3 s");
    let text = refusal(&install("broken", b"no library"), |_| {});
    assert!(text.starts_with("not a library this machine can open: "), "{text}");
    let major = refusal(&install("broken", &fs::read(example("major2")).unwrap()), |_| {});
    assert_eq!(major, "built for version 2.0.0 of the plugin interface, this host speaks 1.1.0");
}

#[test]
fn a_process_that_talks_nonsense_is_ended() {
    let nonsense = |script: &'static str| {
        move |config: &mut Config| {
            config.isolation.program = "/bin/sh".into();
            config.isolation.arguments = ["-c", script].map(Into::into).into();
        }
    };
    let fragile = fragile();
    let expected = "opening it talked nonsense to the host, so its process was ended";
    assert_eq!(refusal(&fragile, nonsense("echo a b c d e f g h i j k l m n >&0; exec sleep 60")), expected);
    let early = refusal(&fragile, nonsense("exit 7"));
    assert_eq!(early, "opening it ended its process early (exit status: 7)");
}

fn run(engine: &Engine, graph: &Graph) -> RunResult {
    let plan = engine.plan(graph, &Wanted::Ends).unwrap();
    engine.run(&plan, &|_| {}, &CancelToken::new())
}

#[test]
fn what_other_plugins_give_is_right_and_what_was_lost_is_computed_again() {
    let (fragile, everything) = (fragile(), Installed::everything(Build::Native, |_| {}));
    let mut config = fragile.config();
    config.discovery = config.discovery.bundled(everything.directory.path());
    config.isolation.plugins = ["fragile".to_owned()].into();
    let registry = Arc::new(Registry::load(&config));
    let engine = Engine::new(registry.clone(), Arc::new(Nowhere), wirebrush_engine::Config::default());

    let graph = Graph::new("beside")
        .with("other", Node::new("everything/Trivial").set("number", 41))
        .with("make", Node::new("fragile/Make").set("number", 5))
        .with("fall", Node::new("fragile/Fall").set("how", "segfault"));
    let result = run(&engine, &graph);
    assert_eq!(result.status, RunStatus::Failed);
    assert_eq!(int(result.output("other.number").unwrap()), 42);
    let failures: Vec<_> = result.failures().map(|(node, failure)| (&**node, failure.to_string())).collect();
    assert!(failures.iter().any(|(node, why)| *node == "fall" && why.contains("SIGSEGV")), "{failures:?}");

    let uses = |and: i64| {
        Graph::new("uses")
            .with("other", Node::new("everything/Trivial").set("number", 41))
            .with("make", Node::new("fragile/Make").set("number", 5))
            .with("use", Node::new("fragile/Use").wire("vase", "make", "vase").set("and", and))
    };
    let made = |result: &RunResult| result.node("make").unwrap().state.clone();
    let first = run(&engine, &uses(1));
    assert_eq!(int(first.output("use.number").unwrap()), 5);
    assert_eq!(made(&run(&engine, &uses(2))), NodeState::Cached(Reuse::Memory));
    fall(&*registry, "abort");
    let after = run(&engine, &uses(3));
    assert_eq!(after.status, RunStatus::Finished, "{after:?}");
    assert_eq!(int(after.output("use.number").unwrap()), 5);
    assert_eq!(made(&after), NodeState::Done, "what is lost is not found in the cache");
    assert_eq!(after.node("other").unwrap().state, NodeState::Cached(Reuse::Memory));
}
