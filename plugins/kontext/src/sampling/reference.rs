//! Where the tokens of reference pictures stand.

use std::str::FromStr;

use candle_core::Tensor;

use super::pack::{grid, latent_dims, pack};
use crate::error::{Error, Result};
use crate::transformer::Reference;

/// How references are placed beside the target.
///
/// Kontext was trained with one reference, for which `Offset` and `Index` agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// All on plane 1, side by side: each to the right of or below those before, whichever keeps the whole small. The default.
    #[default]
    Offset,
    /// Each on its own plane: 1, 2, 3, …
    Index,
    /// On the target's plane, diagonally behind it; for models tuned that way (UNO, USO).
    Uxo,
}

impl Placement {
    /// Names accepted by [`FromStr`].
    pub const NAMES: [&'static str; 3] = ["offset", "index", "uxo"];
}

impl FromStr for Placement {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        match s {
            "offset" => Ok(Self::Offset),
            "index" => Ok(Self::Index),
            "uxo" => Ok(Self::Uxo),
            _ => Err(Error::input("placement", Self::NAMES.join(", "), s)),
        }
    }
}

/// Packs references and places them; `target` is the height and width of the target latent.
///
/// References keep their own size. Source: `_forward` in
/// <https://github.com/comfyanonymous/ComfyUI/blob/v0.3.60/comfy/ldm/flux/model.py>.
///
/// # Errors
/// [`Error::Input`] when a latent has not three dimensions.
pub fn place_references(
    latents: &[Tensor],
    target: (usize, usize),
    placement: Placement,
) -> Result<Vec<Reference>> {
    let mut placed = Vec::with_capacity(latents.len());
    // Extent, in latent pixels, of what is placed already.
    let (mut height, mut width) = if placement == Placement::Uxo { target } else { (0, 0) };
    for (k, latent) in latents.iter().enumerate() {
        let (_, h, w) = latent_dims(latent)?;
        let token = |offset: usize| offset.div_ceil(2) as i64;
        let position = match placement {
            Placement::Index => [k as i64 + 1, 0, 0],
            Placement::Uxo => {
                let position = [0, token(height), token(width)];
                (height, width) = (height + h, width + w);
                position
            }
            Placement::Offset => {
                let (top, left) = if h + height > w + width { (0, width) } else { (height, 0) };
                (height, width) = (height.max(h + top), width.max(w + left));
                [1, token(top), token(left)]
            }
        };
        placed.push(Reference { tokens: pack(latent)?, grid: grid(h, w), position });
    }
    Ok(placed)
}
