//! Does a plugin keep its word? Reads definitions ([`lint`]) and runs nodes ([`Exercise`]), and says what a host, a graph
//! or a user would stumble over, as [`Finding`]s.
//!
//! Nothing here loads a plugin: nodes are run through the engine's [`Runner`](wirebrush_engine::Runner). A native node
//! may end or hang the process it runs in: whoever exercises nodes does so in a process that may die.

mod compare;
mod exercise;
mod finding;
mod lint;
mod listener;
mod values;

pub use exercise::{Exercise, Measured, Report};
pub use finding::{Finding, Level};
pub use lint::lint;
