//! How much memory each stage of a run takes, decided before it begins and from the files' headers alone.
//!
//! A [`Need`] is what a stage could use, [`Need::fit`] what it gets under a [`Budget`]: its weights are kept in f32 or read
//! from their file as they are needed. That decides how fast a stage is, never a bit of its result. [`Plan`] strings the stages of an edit together.

mod amount;
mod budget;
mod heap;
mod ledger;
mod needs;
mod plan;
mod speed;
mod stage;
mod working_set;

pub use amount::format_bytes;
pub use budget::Budget;
pub use plan::{Edit, Plan};
pub use speed::{duration, gflops};
pub use stage::{Need, Residency, Stage};
pub use working_set::Tokens;

pub(crate) use heap::trim;
pub(crate) use ledger::{LEDGER, Taken};
