//! From any picture to the integers that files hold.

use wirebrush_sdk::prelude::*;

use crate::color::{Rgba, to_srgb};

// Bands of 64 rows keep one band (3.9 MB at 4K, RGBA f32) inside the cache and give cancellation a place to act.
const BAND_ROWS: u32 = 64;

/// Pixels ready for an encoder: sRGB or data, straight alpha, native endian.
pub(super) struct Flat {
    pub(super) width: u32,
    pub(super) height: u32,
    /// 1, 3 or 4.
    pub(super) channels: u32,
    /// Whether a sample has two bytes.
    pub(super) sixteen: bool,
    pub(super) pixels: Vec<u8>,
}

/// Converts one frame; alpha is laid over `background` if there is one.
pub(super) fn flatten(
    image: &Image,
    frame: u32,
    sixteen: bool,
    background: Option<Rgba>,
    cx: &Context<'_>,
) -> Result<Flat> {
    let info = *image.info();
    let drops_alpha = info.channels == 4 && (background.is_some() || info.alpha == Alpha::None);
    let channels = if drops_alpha { 3 } else { info.channels };
    let below = background.map(|Rgba([r, g, b, _])| [r, g, b]);
    let sample = if sixteen { Sample::U16 } else { Sample::U8 };
    let plain = sample == info.sample
        && channels == info.channels
        && info.color != Color::Linear
        && info.alpha != Alpha::Premultiplied;

    let needed = u64::from(info.width) * u64::from(info.height) * u64::from(channels * sample.bytes());
    let mut pixels = Vec::new();
    usize::try_from(needed)
        .ok()
        .and_then(|needed| pixels.try_reserve_exact(needed).ok())
        .ok_or(Failure::OutOfMemory { needed, device: "cpu".to_owned() })?;
    let mut y = 0;
    while y < info.height {
        let count = BAND_ROWS.min(info.height - y);
        let first = u64::from(frame) * u64::from(info.height) + u64::from(y);
        if plain {
            pixels.extend_from_slice(&image.rows(first, u64::from(count))?);
        } else {
            let mut samples = image.rows_f32(first, u64::from(count))?;
            for pixel in samples.chunks_exact_mut(info.channels as usize) {
                open(pixel, &info, below);
                put(&pixel[..channels as usize], sixteen, &mut pixels);
            }
        }
        y += count;
        cx.progress(u64::from(y), u64::from(info.height))?;
    }
    Ok(Flat { width: info.width, height: info.height, channels, sixteen, pixels })
}

/// Makes a pixel straight sRGB and lays it over what is below.
fn open(pixel: &mut [f32], info: &ImageInfo, below: Option<[f32; 3]>) {
    let (color, alpha) = match pixel {
        [color @ .., alpha] if color.len() == 3 => {
            (color, Some(*alpha).filter(|_| info.alpha != Alpha::None))
        }
        color => (color, None),
    };
    if let Some(alpha) = alpha.filter(|alpha| info.alpha == Alpha::Premultiplied && *alpha > 0.0) {
        color.iter_mut().for_each(|it| *it /= alpha);
    }
    if info.color == Color::Linear {
        color.iter_mut().for_each(|it| *it = to_srgb(*it));
    }
    if let (Some(alpha), Some(below)) = (alpha, below) {
        for (it, below) in color.iter_mut().zip(below) {
            *it = below + (*it - below) * alpha;
        }
    }
}

// `as` on floats saturates and maps NaN to 0, which is what a clamp wants.
fn put(samples: &[f32], sixteen: bool, pixels: &mut Vec<u8>) {
    for sample in samples {
        if sixteen {
            pixels.extend_from_slice(&((sample * 65535.0).round() as u16).to_ne_bytes());
        } else {
            pixels.push((sample * 255.0).round() as u8);
        }
    }
}
