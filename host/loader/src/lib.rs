//! Finds, checks and loads plugins: native libraries and WebAssembly components.
//!
//! A [`Registry`] looks through plugin folders ([`Discovery`]), reads each `plugin.json`, checks hashes and approvals
//! ([`Lock`]), and runs nodes for the engine as its [`Runner`](wirebrush_engine::Runner). A plugin that cannot be used
//! is kept with the one-line reason; it never stops the others or the host. Unknown native libraries are first opened
//! in a child process ([`probe`]), because a broken one kills whoever opens it; those that the user isolates
//! ([`Isolation`]) stay in one.

mod component;
mod discovery;
mod error;
mod isolated;
mod lock;
mod manifest;
mod native;
mod plugin;
pub mod probe;
mod registry;
mod storage;
mod store;

pub use component::ComponentConfig;
pub use discovery::{Discovery, PATH_VARIABLE};
pub use error::Error;
pub use isolated::{Isolation, isolated_main};
pub use lock::{Lock, LockedPlugin, LockedVersion, Publisher, Trust};
pub use manifest::{ABI, HOST_TARGET, check_manifest, read_manifest, sha256_file};
pub use registry::{
    BUILD_FAILED, Config, Failing, Inspected, NodeState, PluginState, Registry, Selection, Status, approve,
    describe, inspect, permissions_in_words,
};
pub use store::{KeyState, Offer, Source, Store};
