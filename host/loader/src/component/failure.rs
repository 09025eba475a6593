//! What went wrong in a component, in words of a user.

use std::time::Duration;

use wasmtime::Trap;
use wirebrush_schema::Failure;

use super::state::State;

/// Why the host stopped a component.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    #[error("cancelled")]
    Cancelled,
    #[error("no progress for {} ms", .0.as_millis())]
    Stalled(Duration),
    #[error("ended itself instead of returning")]
    Exited,
}

/// The failure behind a call that did not return.
pub(super) fn from_error(error: &wasmtime::Error, state: &mut State) -> Failure {
    match error.downcast_ref::<Stop>() {
        Some(Stop::Cancelled) => return Failure::Cancelled,
        Some(stop) => return Failure::failed(stop.to_string()),
        None => {}
    }
    if let Some(text) = state.panic.take() {
        return Failure::failed(format!("panicked: {text}"));
    }
    // An allocation that is refused aborts with `unreachable`, after the fact.
    if let Some(needed) = state.memory.denied.take() {
        let device = format!("the sandbox (limit {} MiB)", state.bounds.memory_bytes >> 20);
        return Failure::OutOfMemory { needed, device };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => Failure::failed("stack overflow: it recursed too deep"),
        Some(Trap::UnreachableCodeReached) => Failure::failed("aborted"),
        // A toolchain that keeps its stack in linear memory runs out of it this way.
        Some(Trap::MemoryOutOfBounds) => Failure::failed(
            "access out of bounds of its memory: a bug in the plugin, or it recursed too deep",
        ),
        Some(trap) => Failure::failed(format!("trapped: {trap}")),
        None => Failure::failed(root(error)),
    }
}

/// The cause at the bottom of an error.
pub(super) fn root(error: &wasmtime::Error) -> String {
    error.root_cause().to_string()
}
