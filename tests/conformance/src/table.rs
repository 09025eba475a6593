//! The cases: node, inputs, and what must come of it.

mod failures;
mod files;
mod pictures;
mod talk;
mod values;

use wirebrush_engine::{Runner, Value};
use wirebrush_schema::Failure;

use crate::{Event, Recorder, difference};

/// One line of the table.
pub struct Case {
    /// What is shown, as a sentence.
    pub name: &'static str,
    /// The node's name, without the plugin's.
    pub node: &'static str,
    /// All its inputs; a list input is the same name several times.
    pub inputs: Vec<(&'static str, Value)>,
    /// The user cancels after this many progress reports.
    pub cancel_after: Option<usize>,
    /// What the node gives.
    pub outcome: Result<Vec<(&'static str, Value)>, Failure>,
    /// What the host hears, if it matters.
    pub events: Option<Vec<Event>>,
}

impl Case {
    /// A case of plain values, with nobody cancelling.
    fn new(name: &'static str, node: &'static str) -> Self {
        Self { name, node, inputs: Vec::new(), cancel_after: None, outcome: Ok(Vec::new()), events: None }
    }

    fn input(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.inputs.push((name, value.into()));
        self
    }

    fn gives(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        if let Ok(outputs) = &mut self.outcome {
            outputs.push((name, value.into()));
        }
        self
    }

    fn fails(mut self, failure: Failure) -> Self {
        self.outcome = Err(failure);
        self
    }

    fn tells(mut self, events: Vec<Event>) -> Self {
        self.events = Some(events);
        self
    }

    fn cancelled_after(mut self, reports: usize) -> Self {
        self.cancel_after = Some(reports);
        self
    }

    /// Runs the case.
    ///
    /// # Errors
    /// What was expected and what came, in a sentence that begins with the case's name.
    pub fn check(&self, runner: &dyn Runner) -> Result<(), String> {
        let owned = |values: &[(&'static str, Value)]| -> Vec<(String, Value)> {
            values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let recorder = Recorder::cancel_after(self.cancel_after);
        let found = runner.run(&format!("everything/{}", self.node), owned(&self.inputs), &recorder);
        let wrong = match (&self.outcome, &found) {
            (Ok(expected), Ok(found)) => difference(&owned(expected), found),
            (Err(expected), Err(found)) if expected == found => None,
            (Ok(_), Err(found)) => Some(format!("expected outputs, found the failure {found:?}")),
            (Err(expected), found) => Some(format!("expected {expected:?}, found {found:?}")),
        };
        let events = recorder.events();
        let deaf = self.events.as_ref().filter(|expected| **expected != events);
        let deaf =
            deaf.map(|expected| format!("expected the host to hear {expected:?}, it heard {events:?}"));
        match wrong.or(deaf) {
            Some(why) => Err(format!("{}: {why}", self.name)),
            None => Ok(()),
        }
    }
}

/// All cases.
pub fn table() -> Vec<Case> {
    let groups = [values::cases(), pictures::cases(), talk::cases(), files::cases(), failures::cases()];
    groups.into_iter().flatten().collect()
}
