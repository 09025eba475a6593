//! A host that measures how a node behaves while it runs.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wirebrush_engine::{Image, NodeContext};
use wirebrush_schema::{Failure, LogLevel};

/// Notes progress and memory; cancels when told to.
pub(crate) struct Listener {
    clock: Mutex<Clock>,
    memory: AtomicU64,
    instructions: AtomicU64,
    crashed: AtomicBool,
    cancel_at_first_report: bool,
    cancelled: AtomicBool,
}

struct Clock {
    started: Instant,
    moved: Instant,
    /// Longest time between two signs of life so far.
    longest: Duration,
    /// When the run was cancelled.
    cancelled: Option<Instant>,
}

/// What was measured of one run.
pub(crate) struct Times {
    /// From start to end.
    pub(crate) whole: Duration,
    /// Longest time without a report of progress.
    pub(crate) silent: Duration,
    /// From the cancel to the end, if there was one.
    pub(crate) stopping: Option<Duration>,
}

impl Listener {
    /// Lets the node run to its end.
    pub(crate) fn patient() -> Self {
        Self::new(false)
    }

    /// Cancels the run when the node first reports progress.
    pub(crate) fn cancelling() -> Self {
        Self::new(true)
    }

    fn new(cancel_at_first_report: bool) -> Self {
        let now = Instant::now();
        let clock = Clock { started: now, moved: now, longest: Duration::ZERO, cancelled: None };
        Self {
            clock: Mutex::new(clock),
            memory: AtomicU64::new(0),
            instructions: AtomicU64::new(0),
            crashed: AtomicBool::new(false),
            cancel_at_first_report,
            cancelled: AtomicBool::new(false),
        }
    }

    /// Largest linear memory in bytes; 0 for a native node.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    /// Instructions of a component whose runner counts them; else 0.
    pub(crate) fn instructions(&self) -> u64 {
        self.instructions.load(Ordering::Relaxed)
    }

    /// Whether the node trapped, panicked, hung or gave what it does not declare.
    pub(crate) fn has_crashed(&self) -> bool {
        self.crashed.load(Ordering::Relaxed)
    }

    /// Ends the measurement.
    pub(crate) fn times(&self) -> Times {
        let now = Instant::now();
        let clock = self.clock.lock().expect("nobody panics while holding the lock");
        Times {
            whole: now - clock.started,
            silent: clock.longest.max(now - clock.moved),
            stopping: clock.cancelled.map(|cancelled| now - cancelled),
        }
    }
}

impl NodeContext for Listener {
    fn progress(&self, _step: u64, _total: u64, _message: &str) {
        let now = Instant::now();
        let mut clock = self.clock.lock().expect("nobody panics while holding the lock");
        clock.longest = clock.longest.max(now - clock.moved);
        clock.moved = now;
        if self.cancel_at_first_report && !self.cancelled.swap(true, Ordering::SeqCst) {
            clock.cancelled = Some(now);
        }
    }

    fn preview(&self, _image: Image) {}

    fn log(&self, _level: LogLevel, _message: &str) {}

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        Err(Failure::failed(format!("model `{name}`: a check has no models")))
    }

    fn memory(&self, bytes: u64) {
        self.memory.fetch_max(bytes, Ordering::Relaxed);
    }

    fn instructions(&self, count: u64) {
        self.instructions.fetch_add(count, Ordering::Relaxed);
    }

    fn crashed(&self) {
        self.crashed.store(true, Ordering::Relaxed);
    }
}
