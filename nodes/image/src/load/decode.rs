//! From the bytes of a file to pixels in memory.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageResult, Limits};
use wirebrush_sdk::prelude::*;

use super::{animation, profile};

/// Largest decoded picture in bytes: 178 million pixels of 8-bit RGB.
const MAX_BYTES: u64 = 512 << 20;

/// Pixels as the file has them: not yet turned, 1 to 4 channels, native endian.
pub(super) struct Decoded {
    pub(super) width: u32,
    pub(super) height: u32,
    /// 2 is gray with alpha.
    pub(super) channels: usize,
    pub(super) sample: Sample,
    pub(super) color: Color,
    pub(super) orientation: Orientation,
    pub(super) pixels: Vec<u8>,
}

/// Decodes the first frame.
///
/// # Errors
/// `InvalidInput` at `file` when it is no picture, damaged or too large; `OutOfMemory`.
pub(super) fn decode(file: &[u8], cx: &Context<'_>) -> Result<Decoded> {
    let format = format_of(file)?;
    let failed = |error: ImageError| explain(format, &error);
    if format == ImageFormat::Jpeg && !jpeg_is_whole(file) {
        return Err(invalid("the JPEG file ends before its picture does: it is truncated"));
    }
    let mut decoder = open(format, file, cx).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, decoder.total_bytes())?;
    let (channels, sample) = layout(decoder.color_type())?;
    // Metadata that cannot be read takes nothing away from the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    if let Some(warning) = decoder.icc_profile().ok().flatten().and_then(|icc| profile::warning(&icc)) {
        cx.warn(warning);
    }
    let needed = decoder.total_bytes();
    let mut pixels = Vec::new();
    pixels
        .try_reserve_exact(needed as usize)
        .map_err(|_| Failure::OutOfMemory { needed, device: "cpu".to_owned() })?;
    pixels.resize(needed as usize, 0);
    decoder.read_image_boxed(&mut pixels).map_err(failed)?;

    // 32-bit floats in a TIFF are linear light by the convention of renderers and OpenImageIO.
    let color = if sample == Sample::F32 { Color::Linear } else { Color::Srgb };
    let decoded = Decoded { width, height, channels, sample, color, orientation, pixels };
    Ok(if format == ImageFormat::Gif { without_opaque_alpha(decoded) } else { decoded })
}

fn open<'a>(
    format: ImageFormat,
    file: &'a [u8],
    cx: &Context<'_>,
) -> ImageResult<Box<dyn ImageDecoder + 'a>> {
    let mut limits = Limits::no_limits();
    // Twice: some decoders count a working copy beside the result.
    limits.max_alloc = Some(2 * MAX_BYTES);
    let reader = Cursor::new(file);
    let mut animated = false;
    let mut decoder: Box<dyn ImageDecoder + 'a> = match format {
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(reader, limits.clone())?;
            animated = decoder.is_apng()?;
            Box::new(decoder)
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(reader)?;
            animated = decoder.has_animation();
            Box::new(decoder)
        }
        ImageFormat::Gif => {
            animated = animation::gif_is_animated(file);
            Box::new(GifDecoder::new(reader)?)
        }
        ImageFormat::Jpeg => Box::new(JpegDecoder::new(reader)?),
        ImageFormat::Tiff => Box::new(TiffDecoder::new(reader)?),
        _ => Box::new(BmpDecoder::new(reader)?),
    };
    decoder.set_limits(limits)?;
    if animated {
        cx.log(LogLevel::Info, "the file is animated: its first frame is taken");
    }
    Ok(decoder)
}

fn format_of(file: &[u8]) -> Result<ImageFormat> {
    const READ: [ImageFormat; 6] = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Tiff,
        ImageFormat::Bmp,
    ];
    if file.is_empty() {
        return Err(invalid("the file is empty"));
    }
    if let Some(format) = image::guess_format(file).ok().filter(|format| READ.contains(format)) {
        return Ok(format);
    }
    let expected = "expected PNG, JPEG, WebP, GIF, TIFF or BMP";
    Err(invalid(match known_as(file) {
        Some(name) => format!("{expected}, found {name}"),
        None => format!(
            "{expected}, found a file that begins with `{}`",
            file[..file.len().min(8)].escape_ascii()
        ),
    }))
}

/// Formats people try, so that the message can name them.
fn known_as(file: &[u8]) -> Option<&'static str> {
    match file {
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', ..] => Some("AVIF"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm', ..] => Some("HEIC"),
        [0xff, 0x0a, ..] | [0, 0, 0, 0x0c, b'J', b'X', b'L', ..] => Some("JPEG XL"),
        [0, 0, 0, 0x0c, b'j', b'P', ..] => Some("JPEG 2000"),
        [b'8', b'B', b'P', b'S', ..] => Some("a Photoshop document"),
        [b'%', b'P', b'D', b'F', ..] => Some("PDF"),
        [b'v', b'/', b'1', 0x01, ..] => Some("OpenEXR"),
        [b'<', ..] => Some("SVG or another text document"),
        _ => None,
    }
}

/// Whether an end marker follows the first scan; the decoder would fill what is missing with gray.
fn jpeg_is_whole(file: &[u8]) -> bool {
    let mut at = 2;
    // Walk to the first scan, because a thumbnail in the metadata has an end marker of its own.
    loop {
        match file.get(at..).and_then(<[u8]>::first_chunk::<4>) {
            None => return false,
            Some([0xff, 0xda, ..]) => return file[at..].windows(2).any(|pair| pair == [0xff, 0xd9]),
            // Fill bytes may stand before a marker.
            Some([0xff, 0xff, ..]) => at += 1,
            Some([0xff, _, high, low]) => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
            // Not well-formed: the decoder says in which way.
            Some(_) => return true,
        }
    }
}

fn check_size(width: u32, height: u32, bytes: u64) -> Result<()> {
    if width == 0 || height == 0 {
        return Err(invalid(format!("the picture has {width}×{height} pixels, expected at least one")));
    }
    if bytes > MAX_BYTES {
        return Err(invalid(format!(
            "the picture has {width}×{height} pixels, decoded {} MiB; at most {} MiB can be opened",
            bytes >> 20,
            MAX_BYTES >> 20
        )));
    }
    Ok(())
}

fn layout(color: ColorType) -> Result<(usize, Sample)> {
    match color {
        ColorType::L8 => Ok((1, Sample::U8)),
        ColorType::La8 => Ok((2, Sample::U8)),
        ColorType::Rgb8 => Ok((3, Sample::U8)),
        ColorType::Rgba8 => Ok((4, Sample::U8)),
        ColorType::L16 => Ok((1, Sample::U16)),
        ColorType::La16 => Ok((2, Sample::U16)),
        ColorType::Rgb16 => Ok((3, Sample::U16)),
        ColorType::Rgba16 => Ok((4, Sample::U16)),
        ColorType::Rgb32F => Ok((3, Sample::F32)),
        ColorType::Rgba32F => Ok((4, Sample::F32)),
        other => Err(invalid(format!("pixels of type {other:?} are not supported"))),
    }
}

/// GIF is always decoded as RGBA; most need no alpha.
fn without_opaque_alpha(decoded: Decoded) -> Decoded {
    let pixels = decoded.pixels.as_chunks::<4>().0;
    if decoded.channels != 4 || pixels.iter().any(|pixel| pixel[3] != 255) {
        return decoded;
    }
    let pixels = pixels.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
    Decoded { channels: 3, pixels, ..decoded }
}

fn explain(format: ImageFormat, error: &ImageError) -> Failure {
    let name = match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Tiff => "TIFF",
        _ => "BMP",
    };
    match error {
        ImageError::Limits(_) => {
            invalid(format!("the {name} file needs more than {} MiB to decode", (2 * MAX_BYTES) >> 20))
        }
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            invalid(format!("the {name} file ends before its picture does: it is truncated"))
        }
        ImageError::Unsupported(error) => {
            invalid(format!("the {name} file is of a kind that cannot be read: {error}"))
        }
        error => invalid(format!("the {name} file is damaged: {error}")),
    }
}

fn invalid(why: impl Into<String>) -> Failure {
    Failure::invalid("file", why)
}
