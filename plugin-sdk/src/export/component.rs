//! The way out as a WebAssembly component: the `wirebrush:node` world around a [`Plugin`].
//!
//! Images come as resources and are read and written in bands; handles are saved when they leave and restored when
//! they come back, because the component's memory ends with each run. A panic cannot be caught here (it traps), so
//! a hook tells the host its message first.

#![allow(
    unsafe_code,
    unreachable_pub,
    missing_docs,
    clippy::undocumented_unsafe_blocks,
    reason = "the generated bindings call across the boundary"
)]

mod convert;
mod host;
mod pixels;

use std::sync::Once;

pub(crate) use pixels::RowWriter;

use crate::{Context, Plugin};

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "plugin",
        pub_export_macro: true,
        export_macro_name: "export_world",
        default_bindings_module: "wirebrush_sdk::__component::bindings",
    });
}

use bindings::exports::wirebrush::node::node as wit;

/// The author's crate: where the exported functions find their plugin.
#[doc(hidden)]
pub trait Crate: 'static {
    /// The one plugin of the crate.
    fn plugin() -> &'static Plugin;
}

impl<C: Crate> wit::Guest for C {
    fn describe() -> String {
        report_panics();
        C::plugin().describe()
    }

    fn run(node: u32, inputs: Vec<wit::NamedValue>) -> Result<Vec<wit::NamedValue>, wit::Failure> {
        report_panics();
        let plugin = C::plugin();
        let inputs = convert::inputs(plugin, inputs)?;
        let outputs = plugin.run_nth(node as usize, inputs, &Context::new(&host::Wasm))?;
        Ok(convert::outputs(outputs)?)
    }

    fn restore(saved: wit::Handle) -> Result<wit::Handle, wit::Failure> {
        report_panics();
        let handle = C::plugin().restore(&saved.kind, &saved.saved)?;
        Ok(convert::save(&handle)?)
    }
}

/// Installs, once, a hook that sends a panic's message to the host before the trap.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let text = panic.payload_as_str().unwrap_or("no message");
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            bindings::wirebrush::node::host::panicked(text, &place);
        }));
    });
}

/// Exports the crate's plugin as a component; the other half of [`export_nodes!`](crate::export_nodes).
#[doc(hidden)]
#[macro_export]
macro_rules! __export_component {
    () => {
        const _: () = {
            struct ThisCrate;

            impl $crate::__component::Crate for ThisCrate {
                fn plugin() -> &'static $crate::Plugin {
                    __wirebrush_plugin()
                }
            }

            $crate::__component::bindings::export_world!(ThisCrate with_types_in $crate::__component::bindings);
        };
    };
}
