//! The thread that takes runs from the queue and brings each to its end, whatever happens on the way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::Instant;

use anyhow::{Context, Result};
use wirebrush_engine::{CancelToken, Event as Happened, NodeKey, Report};
use wirebrush_graph::Graph;
use wirebrush_schema::LogLevel;

use super::log::Log;
use super::preview::Previews;
use super::shapes::{LogLine, RunOutput, RunStatus, RunSummary};
use super::{Ended, Event, Running, Shared, Tracker, pace, submission, values};
use crate::store::database::now;
use crate::store::runs::INTERRUPTED;

/// How a run ended.
struct Ending {
    status: RunStatus,
    outputs: Vec<RunOutput>,
    /// What failed, when no node did.
    error: Option<String>,
}

/// Works until the queue is stopped. Nothing that goes wrong with one run keeps the next from its turn.
pub(super) fn work(shared: &Shared) {
    while let Some((id, cancel)) = next(shared) {
        let ending = guarded(|| execute(shared, &id, &cancel));
        if catch_unwind(AssertUnwindSafe(|| conclude(shared, ending))).is_err() {
            eprintln!("error: cannot say how run `{id}` ended");
        }
    }
}

/// Makes an ending of errors and panics too.
fn guarded(run: impl FnOnce() -> Result<Ending>) -> Ending {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(ending)) => ending,
        Ok(Err(error)) => failed(format!("{error:#}")),
        Err(_) => failed("the program made a mistake while it ran this: see its log".to_owned()),
    }
}

fn failed(error: String) -> Ending {
    Ending { status: RunStatus::Failed, outputs: Vec::new(), error: Some(error) }
}

/// Waits for a run whose turn it is; `None` when the queue is stopped.
fn next(shared: &Shared) -> Option<(String, CancelToken)> {
    let mut state = shared.lock();
    loop {
        if state.stopping {
            return None;
        }
        if !state.paused
            && let Some(run) = state.queued.pop_front()
        {
            let started_at = now();
            let summary = RunSummary { status: RunStatus::Running, started_at: Some(started_at), ..run };
            if let Err(error) = shared.store.begin(&summary.id, started_at) {
                eprintln!("warning: cannot save that run `{}` began: {error:#}", summary.id);
            }
            shared.tell(&summary);
            let (id, cancel) = (summary.id.clone(), CancelToken::new());
            let begun = Instant::now();
            state.running =
                Some(Running { summary, tracker: None, log: Log::default(), cancel: cancel.clone(), begun });
            return Some((id, cancel));
        }
        state = shared.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

fn execute(shared: &Shared, id: &str, cancel: &CancelToken) -> Result<Ending> {
    let asked = shared.store.asked(id)?.context("the run is gone from the database")?;
    let graph = Graph::parse(&asked.document)
        .map_err(|problems| anyhow::anyhow!("the graph cannot be read: {problems}"))?;
    let engine = shared.engine_for(&graph);
    let plan = engine.plan(&graph, &submission::wanted(asked.wanted.as_deref()))?;
    if let Some(running) = &mut shared.lock().running {
        running.summary.total = plan.len();
        running.tracker = Some(Tracker::new(&plan));
    }
    let previews = Previews::default();
    let listener = Listener { shared, run: id, previews: &previews };
    let hear = |report: Report| listener.hear(report.event);
    let result = pace::alongside(shared, id, &previews, || engine.run(&plan, &hear, cancel))?;
    let mut outputs = Vec::with_capacity(result.outputs.len());
    for output in &result.outputs {
        let name = values::name(&graph, &output.node, &output.output, &output.value);
        let value = values::describe(&output.value, &name, &graph, &shared.assets)
            .with_context(|| format!("output `{}` cannot be kept", output.name))?;
        outputs.push(RunOutput {
            name: output.name.to_string(),
            node: output.node.to_string(),
            output: output.output.to_string(),
            value,
        });
    }
    let status = match result.status {
        wirebrush_engine::RunStatus::Finished => RunStatus::Finished,
        wirebrush_engine::RunStatus::Failed => RunStatus::Failed,
        wirebrush_engine::RunStatus::Cancelled => RunStatus::Cancelled,
    };
    Ok(Ending { status, outputs, error: None })
}

/// Takes what the engine says about a run. Nodes wait meanwhile: nothing here takes long.
struct Listener<'a> {
    shared: &'a Shared,
    run: &'a str,
    previews: &'a Previews,
}

impl Listener<'_> {
    fn hear(&self, happened: Happened) {
        match happened {
            Happened::NodePreview { node, image } => self.previews.put(node, image),
            Happened::NodeLog { node, level, message } => self.log(&node, level, &message),
            Happened::RunWarning { message } => self.log("", LogLevel::Warn, &message),
            happened => self.note(&happened),
        }
    }

    fn note(&self, happened: &Happened) {
        let mut state = self.shared.lock();
        let Some(running) = &mut state.running else { return };
        let at = running.begun.elapsed();
        let Some(tracker) = &mut running.tracker else { return };
        let changed = tracker.note(happened, at);
        tell_nodes(self.shared, self.run, tracker, &changed);
    }

    fn log(&self, node: &str, level: LogLevel, message: &str) {
        let mut state = self.shared.lock();
        let Some(running) = &mut state.running else { return };
        let at = running.begun.elapsed();
        let Some(line) = running.log.add(at, node, level.into(), message) else { return };
        let LogLine { number, at_ms, node, level, message } = line;
        let (number, at_ms, level) = (*number, *at_ms, *level);
        self.shared.events.publish(&Event::Log { run: self.run, number, at_ms, node, level, message });
    }
}

fn tell_nodes(shared: &Shared, run: &str, tracker: &Tracker, nodes: &[NodeKey]) {
    for name in nodes {
        if let Some(state) = tracker.node(name) {
            shared.events.publish(&Event::Node { run, node: name, state });
        }
    }
}

/// Writes down and tells how the run ended, and makes room for the next.
fn conclude(shared: &Shared, ending: Ending) {
    let mut state = shared.lock();
    let Some(Running { mut summary, mut tracker, log, begun, .. }) = state.running.take() else { return };
    summary.status = ending.status;
    summary.outputs = ending.outputs;
    summary.error = ending.error;
    summary.ended_at = Some(state.next_end());
    if state.stopping && summary.status == RunStatus::Cancelled {
        summary.status = RunStatus::Interrupted;
        summary.error = Some(INTERRUPTED.to_owned());
    }
    let mut nodes = Vec::new();
    if let Some(tracker) = &mut tracker {
        let stopped = tracker.stop(begun.elapsed());
        tell_nodes(shared, &summary.id, tracker, &stopped);
        summary.done = tracker.done();
        summary.error = summary.error.or_else(|| tracker.error().map(str::to_owned));
        nodes = tracker.take_unsaved();
    }
    shared.end(&mut state, Ended { summary, nodes, lines: log.into_unsaved() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_panics_are_failures_of_the_run() {
        let ending = guarded(|| Err(anyhow::anyhow!("no room").context("output `save.file` cannot be kept")));
        assert_eq!(ending.status, RunStatus::Failed);
        assert_eq!(ending.error.as_deref(), Some("output `save.file` cannot be kept: no room"));
        let ending = guarded(|| panic!("a mistake"));
        assert_eq!((ending.status, ending.outputs.len()), (RunStatus::Failed, 0));
        assert!(ending.error.is_some());
    }
}
