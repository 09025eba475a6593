//! Turns the engine's pictures into files that a browser shows: 8 bits, sRGB, straight alpha, the first frame.
//!
//! Only our own buffers are encoded here; bytes of others are never decoded outside a sandbox.

use std::borrow::Cow;

use anyhow::{Context, Result, ensure};
use half::f16;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, RgbImage, RgbaImage};
use wirebrush_engine::Image;
use wirebrush_schema::{Alpha, Color, ImageInfo, Sample};

// Of previews: what is lost is not seen at the size of a node.
const JPEG_QUALITY: u8 = 80;

/// An encoded picture.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) media_type: &'static str,
    pub(crate) data: Vec<u8>,
}

/// The picture as PNG, whole.
///
/// # Errors
/// When it is no gray, RGB or RGBA picture with at least one pixel.
pub(crate) fn png(image: &Image) -> Result<Encoded> {
    let color = color_type(&image.info)?;
    let samples = eight_bits(image)?;
    encode_png(&samples, image.info.width, image.info.height, color)
}

/// The picture made small: at most `side` pixels wide and high, JPEG unless it has alpha.
///
/// # Errors
/// As [`png()`].
pub(crate) fn preview(image: &Image, side: u32) -> Result<Encoded> {
    let color = color_type(&image.info)?;
    let (width, height) = (image.info.width, image.info.height);
    let samples = eight_bits(image)?;
    if width <= side && height <= side {
        return encode_preview(&samples, width, height, color);
    }
    let samples = samples.into_owned();
    let whole = match color {
        ExtendedColorType::L8 => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
        ExtendedColorType::Rgb8 => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
        _ => RgbaImage::from_raw(width, height, samples).map(DynamicImage::from),
    };
    let small = whole.context("picture: fewer samples than its size says")?.thumbnail(side, side);
    encode_preview(small.as_bytes(), small.width(), small.height(), color)
}

fn color_type(info: &ImageInfo) -> Result<ExtendedColorType> {
    ensure!(info.width > 0 && info.height > 0, "picture: expected at least one pixel, found none");
    match info.channels {
        1 => Ok(ExtendedColorType::L8),
        3 => Ok(ExtendedColorType::Rgb8),
        4 => Ok(ExtendedColorType::Rgba8),
        other => anyhow::bail!("picture: expected 1, 3 or 4 channels, found {other}"),
    }
}

fn encode_png(samples: &[u8], width: u32, height: u32, color: ExtendedColorType) -> Result<Encoded> {
    let mut data = Vec::new();
    // Looking at a picture must not take longer than making it; the sinks compress what is kept.
    PngEncoder::new_with_quality(&mut data, CompressionType::Fast, FilterType::Adaptive)
        .write_image(samples, width, height, color)
        .context("cannot encode the picture")?;
    Ok(Encoded { media_type: "image/png", data })
}

fn encode_preview(samples: &[u8], width: u32, height: u32, color: ExtendedColorType) -> Result<Encoded> {
    if color == ExtendedColorType::Rgba8 {
        return encode_png(samples, width, height, color);
    }
    let mut data = Vec::new();
    JpegEncoder::new_with_quality(&mut data, JPEG_QUALITY)
        .write_image(samples, width, height, color)
        .context("cannot encode the preview")?;
    Ok(Encoded { media_type: "image/jpeg", data })
}

/// The first frame with a byte a sample; what is already so is not copied.
fn eight_bits(image: &Image) -> Result<Cow<'_, [u8]>> {
    let info = &image.info;
    let frame = usize::try_from(info.row_bytes() * u64::from(info.height))?;
    let bytes = image.data.get(..frame).context("picture: fewer samples than its size says")?;
    let linear = info.color == Color::Linear;
    let premultiplied = info.channels == 4 && info.alpha == Alpha::Premultiplied;
    if info.sample == Sample::U8 && !linear && !premultiplied {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut samples: Vec<u8> = Vec::with_capacity(frame / info.sample.bytes() as usize);
    let pixel_bytes = (info.channels * info.sample.bytes()) as usize;
    let colors = if info.channels == 4 { 3 } else { info.channels as usize };
    let mut values = [0f32; 4];
    for pixel in bytes.chunks_exact(pixel_bytes) {
        for (value, sample) in values.iter_mut().zip(pixel.chunks_exact(info.sample.bytes() as usize)) {
            *value = unit(sample, info.sample);
        }
        if premultiplied && values[3] > 0.0 {
            let alpha = values[3];
            values[..3].iter_mut().for_each(|value| *value /= alpha);
        }
        if linear {
            values[..colors].iter_mut().for_each(|value| *value = to_srgb(*value));
        }
        samples.extend(values[..info.channels as usize].iter().map(|value| byte(*value)));
    }
    Ok(Cow::Owned(samples))
}

/// A sample from 0 to 1; half and single precision may lie outside.
fn unit(sample: &[u8], kind: Sample) -> f32 {
    match (kind, sample) {
        (Sample::U8, [value]) => f32::from(*value) / 255.0,
        (Sample::U16, [a, b]) => f32::from(u16::from_ne_bytes([*a, *b])) / 65535.0,
        (Sample::F16, [a, b]) => f16::from_ne_bytes([*a, *b]).to_f32(),
        (Sample::F32, [a, b, c, d]) => f32::from_ne_bytes([*a, *b, *c, *d]),
        _ => 0.0,
    }
}

/// IEC 61966-2-1.
fn to_srgb(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// Rounded and cut to what a byte holds; what is no number is black.
fn byte(value: f32) -> u8 {
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use wirebrush_engine::Buffer;

    use super::*;

    fn picture(info: ImageInfo, bytes: Vec<u8>) -> Image {
        assert_eq!(info.size_bytes().unwrap(), bytes.len() as u64);
        Image { info, data: Buffer::new(bytes) }
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_ne_bytes()).collect()
    }

    #[track_caller]
    fn pixels(encoded: &Encoded) -> Vec<u8> {
        image::load_from_memory(&encoded.data).unwrap().into_bytes()
    }

    #[test]
    fn samples_outside_the_range_are_cut() {
        let values = floats(&[-1.0, 0.5, 7.0, f32::NAN, f32::INFINITY, 1.0]);
        let encoded = png(&picture(ImageInfo::srgb(2, 1, 3, Sample::F32), values)).unwrap();
        assert_eq!((encoded.media_type, pixels(&encoded)), ("image/png", vec![0, 128, 255, 0, 255, 255]));
    }

    #[test]
    fn linear_light_becomes_srgb_and_data_stays_as_it_is() {
        let info = ImageInfo { color: Color::Linear, ..ImageInfo::srgb(1, 1, 3, Sample::F32) };
        let encoded = png(&picture(info, floats(&[0.0, 0.215_860_5, 1.0]))).unwrap();
        assert_eq!(pixels(&encoded), [0, 128, 255]);
        let info = ImageInfo { color: Color::Data, ..info };
        let encoded = png(&picture(info, floats(&[0.0, 0.5, 1.0]))).unwrap();
        assert_eq!(pixels(&encoded), [0, 128, 255]);
    }

    #[test]
    fn premultiplied_alpha_becomes_straight() {
        let info = ImageInfo { alpha: Alpha::Premultiplied, ..ImageInfo::srgb(2, 1, 4, Sample::U8) };
        let encoded = png(&picture(info, vec![64, 32, 0, 128, 0, 0, 0, 0])).unwrap();
        assert_eq!(pixels(&encoded), [128, 64, 0, 128, 0, 0, 0, 0]);
    }

    #[test]
    fn all_sample_types_mean_the_same() {
        let half = |value: f32| f16::from_f32(value).to_ne_bytes();
        for (sample, bytes) in [
            (Sample::U8, vec![0, 255]),
            (Sample::U16, [0u16, 65535].iter().flat_map(|it| it.to_ne_bytes()).collect()),
            (Sample::F16, [half(0.0), half(1.0)].concat()),
            (Sample::F32, floats(&[0.0, 1.0])),
        ] {
            let encoded = png(&picture(ImageInfo::srgb(2, 1, 1, sample), bytes)).unwrap();
            assert_eq!(pixels(&encoded), [0, 255], "{sample:?}");
        }
    }

    #[test]
    fn of_several_frames_the_first_is_shown() {
        let info = ImageInfo { frames: 2, ..ImageInfo::srgb(1, 1, 1, Sample::U8) };
        assert_eq!(pixels(&png(&picture(info, vec![7, 9])).unwrap()), [7]);
    }

    #[test]
    fn a_preview_is_small_and_keeps_its_shape() {
        let large = picture(ImageInfo::srgb(600, 300, 3, Sample::U8), vec![200; 600 * 300 * 3]);
        let encoded = preview(&large, 256).unwrap();
        let small = image::load_from_memory(&encoded.data).unwrap();
        assert_eq!((encoded.media_type, small.width(), small.height()), ("image/jpeg", 256, 128));
        let clear = picture(ImageInfo::srgb(2, 2, 4, Sample::U8), vec![0; 16]);
        assert_eq!(preview(&clear, 256).unwrap().media_type, "image/png");
    }

    #[test]
    fn what_cannot_be_shown_is_an_error() {
        for (info, bytes) in [
            (ImageInfo::srgb(0, 3, 3, Sample::U8), vec![]),
            (ImageInfo::srgb(1, 1, 2, Sample::U8), vec![0, 0]),
        ] {
            assert!(png(&picture(info, bytes.clone())).is_err());
            assert!(preview(&picture(info, bytes), 64).is_err());
        }
    }
}
