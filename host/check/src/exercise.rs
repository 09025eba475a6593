//! Runs a node as no user would: at the ends of its ranges, twice, cancelled, on odd pictures.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use wirebrush_engine::{Runner, Value};
use wirebrush_schema::{Definition, Failure, Kind, Port};

use crate::compare::{difference, show};
use crate::finding::{Finding, Level};
use crate::listener::{Listener, Times};
use crate::values;

// A user waits this long without wondering.
const SILENCE: Duration = Duration::from_secs(1);
const STOPPING: Duration = Duration::from_millis(500);

// One megapixel and a little picture.
const LARGE: u32 = 1024;
const SMALL: u32 = 16;

// A rule broken once is broken a hundred times; the first reasons say enough.
const MOST_REASONS: usize = 5;

// Failures that name what came differ from case to case.
const MOST_FAILURES: usize = 1000;

// A handle may be made from a handle that is made from a handle; cycles end here.
const DEEPEST_SOURCE: u32 = 4;

/// How the nodes of a plugin are exercised.
pub struct Exercise<'a> {
    /// Runs them, and tells the context when a node crashed.
    pub runner: &'a dyn Runner,
    /// Runs them once more and counts their instructions, when somebody can.
    pub counter: Option<&'a dyn Runner>,
    /// The plugin's nodes: where handles come from.
    pub definitions: &'a [Definition],
    /// Where random values begin; the same seed gives the same cases.
    pub seed: u64,
    /// How many random cases each node gets, each run twice when the node is deterministic.
    pub cases: u32,
}

/// What a node's runs cost and how they went.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Runs altogether.
    pub runs: u32,
    /// Those that ended in a failure the node is free to give.
    pub failed: u32,
    /// What most of those said; empty when none failed.
    #[serde(default)]
    pub usual_failure: String,
    /// A run on usual inputs with pictures of one megapixel, in milliseconds.
    pub large_ms: f64,
    /// Instructions of a component in that run, the same on every machine; 0 when nobody counted them.
    #[serde(default)]
    pub large_instructions: u64,
    /// The slowest run, in milliseconds.
    pub slowest_ms: f64,
    /// Largest linear memory of a component, in bytes; 0 for a native node.
    pub memory_bytes: u64,
}

/// What came of exercising a node.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Report {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What it cost.
    pub measured: Measured,
}

type Inputs = Vec<(String, Value)>;

impl Exercise<'_> {
    /// Exercises a node. `begin` hears what is about to be run, so that somebody outside can tell when the process dies.
    pub fn node(&self, definition: &Definition, begin: &mut dyn FnMut(&str)) -> Report {
        let (report, said, failures) = Default::default();
        Session { exercise: self, definition, begin, report, said, failures }.run()
    }

    /// Inputs as a user leaves them, with pictures of `side` pixels.
    ///
    /// # Errors
    /// The kind of a handle that no node of the plugin makes.
    fn usual(&self, definition: &Definition, side: u32, depth: u32) -> Result<Inputs, String> {
        let value = |port: &Port| match values::usual(port, side) {
            Some(value) => Ok(value),
            None => self.handle(port, depth),
        };
        gather(definition, value)
    }

    fn handle(&self, port: &Port, depth: u32) -> Result<Value, String> {
        let kind = port.kind.as_str();
        let makers = self
            .definitions
            .iter()
            .filter_map(|maker| Some((maker, maker.outputs.iter().find(|output| output.kind == port.kind)?)));
        for (maker, output) in makers {
            if depth >= DEEPEST_SOURCE {
                break;
            }
            let Ok(inputs) = self.usual(maker, SMALL, depth + 1) else { continue };
            let Ok(outputs) = self.runner.run(&maker.id, inputs, &Listener::patient()) else { continue };
            let made = outputs.into_iter().find(|(name, _)| *name == output.name);
            if let Some((_, value @ Value::Handle(_))) = made {
                return Ok(value);
            }
        }
        Err(format!(
            "input `{}` needs a {kind}, which no node of this plugin makes from usual inputs",
            port.name
        ))
    }
}

/// A value for each input; a list gets it twice, an empty value is left out.
fn gather(
    definition: &Definition,
    mut value: impl FnMut(&Port) -> Result<Value, String>,
) -> Result<Inputs, String> {
    let mut inputs = Vec::new();
    for port in &definition.inputs {
        for _ in 0..if port.list { 2 } else { 1 } {
            match value(port)? {
                Value::None if port.kind.as_str() != Kind::ANY => {}
                value => inputs.push((port.name.clone(), value)),
            }
        }
    }
    Ok(inputs)
}

struct Session<'a, 'b> {
    exercise: &'a Exercise<'a>,
    definition: &'a Definition,
    begin: &'b mut dyn FnMut(&str),
    report: Report,
    /// What was found already, by rule: a hundred cases may fail for one reason.
    said: HashMap<String, HashSet<String>>,
    /// How often each failure came.
    failures: BTreeMap<String, u32>,
}

impl Session<'_, '_> {
    fn run(mut self) -> Report {
        let mut rng = Rng::with_seed(self.exercise.seed);
        if let Err(why) = self.usual().and_then(|()| self.random(&mut rng)) {
            self.find(Finding::new(Level::Note, "not-run", why).advice("test it in your own tests"));
        }
        let usual = self.failures.iter().max_by_key(|(_, count)| **count);
        self.report.measured.usual_failure = usual.map(|(failure, _)| failure.clone()).unwrap_or_default();
        let Measured { runs, failed, .. } = self.report.measured;
        if runs > 0 && runs == failed {
            let what = format!("failed in all {runs} runs, so that little was checked");
            self.find(Finding::new(Level::Note, "always-failed", what).advice("test it in your own tests"));
        }
        self.report
    }

    /// Usual inputs: small ones, large ones, and large ones cancelled half-way.
    fn usual(&mut self) -> Result<(), String> {
        let small = self.exercise.usual(self.definition, SMALL, 0)?;
        self.twice("usual inputs", &small);
        let large = self.exercise.usual(self.definition, LARGE, 0)?;
        let (_, times) = self.once("usual inputs, one megapixel", &large, &Listener::patient());
        self.report.measured.large_ms = milliseconds(times.whole);
        if let Some(counter) = self.exercise.counter {
            (self.begin)("usual inputs, one megapixel, counted");
            let listener = Listener::patient();
            // What is wrong with it was found in the run before.
            let _ = counter.run(&self.definition.id, large.clone(), &listener);
            self.report.measured.large_instructions = listener.instructions();
        }
        let (_, times) = self.once("usual inputs, one megapixel, cancelled", &large, &Listener::cancelling());
        if let Some(stopping) = times.stopping.filter(|stopping| *stopping > STOPPING) {
            let what = format!("went on for {:.1} s after it was cancelled", stopping.as_secs_f64());
            let advice = "ask `cx.check()` or report progress more often";
            self.find(Finding::new(Level::Warning, "cancel", what).advice(advice));
        }
        Ok(())
    }

    /// Inputs from all over what is declared.
    fn random(&mut self, rng: &mut Rng) -> Result<(), String> {
        for case in 0..self.exercise.cases {
            let exercise = self.exercise;
            let inputs = gather(self.definition, |port| match values::any(port, rng) {
                Some(value) => Ok(value),
                None => exercise.handle(port, 0),
            })?;
            self.twice(&format!("case {case} of seed {}", exercise.seed), &inputs);
        }
        Ok(())
    }

    /// Runs, and once more when the results shall be equal.
    fn twice(&mut self, what: &str, inputs: &Inputs) {
        let (first, _) = self.once(what, inputs, &Listener::patient());
        if !self.definition.deterministic {
            return;
        }
        let (second, _) = self.once(what, inputs, &Listener::patient());
        let differs = match (&first, &second) {
            (Ok(first), Ok(second)) => difference(first, second),
            (Err(_), Err(_)) => None,
            (Ok(_), Err(failure)) | (Err(failure), Ok(_)) => {
                Some(format!("one of two runs failed: {failure}"))
            }
        };
        if let Some(differs) = differs {
            let what = format!("equal inputs, different results: {differs} ({what}: {})", shown(inputs));
            let advice = "seed what is random, or declare it `nondeterministic`";
            self.find(Finding::new(Level::Error, "determinism", what).advice(advice));
        }
    }

    fn once(&mut self, what: &str, inputs: &Inputs, listener: &Listener) -> (Result<Inputs, Failure>, Times) {
        (self.begin)(&format!("{what}: {}", shown(inputs)));
        let outcome = self.exercise.runner.run(&self.definition.id, inputs.clone(), listener);
        let times = listener.times();
        let measured = &mut self.report.measured;
        measured.runs += 1;
        measured.slowest_ms = measured.slowest_ms.max(milliseconds(times.whole));
        measured.memory_bytes = measured.memory_bytes.max(listener.memory_bytes());
        if times.silent > SILENCE {
            let what =
                format!("worked {:.1} s without reporting progress ({what})", times.silent.as_secs_f64());
            let advice = "call `cx.progress` at least every 100 ms in long work";
            self.find(Finding::new(Level::Warning, "silent", what).advice(advice));
        }
        if let Err(failure) = &outcome {
            let case = format!("{what}: {}", shown(inputs));
            if listener.has_crashed() {
                let why = failure.to_string();
                let why = why.strip_prefix(&format!("{}: ", self.definition.id)).unwrap_or(&why);
                let what = format!("{why} ({case})");
                let advice = "return a failure that says what is wrong";
                self.find(Finding::new(Level::Error, "crash", what).advice(advice));
            } else {
                self.judge(failure, &case, times.stopping.is_some());
            }
        }
        (outcome, times)
    }

    /// A node may fail; but not in every way.
    fn judge(&mut self, failure: &Failure, case: &str, cancelled: bool) {
        if matches!(failure, Failure::Cancelled) && cancelled {
            return;
        }
        self.report.measured.failed += 1;
        let text = failure.to_string();
        if self.failures.len() < MOST_FAILURES || self.failures.contains_key(&text) {
            *self.failures.entry(text).or_default() += 1;
        }
        match failure {
            Failure::Cancelled => {
                let what = format!("said it was cancelled, but nobody did that ({case})");
                self.find(Finding::new(Level::Error, "cancelled", what).advice("return another failure"));
            }
            Failure::InvalidInput { port, why } => self.judge_refusal(port, why, case),
            Failure::OutOfMemory { needed, .. } => {
                let what = format!("wants {needed} bytes ({case})");
                self.find(
                    Finding::new(Level::Note, "memory", what).advice("narrow the range if nobody needs that"),
                );
            }
            _ => {}
        }
    }

    fn judge_refusal(&mut self, name: &str, why: &str, case: &str) {
        let Some(port) = self.definition.inputs.iter().find(|port| port.name == name) else {
            let what = format!("refuses an input `{name}`, which it does not have: {why} ({case})");
            self.find(Finding::new(Level::Error, "failure-port", what).advice("name the input as declared"));
            return;
        };
        if matches!(port.kind.as_str(), Kind::INT | Kind::FLOAT | Kind::CHOICE | Kind::BOOL) {
            let what = format!("refuses what it declares to take: {why} ({case})");
            // Perhaps only together with another input: that cannot be declared.
            let advice = "if it never takes that, declare the range it takes";
            self.find(Finding::new(Level::Note, "refuses-declared", what).port(name).advice(advice));
        }
    }

    fn find(&mut self, finding: Finding) {
        let reason = match finding.rule.as_str() {
            // What differs between cases stands in brackets at the end.
            "crash" | "failure-port" => finding.what.split(" (").next().unwrap_or_default(),
            _ => &finding.port,
        };
        let said = self.said.entry(finding.rule.clone()).or_default();
        if said.len() < MOST_REASONS && said.insert(reason.to_owned()) {
            self.report.findings.push(finding.node(&self.definition.id));
        }
    }
}

fn shown(inputs: &Inputs) -> String {
    let words: Vec<_> = inputs.iter().map(|(name, value)| format!("{name} = {}", show(value))).collect();
    if words.is_empty() { "no inputs".to_owned() } else { words.join(", ") }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 1e2
}
