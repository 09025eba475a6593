//! Runs wait here for their turn and go one at a time, whoever watches.
//!
//! [`Queue`] owns one engine for the life of the server, so results are reused from run to run; plugins and models
//! load when a node first needs them. A thread of its own takes the runs in order ([`worker`]); clients change the queue
//! ([`requests`]) and look at it ([`view`]) from any thread. Every change is written to the database and told through
//! the [`EventHub`] while the one lock on the state is held, so that events, lists and disk agree on the order of
//! things.
//!
//! While a run is under way, [`tracker`] folds the engine's events into the state of each node, and [`pace`] tells
//! progress and previews a few times a second, however often nodes report.

mod hub;
mod log;
mod pace;
mod picture;
mod preview;
mod requests;
pub(crate) mod shapes;
mod submission;
mod tracker;
mod values;
mod view;
mod worker;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::{Context, Result};
use wirebrush_engine::{CancelToken, Engine, Environment, NodeKey};
use wirebrush_graph::Graph;

use crate::session::Session;
use crate::store::assets::AssetStore;
use crate::store::database::{Database, now};
use crate::store::runs::RunStore;
use log::Log;
use shapes::{LogLine, NodeRun, RunSummary};
use tracker::Tracker;

pub(crate) use hub::{Event, EventHub, Frame, ServerEvent, Subscription};
pub(crate) use preview::PreviewHeader;
pub(crate) use view::Listed;

// Nodes run on the worker's thread too: as much as a main thread usually has.
const STACK_BYTES: usize = 8 << 20;

/// The queue of runs and the thread that works through it.
pub(crate) struct Queue {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

/// How many runs there are that are not over, and whether the queue goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) queued: u64,
    pub(crate) running: u64,
    pub(crate) paused: bool,
}

/// What requests and the worker share.
struct Shared {
    session: Arc<Session>,
    engine: Engine,
    store: RunStore,
    assets: AssetStore,
    events: EventHub,
    state: Mutex<State>,
    /// There may be something to do for the worker.
    wake: Condvar,
}

/// The runs that are not over.
struct State {
    paused: bool,
    /// The server ends: nothing begins any more.
    stopping: bool,
    /// Their place is the index; `position` inside is filled in when one is shown.
    queued: VecDeque<RunSummary>,
    running: Option<Running>,
    /// Over, but not written down: the database failed, for example because the disk is full.
    unsaved: VecDeque<Ended>,
    last_end: i64,
}

/// A run that is over.
struct Ended {
    summary: RunSummary,
    /// What became of nodes since the last time that was written down.
    nodes: Vec<(NodeKey, NodeRun)>,
    /// What they said since then.
    lines: Vec<LogLine>,
}

/// The run under way.
struct Running {
    summary: RunSummary,
    /// `None` until its graph is planned.
    tracker: Option<Tracker>,
    log: Log,
    cancel: CancelToken,
    begun: Instant,
}

impl Queue {
    /// Goes on with what an earlier server left: the queue in its order; a run that was under way is interrupted.
    ///
    /// # Errors
    /// When database or result cache cannot be used.
    pub(crate) fn start(
        session: Arc<Session>,
        environment: Arc<dyn Environment>,
        database: Database,
        assets: AssetStore,
        events: EventHub,
    ) -> Result<Self> {
        let engine = session.engine(environment, true)?;
        let store = RunStore::new(database);
        let found = store.recover()?;
        let state = State {
            paused: found.paused,
            stopping: false,
            queued: found.queued.into(),
            running: None,
            unsaved: VecDeque::new(),
            last_end: found.last_end,
        };
        let state = Mutex::new(state);
        let shared = Arc::new(Shared { session, engine, store, assets, events, state, wake: Condvar::new() });
        let worker = thread::Builder::new().name("wirebrush-queue".to_owned()).stack_size(STACK_BYTES);
        let works = shared.clone();
        let worker = worker.spawn(move || worker::work(&works)).context("cannot start the queue's thread")?;
        Ok(Self { shared, worker: Mutex::new(Some(worker)) })
    }

    /// How many runs wait and run.
    pub(crate) fn counts(&self) -> Counts {
        let state = self.shared.lock();
        Counts {
            queued: state.queued.len() as u64,
            running: u64::from(state.running.is_some()),
            paused: state.paused,
        }
    }

    /// Ends the queue: what runs is interrupted at its next step, what waits goes on with the next server. Blocks until
    /// then.
    pub(crate) fn stop(&self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        if let Some(running) = &state.running {
            running.cancel.cancel();
        }
        drop(state);
        self.shared.wake.notify_all();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker
            && worker.join().is_err()
        {
            eprintln!("error: the queue's thread died");
        }
        if let Err(error) = self.shared.settle(&mut self.shared.lock()) {
            eprintln!("error: cannot save how runs ended: {error:#}");
        }
        if let Some(disk) = self.shared.engine.disk() {
            disk.flush();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked changed whole runs or nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The engine with the plugins that a graph gets.
    fn engine_for(&self, graph: &Graph) -> Engine {
        self.engine.with_runner(self.session.plugins().for_graph(graph).runner)
    }

    /// Tells everybody about a run.
    fn tell(&self, run: &RunSummary) {
        self.events.publish(&Event::Run { run });
    }

    /// Writes down that a run is over and tells it. When the database fails, that is done later.
    fn end(&self, state: &mut State, ended: Ended) {
        self.tell(&ended.summary);
        let id = ended.summary.id.clone();
        state.unsaved.push_back(ended);
        if let Err(error) = self.settle(state) {
            eprintln!("error: cannot save how run `{id}` ended: {error:#}");
        }
    }

    /// Writes down which runs are over, as far as that is not done, and tells which old ones are forgotten for them.
    ///
    /// # Errors
    /// When the database fails.
    fn settle(&self, state: &mut State) -> Result<()> {
        while let Some(ended) = state.unsaved.front() {
            for id in self.store.end(&ended.summary, &ended.nodes, &ended.lines)? {
                self.events.publish(&Event::RunRemoved { run: &id });
            }
            state.unsaved.pop_front();
        }
        Ok(())
    }
}

impl State {
    /// A queued run as it is shown.
    fn queued(&self, index: usize) -> Option<RunSummary> {
        let run = self.queued.get(index)?;
        Some(RunSummary { position: Some(index), ..run.clone() })
    }

    /// The place of a queued run.
    fn place(&self, id: &str) -> Option<usize> {
        self.queued.iter().position(|run| run.id == id)
    }

    /// Takes a run out of the queue.
    fn take(&mut self, id: &str) -> Option<RunSummary> {
        self.queued.remove(self.place(id)?)
    }

    /// The run under way, if it is this one.
    fn running(&self, id: &str) -> Option<&Running> {
        self.running.as_ref().filter(|running| running.summary.id == id)
    }

    /// The run of this id, if it is over and not written down.
    fn unsaved(&self, id: &str) -> Option<&Ended> {
        self.unsaved.iter().find(|ended| ended.summary.id == id)
    }

    /// The time for the end of a run: now, but later than every other.
    fn next_end(&mut self) -> i64 {
        self.last_end = now().max(self.last_end + 1);
        self.last_end
    }
}
