//! Equal work is done once: who comes second waits for the first.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::cache::Outputs;
use crate::gates::CANCEL_POLL;
use crate::{CancelToken, Fingerprint};

/// The work under way in all runs of an engine.
#[derive(Default)]
pub(crate) struct Flights {
    /// With where to put the result, once somebody waits for it.
    under_way: Mutex<HashMap<Fingerprint, Option<Arc<Flight>>>>,
}

#[derive(Default)]
struct Flight {
    state: Mutex<State>,
    landed: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Flying,
    Landed(Outputs),
    Crashed,
}

/// What somebody who needs a result has to do.
pub(crate) enum Boarding<'a> {
    /// Compute it.
    Pilot(Pilot<'a>),
    /// Take it.
    Landed(Outputs),
    /// Stop: the run was cancelled meanwhile.
    Cancelled,
}

/// The duty to compute a result; dropping it without [`Pilot::land`] lets the next one try.
pub(crate) struct Pilot<'a> {
    flights: &'a Flights,
    key: Fingerprint,
    flying: bool,
}

impl Flights {
    /// Starts work on a result, or waits for who already does.
    pub(crate) fn board(&self, key: &Fingerprint, cancel: &CancelToken) -> Boarding<'_> {
        loop {
            let flight = {
                let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
                match under_way.get_mut(key) {
                    Some(flight) => flight.get_or_insert_default().clone(),
                    None => {
                        under_way.insert(*key, None);
                        return Boarding::Pilot(Pilot { flights: self, key: *key, flying: true });
                    }
                }
            };
            match flight.wait(cancel) {
                Some(State::Landed(outputs)) => return Boarding::Landed(outputs),
                // Whoever tried could not; perhaps it was only cancelled.
                Some(State::Crashed | State::Flying) => {}
                None => return Boarding::Cancelled,
            }
        }
    }
}

impl Flight {
    fn wait(&self, cancel: &CancelToken) -> Option<State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*state {
                State::Flying => {}
                State::Landed(outputs) => return Some(State::Landed(outputs.clone())),
                State::Crashed => return Some(State::Crashed),
            }
            if cancel.is_cancelled() {
                return None;
            }
            state = self.landed.wait_timeout(state, CANCEL_POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Pilot<'_> {
    /// Gives the result to everybody who waits.
    pub(crate) fn land(mut self, outputs: &Outputs) {
        self.end(State::Landed(outputs.clone()));
    }

    fn end(&mut self, state: State) {
        // Once only: right after the first time somebody else may fly under the same key.
        if !std::mem::take(&mut self.flying) {
            return;
        }
        let flight = self.flights.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        if let Some(flight) = flight.flatten() {
            *flight.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
            flight.landed.notify_all();
        }
    }
}

impl Drop for Pilot<'_> {
    fn drop(&mut self) {
        self.end(State::Crashed);
    }
}
