//! Pictures between the graph and the model.

use candle_core::{Device, Tensor};
use wirebrush_sdk::prelude::*;

// About four times what the real model can use; beyond, time and memory are wasted.
const MOST_PIXELS: u64 = 4096 * 4096;

/// Refuses pictures that no model of this kind can work on.
pub(super) fn check_size(image: &Image) -> Result<()> {
    let (width, height) = (image.width(), image.height());
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Failure::invalid(
            "image",
            format!(
                "expected at most {} megapixels, found {width}×{height}: resize the picture first, for example with \
                 Fit to Model",
                MOST_PIXELS >> 20
            ),
        ));
    }
    Ok(())
}

/// The first frame as packed RGB in `[0, 1]`, sRGB-encoded: gray becomes three channels, linear light is encoded,
/// transparency is laid over white.
pub(super) fn rgb(image: &Image, cx: &Context<'_>) -> Result<Vec<f32>> {
    let info = *image.info();
    if info.frames > 1 {
        cx.warn(format!("the picture has {} frames: only the first is used", info.frames));
    }
    let frame =
        Image::new(ImageInfo { frames: 1, ..info }, image.rows(0, u64::from(info.height))?.into_owned())?;
    let samples = frame.to_f32()?;
    let channels = info.channels as usize;
    let mut rgb = Vec::with_capacity(samples.len() / channels * 3);
    for pixel in samples.chunks_exact(channels) {
        let mut color = match *pixel {
            [gray] => [gray; 3],
            [red, green, blue] | [red, green, blue, _] => [red, green, blue],
            _ => {
                return Err(Failure::invalid(
                    "image",
                    format!("expected 1, 3 or 4 channels, found {channels}"),
                ));
            }
        };
        let alpha = if info.alpha == Alpha::None {
            1.0
        } else {
            pixel.get(3).copied().unwrap_or(1.0).clamp(0.0, 1.0)
        };
        if info.color == Color::Linear {
            // Premultiplied linear light is divided first: the curve is not linear in alpha.
            if info.alpha == Alpha::Premultiplied && alpha > 0.0 {
                color = color.map(|sample| sample / alpha);
            }
            color = color.map(srgb);
            if info.alpha == Alpha::Premultiplied {
                color = color.map(|sample| sample * alpha);
            }
        }
        if alpha < 1.0 {
            let weight = if info.alpha == Alpha::Premultiplied { 1.0 } else { alpha };
            color = color.map(|sample| sample * weight + (1.0 - alpha));
        }
        rgb.extend(color);
    }
    Ok(rgb)
}

/// [`rgb`] in 8 bits, rounded.
pub(super) fn rgb8(image: &Image, cx: &Context<'_>) -> Result<Vec<u8>> {
    Ok(rgb(image, cx)?.into_iter().map(|sample| (sample * 255.0).round() as u8).collect())
}

/// Part of packed RGB pixels as the VAE takes them: `[3, height, width]` in `[-1, 1]`.
pub(super) fn planes(rgb: &[f32], row: usize, part: (usize, usize, usize, usize)) -> Result<Tensor> {
    let (left, top, width, height) = part;
    let mut planes = Vec::with_capacity(3 * width * height);
    for channel in 0..3 {
        for y in top..top + height {
            planes.extend((left..left + width).map(|x| 2.0 * rgb[(y * row + x) * 3 + channel] - 1.0));
        }
    }
    Tensor::from_vec(planes, (3, height, width), &Device::Cpu)
        .map_err(|error| Failure::failed(error.to_string()))
}

/// `[3, height, width]` in `[-1, 1]` as an sRGB picture; values outside are clamped.
pub(super) fn image(planes: &Tensor, sample: Sample) -> Result<Image> {
    let fail = |error: candle_core::Error| Failure::failed(error.to_string());
    let (_, height, width) = planes.dims3().map_err(fail)?;
    let values = planes.flatten_all().and_then(|values| values.to_vec1::<f32>()).map_err(fail)?;
    let pixels = height * width;
    let rgb: Vec<f32> =
        (0..3 * pixels).map(|at| (values[at % 3 * pixels + at / 3] / 2.0 + 0.5).clamp(0.0, 1.0)).collect();
    Image::from_f32(ImageInfo::srgb(width as u32, height as u32, 3, sample), &rgb)
}

/// sRGB's transfer curve.
///
/// Source: IEC 61966-2-1:1999, as in <https://www.w3.org/Graphics/Color/srgb>
fn srgb(linear: f32) -> f32 {
    let linear = linear.max(0.0);
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use wirebrush_sdk::testing::Recorder;

    use super::*;

    #[track_caller]
    fn check(info: ImageInfo, samples: &[f32], expected: [u8; 3]) {
        let host = Recorder::default();
        let image = Image::from_f32(info, samples).unwrap();
        assert_eq!(rgb8(&image, &Context::new(&host)).unwrap(), expected);
    }

    #[test]
    fn every_kind_of_picture_becomes_srgb() {
        let info = |channels, sample| ImageInfo::srgb(1, 1, channels, sample);
        check(info(3, Sample::U8), &[0.2, 0.4, 1.0], [51, 102, 255]);
        check(info(1, Sample::U16), &[0.4], [102; 3]);
        check(info(4, Sample::F32), &[0.2, 0.4, 1.0, 0.0], [255; 3]);
        check(info(4, Sample::F16), &[0.0, 0.0, 1.0, 0.5], [128, 128, 255]);
        let premultiplied = ImageInfo { alpha: Alpha::Premultiplied, ..info(4, Sample::F32) };
        check(premultiplied, &[0.0, 0.0, 0.5, 0.5], [128, 128, 255]);
        // 0.127438 of linear light is 100/255 in sRGB.
        let linear = ImageInfo { color: Color::Linear, ..info(1, Sample::F32) };
        check(linear, &[0.127_438], [100; 3]);
    }
}
