//! How clients look at runs: one, many, the value on a wire. Everything here blocks for as long as the database takes.

use std::collections::{BTreeMap, HashMap};
use std::sync::MutexGuard;

use anyhow::Context;
use axum::http::StatusCode;
use wirebrush_engine::{RunOutput, Wanted};
use wirebrush_graph::Graph;

use super::log::is_cut;
use super::shapes::{Run, RunList, RunLog, RunSummary, ValueInfo};
use super::{Queue, State, values};
use crate::server::document::Document;
use crate::server::error::{ApiError, ApiResult};
use crate::store::runs::Filter;

/// Which runs to list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// At most so many that are over.
    pub(crate) limit: usize,
    /// Only those that were over before this time.
    pub(crate) before: Option<i64>,
    /// Only these.
    pub(crate) filter: Filter,
}

impl Default for Listed {
    fn default() -> Self {
        Self { limit: 50, before: None, filter: Filter::default() }
    }
}

impl Queue {
    /// A run, or `None` when there is none of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn find(&self, id: &str) -> ApiResult<Option<Run>> {
        self.found(&self.settled(), id)
    }

    /// The state, with what is over written down if the database takes it by now.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.shared.lock();
        // What it does not take is kept and shown all the same.
        let _ = self.shared.settle(&mut state);
        state
    }

    /// As [`Queue::find`], for who holds the state already.
    pub(super) fn found(&self, state: &State, id: &str) -> ApiResult<Option<Run>> {
        let Some(asked) = self.shared.store.asked(id)? else { return Ok(None) };
        let running = state.running(id);
        let summary = match (running, state.place(id)) {
            (Some(running), _) => Some(running.summary.clone()),
            (None, Some(place)) => state.queued(place),
            (None, None) => match state.unsaved(id) {
                Some(ended) => Some(ended.summary.clone()),
                None => self.shared.store.summary(id)?,
            },
        };
        let nodes = match running.and_then(|running| running.tracker.as_ref()) {
            Some(tracker) => tracker.nodes().map(|(name, node)| (name.to_string(), node.clone())).collect(),
            None if running.is_some() => BTreeMap::new(),
            None => {
                let mut nodes = self.shared.store.nodes(id)?;
                let unsaved = state.unsaved(id).into_iter().flat_map(|ended| &ended.nodes);
                nodes.extend(unsaved.map(|(name, node)| (name.to_string(), node.clone())));
                nodes
            }
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
        self.listed(&self.settled(), listed)
    }

    /// As [`Queue::list`], for who holds the state already.
    pub(super) fn listed(&self, state: &State, listed: &Listed) -> ApiResult<RunList> {
        let Listed { limit, before, filter } = listed;
        let names = if filter.needs_names() { self.shared.store.names_of_open()? } else { HashMap::new() };
        let fits = |run: &RunSummary| filter.takes(run, names.get(&run.id).map_or("", String::as_str));
        let mut runs = Vec::new();
        if before.is_none() {
            let queued = (0..state.queued.len()).filter_map(|index| state.queued(index));
            let running = state.running.iter().map(|running| running.summary.clone());
            runs.extend(queued.chain(running).filter(fits));
        }
        let unsaved = state.unsaved.iter().rev().map(|ended| &ended.summary);
        let unsaved = unsaved.filter(|run| fits(run) && before.is_none_or(|it| run.ended_at < Some(it)));
        let mut ended: Vec<_> = unsaved.cloned().collect();
        ended.extend(self.shared.store.ended(*limit, *before, filter)?);
        ended.truncate(*limit);
        runs.append(&mut ended);
        Ok(RunList { runs, paused: state.paused, sequence: self.shared.events.sequence() })
    }

    /// When the first of the runs began whose outputs are not written down: what came since then may be among those.
    pub(crate) fn open_since(&self) -> Option<i64> {
        let state = self.settled();
        let unsaved = state.unsaved.iter().map(|ended| &ended.summary);
        let open = state.running.iter().map(|running| &running.summary).chain(unsaved);
        open.filter_map(|run| run.started_at).min()
    }

    /// What the nodes of a run said so far.
    ///
    /// # Errors
    /// 404 when there is no such run.
    pub(crate) fn log(&self, id: &str) -> ApiResult<RunLog> {
        let state = self.settled();
        self.shared.store.summary(id)?.ok_or_else(|| unknown(id))?;
        let mut lines = self.shared.store.log(id)?;
        lines.extend(state.running(id).into_iter().flat_map(|running| running.log.unsaved()).cloned());
        lines.extend(state.unsaved(id).into_iter().flat_map(|ended| &ended.lines).cloned());
        Ok(RunLog { cut: is_cut(&lines), lines })
    }

    /// The value on a wire of a run, `node.output`, if it was kept: among the run's outputs or in a cache. Runs nothing.
    ///
    /// # Errors
    /// 404 when there is no such run, no such output, or its value was not kept.
    pub(crate) fn value(&self, id: &str, wire: &str) -> ApiResult<ValueInfo> {
        let run = self.find(id)?.ok_or_else(|| unknown(id))?;
        let is_it = |node: &str, output: &str| wire.strip_prefix(node) == Some(&format!(".{output}"));
        if let Some(output) = run.summary.outputs.iter().find(|it| is_it(&it.node, &it.output)) {
            return Ok(output.value.clone());
        }
        let graph = run.graph.well_formed()?;
        let not_found = |why: String| ApiError::new(StatusCode::NOT_FOUND, "not-found", why);
        let engine = self.shared.engine_for(&graph);
        let plan = engine.plan(&graph, &Wanted::These(vec![wire.to_owned()]));
        let plan = plan.map_err(|error| not_found(error.to_string()))?;
        let found = engine.cached(&plan).and_then(|outputs| outputs.into_iter().next());
        let output = found.ok_or_else(|| {
            not_found(format!("the value at `{wire}` was not kept: run it again to see it"))
        })?;
        Ok(self.describe(&graph, &output).context("the value cannot be shown")?)
    }

    fn describe(&self, graph: &Graph, output: &RunOutput) -> anyhow::Result<ValueInfo> {
        let name = values::name(graph, &output.node, &output.output, &output.value);
        values::describe(&output.value, &name, graph, &self.shared.assets)
    }
}

/// 404.
pub(super) fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format_args!("run `{id}`"))
}
