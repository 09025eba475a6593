//! Pictures beyond the sandbox's wall: read and written in bands.

use std::any::Any;
use std::sync::Arc;

use super::bindings::wirebrush::node::host as wit;
use super::convert;
use crate::{Image, ImageInfo, Pixels, Result};

// One call copies its bytes twice (host and component); larger bands gain nothing and hold more memory.
const BAND_BYTES: u64 = 2 << 20;

/// A picture that the host keeps.
struct HostPixels {
    image: wit::Image,
    row_bytes: u64,
}

impl HostPixels {
    /// Calls `band` with each piece of `len` bytes of rows from `first`.
    fn bands(&self, first: u64, len: u64, mut band: impl FnMut(Vec<u8>)) -> Result<()> {
        let end = first + len / self.row_bytes;
        let step = band_rows(self.row_bytes);
        let mut row = first;
        while row < end {
            let count = step.min(end - row);
            band(self.image.read_rows(row, count)?);
            row += count;
        }
        Ok(())
    }
}

impl Pixels for HostPixels {
    fn read(&self, first: u64, rows: &mut [u8]) -> Result<()> {
        let mut at = 0;
        self.bands(first, rows.len() as u64, |band| {
            rows[at..at + band.len()].copy_from_slice(&band);
            at += band.len();
        })
    }

    fn read_vec(&self, first: u64, len: usize) -> Result<Vec<u8>> {
        let mut rows = Vec::new();
        self.bands(first, len as u64, |band| {
            if rows.is_empty() {
                rows = band;
                rows.reserve_exact(len - rows.len());
            } else {
                rows.extend_from_slice(&band);
            }
        })?;
        Ok(rows)
    }

    fn into_vec(self: Arc<Self>) -> std::result::Result<Vec<u8>, Arc<dyn Pixels>> {
        Err(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A picture of the host's, as the node sees it.
pub(super) fn open(image: wit::Image) -> Image {
    let info = convert::info_in(&image.info());
    Image::foreign(info, Arc::new(HostPixels { image, row_bytes: info.row_bytes() }))
}

/// A picture as the host sees it; no copy when it is the host's already.
///
/// # Errors
/// What the host says, for example that the run's limit is reached.
pub(super) fn upload(image: &Image) -> Result<wit::Image> {
    let foreign = image.as_foreign().and_then(|pixels| pixels.as_any().downcast_ref::<HostPixels>());
    if let Some(pixels) = foreign {
        // A mask made from a color picture means something else than the host's copy says.
        if convert::info_in(&pixels.image.info()) == *image.info() {
            return Ok(pixels.image.share());
        }
    }
    let info = image.info();
    let writer = wit::ImageWriter::open(convert::info_out(info))?;
    let step = band_rows(info.row_bytes());
    let mut row = 0;
    while row < info.rows() {
        let count = step.min(info.rows() - row);
        writer.push_rows(&image.rows(row, count)?)?;
        row += count;
    }
    Ok(wit::ImageWriter::finish(writer)?)
}

/// A picture in the making, in the host's memory.
pub(crate) struct RowWriter(wit::ImageWriter);

impl RowWriter {
    /// Begins a picture.
    ///
    /// # Errors
    /// `OutOfMemory` when it exceeds the run's limit.
    pub(crate) fn new(info: &ImageInfo) -> Result<Self> {
        Ok(Self(wit::ImageWriter::open(convert::info_out(info))?))
    }

    /// Appends packed rows.
    ///
    /// # Errors
    /// `Failed` when they are not whole rows or more than the picture has.
    pub(crate) fn push(&mut self, rows: &[u8]) -> Result<()> {
        Ok(self.0.push_rows(rows)?)
    }

    /// Ends the picture.
    ///
    /// # Errors
    /// `Failed` when rows are missing.
    pub(crate) fn finish(self, _info: ImageInfo) -> Result<Image> {
        Ok(open(wit::ImageWriter::finish(self.0)?))
    }
}

fn band_rows(row_bytes: u64) -> u64 {
    (BAND_BYTES / row_bytes.max(1)).max(1)
}
