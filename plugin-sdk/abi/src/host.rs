#![allow(missing_docs, non_local_definitions, reason = "what `sabi_trait` writes beside the trait")]

use abi_stable::StableAbi;
use abi_stable::sabi_trait;
use abi_stable::sabi_trait::prelude::TD_Opaque;
use abi_stable::sabi_types::RRef;
use abi_stable::std_types::{RResult, RStr, RString};

use crate::{Failure, Image};

/// What the host does for a running node. Called from any thread of the plugin, only during the run.
#[sabi_trait]
pub trait Host: Send + Sync {
    /// Takes note of progress; `total` may be 0 for unknown.
    fn progress(&self, step: u64, total: u64, message: RStr<'_>);
    /// Shows an unfinished result.
    fn preview(&self, image: Image);
    /// Writes a line to the run's log.
    fn log(&self, level: LogLevel, message: RStr<'_>);
    /// Whether the run shall stop. Cheap enough for inner loops.
    fn is_cancelled(&self) -> bool;
    /// Finds a model by name or path.
    #[sabi(last_prefix_field)]
    fn find_model(&self, name: RStr<'_>) -> RResult<RString, Failure>;
}

/// A borrowed [`Host`].
pub type HostRef<'a> = Host_TO<'a, RRef<'a, ()>>;

/// Lends a host to the other side. It must not panic.
pub fn lend<T: Host>(host: &T) -> HostRef<'_> {
    Host_TO::from_ptr(host, TD_Opaque)
}

/// How loud a log line is.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// For the author of the node.
    Debug,
    /// For the curious.
    Info,
    /// Something was done differently from what was asked.
    Warn,
    /// Something failed.
    Error,
}
