//! A short run of every campaign, the same each time; `cargo xtask fuzz` has the long ones.

use std::time::Duration;

use wirebrush_fuzz::{Budget, TARGETS, campaign, harm};

/// Runs cases of a target; some must be taken as good and some refused, or they tell nothing.
#[track_caller]
fn check(name: &str, cases: u64) {
    let (_, make) = TARGETS.iter().find(|(known, _)| *known == name).expect("the target exists");
    // However slow the machine is: all cases count.
    let budget = Budget { cases, time: Duration::MAX };
    let report = campaign(&mut *make(), 1, 0, budget).unwrap_or_else(|why| panic!("{name}: {why}"));
    assert_eq!(report.cases, cases);
    assert!(0 < report.accepted && report.accepted < cases, "{name}: {report:?}");
}

#[test]
fn names_lead_nowhere_else() {
    check("names", 20_000);
}

#[test]
fn mutated_manifests_are_read_or_refused() {
    check("manifests", 5_000);
}

#[test]
fn mutated_lock_files_are_read_or_refused() {
    check("locks", 2_000);
}

#[test]
fn mutated_packages_are_read_or_refused_and_write_nothing_outside() {
    check("packages", 2_000);
}

#[test]
fn mutated_weight_files_are_read_or_refused() {
    check("safetensors", 300);
    check("gguf", 300);
    check("shards", 100);
}

#[test]
fn mutated_loras_are_read_or_refused() {
    check("loras", 300);
}

#[test]
fn mutated_sets_of_a_model_are_read_or_refused() {
    check("sets", 300);
}

#[test]
fn mutated_definitions_are_read_or_refused() {
    check("definitions", 5_000);
}

#[test]
fn any_value_crosses_the_native_boundary_or_is_refused() {
    check("values-native", 5_000);
}

#[test]
fn any_value_crosses_the_sandbox_wall_or_is_refused() {
    check("values-component", 2_000);
}

#[test]
fn mutated_components_are_refused_or_run() {
    check("components", 12);
}

#[test]
fn a_node_that_does_its_worst_harms_nobody_else() {
    let harm = harm::harm(40, 1).unwrap();
    assert!(harm.unaffected > 0, "{harm:?}");
}
