//! Images as a component's resources: the host keeps the pixels, rows cross the wall.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use wirebrush_engine::{Buffer, Image};
use wirebrush_schema::{Failure, ImageInfo};

use super::state::{Bounds, Reserved};

/// A picture a component holds on to.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct HostImage(pub(super) Image);

impl HostImage {
    /// Packed rows.
    pub(super) fn rows(&self, first: u64, count: u64) -> Result<Vec<u8>, Failure> {
        let Image { info, data } = &self.0;
        let row = info.row_bytes();
        first
            .checked_add(count)
            .filter(|end| *end <= info.rows())
            .and_then(|end| data.get((first * row) as usize..(end * row) as usize))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| {
                Failure::failed(format!(
                    "rows {first} to {first}+{count} of an image of {} rows",
                    info.rows()
                ))
            })
    }
}

/// A picture a component is writing.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Writer {
    info: ImageInfo,
    size: usize,
    pixels: Pixels,
}

struct Pixels {
    bytes: Vec<u8>,
    _reserved: Reserved,
}

impl AsRef<[u8]> for Pixels {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Writer {
    /// Begins a picture; its memory is reserved now and taken as rows come.
    pub(super) fn open(info: ImageInfo, bounds: Bounds, total: &Arc<AtomicU64>) -> Result<Self, Failure> {
        let ImageInfo { frames, height, width, channels, .. } = info;
        if frames == 0 || height == 0 || width == 0 || !matches!(channels, 1 | 3 | 4) {
            return Err(Failure::failed(format!(
                "an image of {frames} frame(s) of {width}×{height} pixels with {channels} channel(s): expected at \
                 least one pixel and 1, 3 or 4 channels"
            )));
        }
        let needed = info.size_bytes().unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        let reserved = Reserved::new(needed, bounds.image_bytes, total);
        let size = usize::try_from(needed).ok().filter(|size| bytes.try_reserve_exact(*size).is_ok());
        match (reserved, size) {
            (Some(reserved), Some(size)) => {
                Ok(Self { info, size, pixels: Pixels { bytes, _reserved: reserved } })
            }
            _ => Err(Failure::OutOfMemory { needed, device: "cpu".to_owned() }),
        }
    }

    /// Appends packed rows.
    pub(super) fn push(&mut self, rows: &[u8]) -> Result<(), Failure> {
        let row = self.info.row_bytes();
        let bytes = &mut self.pixels.bytes;
        if !(rows.len() as u64).is_multiple_of(row) || rows.len() > self.size - bytes.len() {
            return Err(Failure::failed(format!(
                "rows of {row} bytes were expected, {} of {} are written, {} bytes came",
                bytes.len() as u64 / row,
                self.info.rows(),
                rows.len()
            )));
        }
        bytes.extend_from_slice(rows);
        Ok(())
    }

    /// The whole picture.
    pub(super) fn finish(self) -> Result<HostImage, Failure> {
        let written = self.pixels.bytes.len();
        if written != self.size {
            return Err(Failure::failed(format!(
                "{} of {} rows were written",
                written as u64 / self.info.row_bytes(),
                self.info.rows()
            )));
        }
        Ok(HostImage(Image { info: self.info, data: Buffer::new(self.pixels) }))
    }
}

#[cfg(test)]
mod tests {
    use wirebrush_schema::Sample;

    use super::*;

    fn open(height: u32, limit: u64) -> Result<Writer, Failure> {
        let bounds =
            Bounds { memory_bytes: 0, image_bytes: limit, stall: std::time::Duration::ZERO, counting: false };
        Writer::open(ImageInfo::srgb(2, height, 3, Sample::U8), bounds, &Arc::default())
    }

    #[test]
    fn a_writer_takes_whole_rows_only() {
        let mut writer = open(2, 100).unwrap();
        writer.push(&[1; 6]).unwrap();
        assert_eq!(
            writer.push(&[2; 5]).unwrap_err().to_string(),
            "rows of 6 bytes were expected, 1 of 2 are written, 5 bytes came"
        );
    }

    #[test]
    fn a_writer_takes_no_more_rows_than_the_picture_has() {
        let mut writer = open(2, 100).unwrap();
        assert!(writer.push(&[1; 18]).is_err());
        writer.push(&[1; 12]).unwrap();
        assert!(writer.push(&[1; 6]).is_err());
        assert_eq!(writer.finish().unwrap().rows(1, 1).unwrap(), [1; 6]);
    }

    #[test]
    fn an_unfinished_picture_is_refused() {
        let mut writer = open(3, 100).unwrap();
        writer.push(&[1; 6]).unwrap();
        assert_eq!(writer.finish().err().unwrap().to_string(), "1 of 3 rows were written");
    }

    #[test]
    fn a_picture_beyond_the_limit_is_out_of_memory_until_others_are_let_go() {
        let total = Arc::default();
        let bounds =
            Bounds { memory_bytes: 0, image_bytes: 100, stall: std::time::Duration::ZERO, counting: false };
        let info = ImageInfo::srgb(8, 3, 3, Sample::U8);
        let first = Writer::open(info, bounds, &total).unwrap();
        let second = Writer::open(info, bounds, &total).err().unwrap();
        assert_eq!(second, Failure::OutOfMemory { needed: 72, device: "cpu".to_owned() });
        drop(first);
        assert!(Writer::open(info, bounds, &total).is_ok());
    }

    #[test]
    fn rows_beyond_the_picture_are_refused() {
        let mut writer = open(1, 100).unwrap();
        writer.push(&[1; 6]).unwrap();
        let image = writer.finish().unwrap();
        assert!(image.rows(1, 1).is_err());
        assert!(image.rows(u64::MAX, 1).is_err());
        assert!(image.rows(0, u64::MAX).is_err());
    }
}
