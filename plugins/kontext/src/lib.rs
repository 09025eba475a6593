//! FLUX.1 Kontext on candle: weights, transformer, autoencoder and sampling as a library.
//!
//! Sizes are read from the files; tiny models of the same architecture load like the real one.

pub mod convert;
pub mod detect;
pub mod error;
mod interrupt;
mod kernels;
mod linear;
pub mod lora;
pub mod memory;
pub mod model;
pub mod nodes;
pub mod sampling;
mod small_file;
pub mod text;
pub mod transformer;
pub mod vae;
pub mod vision;
pub mod weights;

pub use error::{Error, Result};

wirebrush_sdk::export_nodes!(
    nodes::T5Encode,
    nodes::ClipEncode,
    nodes::ReduxEncode,
    nodes::VaeEncode,
    nodes::FlowSample,
    nodes::VaeDecode,
    nodes::FitToModel,
    nodes::UndoFit,
    nodes::LoadLora,
    nodes::InspectModel,
    nodes::PlanMemory,
    nodes::ConvertModel;
    nodes::T5Tokens,
    nodes::Pooled,
    nodes::ReduxTokens,
    nodes::Latent,
    nodes::Fit,
);
