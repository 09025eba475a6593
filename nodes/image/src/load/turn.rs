//! Walks a picture in upright order, whatever way the camera was held.

use image::metadata::Orientation;

/// The upright size, and how far apart its pixels lie in the file's order.
pub(super) struct Turn {
    pub(super) width: u32,
    pub(super) height: u32,
    origin: i64,
    across: i64,
    down: i64,
}

impl Turn {
    /// Source: CIPA DC-008-2023 (Exif 3.0), tag 0x0112.
    pub(super) fn new(orientation: Orientation, width: u32, height: u32) -> Self {
        let (w, h) = (i64::from(width), i64::from(height));
        let last = w * h - 1;
        let (origin, across, down) = match orientation {
            Orientation::NoTransforms => (0, 1, w),
            Orientation::FlipHorizontal => (w - 1, -1, w),
            Orientation::Rotate180 => (last, -1, -w),
            Orientation::FlipVertical => (last - (w - 1), 1, -w),
            Orientation::Rotate90FlipH => (0, w, 1),
            Orientation::Rotate90 => (last - (w - 1), -w, 1),
            Orientation::Rotate270FlipH => (last, -w, -1),
            Orientation::Rotate270 => (w - 1, w, -1),
        };
        let (width, height) = match orientation {
            Orientation::Rotate90 | Orientation::Rotate270 => (height, width),
            Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        };
        Self { width, height, origin, across, down }
    }

    /// Indices of the pixels of an upright row.
    pub(super) fn row(&self, y: u32) -> impl Iterator<Item = usize> {
        let begin = self.origin + i64::from(y) * self.down;
        let across = self.across;
        (0..i64::from(self.width)).map(move |x| (begin + x * across) as usize)
    }
}
