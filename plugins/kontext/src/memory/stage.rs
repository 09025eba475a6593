use serde::Serialize;

use super::Budget;
use super::amount::format_bytes;
use crate::error::Result;
use crate::model::Part;
use crate::weights::Weights;

/// What the program holds besides models and pictures: its code, its plugins, the stacks of its threads. As measured.
const PROGRAM_BYTES: u64 = 128 << 20;

/// Parts whose f32 form is at most this large are widened once and kept, if they fit. Widening costs a few percent of the
/// multiplication it precedes, so keeping more than that would buy little.
const KEEP_BYTES: u64 = 1 << 30;

/// What one stage could use, from headers.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// Whose weights it uses.
    pub part: Part,
    /// What it does, for messages: `the transformer at 1024×1024`.
    pub purpose: String,
    /// Bytes of the weights in f32.
    pub f32_bytes: u64,
    /// Bytes of the weights in their files.
    pub file_bytes: u64,
    /// Whether the stage can read its weights as it needs them; others can only keep them.
    pub streams: bool,
    /// Bytes of everything between input and result at the worst moment.
    pub working_bytes: u64,
    /// Floating-point operations; of one step where there are several.
    pub flop: f64,
}

/// Where the weights of a stage are while it runs. None of them changes a bit of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Residency {
    /// In f32, and stay for the next run.
    Kept,
    /// In their files, from which some rows at a time are read and widened at each use. What the system keeps of the files in its
    /// cache is none of the program's memory and makes room for it.
    Streamed,
}

impl Residency {
    /// Where weights are when nobody has planned: kept when they are small.
    pub fn of(weights: &Weights) -> Self {
        if 4 * weights.parameter_count() <= KEEP_BYTES { Self::Kept } else { Self::Streamed }
    }
}

/// What one stage gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What it was given for.
    pub need: Need,
    /// Where its weights are.
    pub residency: Residency,
}

impl Need {
    /// The fastest way that stays within the budget when everything else leaves.
    ///
    /// # Errors
    /// When there is none: [`Error::Input`](crate::Error::Input) naming the least that works for a budget that was asked for,
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory) for the machine's.
    pub fn fit(self, budget: Budget) -> Result<Stage> {
        let fits = |way: Residency| PROGRAM_BYTES + self.bytes(way) <= budget.bytes;
        let keeps = !self.streams || self.f32_bytes <= KEEP_BYTES;
        if keeps && fits(Residency::Kept) {
            return Ok(Stage { residency: Residency::Kept, need: self });
        }
        if self.streams && fits(Residency::Streamed) {
            return Ok(Stage { residency: Residency::Streamed, need: self });
        }
        Err(budget.exceeded(&self.purpose, self.least()))
    }

    /// The smallest budget that [`Need::fit`] accepts.
    pub fn least(&self) -> u64 {
        let way = if self.streams { Residency::Streamed } else { Residency::Kept };
        PROGRAM_BYTES + self.bytes(way)
    }

    fn bytes(&self, residency: Residency) -> u64 {
        self.working_bytes
            + match residency {
                Residency::Kept => self.f32_bytes,
                Residency::Streamed => 0,
            }
    }
}

impl Stage {
    /// Bytes at the worst moment, of this stage alone.
    pub fn bytes(&self) -> u64 {
        self.need.bytes(self.residency)
    }

    /// Bytes of the program at the worst moment when `others` bytes of other parts stay.
    pub fn peak(&self, others: u64) -> u64 {
        PROGRAM_BYTES + self.bytes() + others
    }

    /// Bytes that stay when it has ended.
    pub fn kept_bytes(&self) -> u64 {
        if self.residency == Residency::Kept { self.need.f32_bytes } else { 0 }
    }

    /// One line: what is where, and how much it is.
    pub fn describe(&self) -> String {
        let Need { part, f32_bytes, file_bytes, working_bytes, .. } = &self.need;
        let weights = match self.residency {
            Residency::Kept => format!("{part} kept, {}", format_bytes(*f32_bytes)),
            Residency::Streamed => format!(
                "{part} read from its file of {}, which the system keeps as far as memory is free",
                format_bytes(*file_bytes)
            ),
        };
        format!("{weights}; working set {}", format_bytes(*working_bytes))
    }
}
