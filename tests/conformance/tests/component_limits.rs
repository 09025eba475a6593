//! What a component may not do to its host: each a clear failure, and the host lives on.

use std::time::Duration;

use wirebrush_conformance::{Build, Event, Installed, Recorder};
use wirebrush_engine::{Runner, Value};
use wirebrush_loader::Registry;
use wirebrush_schema::{Failure, LogLevel, Manifest};

fn installed(change: impl FnOnce(&mut Manifest)) -> (Installed, Registry) {
    let installed = Installed::everything(Build::Component, change);
    let registry = installed.registry();
    (installed, registry)
}

fn run(
    registry: &Registry,
    node: &str,
    inputs: &[(&str, Value)],
    recorder: &Recorder,
) -> Result<Vec<(String, Value)>, Failure> {
    let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    registry.run(&format!("everything/{node}"), inputs, recorder)
}

fn choice(key: &str) -> Value {
    Value::Choice(key.into())
}

/// The failure of a node, after which the same plugin must still run.
#[track_caller]
fn check_fails(registry: &Registry, node: &str, inputs: &[(&str, Value)], expected: Failure) {
    assert_eq!(run(registry, node, inputs, &Recorder::default()).unwrap_err(), expected);
    let alive = run(registry, "Trivial", &[("number", Value::Int(1))], &Recorder::default()).unwrap();
    assert!(matches!(alive[0].1, Value::Int(2)));
}

#[test]
fn an_infinite_loop_is_stopped_when_it_makes_no_progress() {
    let (_installed, registry) = installed(|manifest| manifest.limits.stall_ms = 200);
    let why = Failure::failed("everything/Spin: no progress for 200 ms");
    check_fails(&registry, "Spin", &[("how", choice("deaf"))], why.clone());
    check_fails(&registry, "Spin", &[("how", choice("asking"))], why);
}

#[test]
fn a_node_that_reports_progress_is_not_stopped_but_can_be_cancelled() {
    let (_installed, registry) = installed(|manifest| manifest.limits.stall_ms = 500);
    let failure = cancelled_after(Duration::from_millis(1500), &registry, "reporting");
    assert_eq!(failure, Failure::Cancelled);
}

#[test]
fn a_cancel_stops_a_node_that_never_asks() {
    let (_installed, registry) = installed(|_| {});
    assert_eq!(cancelled_after(Duration::from_millis(50), &registry, "deaf"), Failure::Cancelled);
}

fn cancelled_after(time: Duration, registry: &Registry, how: &str) -> Failure {
    let recorder = Recorder::default();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| run(registry, "Spin", &[("how", choice(how))], &recorder));
        std::thread::sleep(time);
        recorder.cancel();
        running.join().unwrap().unwrap_err()
    })
}

#[test]
fn memory_beyond_the_limit_is_out_of_memory() {
    let (_installed, registry) = installed(|manifest| manifest.limits.memory_mib = 256);
    let inputs = [("gib", Value::Int(8)), ("where", choice("memory"))];
    match run(&registry, "Allocate", &inputs, &Recorder::default()).unwrap_err() {
        Failure::OutOfMemory { needed, device } => {
            assert!(needed > 256 << 20, "{needed}");
            assert_eq!(device, "the sandbox (limit 256 MiB)");
        }
        other => panic!("{other:?}"),
    }
    check_fails(&registry, "Panic", &[("text", Value::Text("still here".into()))], {
        Failure::failed("everything/Panic: panicked: still here")
    });
}

#[test]
fn an_image_of_8_gib_beyond_the_limit_is_out_of_memory() {
    let installed = Installed::everything(Build::Component, |_| {});
    let mut config = installed.config();
    config.component.max_image_bytes = 1 << 30;
    let registry = Registry::load(&config);
    let inputs = [("gib", Value::Int(8)), ("where", choice("image"))];
    let expected = Failure::OutOfMemory { needed: 8 << 30, device: "cpu".to_owned() };
    check_fails(&registry, "Allocate", &inputs, expected);
}

#[test]
fn deep_recursion_is_a_failure() {
    let (_installed, registry) = installed(|_| {});
    let inputs = [("depth", Value::Int(100_000_000))];
    match run(&registry, "Recurse", &inputs, &Recorder::default()).unwrap_err() {
        Failure::Failed { why } => assert!(why.contains("recursed too deep"), "{why}"),
        other => panic!("{other:?}"),
    }
    let shallow = run(&registry, "Recurse", &[("depth", Value::Int(1000))], &Recorder::default()).unwrap();
    assert!(matches!(shallow[0].1, Value::Int(500)), "{shallow:?}");
}

#[test]
fn ending_the_process_ends_the_run_only() {
    let (_installed, registry) = installed(|_| {});
    let exit = Failure::failed("everything/Leave: ended itself instead of returning");
    check_fails(&registry, "Leave", &[("how", choice("exit"))], exit);
    let abort = Failure::failed("everything/Leave: aborted");
    check_fails(&registry, "Leave", &[("how", choice("abort"))], abort);
}

#[test]
fn a_handle_that_cannot_be_saved_cannot_leave() {
    let (_installed, registry) = installed(|_| {});
    let why = "everything/Lie: a handle of everything/stranger@1 cannot leave a component: its `save` returns nothing";
    check_fails(&registry, "Lie", &[("how", choice("unsavable"))], Failure::failed(why));
}

#[test]
fn a_panic_is_logged_with_its_place() {
    let (_installed, registry) = installed(|_| {});
    let recorder = Recorder::default();
    run(&registry, "Panic", &[("text", Value::Text("oh".into()))], &recorder).unwrap_err();
    let lines = recorder.log_lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("panicked at ") && lines[0].ends_with(": oh"), "{lines:?}");
    assert!(lines[0].contains("fail.rs:"), "{lines:?}");
}

#[test]
fn output_streams_become_log_lines() {
    let (_installed, registry) = installed(|_| {});
    let recorder = Recorder::default();
    let inputs = [("text", Value::Text("grüße".into())), ("streams", Value::Bool(true))];
    run(&registry, "Talk", &inputs, &recorder).unwrap();
    let expected = [
        Event::log(LogLevel::Info, "out: grüße"),
        Event::log(LogLevel::Warn, "err: grüße"),
        Event::log(LogLevel::Warn, "no line end"),
    ];
    assert_eq!(recorder.events()[4..], expected);
}

#[test]
fn a_flood_of_log_lines_is_dammed() {
    let (_installed, registry) = installed(|_| {});
    for by in ["log", "stderr"] {
        let recorder = Recorder::default();
        let inputs = [("lines", Value::Int(100_000)), ("by", choice(by))];
        run(&registry, "Flood", &inputs, &recorder).unwrap();
        let lines = recorder.log_lines();
        assert_eq!(lines.len(), 1001, "{by}");
        assert_eq!((lines[0].as_str(), lines[999].as_str()), ("line 0", "line 999"), "{by}");
        assert_eq!(lines[1000], "99000 more lines dropped: a run may log 1000", "{by}");
    }
}

#[test]
fn an_endless_line_is_cut_into_pieces() {
    let (_installed, registry) = installed(|_| {});
    let recorder = Recorder::default();
    let inputs = [("lines", Value::Int(1000)), ("by", choice("one-line"))];
    run(&registry, "Flood", &inputs, &recorder).unwrap();
    let lengths: Vec<usize> = recorder.log_lines().iter().map(String::len).collect();
    assert_eq!(lengths, [4096, 4096, 1808], "10 000 bytes in pieces of 4096");
}

#[test]
fn many_runs_at_once_do_not_disturb_each_other() {
    let (_installed, registry) = installed(|_| {});
    std::thread::scope(|scope| {
        for thread in 0..8_i64 {
            let registry = &registry;
            scope.spawn(move || {
                for number in 0..50 {
                    let inputs = [("number", Value::Int(thread * 1000 + number))];
                    let recorder = Recorder::default();
                    let outputs = run(registry, "Trivial", &inputs, &recorder).unwrap();
                    assert!(matches!(outputs[0].1, Value::Int(sum) if sum == thread * 1000 + number + 1));
                }
            });
        }
    });
}
