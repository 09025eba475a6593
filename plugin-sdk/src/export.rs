//! The two ways out of a plugin crate, chosen by target. Reached through [`export_nodes!`](crate::export_nodes) only.

#[cfg(target_family = "wasm")]
pub mod component;
#[cfg(not(target_family = "wasm"))]
pub mod native;

/// Makes the crate a plugin: lists its nodes and, behind a semicolon, its kinds of handles.
///
/// Put it once at the crate's root. The crate must be a `cdylib`; `panic = "abort"` is refused.
///
/// ```ignore
/// export_nodes!(Blur, Sharpen);
/// export_nodes!(Encode, Decode; Latent);
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
