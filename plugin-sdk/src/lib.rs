//! Write a node once; run it as a native plugin or as a sandboxed WebAssembly component.
//!
//! Implement [`Node`], list the nodes in [`export_nodes!`], build with `cargo build` (native) or
//! `cargo build --target wasm32-wasip2` (component), test in-process with [`testing::run`].
//! The types here know neither binary interface; the glue for each lives in a private module.
//!
//! ```
//! use wirebrush_sdk::prelude::*;
//!
//! /// Blends an image towards its negative.
//! #[derive(Default)]
//! struct Invert;
//!
//! impl Node for Invert {
//!     fn definition() -> Definition {
//!         Definition::new("example/Invert", "image/adjust")
//!             .input(Port::image("image"))
//!             .input(Port::float("amount", 1.0, 0.0..=1.0).tooltip("0 leaves the image as it is."))
//!             .output(Port::image("image"))
//!     }
//!
//!     fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
//!         let amount = inputs.float("amount")? as f32;
//!         let image = inputs.image("image")?;
//!         let inverted = image.map(cx, |pixel, _| {
//!             for sample in pixel {
//!                 *sample += amount * (1.0 - 2.0 * *sample);
//!             }
//!         })?;
//!         Ok(Outputs::new().with("image", inverted))
//!     }
//! }
//!
//! let inputs = Inputs::new().with("image", Image::from_f32(ImageInfo::srgb(1, 1, 3, Sample::F32), &[0.25, 0.5, 1.0])?);
//! let outputs = wirebrush_sdk::testing::run::<Invert>(inputs)?;
//! assert_eq!(outputs.image("image")?.to_f32()?, [0.75, 0.5, 0.0]);
//! # Ok::<(), Failure>(())
//! ```
//!
//! The guide beside this crate, `README.md`, tells the rest in ten minutes: kinds, errors, threads, memory, versions,
//! testing, shipping. `examples/plugins` has a small plugin for each idea.

#![warn(rustdoc::missing_crate_level_docs)]

mod context;
mod export;
mod io;
mod node;
mod plugin;
pub mod resample;
mod storage;
pub mod testing;
mod value;

pub use context::{Context, Host};
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub use export::component as __component;
#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
pub use export::native as __native;
pub use io::{FromValue, Inputs, Outputs};
pub use node::Node;
pub use plugin::{HandleEntry, NodeEntry, Plugin};
pub use storage::{Data, Folder, Scratch};
pub use value::{Bytes, Handle, HandleObject, HandleType, Image, ImageBuilder, Mask, Pixels, Tensor, Value};
pub use wirebrush_schema as schema;
pub use wirebrush_schema::{
    Alpha, Choice, Color, Concurrency, Definition, Failure, ImageInfo, Kind, LogLevel, Port, Sample,
};

/// What a node returns: a value or why there is none.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Everything a node author needs, in one `use`.
pub mod prelude {
    pub use crate::{
        Alpha, Bytes, Color, Concurrency, Context, Definition, Failure, Handle, HandleObject, HandleType,
        Image, ImageBuilder, ImageInfo, Inputs, Kind, LogLevel, Mask, Node, Outputs, Port, Result, Sample,
        Tensor, Value, export_nodes,
    };
}

/// The code in the guide is compiled with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Guide;
