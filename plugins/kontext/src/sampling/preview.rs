//! A small picture of a latent without the decoder: one linear map from latent channels to RGB.

use candle_core::Tensor;
use serde::Deserialize;

use super::initial_noise;
use super::pack::latent_dims;
use crate::error::{Error, Result};
use crate::kernels::{tensor, with_slice};
use crate::vae::Vae;

/// Factors of the map; the result is in `[-1, 1]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Preview {
    /// One row per latent channel.
    #[serde(rename = "latent_rgb_factors")]
    factors: Vec<[f32; 3]>,
    /// Added to every pixel.
    #[serde(rename = "latent_rgb_factors_bias", default)]
    bias: [f32; 3],
}

/// An 8-bit picture, three bytes a pixel, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rgb {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height·width·3` bytes.
    pub bytes: Vec<u8>,
}

impl Preview {
    /// FLUX.1's own factors, for its 16-channel VAE.
    ///
    /// Source: `Flux` in <https://github.com/comfyanonymous/ComfyUI/blob/v0.3.60/comfy/latent_formats.py>.
    pub fn flux() -> Self {
        Self {
            factors: vec![
                [-0.0346, 0.0244, 0.0681],
                [0.0034, 0.0210, 0.0687],
                [0.0275, -0.0668, -0.0433],
                [-0.0174, 0.0160, 0.0617],
                [0.0859, 0.0721, 0.0329],
                [0.0004, 0.0383, 0.0115],
                [0.0405, 0.0861, 0.0915],
                [-0.0236, -0.0185, -0.0259],
                [-0.0245, 0.0250, 0.1180],
                [0.1008, 0.0755, -0.0421],
                [-0.0515, 0.0201, 0.0011],
                [0.0428, -0.0012, -0.0036],
                [0.0817, 0.0765, 0.0749],
                [-0.1264, -0.0522, -0.1103],
                [-0.0280, -0.0881, -0.0499],
                [-0.1262, -0.0982, -0.0778],
            ],
            bias: [-0.0329, -0.0718, -0.0851],
        }
    }

    /// Reads `latent_rgb_factors` and `latent_rgb_factors_bias` from the text of a model's own file.
    ///
    /// # Errors
    /// [`Error::Input`] when the text is not JSON of that form.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|e| Error::input("preview factors", "latent_rgb_factors", e.to_string()))
    }

    /// The factors for a VAE: FLUX.1's when its scaling is FLUX.1's, else fitted to it.
    ///
    /// Cost of fitting: one encoding of a picture of 32×32 latent pixels.
    ///
    /// # Errors
    /// As [`Vae::encode`].
    pub fn for_vae(vae: &Vae) -> Result<Self> {
        let c = vae.config();
        let flux = c.latent_channels == 16
            && c.scaling_factor == 0.3611
            && c.shift_factor == 0.1159
            && c.factor() == 8;
        if flux { Ok(Self::flux()) } else { Self::fit(vae) }
    }

    /// Least squares from the latent of a test picture to its color.
    ///
    /// # Errors
    /// As [`Vae::encode`].
    pub fn fit(vae: &Vae) -> Result<Self> {
        // Plain tiles of 4×4 latent pixels in random colors: large enough for the encoder to see flat color.
        const TILES: usize = 8;
        const TILE: usize = 4;
        let factor = vae.config().factor();
        let side = TILES * TILE * factor;
        let colors = with_slice(&initial_noise(7, 3, TILES, TILES)?, |n| {
            Ok(n.iter().map(|v| v.tanh()).collect::<Vec<_>>())
        })?;
        let at = |c: usize, y: usize, x: usize| colors[(c * TILES + y) * TILES + x];
        let pixel =
            |i: usize| at(i / (side * side), i / side % side / (TILE * factor), i % side / (TILE * factor));
        let picture = tensor((0..3 * side * side).map(pixel).collect(), &[3, side, side])?;
        let latent = vae.encode(&picture, &|_, _| Ok(()))?;
        let (channels, height, width) = latent_dims(&latent)?;
        let n = channels + 1;
        let (mut normal, mut right) = (vec![0f64; n * n], vec![[0f64; 3]; n]);
        with_slice(&latent, |latent| {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let channel = |c: usize| {
                    if c == channels { 1.0 } else { f64::from(latent[(c * height + y) * width + x]) }
                };
                for i in 0..n {
                    for j in 0..n {
                        normal[i * n + j] += channel(i) * channel(j);
                    }
                    for (c, right) in right[i].iter_mut().enumerate() {
                        *right += channel(i)
                            * f64::from(at(c, (y / TILE).min(TILES - 1), (x / TILE).min(TILES - 1)));
                    }
                }
            }
            Ok(())
        })?;
        solve(&mut normal, &mut right);
        let mut factors: Vec<[f32; 3]> = right.iter().map(|r| r.map(|v| v as f32)).collect();
        let bias = factors.pop().unwrap_or_default();
        Ok(Self { factors, bias })
    }

    /// The picture of a latent `(channels, height, width)`, one pixel per latent pixel.
    ///
    /// # Errors
    /// [`Error::Input`] when the number of channels is another one.
    pub fn apply(&self, latent: &Tensor) -> Result<Rgb> {
        let (channels, height, width) = latent_dims(latent)?;
        if channels != self.factors.len() {
            return Err(Error::input(
                "latent",
                format!("{} channels", self.factors.len()),
                format!("{channels}"),
            ));
        }
        let bytes = with_slice(latent, |latent| {
            let pixel = |p: usize| {
                let mut rgb = self.bias;
                for (c, factors) in self.factors.iter().enumerate() {
                    let value = latent[c * height * width + p];
                    rgb.iter_mut().zip(factors).for_each(|(rgb, f)| *rgb += value * f);
                }
                rgb.map(|v| ((v + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8)
            };
            Ok((0..height * width).flat_map(pixel).collect())
        })?;
        Ok(Rgb { width, height, bytes })
    }
}

/// Gaussian elimination with pivoting on a slightly damped symmetric matrix.
fn solve(matrix: &mut [f64], right: &mut [[f64; 3]]) {
    let n = right.len();
    let damping = 1e-6 * (0..n).map(|i| matrix[i * n + i]).sum::<f64>() / n as f64 + 1e-12;
    (0..n).for_each(|i| matrix[i * n + i] += damping);
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|&a, &b| matrix[a * n + column].abs().total_cmp(&matrix[b * n + column].abs()));
        let pivot = pivot.expect("the range is not empty");
        right.swap(column, pivot);
        (0..n).for_each(|k| matrix.swap(column * n + k, pivot * n + k));
        for row in (0..n).filter(|&r| r != column) {
            let f = matrix[row * n + column] / matrix[column * n + column];
            (column..n).for_each(|k| matrix[row * n + k] -= f * matrix[column * n + k]);
            (0..3).for_each(|c| right[row][c] -= f * right[column][c]);
        }
    }
    for row in 0..n {
        right[row].iter_mut().for_each(|v| *v /= matrix[row * n + row]);
    }
}
