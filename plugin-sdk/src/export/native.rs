//! The native way out: a `LibHeader` that leads the host to this plugin's [`Module`].
//!
//! Nothing here lets a panic cross: the three functions, the handles' methods and their `Drop` all catch.
#![allow(unsafe_code, reason = "the header vouches for the type of the module it leads to")]

mod handle;
mod host;
mod value;

use abi_stable::library::{CheckTypeLayout, LibHeader, RootModuleResult};
use abi_stable::marker_type::ErasedPrefix;
use abi_stable::prefix_type::{PrefixRefTrait, PrefixTypeTrait};
use abi_stable::std_types::{RResult, RSlice, RStr, RString, RVec};
use wirebrush_abi::{self as abi, HostRef, Module, ModuleRef, Named, Results};

use crate::plugin::guard;
use crate::{Context, Plugin, Result, Value};

pub use abi_stable::library::LibHeader as Header;

/// A plugin as `export_nodes!` lists it.
pub trait Exported: 'static {
    /// What the plugin consists of.
    fn plugin() -> &'static Plugin;
}

/// The header a host looks for.
pub const fn header<E: Exported>() -> LibHeader {
    // SAFETY: `construct` gives an erased `ModuleRef`, the type named here.
    unsafe { LibHeader::from_constructor::<ModuleRef>(construct::<E>, CheckTypeLayout::Yes) }
}

extern "C" fn construct<E: Exported>() -> RootModuleResult {
    let module = Module { describe: describe::<E>, run: run::<E>, restore: restore::<E> }.leak_into_prefix();
    // SAFETY: the erased prefix is cast back only to the type that `header` names.
    RResult::ROk(unsafe { module.to_prefix_ref().cast::<ErasedPrefix>() })
}

extern "C" fn describe<E: Exported>() -> RResult<RString, abi::Failure> {
    answer(|| Ok(E::plugin().describe().into()))
}

extern "C" fn run<E: Exported>(node: RStr<'_>, inputs: RVec<Named>, host: HostRef<'_>) -> Results {
    answer(|| {
        let inputs = inputs
            .into_iter()
            .map(|Named { name, value }| Ok((name.into(), value::receive(value)?)))
            .collect::<Result<_>>()?;
        let host = host::Native(host);
        let outputs = E::plugin().run(node.as_str(), inputs, &Context::new(&host))?;
        outputs
            .into_values()
            .into_iter()
            .map(|(name, value)| Ok(Named { name: name.into(), value: value::send(value)? }))
            .collect()
    })
}

extern "C" fn restore<E: Exported>(
    kind: RStr<'_>,
    bytes: RSlice<'_, u8>,
) -> RResult<abi::Value, abi::Failure> {
    answer(|| value::send(Value::Handle(E::plugin().restore(kind.as_str(), bytes.as_slice())?)))
}

/// Runs `f` so that neither a panic nor a failure of ours leaves this library.
fn answer<T>(f: impl FnOnce() -> Result<T>) -> RResult<T, abi::Failure> {
    guard(f).map_err(abi::Failure::from).into()
}

/// Exports the header. The name is `abi_stable::library::ROOT_MODULE_LOADER_NAME`, which an attribute cannot compute.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_native {
    () => {
        #[cfg(panic = "abort")]
        ::core::compile_error!(
            "a Wirebrush plugin must be built with `panic = \"unwind\"`: with \"abort\" a panic in a node would end the host"
        );

        const _: () = {
            struct Exported;

            impl $crate::__native::Exported for Exported {
                fn plugin() -> &'static $crate::Plugin {
                    __wirebrush_plugin()
                }
            }

            // SAFETY: a crate exports its nodes once, and nothing else has this name.
            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            static HEADER: $crate::__native::Header = $crate::__native::header::<Exported>();
        };
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_header_has_the_name_a_host_looks_for() {
        let name = abi_stable::library::ROOT_MODULE_LOADER_NAME;
        assert_eq!(name, "_1as_0lib_1header_0root_bmodule_bloader");
    }
}
