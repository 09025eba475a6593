//! Pictures: owned, shared with the host, or read from it band by band.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use half::f16;

use crate::{Color, Context, Failure, ImageInfo, Result, Sample};

// Bands of 64 rows keep one band (3.9 MB at 4K, RGBA f32) inside the cache and give cancellation a place to act.
const BAND_ROWS: u64 = 64;

/// Pixels that live elsewhere: shared with the host, or behind a sandbox's wall.
pub trait Pixels: Send + Sync {
    /// Copies packed rows starting at `first` (counted over all frames) into `rows`, whose length is a multiple of
    /// the row length and within the image.
    ///
    /// # Errors
    /// `Failed` when the host does not answer as promised.
    fn read(&self, first: u64, rows: &mut [u8]) -> Result<()>;

    /// Like [`Pixels::read`], into new memory of `len` bytes.
    ///
    /// # Errors
    /// As [`Pixels::read`].
    fn read_vec(&self, first: u64, len: usize) -> Result<Vec<u8>> {
        let mut rows = vec![0; len];
        self.read(first, &mut rows)?;
        Ok(rows)
    }

    /// All bytes, when they can be looked at without copying.
    fn as_bytes(&self) -> Option<&[u8]> {
        None
    }

    /// The bytes themselves when nobody else holds them; otherwise the pixels back.
    ///
    /// # Errors
    /// Never a failure: `Err` returns the pixels.
    fn into_vec(self: Arc<Self>) -> std::result::Result<Vec<u8>, Arc<dyn Pixels>>;

    /// For the glue of a binary interface to recognize its own.
    fn as_any(&self) -> &dyn std::any::Any;
}

#[derive(Clone)]
enum Storage {
    Owned(Arc<Vec<u8>>),
    Foreign(Arc<dyn Pixels>),
}

/// A picture, or several frames of one. Cloning shares the pixels; writing copies them if they are shared.
///
/// Rows lie packed, top to bottom, frame after frame. A native plugin looks at the host's own memory; a component reads
/// rows when it asks for them, so that [`Image::map`] and [`Image::rows`] hold a band where [`Image::to_f32`] holds all.
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// let image = Image::new(ImageInfo::srgb(2, 1, 3, Sample::U8), vec![255, 0, 0, 0, 0, 255])?;
/// assert_eq!((image.width(), image.height()), (2, 1));
/// assert_eq!(image.to_f32()?, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone)]
pub struct Image {
    info: ImageInfo,
    storage: Storage,
}

impl Image {
    /// A picture from packed rows, top to bottom.
    ///
    /// # Errors
    /// `Failed` when the number of bytes is not what `info` says, or a size is zero.
    pub fn new(info: ImageInfo, pixels: Vec<u8>) -> Result<Self> {
        check_info(&info)?;
        match info.size_bytes() {
            Some(expected) if expected == pixels.len() as u64 => {
                Ok(Self { info, storage: Storage::Owned(Arc::new(pixels)) })
            }
            expected => Err(Failure::failed(format!(
                "image of {}: expected {} bytes, found {}",
                describe(&info),
                expected.map_or("fewer than 2^64".to_owned(), |n| n.to_string()),
                pixels.len()
            ))),
        }
    }

    /// A picture whose pixels live elsewhere; for the glue of binary interfaces.
    pub fn foreign(info: ImageInfo, pixels: Arc<dyn Pixels>) -> Self {
        Self { info, storage: Storage::Foreign(pixels) }
    }

    /// A picture of `info`'s sample type from numbers, 0 to 1 for integers; they are rounded and clamped.
    ///
    /// ```
    /// use wirebrush_sdk::prelude::*;
    ///
    /// let gray = Image::from_f32(ImageInfo::srgb(3, 1, 1, Sample::U8), &[0.0, 0.5, 2.0])?;
    /// assert_eq!(gray.into_bytes()?, [0, 128, 255]);
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    /// As [`Image::new`].
    pub fn from_f32(info: ImageInfo, samples: &[f32]) -> Result<Self> {
        let mut pixels = vec![0; samples.len() * info.sample.bytes() as usize];
        encode(info.sample, samples, &mut pixels);
        Self::new(info, pixels)
    }

    /// Size, channels, sample type and meaning.
    pub fn info(&self) -> &ImageInfo {
        &self.info
    }

    /// Pixels from left to right.
    pub fn width(&self) -> u32 {
        self.info.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> u32 {
        self.info.height
    }

    /// The pixels elsewhere, if they are; for the glue of binary interfaces.
    pub fn as_foreign(&self) -> Option<&Arc<dyn Pixels>> {
        match &self.storage {
            Storage::Foreign(pixels) => Some(pixels),
            Storage::Owned(_) => None,
        }
    }

    /// `count` packed rows from `first`, counted over all frames; a copy only when they lie behind a sandbox's wall.
    ///
    /// # Errors
    /// `Failed` when the rows are not within the image.
    pub fn rows(&self, first: u64, count: u64) -> Result<Cow<'_, [u8]>> {
        if first.checked_add(count).is_none_or(|end| end > self.info.rows()) {
            return Err(Failure::failed(format!(
                "rows {first} to {} of an image of {} rows",
                first.saturating_add(count),
                self.info.rows()
            )));
        }
        let row = self.info.row_bytes() as usize;
        let range = first as usize * row..(first + count) as usize * row;
        match &self.storage {
            Storage::Owned(bytes) => Ok(Cow::Borrowed(&bytes[range])),
            Storage::Foreign(pixels) => match pixels.as_bytes() {
                Some(bytes) => Ok(Cow::Borrowed(&bytes[range])),
                None => pixels.read_vec(first, range.len()).map(Cow::Owned),
            },
        }
    }

    /// `count` rows from `first` as numbers: integers become 0 to 1. Costs four bytes a sample of these rows.
    ///
    /// # Errors
    /// As [`Image::rows`].
    pub fn rows_f32(&self, first: u64, count: u64) -> Result<Vec<f32>> {
        let bytes = self.rows(first, count)?;
        let mut samples = vec![0.0; bytes.len() / self.info.sample.bytes() as usize];
        decode(self.info.sample, &bytes, &mut samples);
        Ok(samples)
    }

    /// All packed rows.
    ///
    /// # Errors
    /// As [`Image::rows`].
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        self.rows(0, self.info.rows())
    }

    /// All packed rows, without a copy when nobody else holds the picture.
    ///
    /// # Errors
    /// As [`Image::rows`].
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        let rows = self.info.rows();
        let image = match self.storage {
            Storage::Owned(bytes) => return Ok(Arc::unwrap_or_clone(bytes)),
            Storage::Foreign(pixels) => match pixels.into_vec() {
                Ok(bytes) => return Ok(bytes),
                Err(pixels) => Self { info: self.info, storage: Storage::Foreign(pixels) },
            },
        };
        image.rows(0, rows).map(Cow::into_owned)
    }

    /// All packed rows, shared with other clones of the picture; for the glue of binary interfaces.
    ///
    /// # Errors
    /// As [`Image::rows`].
    pub fn into_shared(self) -> Result<Arc<Vec<u8>>> {
        match self.storage {
            Storage::Owned(bytes) => Ok(bytes),
            Storage::Foreign(_) => self.into_bytes().map(Arc::new),
        }
    }

    /// All samples as numbers: integers become 0 to 1. Costs four bytes a sample.
    ///
    /// # Errors
    /// As [`Image::rows`].
    pub fn to_f32(&self) -> Result<Vec<f32>> {
        let bytes = self.bytes()?;
        let mut samples = vec![0.0; bytes.len() / self.info.sample.bytes() as usize];
        decode(self.info.sample, &bytes, &mut samples);
        Ok(samples)
    }

    /// All samples as bytes, 0 to 255, rounded and clamped.
    ///
    /// # Errors
    /// As [`Image::rows`].
    pub fn to_u8(&self) -> Result<Vec<u8>> {
        if self.info.sample == Sample::U8 {
            return Ok(self.bytes()?.into_owned());
        }
        let samples = self.to_f32()?;
        let mut bytes = vec![0; samples.len()];
        encode(Sample::U8, &samples, &mut bytes);
        Ok(bytes)
    }

    /// A picture of the same shape in which `f` has changed every pixel; works in bands, so that a large picture never
    /// lies in memory as numbers, reports progress and stops when cancelled.
    ///
    /// `f` gets the samples of one pixel (0 to 1 for integers) and the pixel's (x, y).
    ///
    /// ```
    /// use wirebrush_sdk::prelude::*;
    /// use wirebrush_sdk::testing::Recorder;
    ///
    /// let image = Image::new(ImageInfo::srgb(2, 1, 3, Sample::U8), vec![10, 20, 30, 40, 50, 60])?;
    /// let recorder = Recorder::default();
    /// let cx = Context::new(&recorder);
    /// let swapped = image.map(&cx, |pixel, (x, _)| {
    ///     if x == 1 {
    ///         pixel.swap(0, 2);
    ///     }
    /// })?;
    /// assert_eq!(swapped.into_bytes()?, [10, 20, 30, 60, 50, 40]);
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    /// `Cancelled`, or as [`Image::rows`].
    pub fn map(&self, cx: &Context<'_>, mut f: impl FnMut(&mut [f32], (u32, u32))) -> Result<Self> {
        let info = self.info;
        let mut out = ImageBuilder::new(info)?;
        let total = info.rows();
        let row_samples = info.width as usize * info.channels as usize;
        let mut first = 0;
        while first < total {
            let count = BAND_ROWS.min(total - first);
            let bytes = self.rows(first, count)?;
            let mut samples = vec![0.0; row_samples * count as usize];
            decode(info.sample, &bytes, &mut samples);
            for (row, samples) in samples.chunks_exact_mut(row_samples).enumerate() {
                let y = ((first + row as u64) % u64::from(info.height)) as u32;
                for (x, pixel) in samples.chunks_exact_mut(info.channels as usize).enumerate() {
                    f(pixel, (x as u32, y));
                }
            }
            let mut band = bytes.into_owned();
            encode(info.sample, &samples, &mut band);
            out.push(&band)?;
            first += count;
            cx.progress(first, total)?;
        }
        out.finish()
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({})", describe(&self.info))
    }
}

/// Equal when description and pixels are; unreadable pixels equal nothing.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        self.info == other.info
            && matches!((self.bytes(), other.bytes()), (Ok(mine), Ok(theirs)) if mine == theirs)
    }
}

/// Makes a picture row by row; in a component the rows go straight to the host.
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// let mut gradient = ImageBuilder::new(ImageInfo::srgb(4, 2, 1, Sample::U8))?;
/// for _ in 0..2 {
///     gradient.push_f32(&[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0])?;
/// }
/// assert_eq!(gradient.finish()?.into_bytes()?, [0, 85, 170, 255, 0, 85, 170, 255]);
/// # Ok::<(), Failure>(())
/// ```
pub struct ImageBuilder {
    info: ImageInfo,
    sink: Sink,
    written: u64,
}

enum Sink {
    #[cfg(not(target_family = "wasm"))]
    Memory(Vec<u8>),
    #[cfg(target_family = "wasm")]
    Host(crate::export::component::RowWriter),
}

impl ImageBuilder {
    /// Begins a picture.
    ///
    /// # Errors
    /// `Failed` when a size is zero or the picture exceeds the address space.
    pub fn new(info: ImageInfo) -> Result<Self> {
        check_info(&info)?;
        #[cfg(target_family = "wasm")]
        let sink = Sink::Host(crate::export::component::RowWriter::new(&info)?);
        #[cfg(not(target_family = "wasm"))]
        let sink = {
            let needed = info.size_bytes().unwrap_or(u64::MAX);
            let mut memory = Vec::new();
            usize::try_from(needed)
                .ok()
                .and_then(|size| memory.try_reserve_exact(size).ok())
                .ok_or(Failure::OutOfMemory { needed, device: "cpu".to_owned() })?;
            Sink::Memory(memory)
        };
        Ok(Self { info, sink, written: 0 })
    }

    /// Appends packed rows.
    ///
    /// # Errors
    /// `Failed` when the bytes are not whole rows or more than the picture has.
    pub fn push(&mut self, rows: &[u8]) -> Result<()> {
        let row = self.info.row_bytes() as usize;
        let count = (rows.len() / row) as u64;
        if !rows.len().is_multiple_of(row) || self.written + count > self.info.rows() {
            return Err(Failure::failed(format!(
                "rows of {row} bytes were expected, {} of {} are written, {} bytes came",
                self.written,
                self.info.rows(),
                rows.len()
            )));
        }
        match &mut self.sink {
            #[cfg(not(target_family = "wasm"))]
            Sink::Memory(memory) => memory.extend_from_slice(rows),
            #[cfg(target_family = "wasm")]
            Sink::Host(writer) => writer.push(rows)?,
        }
        self.written += count;
        Ok(())
    }

    /// Appends rows of numbers, 0 to 1 for integer samples.
    ///
    /// # Errors
    /// As [`ImageBuilder::push`].
    pub fn push_f32(&mut self, samples: &[f32]) -> Result<()> {
        let mut rows = vec![0; samples.len() * self.info.sample.bytes() as usize];
        encode(self.info.sample, samples, &mut rows);
        self.push(&rows)
    }

    /// Ends the picture.
    ///
    /// # Errors
    /// `Failed` when rows are missing.
    pub fn finish(self) -> Result<Image> {
        if self.written != self.info.rows() {
            return Err(Failure::failed(format!(
                "{} of {} rows were written",
                self.written,
                self.info.rows()
            )));
        }
        match self.sink {
            #[cfg(not(target_family = "wasm"))]
            Sink::Memory(memory) => Image::new(self.info, memory),
            #[cfg(target_family = "wasm")]
            Sink::Host(writer) => writer.finish(self.info),
        }
    }
}

/// A picture of one channel of meaning [`Color::Data`], 0 outside and 1 inside.
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// let left_half = Image::new(ImageInfo::srgb(2, 1, 1, Sample::U8), vec![255, 0])?;
/// let mask = Mask::new(left_half)?;
/// assert_eq!(mask.image().info().color, Color::Data);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mask(Image);

impl Mask {
    /// A mask from a picture of one channel.
    ///
    /// # Errors
    /// `Failed` when it has more channels.
    pub fn new(mut image: Image) -> Result<Self> {
        if image.info.channels != 1 {
            return Err(Failure::failed(format!("mask: expected 1 channel, found {}", image.info.channels)));
        }
        image.info.color = Color::Data;
        Ok(Self(image))
    }

    /// The picture.
    pub fn image(&self) -> &Image {
        &self.0
    }

    /// The picture.
    pub fn into_image(self) -> Image {
        self.0
    }
}

fn check_info(info: &ImageInfo) -> Result<()> {
    if info.frames == 0 || info.height == 0 || info.width == 0 || !matches!(info.channels, 1 | 3 | 4) {
        return Err(Failure::failed(format!(
            "image of {}: expected at least one pixel and 1, 3 or 4 channels",
            describe(info)
        )));
    }
    Ok(())
}

fn describe(info: &ImageInfo) -> String {
    let ImageInfo { frames, height, width, channels, sample, .. } = info;
    format!("{frames} frame(s) of {width}×{height} pixels, {channels} channel(s), {sample:?}")
}

fn decode(sample: Sample, bytes: &[u8], samples: &mut [f32]) {
    match sample {
        Sample::U8 => {
            for (to, from) in samples.iter_mut().zip(bytes) {
                *to = f32::from(*from) / 255.0;
            }
        }
        Sample::U16 => {
            for (to, from) in samples.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *to = f32::from(u16::from_ne_bytes(*from)) / 65535.0;
            }
        }
        Sample::F16 => {
            for (to, from) in samples.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *to = f16::from_ne_bytes(*from).to_f32();
            }
        }
        Sample::F32 => {
            for (to, from) in samples.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *to = f32::from_ne_bytes(*from);
            }
        }
    }
}

// `as` on floats saturates and maps NaN to 0, which is what a clamp wants.
fn encode(sample: Sample, samples: &[f32], bytes: &mut [u8]) {
    match sample {
        Sample::U8 => {
            for (to, from) in bytes.iter_mut().zip(samples) {
                *to = (from * 255.0).round() as u8;
            }
        }
        Sample::U16 => {
            for (to, from) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(samples) {
                *to = ((from * 65535.0).round() as u16).to_ne_bytes();
            }
        }
        Sample::F16 => {
            for (to, from) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(samples) {
                *to = f16::from_f32(*from).to_ne_bytes();
            }
        }
        Sample::F32 => {
            for (to, from) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(samples) {
                *to = from.to_ne_bytes();
            }
        }
    }
}
