use candle_core::{DType, Device, Module, Tensor};
use candle_nn::Activation;
use candle_transformers::models::siglip::{VisionConfig, VisionModel};
use serde_json::Value as Json;
use wirebrush_sdk::resample::{Filter, resize_u8};

use crate::error::{Error, Result};
use crate::text::matrix;
use crate::weights::Weights;

/// What the tensors of a SigLIP vision tower do not say themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct SiglipConfig {
    /// `num_attention_heads`; `None` means one for each 72 or 64 channels, whichever divides the width.
    pub heads: Option<usize>,
    /// Side of the square picture it looks at; `None` means 384 for 27 patches of 14 a side, else all patches.
    pub image_size: Option<usize>,
    /// `layer_norm_eps`.
    pub epsilon: f64,
    /// What is subtracted from red, green and blue in `[0, 1]`.
    pub mean: [f32; 3],
    /// What they are divided by then.
    pub deviation: [f32; 3],
}

impl Default for SiglipConfig {
    /// SigLIP so400m at 384 pixels.
    fn default() -> Self {
        Self { heads: None, image_size: None, epsilon: 1e-6, mean: [0.5; 3], deviation: [0.5; 3] }
    }
}

impl SiglipConfig {
    /// Reads a `config.json` and a `preprocessor_config.json` as transformers writes them; either may be `null`.
    ///
    /// # Errors
    /// `Unsupported` for an activation other than tanh GELU or a model without patches.
    pub fn from_json(config: &Json, preprocessor: &Json) -> Result<Self> {
        let default = Self::default();
        let config = config.get("vision_config").unwrap_or(config);
        let activation = config.get("hidden_act").and_then(Json::as_str).unwrap_or("gelu_pytorch_tanh");
        if !matches!(activation, "gelu_pytorch_tanh" | "gelu_new") {
            return Err(Error::unsupported(
                format!("a SigLIP vision tower with the activation `{activation}`"),
                "FLUX.1 Redux uses SigLIP so400m with `gelu_pytorch_tanh`",
            ));
        }
        let number =
            |json: &Json, key: &str| json.get(key).and_then(Json::as_u64).map(|number| number as usize);
        let size = preprocessor.get("size");
        let size =
            size.and_then(|size| number(size, "height").or_else(|| size.as_u64().map(|side| side as usize)));
        let color = |key: &str, default: [f32; 3]| {
            let list = preprocessor.get(key).and_then(Json::as_array).map(Vec::as_slice);
            let Some([red, green, blue]) = list else { return default };
            [red, green, blue].map(|channel| channel.as_f64().unwrap_or(0.5) as f32)
        };
        Ok(Self {
            heads: number(config, "num_attention_heads"),
            image_size: number(config, "image_size").or(size),
            epsilon: config.get("layer_norm_eps").and_then(Json::as_f64).unwrap_or(default.epsilon),
            mean: color("image_mean", default.mean),
            deviation: color("image_std", default.deviation),
        })
    }
}

/// SigLIP's vision tower in f32, without its pooling head.
///
/// Memory: four bytes a parameter (so400m: 1.65 GB). One run of so400m costs 0.67 TFLOP.
///
/// Source: <https://github.com/huggingface/transformers/blob/v4.38.0/src/transformers/models/siglip/modeling_siglip.py>
pub struct SiglipVision {
    model: VisionModel,
    config: SiglipConfig,
    width: usize,
    side: usize,
    image_size: usize,
}

impl SiglipVision {
    /// A tower on the tensors of [`Part::Siglip`](crate::weights::Part::Siglip); a pooling head is ignored.
    ///
    /// # Errors
    /// When the tensors are not those of a SigLIP vision tower; the message names the first one that is missing.
    pub fn new(weights: &Weights, config: SiglipConfig) -> Result<Self> {
        let patches = "vision_model.embeddings.patch_embedding.weight";
        let refuse = |problem: String| Error::file(weights.label(), problem);
        let [width, channels, patch, _] = *weights.shape(patches)? else {
            return Err(refuse(format!("tensor `{patches}` has not 4 axes")));
        };
        let (positions, _) = matrix(weights, "vision_model.embeddings.position_embedding.weight")?;
        let (feed_forward, _) = matrix(weights, "vision_model.encoder.layers.0.mlp.fc1.weight")?;
        let layers = (0..)
            .take_while(|layer| {
                weights.contains(&format!("vision_model.encoder.layers.{layer}.mlp.fc1.weight"))
            })
            .count();
        let side = positions.isqrt();
        if side * side != positions || side == 0 || channels != 3 {
            return Err(refuse(format!(
                "not a SigLIP vision tower: {positions} positions are no square, or {channels} channels are not 3"
            )));
        }
        let guess = [72, 64].into_iter().find(|head| width % head == 0).map(|head| width / head);
        let Some(heads) = config.heads.or(guess).filter(|heads| *heads > 0 && width % heads == 0) else {
            return Err(refuse(format!(
                "the number of attention heads for {width} channels is not known: put the model's config.json beside it"
            )));
        };
        let whole = if (side, patch) == (27, 14) { 384 } else { side * patch };
        let image_size = config.image_size.filter(|size| size / patch == side).unwrap_or(whole);
        let sizes = VisionConfig {
            hidden_size: width,
            intermediate_size: feed_forward,
            num_hidden_layers: layers,
            num_attention_heads: heads,
            num_channels: channels,
            image_size,
            patch_size: patch,
            hidden_act: Activation::GeluPytorchTanh,
            layer_norm_eps: config.epsilon,
        };
        let model = VisionModel::new(
            &sizes,
            false,
            weights.var_builder(DType::F32, &Device::Cpu).pp("vision_model"),
        )?;
        Ok(Self { model, config, width, side, image_size })
    }

    /// Length of one token.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Tokens a side; a picture becomes `side²` tokens, row by row.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Side of the square picture the tower looks at, in pixels.
    pub fn image_size(&self) -> usize {
        self.image_size
    }

    /// A picture as the tower wants it: `[1, 3, image_size, image_size]`.
    ///
    /// `rgb` holds packed 8-bit sRGB pixels. Any aspect is squashed into the square with Pillow's bicubic filter, as
    /// transformers' `SiglipImageProcessor` does.
    ///
    /// # Errors
    /// When `rgb` does not hold `size` pixels.
    pub fn prepare(&self, rgb: &[u8], size: (u32, u32)) -> Result<Tensor> {
        let side = self.image_size;
        let square = resize_u8(rgb, size, 3, (side as u32, side as u32), Filter::Bicubic)
            .map_err(|failure| Error::input("image", "8-bit RGB pixels", failure.to_string()))?;
        let mut planes = vec![0.0_f32; 3 * side * side];
        for (at, pixel) in square.as_chunks::<3>().0.iter().enumerate() {
            for channel in 0..3 {
                let value = f32::from(pixel[channel]) / 255.0;
                planes[channel * side * side + at] =
                    (value - self.config.mean[channel]) / self.config.deviation[channel];
            }
        }
        Ok(Tensor::from_vec(planes, (1, 3, side, side), &Device::Cpu)?)
    }

    /// The tokens behind the last norm, `[1, side², width]`, of what [`SiglipVision::prepare`] made.
    ///
    /// # Errors
    /// When `pixels` has another shape.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        Ok(self.model.forward(pixels)?)
    }
}
