//! From noise to latents: [`initial_noise`], [`Schedule::sigmas`], [`place_references`], [`sample`], [`Preview`].
//!
//! All latents are `(channels, height, width)` in f32, in the scaled space of the transformer (what [`crate::vae::Vae::encode`]
//! gives). Tokens are 2×2 latent pixels.

mod beta;
mod noise;
mod pack;
mod preview;
mod reference;
mod sampler;
mod schedule;

pub use noise::{initial_noise, normal};
pub use pack::{grid, pack, unpack};
pub use preview::{Preview, Rgb};
pub use reference::{Placement, place_references};
pub use sampler::{Guide, Progress, Sampling, sample};
pub use schedule::{Schedule, Scheduler, Shift};
