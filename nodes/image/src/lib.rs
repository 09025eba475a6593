//! Image nodes: read and write pictures, resize, crop, pad, invert, lay one over another.
//!
//! They build as a component, so that files from anywhere are parsed inside a sandbox. One file a node; moving pixels
//! (`canvas`) and colors (`color`) are shared. Large pictures are worked on in bands, only [`LoadImage`] and
//! [`SaveImage`] hold a whole one.

mod canvas;
mod color;
mod composite;
mod crop;
mod invert;
mod load;
mod pad;
mod resize;
mod save;

pub use composite::Composite;
pub use crop::Crop;
pub use invert::Invert;
pub use load::LoadImage;
pub use pad::Pad;
pub use resize::Resize;
pub use save::SaveImage;

wirebrush_sdk::export_nodes!(LoadImage, SaveImage, Resize, Crop, Pad, Invert, Composite);
