use serde::{Deserialize, Serialize};

/// What the bytes of an image mean: frames × height × width × channels, rows top to bottom, packed, native endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImageInfo {
    /// Number of pictures; 1 for a still.
    pub frames: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Pixels from left to right.
    pub width: u32,
    /// 1 (gray), 3 (RGB) or 4 (RGBA).
    pub channels: u32,
    /// Type of one sample.
    pub sample: Sample,
    /// What the color samples mean.
    pub color: Color,
    /// What the fourth channel means.
    pub alpha: Alpha,
}

impl ImageInfo {
    /// A still sRGB picture; four channels mean straight alpha.
    pub fn srgb(width: u32, height: u32, channels: u32, sample: Sample) -> Self {
        let alpha = if channels == 4 { Alpha::Straight } else { Alpha::None };
        Self { frames: 1, height, width, channels, sample, color: Color::Srgb, alpha }
    }

    /// Bytes of one row.
    pub fn row_bytes(&self) -> u64 {
        u64::from(self.width) * u64::from(self.channels) * u64::from(self.sample.bytes())
    }

    /// Rows of all frames together.
    pub fn rows(&self) -> u64 {
        u64::from(self.frames) * u64::from(self.height)
    }

    /// Bytes of the whole image, or `None` when that exceeds 64 bits.
    pub fn size_bytes(&self) -> Option<u64> {
        self.row_bytes().checked_mul(self.rows())
    }
}

/// Type of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sample {
    /// 0 to 255.
    U8,
    /// 0 to 65535.
    U16,
    /// Half precision, 0 to 1 (values outside are kept).
    F16,
    /// Single precision, 0 to 1 (values outside are kept).
    F32,
}

impl Sample {
    /// Bytes of one sample.
    pub fn bytes(self) -> u32 {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::F16 => 2,
            Self::F32 => 4,
        }
    }
}

/// What color samples mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// sRGB primaries and transfer curve.
    Srgb,
    /// sRGB primaries, linear light.
    Linear,
    /// Not a color: normals, depth, masks.
    Data,
}

/// What the alpha channel means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alpha {
    /// There is none.
    None,
    /// Color is not multiplied by alpha.
    Straight,
    /// Color is multiplied by alpha.
    Premultiplied,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For the author of the node.
    Debug,
    /// For the curious.
    Info,
    /// Something was done differently from what was asked.
    Warn,
    /// Something failed.
    Error,
}
