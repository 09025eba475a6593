use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::refusal;
use crate::error::Result;
use crate::sampling::Preview;
use crate::small_file;

/// The optional `wirebrush.json` beside a model: what its other files cannot say.
///
/// Unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct ModelSettings {
    /// Name shown to people.
    pub title: Option<String>,
    /// Sizes, width and height in pixels, on which the model does best.
    pub preferred_sizes: Vec<(u32, u32)>,
    /// How a latent becomes a small picture without the VAE.
    pub latent_preview: Option<LatentPreview>,
    /// Steps that are a good start.
    pub default_steps: Option<u32>,
    /// Guidance that is a good start.
    pub default_guidance: Option<f64>,
}

/// A linear map from a scaled latent to RGB in `[-1, 1]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LatentPreview {
    /// Red, green and blue for each latent channel.
    pub factors: Vec<[f32; 3]>,
    /// What is added.
    #[serde(default)]
    pub bias: [f32; 3],
}

impl ModelSettings {
    /// Reads `wirebrush.json` in `folder`; all defaults when there is none.
    ///
    /// # Errors
    /// When the file is no such document, or a preferred size is zero.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("wirebrush.json");
        if !path.exists() {
            return Ok(Self::default());
        }
        let settings: Self = serde_json::from_slice(&small_file::read(&path)?)
            .map_err(|error| refusal(&path, error.to_string()))?;
        if let Some((width, height)) =
            settings.preferred_sizes.iter().find(|(width, height)| *width == 0 || *height == 0)
        {
            return Err(refusal(&path, format!("`preferred_sizes` holds {width}×{height}")));
        }
        Ok(settings)
    }
}

impl LatentPreview {
    /// The map in the form that sampling uses.
    ///
    /// # Errors
    /// When the numbers are not finite.
    pub fn to_preview(&self) -> Result<Preview> {
        let json = json!({ "latent_rgb_factors": self.factors, "latent_rgb_factors_bias": self.bias });
        Preview::from_json(&json.to_string())
    }
}
