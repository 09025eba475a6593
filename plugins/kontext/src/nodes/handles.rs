//! What travels between the nodes of this plugin.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use wirebrush_sdk::{Failure, HandleObject, HandleType, Result};

use crate::model::evict_idle;

/// A prompt in the words of T5: `[length, width]`, padding included.
pub struct T5Tokens {
    /// The tokens, f32.
    pub tokens: Tensor,
}

/// A prompt as one vector of CLIP: `[width]`.
pub struct Pooled {
    /// The vector, f32.
    pub vector: Tensor,
}

/// A picture in the words of T5: `[count, width]`.
pub struct ReduxTokens {
    /// The tokens, f32, not scaled yet.
    pub tokens: Tensor,
    /// How much they count; 1 is as trained, 0 nothing.
    pub strength: f64,
    /// What the strength acts on.
    pub mode: ReduxMode,
}

/// What the strength of Redux tokens acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReduxMode {
    /// The tokens are multiplied.
    Multiply,
    /// The other tokens look at them more or less: `ln(strength)` is added to their attention scores.
    Attention,
}

/// A picture in the space of the transformer: `[channels, height, width]`, shifted and scaled.
pub struct Latent {
    /// The latent, f32.
    pub latent: Tensor,
    /// Pixels a side that one latent pixel stands for.
    pub factor: usize,
}

/// How a picture was brought to a model's size, so that it can be brought back.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// What was done.
    pub mode: FitMode,
    /// Width and height before.
    pub original: (u32, u32),
    /// Left, top, width and height of the part of the original that was used.
    pub used: (u32, u32, u32, u32),
    /// Width and height after.
    pub target: (u32, u32),
    /// Left, top, width and height of the used part in the target.
    pub placed: (u32, u32, u32, u32),
}

/// How a picture is brought to another aspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitMode {
    /// The middle is kept, the rest cut off.
    Crop,
    /// All is kept, the borders are filled.
    Pad,
    /// All is kept and distorted.
    Stretch,
    /// Nothing is changed.
    None,
}

impl Latent {
    /// Width and height of the picture in pixels.
    pub fn size(&self) -> (usize, usize) {
        let dims = self.latent.dims();
        (dims[2] * self.factor, dims[1] * self.factor)
    }
}

impl FitMode {
    /// Keys in documents, the default first.
    pub const KEYS: [&'static str; 4] = ["crop", "pad", "stretch", "none"];

    /// The mode of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        match key {
            "crop" => Some(Self::Crop),
            "pad" => Some(Self::Pad),
            "stretch" => Some(Self::Stretch),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    /// The key of the mode.
    pub fn key(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Pad => "pad",
            Self::Stretch => "stretch",
            Self::None => "none",
        }
    }
}

macro_rules! tensor_handle {
    ($type:ty, $kind:literal, $tensor:ident, $rank:literal,
     |$value:ident| $facts:expr, |$read:ident, $saved:ident| $restore:expr) => {
        impl HandleObject for $type {
            fn size_bytes(&self) -> u64 {
                4 * self.$tensor.elem_count() as u64
            }

            // The handle is small beside the model it came from: under memory pressure the idle models go.
            fn evict(&self) {
                evict_idle();
            }

            fn save(&self) -> Result<Option<Vec<u8>>> {
                let $value = self;
                save(stringify!($tensor), &self.$tensor, $facts).map(Some)
            }
        }

        impl HandleType for $type {
            const KIND: &'static str = $kind;

            fn restore(bytes: &[u8]) -> Result<Self> {
                let ($saved, facts) = load(Self::KIND, stringify!($tensor), $rank, bytes)?;
                let $read = |name: &str| {
                    facts
                        .get(name)
                        .map(String::as_str)
                        .ok_or_else(|| damaged(Self::KIND, &format!("no `{name}`")))
                };
                let _ = &$read;
                Ok($restore)
            }
        }
    };
}

tensor_handle!(T5Tokens, "kontext/t5@1", tokens, 2, |_it| &[], |_read, tokens| Self { tokens });
tensor_handle!(Pooled, "kontext/pooled@1", vector, 1, |_it| &[], |_read, vector| Self { vector });
tensor_handle!(
    Latent,
    "kontext/latent@1",
    latent,
    3,
    |it| &[("factor", it.factor.to_string())],
    |read, latent| Self { latent, factor: number(Self::KIND, read("factor")?)? }
);
tensor_handle!(
    ReduxTokens,
    "kontext/redux@1",
    tokens,
    2,
    |it| &[
        ("strength", it.strength.to_string()),
        ("mode", if it.mode == ReduxMode::Multiply { "multiply" } else { "attention" }.to_owned()),
    ],
    |read, tokens| Self {
        tokens,
        strength: number(Self::KIND, read("strength")?)?,
        mode: if read("mode")? == "attention" { ReduxMode::Attention } else { ReduxMode::Multiply },
    }
);

impl HandleObject for Fit {
    fn size_bytes(&self) -> u64 {
        size_of::<Self>() as u64
    }

    fn save(&self) -> Result<Option<Vec<u8>>> {
        let numbers = [
            self.original.0,
            self.original.1,
            self.used.0,
            self.used.1,
            self.used.2,
            self.used.3,
            self.target.0,
            self.target.1,
            self.placed.0,
            self.placed.1,
            self.placed.2,
            self.placed.3,
        ];
        let text = serde_json::json!({ "mode": self.mode.key(), "numbers": numbers });
        Ok(Some(text.to_string().into_bytes()))
    }
}

impl HandleType for Fit {
    const KIND: &'static str = "kontext/fit@1";

    fn restore(bytes: &[u8]) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Saved {
            mode: String,
            numbers: [u32; 12],
        }
        let saved: Saved =
            serde_json::from_slice(bytes).map_err(|error| damaged(Self::KIND, &error.to_string()))?;
        let mode = FitMode::from_key(&saved.mode).ok_or_else(|| damaged(Self::KIND, "unknown mode"))?;
        let [w, h, left, top, width, height, to_w, to_h, at_x, at_y, at_w, at_h] = saved.numbers;
        Ok(Self {
            mode,
            original: (w, h),
            used: (left, top, width, height),
            target: (to_w, to_h),
            placed: (at_x, at_y, at_w, at_h),
        })
    }
}

fn save(name: &str, tensor: &Tensor, facts: &[(&str, String)]) -> Result<Vec<u8>> {
    let fail = |error: &dyn std::fmt::Display| Failure::failed(format!("cannot be written down: {error}"));
    let values = tensor
        .to_dtype(DType::F32)
        .and_then(|tensor| tensor.flatten_all()?.to_vec1::<f32>())
        .map_err(|error| fail(&error))?;
    let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
    let view = TensorView::new(safetensors::Dtype::F32, tensor.dims().to_vec(), &bytes)
        .map_err(|error| fail(&error))?;
    let facts: HashMap<String, String> =
        facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    safetensors::serialize([(name, view)], Some(facts)).map_err(|error| fail(&error))
}

fn load(kind: &str, name: &str, rank: usize, bytes: &[u8]) -> Result<(Tensor, HashMap<String, String>)> {
    let fail = |error: &dyn std::fmt::Display| damaged(kind, &error.to_string());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| fail(&error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| fail(&error))?;
    let view = file.tensor(name).map_err(|error| fail(&error))?;
    if view.dtype() != safetensors::Dtype::F32 || view.shape().len() != rank {
        return Err(damaged(kind, &format!("`{name}` is {:?} of shape {:?}", view.dtype(), view.shape())));
    }
    let values: Vec<f32> =
        view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let tensor = Tensor::from_vec(values, view.shape(), &Device::Cpu).map_err(|error| fail(&error))?;
    Ok((tensor, header.metadata().clone().unwrap_or_default()))
}

fn number<T: std::str::FromStr>(kind: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| damaged(kind, &format!("`{text}` is not a number")))
}

fn damaged(kind: &str, why: &str) -> Failure {
    Failure::failed(format!("these bytes are no saved {kind}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_survive_being_saved() {
        let tensor = |shape: &[usize]| {
            let values: Vec<f32> =
                (0..shape.iter().product()).map(|at: usize| at as f32 * 0.1 - 1.0).collect();
            Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
        };
        let same = |left: &Tensor, right: &Tensor| {
            assert_eq!(left.dims(), right.dims());
            let [left, right] = [left, right].map(|it| it.flatten_all().unwrap().to_vec1::<f32>().unwrap());
            assert_eq!(left, right);
        };
        let latent = Latent { latent: tensor(&[4, 2, 3]), factor: 8 };
        let back = Latent::restore(&latent.save().unwrap().unwrap()).unwrap();
        same(&latent.latent, &back.latent);
        assert_eq!(back.size(), (24, 16));

        let redux = ReduxTokens { tokens: tensor(&[3, 5]), strength: 0.75, mode: ReduxMode::Attention };
        let back = ReduxTokens::restore(&redux.save().unwrap().unwrap()).unwrap();
        same(&redux.tokens, &back.tokens);
        assert_eq!((back.strength, back.mode), (0.75, ReduxMode::Attention));

        let t5 = T5Tokens { tokens: tensor(&[3, 5]) };
        let saved = t5.save().unwrap().unwrap();
        same(&t5.tokens, &T5Tokens::restore(&saved).unwrap().tokens);
        assert!(Latent::restore(&saved).is_err());
        assert!(T5Tokens::restore(&saved[..saved.len() - 3]).is_err());

        let fit = Fit {
            mode: FitMode::Pad,
            original: (7, 5),
            used: (0, 0, 7, 5),
            target: (64, 64),
            placed: (0, 9, 64, 46),
        };
        assert_eq!(Fit::restore(&fit.save().unwrap().unwrap()).unwrap(), fit);
    }
}
