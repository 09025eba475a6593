//! What clients may ask of the queue. Everything here blocks for as long as the database takes.

use std::collections::BTreeMap;

use anyhow::Context;
use wirebrush_engine::Wanted;
use wirebrush_graph::Graph;

use super::shapes::{NewRun, Run, RunList, RunStatus, RunSummary, ValueInfo};
use super::{Event, Queue, State, submission, values};
use crate::server::document::Document;
use crate::server::error::{ApiError, ApiResult};
use crate::store::database::now;
use crate::store::runs::Asked;
use axum::http::StatusCode;

/// How many runs may wait: more are a mistake, and every client lists them all.
const MOST_QUEUED: usize = 10_000;

/// Which runs to list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    /// At most so many that are over.
    pub(crate) limit: usize,
    /// Only those that were over before this time.
    pub(crate) before: Option<i64>,
    /// Only those of this status.
    pub(crate) status: Option<RunStatus>,
}

impl Default for Listed {
    fn default() -> Self {
        Self { limit: 50, before: None, status: None }
    }
}

impl Queue {
    /// Puts a run at the end of the queue; or gives the one that has its id already, and `false`.
    ///
    /// # Errors
    /// 400 for an id that cannot be, 422 for a graph that cannot run, 429 when too many wait.
    pub(crate) fn submit(&self, new: NewRun) -> ApiResult<(Run, bool)> {
        let id = match &new.id {
            Some(id) => {
                submission::check_id(id)?;
                if let Some(run) = self.find(id)? {
                    return Ok((run, false));
                }
                id.clone()
            }
            None => submission::new_id()?,
        };
        let graph_id = new.graph_id.clone();
        let submission = submission::check(new, &self.shared.session, &self.shared.engine)?;
        let summary = RunSummary { title: submission.title, graph_id, total: submission.total, ..queued(id) };
        self.append(summary, &submission.asked)
    }

    /// Puts a run into the queue that repeats one that is over; what that one computed is reused.
    ///
    /// # Errors
    /// 404 without that run, 409 when it is not over, and those of [`Queue::submit`].
    pub(crate) fn retry(&self, of: &str, id: Option<String>) -> ApiResult<(Run, bool)> {
        let id = match id {
            Some(id) => {
                submission::check_id(&id)?;
                if let Some(run) = self.find(&id)? {
                    return Ok((run, false));
                }
                id
            }
            None => submission::new_id()?,
        };
        let old = self.find(of)?.ok_or_else(|| unknown(of))?.summary;
        if !old.status.is_over() {
            return Err(ApiError::conflict(format_args!("run `{of}` is not over"), None));
        }
        let asked = self.shared.store.asked(of)?.ok_or_else(|| unknown(of))?;
        let summary = RunSummary {
            title: old.title,
            graph_id: old.graph_id,
            total: old.total,
            retry_of: Some(old.id),
            ..queued(id)
        };
        self.append(summary, &asked)
    }

    fn append(&self, summary: RunSummary, asked: &Asked) -> ApiResult<(Run, bool)> {
        let id = summary.id.clone();
        let mut state = self.shared.lock();
        if state.stopping {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(ApiError::new(status, "stopping", "the server is about to end"));
        }
        if state.queued.len() >= MOST_QUEUED {
            let message = format_args!("{MOST_QUEUED} runs wait already: more are not taken");
            return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "queue-full", message));
        }
        let added = self.shared.store.insert(&summary, asked)?;
        if added {
            state.queued.push_back(summary);
            if let Some(run) = state.queued(state.queued.len() - 1) {
                self.shared.tell(&run);
            }
        }
        let run = self.found(&state, &id)?.ok_or_else(|| unknown(&id))?;
        drop(state);
        self.shared.wake.notify_all();
        Ok((run, added))
    }

    /// A run, or `None` when there is none of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn find(&self, id: &str) -> ApiResult<Option<Run>> {
        self.found(&self.shared.lock(), id)
    }

    fn found(&self, state: &State, id: &str) -> ApiResult<Option<Run>> {
        let Some(asked) = self.shared.store.asked(id)? else { return Ok(None) };
        let running = state.running(id);
        let summary = match (running, state.place(id)) {
            (Some(running), _) => Some(running.summary.clone()),
            (None, Some(place)) => state.queued(place),
            (None, None) => self.shared.store.summary(id)?,
        };
        let nodes = match running.and_then(|running| running.tracker.as_ref()) {
            Some(tracker) => tracker.nodes().map(|(name, node)| (name.to_string(), node.clone())).collect(),
            None if running.is_some() => BTreeMap::new(),
            None => self.shared.store.nodes(id)?,
        };
        let graph = Document::from_text(asked.document)?;
        Ok(summary.map(|summary| Run { summary, graph, wanted: asked.wanted, nodes }))
    }

    /// The runs: those queued in their order, the one under way, those that are over newest first. With `before` only
    /// the last.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn list(&self, listed: &Listed) -> ApiResult<RunList> {
        self.listed(&self.shared.lock(), listed)
    }

    fn listed(&self, state: &State, listed: &Listed) -> ApiResult<RunList> {
        let fits = |status: RunStatus| listed.status.is_none_or(|it| it == status);
        let mut runs = Vec::new();
        if listed.before.is_none() {
            let queued = (0..state.queued.len()).filter_map(|index| state.queued(index));
            runs.extend(queued.filter(|_| fits(RunStatus::Queued)));
            let running = state.running.iter().filter(|_| fits(RunStatus::Running));
            runs.extend(running.map(|running| running.summary.clone()));
        }
        runs.extend(self.shared.store.ended(listed.limit, listed.before, listed.status)?);
        Ok(RunList { runs, paused: state.paused, sequence: self.shared.events.sequence() })
    }

    /// Stops a run: a queued one is over at once, one under way at its next step. One that is over stays as it is.
    ///
    /// # Errors
    /// 404 without such a run.
    pub(crate) fn cancel(&self, id: &str) -> ApiResult<Run> {
        let mut state = self.shared.lock();
        if let Some(running) = state.running(id) {
            running.cancel.cancel();
        } else if let Some(run) = state.take(id) {
            let ended_at = Some(state.next_end());
            let over = RunSummary { status: RunStatus::Cancelled, ended_at, ..run };
            self.shared.end(&over, &[])?;
        }
        self.found(&state, id)?.ok_or_else(|| unknown(id))
    }

    /// Forgets a run.
    ///
    /// # Errors
    /// 404 without such a run, 409 while it is under way.
    pub(crate) fn remove(&self, id: &str) -> ApiResult<()> {
        let mut state = self.shared.lock();
        if state.running(id).is_some() {
            return Err(ApiError::conflict(format_args!("run `{id}` is under way: cancel it first"), None));
        }
        if !self.shared.store.delete(id)? {
            return Err(unknown(id));
        }
        state.take(id);
        self.shared.events.publish(&Event::RunRemoved { run: id });
        Ok(())
    }

    /// Moves a queued run to a place, counted from 0; beyond the end means the end.
    ///
    /// # Errors
    /// 404 without such a run, 409 when it is not queued.
    pub(crate) fn place(&self, id: &str, position: usize) -> ApiResult<RunList> {
        let mut state = self.shared.lock();
        let Some(run) = state.take(id) else {
            let known = self.shared.store.summary(id)?.is_some();
            let why = format_args!("run `{id}` waits no longer");
            return Err(if known { ApiError::conflict(why, None) } else { unknown(id) });
        };
        let position = position.min(state.queued.len());
        state.queued.insert(position, run);
        self.shared.store.reorder(state.queued.iter().map(|run| &*run.id))?;
        if let Some(run) = state.queued(position) {
            self.shared.tell(&run);
        }
        self.listed(&state, &Listed::default())
    }

    /// Pauses the queue or lets it go on. A run under way is not touched.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn pause(&self, paused: bool) -> ApiResult<RunList> {
        let mut state = self.shared.lock();
        if state.paused != paused {
            self.shared.store.set_paused(paused)?;
            state.paused = paused;
            self.shared.events.publish(&Event::Queue { paused });
            self.shared.wake.notify_all();
        }
        self.listed(&state, &Listed::default())
    }

    /// The value on a wire of a run, `node.output`, if it was kept: among the run's outputs or in a cache. Runs nothing.
    ///
    /// # Errors
    /// 404 when there is no such run, no such output, or its value was not kept.
    pub(crate) fn value(&self, id: &str, wire: &str) -> ApiResult<ValueInfo> {
        let shared = &self.shared;
        let run = self.find(id)?.ok_or_else(|| unknown(id))?;
        let is_it = |node: &str, output: &str| wire.strip_prefix(node) == Some(&format!(".{output}"));
        if let Some(output) = run.summary.outputs.iter().find(|it| is_it(&it.node, &it.output)) {
            return Ok(output.value.clone());
        }
        let graph = run.graph.well_formed()?;
        let not_found = |why: String| ApiError::new(StatusCode::NOT_FOUND, "not-found", why);
        let plan = shared.engine.plan(&graph, &Wanted::These(vec![wire.to_owned()]));
        let plan = plan.map_err(|error| not_found(error.to_string()))?;
        let found = shared.engine.cached(&plan).and_then(|outputs| outputs.into_iter().next());
        let output = found.ok_or_else(|| {
            not_found(format!("the value at `{wire}` was not kept: run it again to see it"))
        })?;
        Ok(self.describe(&graph, &output).context("the value cannot be shown")?)
    }

    fn describe(&self, graph: &Graph, output: &wirebrush_engine::RunOutput) -> anyhow::Result<ValueInfo> {
        let name = values::name(graph, &output.node, &output.output, &output.value);
        values::describe(&output.value, &name, graph, &self.shared.assets)
    }
}

/// A run of which nothing is known but that it waits.
fn queued(id: String) -> RunSummary {
    RunSummary {
        id,
        status: RunStatus::Queued,
        title: String::new(),
        graph_id: None,
        created_at: now(),
        started_at: None,
        ended_at: None,
        position: None,
        done: 0,
        total: 0,
        error: None,
        outputs: Vec::new(),
        retry_of: None,
    }
}

fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format_args!("run `{id}`"))
}
