//! What a model is for.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The part a model plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// The flow transformer.
    Transformer,
    /// The image autoencoder.
    Vae,
    /// The CLIP text encoder.
    Clip,
    /// The T5 text encoder.
    T5,
    /// The SigLIP vision tower.
    Siglip,
    /// The Redux adapter.
    Redux,
    /// Changes to a transformer.
    Lora,
    /// The small autoencoder for previews.
    Taef1,
    /// Several of these together.
    Set,
}

impl Role {
    /// The word in files and on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Transformer => "transformer",
            Self::Vae => "vae",
            Self::Clip => "clip",
            Self::T5 => "t5",
            Self::Siglip => "siglip",
            Self::Redux => "redux",
            Self::Lora => "lora",
            Self::Taef1 => "taef1",
            Self::Set => "set",
        }
    }

    /// The role a word means.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::from_str(word, false).ok()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
