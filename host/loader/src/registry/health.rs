//! How plugins behave: which crash again and again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// So many crashes in a row are no accident.
const MANY: u32 = 3;

/// How many reasons are kept.
const REASONS: usize = 3;

/// How a plugin's nodes ended lately. A crash is a trap, a panic, a hang or a broken promise; what a node says it
/// failed at is none.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    in_a_row: u32,
    reasons: VecDeque<String>,
}

/// A plugin whose nodes crashed several times in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failing {
    /// How often in a row, at least 3.
    pub crashes: u32,
    /// What happened the last times, newest last.
    pub reasons: Vec<String>,
}

impl Health {
    /// A node came to its own end.
    pub(super) fn well(&self) {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nearly every run comes here with nothing to forget.
        if record.in_a_row > 0 {
            *record = Record::default();
        }
    }

    /// A node crashed.
    pub(super) fn crashed(&self, reason: String) {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.in_a_row = record.in_a_row.saturating_add(1);
        record.reasons.push_back(reason);
        if record.reasons.len() > REASONS {
            record.reasons.pop_front();
        }
    }

    /// What to tell of a plugin that crashes again and again.
    pub(super) fn failing(&self) -> Option<Failing> {
        let record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (record.in_a_row >= MANY)
            .then(|| Failing { crashes: record.in_a_row, reasons: record.reasons.iter().cloned().collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_crashes_in_a_row_count() {
        let health = Health::default();
        for reason in ["one", "two"] {
            health.crashed(reason.to_owned());
        }
        assert_eq!(health.failing(), None);
        health.well();
        for reason in ["three", "four"] {
            health.crashed(reason.to_owned());
        }
        assert_eq!(health.failing(), None);
        health.crashed("five".to_owned());
        health.crashed("six".to_owned());
        let reasons = ["four", "five", "six"].map(str::to_owned).to_vec();
        assert_eq!(health.failing(), Some(Failing { crashes: 4, reasons }));
        health.well();
        assert_eq!(health.failing(), None);
    }
}
