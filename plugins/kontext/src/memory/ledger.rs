//! What running stages take together: nodes run side by side, and each was planned as if it were alone.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often somebody who waits looks whether to go on waiting.
const ASK: Duration = Duration::from_millis(20);

/// The stages of this program.
pub(crate) static LEDGER: Ledger = Ledger::new();

/// Bytes that running stages have taken.
pub(crate) struct Ledger {
    taken: Mutex<u64>,
    given_back: Condvar,
}

/// Bytes that are given back when this is dropped.
pub(crate) struct Taken<'a> {
    ledger: &'a Ledger,
    bytes: u64,
    /// What the others had taken when this was.
    pub(crate) others: u64,
}

impl Ledger {
    const fn new() -> Self {
        Self { taken: Mutex::new(0), given_back: Condvar::new() }
    }

    /// Takes bytes once they fit beside what the others have, at the latest when there are no others.
    ///
    /// # Errors
    /// What `go_on` answers while it waits.
    pub(crate) fn take<E>(
        &self,
        bytes: u64,
        fits: impl Fn(u64) -> bool,
        go_on: impl Fn() -> Result<(), E>,
    ) -> Result<Taken<'_>, E> {
        let mut taken = self.lock();
        while *taken > 0 && !fits(*taken) {
            go_on()?;
            taken = self.given_back.wait_timeout(taken, ASK).unwrap_or_else(PoisonError::into_inner).0;
        }
        let others = *taken;
        *taken += bytes;
        Ok(Taken { ledger: self, bytes, others })
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.ledger.lock() -= self.bytes;
        self.ledger.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    const LIMIT: u64 = 10;

    fn never() -> Result<(), ()> {
        Ok(())
    }

    fn take(ledger: &Ledger, bytes: u64) -> Taken<'_> {
        ledger.take(bytes, |others| others + bytes <= LIMIT, never).unwrap()
    }

    #[test]
    fn what_fits_runs_side_by_side_and_what_does_not_waits_its_turn() {
        let ledger = Ledger::new();
        let first = take(&ledger, 6);
        let second = take(&ledger, 4);
        assert_eq!((first.others, second.others), (0, 6));
        let asked = AtomicUsize::new(0);
        thread::scope(|scope| {
            let third = scope.spawn(|| {
                let go_on = || {
                    asked.fetch_add(1, Ordering::Relaxed);
                    never()
                };
                ledger.take(5, |others| others + 5 <= LIMIT, go_on).unwrap().others
            });
            while asked.load(Ordering::Relaxed) == 0 {
                thread::yield_now();
            }
            drop(first);
            assert_eq!(third.join().unwrap(), 4);
        });
        drop(second);
        assert_eq!(take(&ledger, 1).others, 0, "everything was given back");
    }

    #[test]
    fn what_is_too_large_for_company_runs_alone_and_who_is_told_to_stop_waits_no_longer() {
        let ledger = Ledger::new();
        let large = take(&ledger, 11);
        assert!(matches!(ledger.take(1, |others| others < LIMIT, || Err("stop")), Err("stop")));
        drop(large);
        assert_eq!(*ledger.lock(), 0);
    }
}
