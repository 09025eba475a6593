//! Nodes that keep their promises, and nodes that break each of them.

use std::sync::atomic::{AtomicI64, Ordering};

use wirebrush_check::{Exercise, Level, Report};
use wirebrush_engine::{NodeContext, Runner, Value};
use wirebrush_schema::{Definition, Failure, Kind, Port};

type Run = fn(Vec<(String, Value)>, &dyn NodeContext) -> Result<Vec<(String, Value)>, Failure>;

struct Nodes(Vec<(Definition, Run)>);

impl Runner for Nodes {
    fn definition(&self, node_type: &str) -> Option<&Definition> {
        self.0.iter().map(|(definition, _)| definition).find(|definition| definition.id == node_type)
    }

    fn artifact(&self, _node_type: &str) -> Option<&str> {
        None
    }

    fn run(
        &self,
        node_type: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Failure> {
        let (_, run) =
            self.0.iter().find(|(definition, _)| definition.id == node_type).expect("it is one of them");
        run(inputs, cx)
    }

    fn restore(&self, kind: &str, _bytes: &[u8]) -> Result<Value, Failure> {
        Err(Failure::unsupported(kind))
    }
}

fn exercise(definition: Definition, run: Run) -> Report {
    let nodes = Nodes(vec![(definition.clone(), run)]);
    let exercise = Exercise {
        runner: &nodes,
        counter: None,
        definitions: std::slice::from_ref(&definition),
        seed: 7,
        cases: 40,
    };
    exercise.node(&definition, &mut |_| {})
}

#[track_caller]
fn check(definition: Definition, run: Run, level: Level, rule: &str) {
    let report = exercise(definition, run);
    let found: Vec<_> =
        report.findings.iter().map(|finding| (finding.level, finding.rule.as_str())).collect();
    assert_eq!(found, [(level, rule)], "{:?}", report.findings);
}

fn number() -> Definition {
    Definition::new("p/N", "test").input(Port::int("n", 1, -5..=5)).output(Port::new("n", Kind::INT))
}

fn same(inputs: Vec<(String, Value)>, _: &dyn NodeContext) -> Result<Vec<(String, Value)>, Failure> {
    Ok(inputs)
}

#[test]
fn a_node_that_keeps_its_word_gives_no_finding() {
    let report = exercise(number(), same);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    // Usual inputs twice, large, cancelled; each case twice.
    assert_eq!(report.measured.runs, 4 + 80);
    assert_eq!(report.measured.failed, 0);
}

#[test]
fn what_most_failed_runs_said_is_told() {
    let picky: Run = |inputs, _| match inputs[0].1 {
        Value::Int(n) if n < 0 => Err(Failure::failed("expected at least 0")),
        Value::Int(5) => Err(Failure::unsupported("five")),
        _ => Ok(inputs),
    };
    let measured = exercise(number(), picky).measured;
    assert!(measured.failed > 0);
    assert_eq!(measured.usual_failure, Failure::failed("expected at least 0").to_string());
    assert_eq!(exercise(number(), same).measured.usual_failure, "");
}

#[test]
fn results_that_change_are_found_unless_declared() {
    let count: Run = |_, _| {
        static COUNT: AtomicI64 = AtomicI64::new(0);
        Ok(vec![("n".to_owned(), Value::Int(COUNT.fetch_add(1, Ordering::SeqCst)))])
    };
    check(number(), count, Level::Error, "determinism");
    assert!(exercise(number().nondeterministic(), count).findings.is_empty());
}

#[test]
fn a_panic_at_the_end_of_a_range_is_found_and_says_with_what() {
    let brittle: Run = |inputs, cx| match inputs[0].1 {
        Value::Int(-5) => {
            cx.crashed();
            Err(Failure::failed("panicked: attempt to divide by zero"))
        }
        _ => Ok(inputs),
    };
    let report = exercise(number(), brittle);
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert!(report.findings[0].what.contains("n = -5"), "{}", report.findings[0]);
    assert!(report.findings[0].to_string().starts_with("error p/N: panicked: attempt to divide by zero ("));
}

#[test]
fn refusing_what_is_declared_is_found() {
    let picky: Run = |inputs, _| match inputs[0].1 {
        Value::Int(n) if n < 0 => Err(Failure::invalid("n", "expected at least 0")),
        _ => Ok(inputs),
    };
    check(number(), picky, Level::Note, "refuses-declared");
    let confused: Run = |inputs, _| match inputs[0].1 {
        Value::Int(n) if n < 0 => Err(Failure::invalid("m", "expected at least 0")),
        _ => Ok(inputs),
    };
    check(number(), confused, Level::Error, "failure-port");
}

#[test]
fn a_cancel_that_nobody_asked_for_is_found() {
    let moody: Run = |inputs, _| match inputs[0].1 {
        Value::Int(5) => Err(Failure::Cancelled),
        _ => Ok(inputs),
    };
    check(number(), moody, Level::Error, "cancelled");
}

#[test]
fn a_node_that_stops_when_cancelled_gives_no_finding() {
    let polite: Run = |inputs, cx| {
        cx.progress(1, 2, "");
        if cx.is_cancelled() { Err(Failure::Cancelled) } else { Ok(inputs) }
    };
    assert!(exercise(number(), polite).findings.is_empty());
}

#[test]
fn a_node_that_only_fails_was_hardly_checked() {
    check(number(), |_, _| Err(Failure::failed("no such model")), Level::Note, "always-failed");
}

#[test]
fn a_handle_that_nothing_makes_is_said() {
    let needy = Definition::new("p/N", "test").input(Port::handle("curve", "p/curve@1"));
    let report = exercise(needy, same);
    assert_eq!(report.measured.runs, 0);
    assert_eq!(report.findings[0].rule, "not-run");
}

#[test]
fn what_is_about_to_run_is_told_first() {
    let definition = number();
    let nodes = Nodes(vec![(definition.clone(), same)]);
    let definitions = [definition];
    let exercise = Exercise { runner: &nodes, counter: None, definitions: &definitions, seed: 0, cases: 1 };
    let mut told = Vec::new();
    let report = exercise.node(&definitions[0], &mut |text| told.push(text.to_owned()));
    assert_eq!(told.len() as u32, report.measured.runs);
    assert_eq!(told[0], "usual inputs: n = 1");
}
