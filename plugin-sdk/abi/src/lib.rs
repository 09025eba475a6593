//! The native binary interface between Wirebrush and its plugins, and nothing else.
//!
//! A native plugin is a dynamic library with one [`LibHeader`](abi_stable::library::LibHeader) that leads to a
//! [`Module`]: `describe` answers one JSON document, `run` runs a node, `restore` rebuilds a handle. Everything else
//! here is what travels through these three functions.
//!
//! **Growth.** This crate is versioned by itself: a plugin built with any 1.x loads in every 1.x host, older or newer.
//! So 1.x only appends fields behind the last prefix field of [`Module`] and methods *with a default* behind the
//! last prefix field of [`Host`], [`Object`] and [`Memory`]. Values, failures and the plain enums never change: a new
//! thing is a new function or a new kind of handle.
//!
//! **Rules for both sides.** Whoever allocates frees: every owned type here carries its own deallocator. No panic may
//! cross: an implementor of a trait here catches its own, in methods and in `Drop`, because `abi_stable` ends the
//! process otherwise. Every function may be called from any thread, on several at once; a borrowed argument lives as
//! long as the call.
#![allow(unsafe_code, reason = "what the derive macros of `abi_stable` write; there is no other here")]

mod buffer;
mod convert;
mod failure;
mod handle;
mod host;
mod module;
mod value;

pub use buffer::{Buffer, Memory, MemoryBox};
pub use failure::Failure;
pub use handle::{Handle, Object, ObjectBox};
pub use host::{Host, HostRef, LogLevel, lend};
pub use module::{Module, ModuleRef, Results, VERSION};
pub use value::{Alpha, Bytes, Color, Image, ImageInfo, Named, Sample, Tensor, Value};

/// The crate whose types are used, so that both sides mean the same one.
pub use abi_stable;
