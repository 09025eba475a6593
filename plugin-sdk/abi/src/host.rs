#![allow(missing_docs, non_local_definitions, reason = "what `sabi_trait` writes beside the trait")]

use abi_stable::StableAbi;
use abi_stable::sabi_trait;
use abi_stable::sabi_trait::prelude::TD_Opaque;
use abi_stable::sabi_types::RRef;
use abi_stable::std_types::{RResult, RSlice, RStr, RString, RVec};

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
    /// Names of the files in the plugin's data folder, sorted. Without the permission `data`: `Unsupported`.
    fn data_list(&self) -> RResult<RVec<RString>, Failure> {
        RResult::RErr(no_files())
    }
    /// A file of the plugin's data folder.
    fn data_read(&self, name: RStr<'_>) -> RResult<RVec<u8>, Failure> {
        let _ = name;
        RResult::RErr(no_files())
    }
    /// Names of the files in the plugin's scratch folder, sorted. Without the permission `scratch`: `Unsupported`.
    fn scratch_list(&self) -> RResult<RVec<RString>, Failure> {
        RResult::RErr(no_files())
    }
    /// A file of the plugin's scratch folder.
    fn scratch_read(&self, name: RStr<'_>) -> RResult<RVec<u8>, Failure> {
        let _ = name;
        RResult::RErr(no_files())
    }
    /// Writes a file of the plugin's scratch folder, whole or not at all.
    fn scratch_write(&self, name: RStr<'_>, contents: RSlice<'_, u8>) -> RResult<(), Failure> {
        let _ = (name, contents);
        RResult::RErr(no_files())
    }
    /// Removes a file of the plugin's scratch folder; fine when there is none.
    fn scratch_remove(&self, name: RStr<'_>) -> RResult<(), Failure> {
        let _ = name;
        RResult::RErr(no_files())
    }
}

/// The answer of a host from before plugins had files.
fn no_files() -> Failure {
    Failure::Unsupported { what: "files: this host is too old for them".into() }
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
