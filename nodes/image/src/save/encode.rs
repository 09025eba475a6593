//! From integers to the bytes of a file.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageResult};
use wirebrush_sdk::prelude::*;

use super::flatten::Flat;

/// What a file is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Png,
    Jpeg,
    WebP,
    Tiff,
}

impl Format {
    pub(super) const KEYS: [&'static str; 4] = ["png", "jpeg", "webp", "tiff"];

    pub(super) fn parse(key: &str) -> Result<Self> {
        match key {
            "png" => Ok(Self::Png),
            "jpeg" => Ok(Self::Jpeg),
            "webp" => Ok(Self::WebP),
            "tiff" => Ok(Self::Tiff),
            _ => {
                Err(Failure::invalid("format", format!("expected {}, found `{key}`", Self::KEYS.join(", "))))
            }
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Tiff => "image/tiff",
        }
    }

    pub(super) fn has_alpha(self) -> bool {
        self != Self::Jpeg
    }

    /// Whether samples may have 16 bits; warns when they cannot.
    pub(super) fn has_sixteen_bits(self, cx: &Context<'_>) -> bool {
        let has = matches!(self, Self::Png | Self::Tiff);
        if !has {
            cx.warn(format!("{} has 8 bits a sample, not 16", self.media_type()));
        }
        has
    }

    pub(super) fn check_size(self, info: &ImageInfo) -> Result<()> {
        let limit = match self {
            Self::Jpeg => 65535,
            Self::WebP => 16383,
            Self::Png | Self::Tiff => return Ok(()),
        };
        if info.width.max(info.height) > limit {
            let why = format!(
                "expected sides of at most {limit} pixels for {}, found {}×{}",
                self.media_type(),
                info.width,
                info.height
            );
            return Err(Failure::invalid("image", why));
        }
        Ok(())
    }
}

/// Encodes the pixels; `quality` concerns JPEG.
pub(super) fn encode(flat: &Flat, format: Format, quality: u8) -> Result<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    write(flat, format, quality, &mut file)
        .map_err(|error| Failure::failed(format!("cannot encode {}: {error}", format.media_type())))?;
    Ok(file.into_inner())
}

fn write(flat: &Flat, format: Format, quality: u8, file: &mut Cursor<Vec<u8>>) -> ImageResult<()> {
    let color = match (flat.channels, flat.sixteen) {
        (1, false) => ExtendedColorType::L8,
        (3, false) => ExtendedColorType::Rgb8,
        (4, false) => ExtendedColorType::Rgba8,
        (1, true) => ExtendedColorType::L16,
        (3, true) => ExtendedColorType::Rgb16,
        _ => ExtendedColorType::Rgba16,
    };
    let Flat { width, height, ref pixels, .. } = *flat;
    match format {
        Format::Png => PngEncoder::new_with_quality(file, CompressionType::Default, FilterType::Adaptive)
            .write_image(pixels, width, height, color),
        Format::Jpeg => {
            JpegEncoder::new_with_quality(file, quality).write_image(pixels, width, height, color)
        }
        Format::WebP => WebPEncoder::new_lossless(file).write_image(pixels, width, height, color),
        Format::Tiff => TiffEncoder::new(file).write_image(pixels, width, height, color),
    }
}
