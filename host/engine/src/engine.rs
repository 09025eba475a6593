use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use wirebrush_graph::Graph;

use crate::cache::Caches;
use crate::flights::Flights;
use crate::gates::Gates;
use crate::run::{self, Run};
use crate::{
    CancelToken, DiskCache, Environment, MemoryCache, Plan, PlanError, Report, RunOutput, RunResult, Runner,
    Wanted,
};

/// How an engine works.
#[derive(Debug, Clone)]
pub struct Config {
    /// Nodes of one run that may run at once. Default: as many as the machine has cores. A node may use more threads
    /// of its own.
    pub threads: usize,
    /// Where results stay for the next run. Default: a cache of its own of 2 GiB. Engines may share one.
    pub memory: Arc<MemoryCache>,
    /// Where results stay for the next start. Default: nowhere.
    pub disk: Option<Arc<DiskCache>>,
    /// A result that took less to compute does not go to disk. Default: 100 ms, about what writing a large picture
    /// costs.
    pub disk_worth: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            threads: available_parallelism().map_or(1, NonZero::get),
            memory: Arc::new(MemoryCache::new(2 << 30)),
            disk: None,
            disk_worth: Duration::from_millis(100),
        }
    }
}

/// Runs plans. Any number of runs may be under way at once; they share caches, and equal work is done once.
pub struct Engine {
    pub(crate) runner: Arc<dyn Runner>,
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) caches: Caches,
    pub(crate) gates: Arc<Gates>,
    pub(crate) flights: Arc<Flights>,
    pub(crate) threads: usize,
}

impl Engine {
    /// An engine that runs nodes with `runner` and sees the world through `environment`.
    pub fn new(runner: Arc<dyn Runner>, environment: Arc<dyn Environment>, config: Config) -> Self {
        Self {
            runner,
            environment,
            caches: Caches { memory: config.memory, disk: config.disk, disk_worth: config.disk_worth },
            gates: Arc::default(),
            flights: Arc::default(),
            threads: config.threads.max(1),
        }
    }

    /// The same engine over other nodes, for example after plugins were loaded anew: caches and what is under way are
    /// shared, and a plan is run by the engine that made it. Costs nothing.
    pub fn with_runner(&self, runner: Arc<dyn Runner>) -> Self {
        Self {
            runner,
            environment: self.environment.clone(),
            caches: self.caches.clone(),
            gates: self.gates.clone(),
            flights: self.flights.clone(),
            threads: self.threads,
        }
    }

    /// Plans what `wanted` needs of a document. About two microseconds a node; nothing runs and no file is read.
    ///
    /// # Errors
    /// [`PlanError`] when the wanted outputs, or something they need, cannot be.
    pub fn plan(&self, graph: &Graph, wanted: &Wanted) -> Result<Plan, PlanError> {
        Plan::of_graph(graph, wanted, &*self.runner)
    }

    /// Runs a plan to its end on this thread and, where nodes can run side by side, on helpers.
    ///
    /// `listener` hears everything that happens, one report at a time and in order; nodes wait while it runs. It is
    /// called on the threads that run nodes. A channel's `send` makes a good listener.
    ///
    /// Whatever fails is in the result: a node that failed, those that could therefore not run, and the outputs of
    /// all others. After `cancel` no node starts; the run ends when those running have noticed.
    pub fn run(&self, plan: &Plan, listener: &(dyn Fn(Report) + Sync), cancel: &CancelToken) -> RunResult {
        Run::new(self, plan, listener, cancel).finish()
    }

    /// The wanted outputs of a plan when the caches have them all; no node runs.
    ///
    /// Reads the files the plan names, because their contents are part of what a result is found by.
    pub fn cached(&self, plan: &Plan) -> Option<Vec<RunOutput>> {
        run::cached(self, plan)
    }

    /// The memory cache, to look at its size, change its budget or clear it.
    pub fn memory(&self) -> &MemoryCache {
        &self.caches.memory
    }

    /// The disk cache, if there is one.
    pub fn disk(&self) -> Option<&DiskCache> {
        self.caches.disk.as_deref()
    }
}
