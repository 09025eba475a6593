//! What a conversion can make.

use std::path::Path;

use crate::error::{Error, Result};
use crate::weights::Encoding;

/// What the matrices of a model become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// GGUF with 8.5 bits a weight: hardly told from 16 bits.
    Q8_0,
    /// GGUF with 6.6 bits a weight.
    Q6K,
    /// GGUF with 5.5 bits a weight, 6.6 for attention (`Q5_K_M`).
    Q5K,
    /// GGUF with 4.5 bits a weight, 5.5 for attention (`Q4_K_M`).
    Q4K,
    /// safetensors with 8-bit floats, `float8_e4m3fn`, and a scale for each matrix.
    Fp8,
    /// 16 bits with the range of f32, as the models were released.
    Bf16,
    /// 16 bits with more precision and a smaller range.
    F16,
}

/// A file format that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Gguf,
    Safetensors,
}

impl Target {
    /// All targets.
    pub const ALL: [Self; 7] =
        [Self::Q8_0, Self::Q6K, Self::Q5K, Self::Q4K, Self::Fp8, Self::Bf16, Self::F16];

    /// Key on the command line and in graphs.
    pub fn key(self) -> &'static str {
        match self {
            Self::Q8_0 => "q8_0",
            Self::Q6K => "q6_k",
            Self::Q5K => "q5_k",
            Self::Q4K => "q4_k",
            Self::Fp8 => "fp8",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        }
    }

    /// The target of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.key() == key)
    }

    /// What matrices become where no rule says otherwise.
    pub(super) fn encoding(self) -> Encoding {
        match self {
            Self::Q8_0 => Encoding::Q8_0,
            Self::Q6K => Encoding::Q6K,
            Self::Q5K => Encoding::Q5K,
            Self::Q4K => Encoding::Q4K,
            Self::Fp8 => Encoding::F8E4M3,
            Self::Bf16 => Encoding::BF16,
            Self::F16 => Encoding::F16,
        }
    }

    /// Whether only matrices take the encoding, and only where it does little harm.
    pub(super) fn is_quantized(self) -> bool {
        !matches!(self, Self::Bf16 | Self::F16)
    }

    /// The format of a file by its ending.
    ///
    /// # Errors
    /// [`Error::Input`] for `name` when the ending is unknown or the format cannot hold the target.
    pub(super) fn container(self, to: &Path) -> Result<Container> {
        let ending =
            to.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        let expected = match self {
            Self::Q8_0 | Self::Q6K | Self::Q5K | Self::Q4K => ".gguf",
            Self::Fp8 => ".safetensors",
            Self::Bf16 | Self::F16 => ".safetensors or .gguf",
        };
        match ending.as_str() {
            "gguf" if self != Self::Fp8 => Ok(Container::Gguf),
            "safetensors" | "sft" if self == Self::Fp8 || !self.is_quantized() => Ok(Container::Safetensors),
            _ => Err(Error::input(
                "name",
                format!("a name that ends in {expected} for {}", self.key()),
                format!("`{}`", to.display()),
            )),
        }
    }
}
