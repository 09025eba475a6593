//! The run's [`NodeContext`], within reach of the functions a component calls.
//!
//! A store's data must be `'static`, the context is borrowed from the engine; both sides of a call are on one
//! thread, so the borrow is parked in a scoped thread local for the time of the call.

use std::path::PathBuf;

use wirebrush_engine::{Image, NodeContext};
use wirebrush_schema::{Failure, LogLevel};

scoped_tls_hkt::scoped_thread_local!(static CONTEXT: for<'a> &'a dyn NodeContext);

/// Runs `f` with `cx` as the context of the host's functions.
pub(super) fn with<R>(cx: &dyn NodeContext, f: impl FnOnce() -> R) -> R {
    CONTEXT.set(cx, f)
}

/// Calls `f` with the context of the run under way on this thread.
pub(super) fn current<R>(f: impl FnOnce(&dyn NodeContext) -> R) -> R {
    if CONTEXT.is_set() { CONTEXT.with(f) } else { f(&Deaf) }
}

/// Nobody listens: for calls that belong to no run.
pub(super) struct Deaf;

impl NodeContext for Deaf {
    fn progress(&self, _step: u64, _total: u64, _message: &str) {}

    fn preview(&self, _image: Image) {}

    fn log(&self, _level: LogLevel, _message: &str) {}

    fn is_cancelled(&self) -> bool {
        false
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        Err(Failure::unsupported(format!("model `{name}`: models are out of a component's reach")))
    }
}
