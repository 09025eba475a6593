#![allow(
    missing_docs,
    reason = "accessors that the prefix derive writes are documented by the fields of `Module`"
)]

use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{RResult, RSlice, RStr, RString, RVec};

use crate::{Failure, HostRef, Named, Value};

/// Version of this interface. A library of another major version does not load.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What `run` gives.
pub type Results = RResult<RVec<Named>, Failure>;

/// The root module of a native plugin. None of the functions lets a panic out.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = ModuleRef)))]
#[sabi(missing_field(panic))]
pub struct Module {
    /// The plugin's description as JSON; the same at each call, whatever the environment.
    pub describe: extern "C" fn() -> RResult<RString, Failure>,
    /// Runs a node to its end on the calling thread.
    pub run: extern "C" fn(node: RStr<'_>, inputs: RVec<Named>, host: HostRef<'_>) -> Results,
    /// Rebuilds a handle of a kind from what its `save` gave.
    #[sabi(last_prefix_field)]
    pub restore: extern "C" fn(kind: RStr<'_>, bytes: RSlice<'_, u8>) -> RResult<Value, Failure>,
}

impl RootModule for ModuleRef {
    abi_stable::declare_root_module_statics! {ModuleRef}
    const BASE_NAME: &'static str = "wirebrush_plugin";
    const NAME: &'static str = "wirebrush plugin";
    const VERSION_STRINGS: VersionStrings = abi_stable::package_version_strings!();
}

#[cfg(test)]
mod tests {
    use abi_stable::abi_stability::abi_checking::check_layout_compatibility;

    use super::*;

    #[test]
    fn the_module_is_compatible_with_itself() {
        let layout = <ModuleRef as StableAbi>::LAYOUT;
        check_layout_compatibility(layout, layout).unwrap();
    }
}
