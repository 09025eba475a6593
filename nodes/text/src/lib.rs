//! Text nodes: type it, join it, fill it in, replace parts of it.
//!
//! One file a node. They build as a component; the tests run them in-process.

mod join;
mod replace;
mod template;
mod text;

pub use join::Join;
pub use replace::Replace;
pub use template::Template;
pub use text::Text;

wirebrush_sdk::export_nodes!(Text, Join, Template, Replace);
