//! The JSON that Wirebrush and its plugins exchange, and the few value descriptions both sides share.
//!
//! Plain data with serde, no logic: a [`Definition`] says what a node declares, a [`Description`] is what a plugin
//! answers when asked `describe`, a [`Manifest`] is the `plugin.json` beside its artifacts. Readers ignore unknown
//! fields; sets that may grow (kinds, widgets, dtypes) are strings.

mod definition;
mod failure;
mod image;
mod manifest;
mod port;

pub use definition::{Concurrency, Definition, Description, Replacement};
pub use failure::Failure;
pub use image::{Alpha, Color, ImageInfo, LogLevel, Sample};
pub use manifest::{Artifact, Limits, Manifest, Permission, Target};
pub use port::{Choice, Kind, NumberRange, Port};
