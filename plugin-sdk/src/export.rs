//! The two ways out of a plugin crate, chosen by target. Reached through [`export_nodes!`](crate::export_nodes) only.

#[cfg(target_family = "wasm")]
pub mod component;
#[cfg(not(target_family = "wasm"))]
pub mod native;

/// Makes the crate a plugin: lists its nodes and, behind a semicolon, its kinds of handles.
///
/// Put it once at the crate's root. The crate must be a `cdylib`; `panic = "abort"` is refused.
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// # #[derive(Default)]
/// struct Encode;
/// # impl Node for Encode {
/// #     fn definition() -> Definition {
/// #         Definition::new("example/Encode", "test")
/// #     }
/// #     fn run(&self, _: Inputs, _: &Context<'_>) -> Result<Outputs> {
/// #         Ok(Outputs::new())
/// #     }
/// # }
/// # #[derive(Default)]
/// struct Decode;
/// # impl Node for Decode {
/// #     fn definition() -> Definition {
/// #         Definition::new("example/Decode", "test")
/// #     }
/// #     fn run(&self, _: Inputs, _: &Context<'_>) -> Result<Outputs> {
/// #         Ok(Outputs::new())
/// #     }
/// # }
/// struct Latent;
/// # impl HandleObject for Latent {
/// #     fn size_bytes(&self) -> u64 {
/// #         0
/// #     }
/// # }
/// # impl HandleType for Latent {
/// #     const KIND: &'static str = "example/latent@1";
/// # }
/// // … each with its `Node` or `HandleType`
///
/// export_nodes!(Encode, Decode; Latent);
/// # fn main() {
/// # assert_eq!(__wirebrush_plugin().nodes.len(), 2);
/// # assert_eq!(__wirebrush_plugin().handles[0].kind, "example/latent@1");
/// # }
/// ```
#[macro_export]
macro_rules! export_nodes {
    ($($node:ty),+ $(,)? $(; $($handle:ty),* $(,)?)?) => {
        #[doc(hidden)]
        pub fn __wirebrush_plugin() -> &'static $crate::Plugin {
            static PLUGIN: ::std::sync::OnceLock<$crate::Plugin> = ::std::sync::OnceLock::new();
            PLUGIN.get_or_init(|| {
                $crate::Plugin::default()$(.node::<$node>())+$($(.handle::<$handle>())*)?
            })
        }

        #[cfg(target_family = "wasm")]
        $crate::__export_component!();
        #[cfg(not(target_family = "wasm"))]
        $crate::__export_native!();
    };
}
