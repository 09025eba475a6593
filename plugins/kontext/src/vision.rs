//! Pictures to prompt tokens: SigLIP looks at a picture, Redux says it in the words of T5.

mod redux;
mod siglip;

pub use redux::{Redux, pool};
pub use siglip::{SiglipConfig, SiglipVision};
