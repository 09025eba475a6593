//! Resizing that gives the very bytes Pillow gives.
//!
//! Image models were trained on pictures resized by Pillow, so a node that prepares their input must do the same.
//! Weights are computed in `f64`; 8-bit samples use 22-bit integer weights, wider ones `f64` sums. The horizontal pass
//! comes first and rounds to the sample type, then the vertical one; a direction whose size stays is left alone. Since
//! Pillow 13 the order is reversed when more than twice as many rows as columns go away; so it is here.
//! Values are taken as they are stored: an sRGB picture is not made linear first.
//!
//! Entry points: [`resize`] for an [`Image`], [`resize_u8`], [`resize_u16`] and [`resize_f32`] for bare samples.
//!
//! Source: Pillow 13.0, [`src/libImaging/Resample.c`](https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c)
//! and `Geometry.c` (nearest); the order of passes by [pull request 9549](https://github.com/python-pillow/Pillow/pull/9549).

mod alpha;
mod kernel;
mod lane;
mod stream;

use std::fmt;
use std::str::FromStr;

use half::f16;

use self::lane::Lane;
use self::stream::{Plan, Shape};
use crate::{Alpha, Context, Failure, Image, ImageBuilder, ImageInfo, Result, Sample};

// Finished rows go out in pieces of this size: a call across a sandbox's wall costs more than a row.
const BAND_BYTES: usize = 1 << 20;

/// How a pixel is made from its neighbors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Filter {
    /// The pixel under the new pixel's center; keeps hard edges.
    Nearest,
    /// Mean of the pixels below the new one; nearest when enlarging.
    Box,
    /// Triangle of radius 1.
    Bilinear,
    /// Cubic of radius 2 with a = −0.5.
    Bicubic,
    /// Windowed sinc of radius 3; the sharpest.
    #[default]
    Lanczos,
}

impl Filter {
    /// The keys that [`Filter::from_str`] reads, the default first.
    pub const KEYS: [&'static str; 5] = ["lanczos", "bicubic", "bilinear", "box", "nearest"];

    /// The filter's key in documents.
    pub fn key(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Box => "box",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::Lanczos => "lanczos",
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Filter {
    type Err = Failure;

    fn from_str(key: &str) -> Result<Self> {
        match key {
            "nearest" => Ok(Self::Nearest),
            "box" => Ok(Self::Box),
            "bilinear" => Ok(Self::Bilinear),
            "bicubic" => Ok(Self::Bicubic),
            "lanczos" => Ok(Self::Lanczos),
            _ => Err(Failure::unsupported(format!(
                "the filter `{key}`: expected one of {}",
                Self::KEYS.join(", ")
            ))),
        }
    }
}

/// Resizes every frame of a picture; straight alpha is multiplied in before and divided out after, as Pillow does.
///
/// ```
/// use wirebrush_sdk::prelude::*;
/// use wirebrush_sdk::resample::{Filter, resize};
/// use wirebrush_sdk::testing::Recorder;
///
/// let image = Image::new(ImageInfo::srgb(4, 1, 1, Sample::U8), vec![0, 100, 200, 100])?;
/// let recorder = Recorder::default();
/// let half = resize(&image, (2, 1), Filter::Box, &Context::new(&recorder))?;
/// assert_eq!(half.into_bytes()?, [50, 150]);
/// # Ok::<(), Failure>(())
/// ```
///
/// Sample type, color and alpha stay. Works in bands: beside the result, memory holds the rows under one filter window.
/// Cost: about `6 · scale` multiplications a sample and direction for Lanczos, where `scale` is old by new size and at
/// least 1.
///
/// # Errors
/// `Failed` when a new size is zero, `OutOfMemory`, `Cancelled`.
pub fn resize(image: &Image, to: (u32, u32), filter: Filter, cx: &Context<'_>) -> Result<Image> {
    match image.info().sample {
        Sample::U8 => resize_as::<u8>(image, to, filter, cx),
        Sample::U16 => resize_as::<u16>(image, to, filter, cx),
        Sample::F16 => resize_as::<f16>(image, to, filter, cx),
        Sample::F32 => resize_as::<f32>(image, to, filter, cx),
    }
}

/// Resizes packed 8-bit samples, bit for bit as Pillow.
///
/// Shapes: `pixels` `[from.1, from.0, channels]`, the result `[to.1, to.0, channels]`; sizes are (width, height).
/// Channels are independent: for Pillow's treatment of `RGBA` use [`resize_rgba_u8`]. Cost as [`resize`].
///
/// # Errors
/// `Failed` when a size or `channels` is zero or `pixels` has another length; `OutOfMemory`.
pub fn resize_u8(
    pixels: &[u8],
    from: (u32, u32),
    channels: usize,
    to: (u32, u32),
    filter: Filter,
) -> Result<Vec<u8>> {
    resize_slice(pixels, from, channels, to, filter, false)
}

/// Resizes packed 8-bit RGBA samples of straight alpha, bit for bit as Pillow's mode `RGBA`.
///
/// Pillow multiplies alpha in (mode `RGBa`), resizes, and divides it out; nearest copies whole pixels.
///
/// # Errors
/// As [`resize_u8`].
pub fn resize_rgba_u8(pixels: &[u8], from: (u32, u32), to: (u32, u32), filter: Filter) -> Result<Vec<u8>> {
    resize_slice(pixels, from, 4, to, filter, true)
}

/// Resizes packed 16-bit samples as Pillow does mode `I;16`, except that overshoot stops at 65535 instead of wrapping.
///
/// # Errors
/// As [`resize_u8`].
pub fn resize_u16(
    pixels: &[u16],
    from: (u32, u32),
    channels: usize,
    to: (u32, u32),
    filter: Filter,
) -> Result<Vec<u16>> {
    resize_slice(pixels, from, channels, to, filter, false)
}

/// Resizes packed numbers as Pillow does mode `F`: sums in `f64`, each pass rounded to `f32`, nothing clamped.
///
/// # Errors
/// As [`resize_u8`].
pub fn resize_f32(
    pixels: &[f32],
    from: (u32, u32),
    channels: usize,
    to: (u32, u32),
    filter: Filter,
) -> Result<Vec<f32>> {
    resize_slice(pixels, from, channels, to, filter, false)
}

fn resize_slice<T: Lane>(
    pixels: &[T],
    from: (u32, u32),
    channels: usize,
    to: (u32, u32),
    filter: Filter,
    straight_alpha: bool,
) -> Result<Vec<T>> {
    let shape = Shape::new(from, channels, to)?;
    if pixels.len() != shape.source_len()? {
        return Err(Failure::failed(format!(
            "resize of {}×{} pixels with {channels} channel(s): expected {} samples, found {}",
            from.0,
            from.1,
            shape.source_len()?,
            pixels.len()
        )));
    }
    let mut out: Vec<T> = Vec::new();
    let needed = shape.target_len()?;
    out.try_reserve_exact(needed).map_err(|_| Failure::OutOfMemory {
        needed: (needed * size_of::<T>()) as u64,
        device: "cpu".to_owned(),
    })?;
    let row = shape.source_row();
    Plan::new(shape, filter, straight_alpha).run(
        &mut |first, rows: &mut [T]| {
            rows.copy_from_slice(&pixels[first * row..][..rows.len()]);
            Ok(())
        },
        &mut |row| {
            out.extend_from_slice(row);
            Ok(())
        },
    )?;
    Ok(out)
}

fn resize_as<T: Lane>(image: &Image, to: (u32, u32), filter: Filter, cx: &Context<'_>) -> Result<Image> {
    let info = *image.info();
    let shape = Shape::new((info.width, info.height), info.channels as usize, to)?;
    let straight = info.channels == 4 && info.alpha == Alpha::Straight;
    let plan = Plan::new(shape, filter, straight);
    let mut out = Sink {
        builder: ImageBuilder::new(ImageInfo { width: to.0, height: to.1, ..info })?,
        band: Vec::new(),
        rows: 0,
        total: u64::from(info.frames) * u64::from(to.1),
        cx,
    };
    for frame in 0..u64::from(info.frames) {
        let top = frame * u64::from(info.height);
        plan.run(
            &mut |first, rows: &mut [T]| {
                let count = rows.len() / shape.source_row();
                let bytes = image.rows(top + first as u64, count as u64)?;
                for (to, from) in rows.iter_mut().zip(bytes.chunks_exact(size_of::<T>())) {
                    *to = T::from_bytes(from);
                }
                Ok(())
            },
            &mut |row| out.push(row),
        )?;
    }
    out.finish()
}

/// Gathers finished rows into bands.
struct Sink<'a> {
    builder: ImageBuilder,
    band: Vec<u8>,
    rows: u64,
    total: u64,
    cx: &'a Context<'a>,
}

impl Sink<'_> {
    fn push<T: Lane>(&mut self, row: &[T]) -> Result<()> {
        for sample in row {
            sample.put_bytes(&mut self.band);
        }
        self.rows += 1;
        if self.band.len() >= BAND_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.builder.push(&self.band)?;
        self.band.clear();
        self.cx.progress(self.rows, self.total)
    }

    fn finish(mut self) -> Result<Image> {
        self.flush()?;
        self.builder.finish()
    }
}
