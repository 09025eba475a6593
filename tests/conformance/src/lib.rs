//! The conformance table: what every build of a plugin must do, as data, and the means to run it.
//!
//! [`table`] lists cases for the nodes of the fixture plugin `everything`; the tests run all of them against its
//! native library and against its component, through the same [`Registry`](wirebrush_loader::Registry) that the
//! program uses. [`Installed`] makes plugin folders from what was built; [`Recorder`] notes what a node told its host.

mod install;
mod recorder;
mod same;
mod table;

pub use install::{Build, Installed, artifact, example, manifest, target_dir, write_plugin};
pub use recorder::{Event, Recorder};
pub use same::{difference, show};
pub use table::{Case, table};
