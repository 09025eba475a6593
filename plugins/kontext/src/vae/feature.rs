//! A picture of channels.

use candle_core::Tensor;

use crate::error::Result;
use crate::kernels::{for_rows, tensor, with_slice};

/// Channels side by side, pixel by pixel, row by row.
pub(super) struct Feature {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// `height·width·channels` values.
    pub(super) values: Vec<f32>,
}

impl Feature {
    /// From `(C, H, W)`.
    pub(super) fn from_chw(image: &Tensor) -> Result<Self> {
        let (channels, height, width) = image.dims3()?;
        let mut values = vec![0f32; channels * height * width];
        with_slice(image, |image| {
            for_rows(&mut values, channels, |at, pixel| {
                for (c, v) in pixel.iter_mut().enumerate() {
                    *v = image[c * height * width + at];
                }
            });
            Ok(())
        })?;
        Ok(Self { height, width, channels, values })
    }

    /// To `(C, H, W)`.
    pub(super) fn into_chw(self) -> Result<Tensor> {
        let pixels = self.height * self.width;
        let mut out = vec![0f32; self.values.len()];
        for_rows(&mut out, pixels, |c, plane| {
            for (p, v) in plane.iter_mut().enumerate() {
                *v = self.values[p * self.channels + c];
            }
        });
        tensor(out, &[self.channels, self.height, self.width])
    }

    /// Number of pixels.
    pub(super) fn pixels(&self) -> usize {
        self.height * self.width
    }
}
