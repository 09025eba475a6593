//! How clients change the queue. Everything here blocks for as long as the database takes.

use axum::http::StatusCode;

use super::shapes::{NewRun, Run, RunList, RunStatus, RunSummary};
use super::view::{Listed, unknown};
use super::{Ended, Event, Queue, submission};
use crate::server::error::{ApiError, ApiResult};
use crate::store::database::now;
use crate::store::runs::{Asked, Filter};

/// How many runs may wait: more are a mistake, and every client lists them all.
const MOST_QUEUED: usize = 10_000;

impl Queue {
    /// Puts a run at the end of the queue; or gives the one that was asked for in the same way already, and `false`.
    ///
    /// # Errors
    /// 400 for an id that cannot be, 409 for one that another wish has, 422 for a graph that cannot run, 429 when too
    /// many wait.
    pub(crate) fn submit(&self, new: NewRun) -> ApiResult<(Run, bool)> {
        let wish = submission::wish(&new);
        let id = match self.claim(new.id.clone(), &wish)? {
            Claim::Free(id) => id,
            Claim::Taken(run) => return Ok((*run, false)),
        };
        let graph_id = new.graph_id.clone();
        let submission = submission::check(new, wish, &self.shared.session, &self.shared.engine)?;
        let summary = RunSummary { title: submission.title, graph_id, total: submission.total, ..queued(id) };
        self.append(summary, &submission.asked)
    }

    /// Puts a run into the queue that repeats one that is over; what that one computed is reused.
    ///
    /// # Errors
    /// 404 without that run, 409 when it is not over, and those of [`Queue::submit`].
    pub(crate) fn retry(&self, of: &str, id: Option<String>) -> ApiResult<(Run, bool)> {
        let wish = submission::retry_wish(of);
        let id = match self.claim(id, &wish)? {
            Claim::Free(id) => id,
            Claim::Taken(run) => return Ok((*run, false)),
        };
        let old = self.find(of)?.ok_or_else(|| unknown(of))?.summary;
        if !old.status.is_over() {
            return Err(ApiError::conflict(format_args!("run `{of}` is not over"), None));
        }
        let asked = self.shared.store.asked(of)?.ok_or_else(|| unknown(of))?;
        let asked = Asked { wish: Some(wish), ..asked };
        let summary = RunSummary {
            title: old.title,
            graph_id: old.graph_id,
            total: old.total,
            retry_of: Some(old.id),
            ..queued(id)
        };
        self.append(summary, &asked)
    }

    /// Looks whether an id is free, or finds one that is.
    ///
    /// # Errors
    /// 409 when the id belongs to a run that was asked for with another wish.
    fn claim(&self, id: Option<String>, wish: &str) -> ApiResult<Claim> {
        let Some(id) = id else { return Ok(Claim::Free(submission::new_id()?)) };
        submission::check_id(&id)?;
        let Some(run) = self.find(&id)? else { return Ok(Claim::Free(id)) };
        self.check_wish(&id, wish)?;
        Ok(Claim::Taken(run.into()))
    }

    fn check_wish(&self, id: &str, wish: &str) -> ApiResult<()> {
        let known = self.shared.store.asked(id)?.and_then(|asked| asked.wish);
        if known.is_none_or(|known| known == wish) {
            return Ok(());
        }
        let message =
            format_args!("run `{id}` was asked for with something else: expected an id that no run has");
        Err(ApiError::new(StatusCode::CONFLICT, "id-taken", message))
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
        // Somebody else may have taken the id since it was free.
        self.check_wish(&id, asked.wish.as_deref().unwrap_or_default())?;
        let run = self.found(&state, &id)?.ok_or_else(|| unknown(&id))?;
        drop(state);
        self.shared.wake.notify_all();
        Ok((run, added))
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
            self.shared.end(&mut state, Ended { summary: over, nodes: Vec::new(), lines: Vec::new() });
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
        state.unsaved.retain(|ended| ended.summary.id != id);
        self.shared.events.publish(&Event::RunRemoved { run: id });
        Ok(())
    }

    /// Forgets the runs that are over and meant; gives how many.
    ///
    /// # Errors
    /// When the database fails; then all are still there.
    pub(crate) fn clear(&self, filter: &Filter) -> ApiResult<usize> {
        let mut state = self.shared.lock();
        self.shared.settle(&mut state)?;
        let forgotten = self.shared.store.forget(filter)?;
        for id in &forgotten {
            self.shared.events.publish(&Event::RunRemoved { run: id });
        }
        Ok(forgotten.len())
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
}

/// What became of the wish for an id.
enum Claim {
    Free(String),
    Taken(Box<Run>),
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
