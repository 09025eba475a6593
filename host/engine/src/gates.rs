use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::CancelToken;

// Only a wait for another run looks at the cancel switch this often; within a run nobody polls.
pub(crate) const CANCEL_POLL: Duration = Duration::from_millis(20);

/// What only one node at a time may pass, in all runs of an engine.
#[derive(Default)]
pub(crate) struct Gates {
    taken: Mutex<HashSet<Arc<str>>>,
    freed: Condvar,
}

/// The right to be behind a gate; dropping it opens the gate.
pub(crate) struct Pass<'a> {
    gates: &'a Gates,
    gate: Arc<str>,
}

impl Gates {
    /// Waits until the gate is free; `None` when the run is cancelled before.
    pub(crate) fn enter(&self, gate: &Arc<str>, cancel: &CancelToken) -> Option<Pass<'_>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while !taken.insert(gate.clone()) {
            if cancel.is_cancelled() {
                return None;
            }
            taken = self.freed.wait_timeout(taken, CANCEL_POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(Pass { gates: self, gate: gate.clone() })
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gates.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.gate);
        self.gates.freed.notify_all();
    }
}
