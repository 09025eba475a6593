//! Handles live from run to run, and through being saved, in both builds.

use wirebrush_conformance::{Build, Installed, Recorder};
use wirebrush_engine::{Runner, Value};
use wirebrush_loader::Registry;
use wirebrush_schema::Failure;

const KIND: &str = "everything/counter@1";

fn make(registry: &Registry, number: i64) -> Value {
    let inputs = vec![("number".to_owned(), Value::Int(number))];
    let outputs = registry.run("everything/MakeCounter", inputs, &Recorder::default()).unwrap();
    let (name, value) = outputs.into_iter().next().unwrap();
    assert_eq!(name, "counter");
    value
}

fn sum(registry: &Registry, counters: &[&Value]) -> i64 {
    let inputs = counters.iter().map(|value| ("counters".to_owned(), (*value).clone())).collect();
    let outputs = registry.run("everything/UseCounter", inputs, &Recorder::default()).unwrap();
    let Value::Int(sum) = outputs[0].1 else { panic!("{outputs:?}") };
    sum
}

fn check(build: Build) {
    let installed = Installed::everything(build, |_| {});
    let registry = installed.registry();
    let counter = make(&registry, -7);
    let Value::Handle(handle) = &counter else { panic!("{counter:?}") };
    assert_eq!((handle.kind(), handle.plugin(), handle.device().as_str()), (KIND, "everything", "cpu"));
    assert_eq!((handle.size_bytes(), counter.size_bytes()), (8, 8));
    handle.evict();
    assert_eq!(sum(&registry, &[&counter, &make(&registry, 49)]), 42);

    let saved = handle.save().unwrap().unwrap();
    assert_eq!(saved, (-7_i64).to_le_bytes());
    let restored = registry.restore(KIND, &saved).unwrap();
    assert_eq!(sum(&registry, &[&restored, &restored]), -14);

    let failure = registry.restore(KIND, &saved[1..]).unwrap_err();
    assert_eq!(failure, Failure::failed(format!("{KIND}: a counter has 8 bytes, found 7")));
    let failure = registry.restore("everything/unheard@1", &saved).unwrap_err();
    assert!(matches!(failure, Failure::Unsupported { .. }), "{failure:?}");
}

#[test]
fn handles_of_a_native_library_are_used_saved_and_restored() {
    check(Build::Native);
}

#[cfg(unix)]
#[test]
fn handles_in_another_process_are_used_saved_and_restored() {
    check(Build::Isolated);
}

#[test]
fn handles_of_a_component_are_used_saved_and_restored() {
    check(Build::Component);
}

#[test]
fn a_handle_made_natively_is_read_by_the_component_of_the_same_plugin() {
    let (native, component) =
        (Installed::everything(Build::Native, |_| {}), Installed::everything(Build::Component, |_| {}));
    let counter = make(&native.registry(), 21);
    assert_eq!(sum(&component.registry(), &[&counter, &counter]), 42);
}
