//! The conformance table: what every build of a plugin must do, as data, and the means to run it.
//!
//! [`table`] lists cases for the nodes of the fixture plugin `everything`; the tests run all of them against its
//! native library and against its component, through the same [`Registry`](wirebrush_loader::Registry) that the
//! program uses. [`Installed`] makes plugin folders from what was built; [`Recorder`] notes what a node told its host.

mod install;
mod layout;
mod nowhere;
mod recorder;
mod same;
mod table;
mod tone;
mod wit;

pub use install::{
    Build, Installed, artifact, example, isolation, manifest, released_library, target_dir, write_plugin,
};
pub use layout::{Layout, broken, layout, read_layout, write_layout};
pub use nowhere::Nowhere;
pub use recorder::{Event, Recorder};
pub use same::{difference, show};
pub use table::{Case, table};
pub use tone::Tone;
pub use wit::wit_layout;
