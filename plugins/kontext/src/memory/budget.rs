use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use super::amount::{self, format_bytes};
use crate::error::{Error, Result};
use crate::model::kept_bytes;

// Of what is free, so that what other programs take meanwhile does not end this one.
const SHARE_OF_FREE: f64 = 0.9;

/// How much memory the program may take in all, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The limit.
    pub bytes: u64,
    /// Whether a user has set it, rather than the machine.
    pub asked: bool,
}

impl Budget {
    /// An amount such as `8G` or `12000M`; empty is [`Budget::machine`].
    ///
    /// # Errors
    /// [`Error::Input`] named `memory` for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::machine());
        }
        match amount::parse(text) {
            Some(bytes) => Ok(Self { bytes, asked: true }),
            None => Err(Error::input("memory", "an amount such as 8G or 12000M", format!("`{text}`"))),
        }
    }

    /// Nine tenths of what is free on this machine, or in this program's control group, and what the loaded models keep
    /// already. No limit when the system does not say.
    pub fn machine() -> Self {
        let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        let Ok(system) = System::new_with_specifics(memory) else {
            return Self { bytes: u64::MAX, asked: false };
        };
        let group = system.cgroup_limits().map_or(u64::MAX, |group| group.free_memory);
        let free = (system.available_memory().min(group) as f64 * SHARE_OF_FREE) as u64;
        Self { bytes: free + kept_bytes(), asked: false }
    }

    /// The error for something that needs `least` bytes, more than there are.
    pub(super) fn exceeded(self, purpose: &str, least: u64) -> Error {
        if self.asked {
            let expected = format!("at least {} for {purpose}", format_bytes(least));
            return Error::input("memory", expected, format_bytes(self.bytes));
        }
        Error::OutOfMemory { needed: least, purpose: purpose.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_budget_is_the_machines_and_others_are_taken_at_their_word() {
        assert_eq!(Budget::parse("8G").unwrap(), Budget { bytes: 8 << 30, asked: true });
        let machine = Budget::parse(" ").unwrap();
        assert!(!machine.asked);
        let total = System::new_all().unwrap().total_memory();
        assert!((1 << 20..=total).contains(&machine.bytes), "{} of {total}", machine.bytes);
        assert_eq!(
            Budget::parse("much").unwrap_err().to_string(),
            "input `memory`: expected an amount such as 8G or 12000M, found `much`"
        );
    }
}
