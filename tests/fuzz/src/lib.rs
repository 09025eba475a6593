//! A time-bounded fuzz harness: everything that comes from strangers, mutated at random, case after case.
//!
//! A [`Target`] runs one case from a random number generator; a [`campaign`] runs cases until its time or their number
//! is up, each from a seed of its own, so that a case that fails can be run again alone. A panic ends the campaign with
//! the case's seed; so does a case that takes longer than a minute, or more memory than its target allows. [`harm`] runs a node that does its worst, again and
//! again, and watches the host.

mod campaign;
pub mod harm;
mod mutate;
mod targets;

pub use campaign::{Budget, Report, campaign};
pub use targets::{Make, TARGETS, Target};
