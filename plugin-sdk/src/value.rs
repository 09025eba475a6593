//! The values that travel along edges, as a node sees them.

mod convert;
mod handle;
mod image;
mod tensor;

pub use handle::{Handle, HandleObject, HandleType};
pub use image::{Image, ImageBuilder, Mask, Pixels};
pub use tensor::Tensor;

/// A value on an edge. Made from what it holds, by `into` or by `with` of inputs and outputs.
///
/// ```
/// use wirebrush_sdk::Value;
///
/// assert_eq!(Value::from(0.5).kind(), "float");
/// assert_eq!(Value::from("cup").kind(), "text");
/// ```
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    None,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; a seed above 2⁶³−1 travels as its bit pattern.
    Int(i64),
    /// A number.
    Float(f64),
    /// Unicode text.
    Text(String),
    /// The key of a choice.
    Choice(String),
    /// Bytes with a media type.
    Bytes(Bytes),
    /// A picture.
    Image(Image),
    /// A picture of one channel, 0 outside and 1 inside.
    Mask(Mask),
    /// Numbers of any shape.
    Tensor(Tensor),
    /// Something only its plugin understands.
    Handle(Handle),
}

impl Value {
    /// The kind's name; for a handle, the handle's own kind.
    pub fn kind(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
            Self::Choice(_) => "choice",
            Self::Bytes(_) => "bytes",
            Self::Image(_) => "image",
            Self::Mask(_) => "mask",
            Self::Tensor(_) => "tensor",
            Self::Handle(handle) => handle.kind(),
        }
    }
}

/// Bytes with a media type such as `image/png`: a file that was read, or one for the host to write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bytes {
    /// The media type, lower case; `application/octet-stream` when unknown.
    pub media_type: String,
    /// The bytes.
    pub data: Vec<u8>,
}
