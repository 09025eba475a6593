use abi_stable::StableAbi;
use abi_stable::std_types::{RString, RVec};

use crate::{Buffer, Handle};

/// A value on an edge. The set is closed.
#[repr(u8)]
#[derive(StableAbi, Clone)]
pub enum Value {
    /// Nothing.
    None,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; a seed above 2⁶³−1 is its bit pattern.
    Int(i64),
    /// A number.
    Float(f64),
    /// Unicode text.
    Text(RString),
    /// The key of a choice.
    Choice(RString),
    /// Bytes with a media type.
    Bytes(Bytes),
    /// A picture.
    Image(Image),
    /// A picture of one channel, 0 outside and 1 inside.
    Mask(Image),
    /// Numbers of any shape.
    Tensor(Tensor),
    /// Something only its maker understands.
    Handle(Handle),
}

/// A value at a port. A list is the same name several times, in order.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Named {
    /// The port.
    pub name: RString,
    /// The value.
    pub value: Value,
}

/// Bytes with a media type.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Bytes {
    /// The media type, lower case.
    pub media_type: RString,
    /// The bytes.
    pub data: Buffer,
}

/// A picture; `data` is exactly as long as `info` says.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Image {
    /// Size, channels, sample type and meaning.
    pub info: ImageInfo,
    /// Packed rows, top to bottom, frame after frame, native endian.
    pub data: Buffer,
}

/// What the bytes of an image mean: frames × height × width × channels.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageInfo {
    /// Number of pictures; 1 for a still.
    pub frames: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Pixels from left to right.
    pub width: u32,
    /// 1, 3 or 4.
    pub channels: u32,
    /// Type of one sample.
    pub sample: Sample,
    /// What the color samples mean.
    pub color: Color,
    /// What the fourth channel means.
    pub alpha: Alpha,
}

/// Type of one sample.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// 0 to 255.
    U8,
    /// 0 to 65535.
    U16,
    /// Half precision.
    F16,
    /// Single precision.
    F32,
}

/// What color samples mean.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// sRGB primaries and transfer curve.
    Srgb,
    /// sRGB primaries, linear light.
    Linear,
    /// Not a color.
    Data,
}

/// What the alpha channel means.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpha {
    /// There is none.
    None,
    /// Color is not multiplied by alpha.
    Straight,
    /// Color is multiplied by alpha.
    Premultiplied,
}

/// Numbers of any shape, row-major, native endian.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Tensor {
    /// Type of one element as in safetensors files, lower case.
    pub dtype: RString,
    /// Length of each axis, slowest first.
    pub shape: RVec<u64>,
    /// The elements.
    pub data: Buffer,
}
