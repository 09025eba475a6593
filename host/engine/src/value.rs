//! The values on edges as the host holds them: cheap to clone, never changed, always knowing their size.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use wirebrush_schema::{Failure, ImageInfo};

/// A value on an edge. Cloning shares the contents.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    None,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; a seed above 2⁶³−1 is its bit pattern.
    Int(i64),
    /// A number.
    Float(f64),
    /// Unicode text.
    Text(Arc<str>),
    /// The key of a choice.
    Choice(Arc<str>),
    /// Bytes with a media type.
    Bytes(Bytes),
    /// A picture.
    Image(Image),
    /// A picture of one channel, 0 outside and 1 inside.
    Mask(Image),
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

    /// Bytes the value keeps alive, not counting the `Value` itself.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::None | Self::Bool(_) | Self::Int(_) | Self::Float(_) => 0,
            Self::Text(text) | Self::Choice(text) => text.len() as u64,
            Self::Bytes(bytes) => bytes.data.len() as u64,
            Self::Image(image) | Self::Mask(image) => image.data.len() as u64,
            Self::Tensor(tensor) => tensor.data.len() as u64,
            Self::Handle(handle) => handle.size_bytes(),
        }
    }
}

/// Memory that somebody owns: a `Vec` of ours, or a buffer shared with a plugin.
pub trait BufferOwner: AsRef<[u8]> + Any + Send + Sync {}

impl<T: AsRef<[u8]> + Any + Send + Sync> BufferOwner for T {}

/// Shared, unchanging bytes. Cloning shares them.
#[derive(Clone)]
pub struct Buffer(Arc<dyn BufferOwner>);

impl Buffer {
    /// Takes over memory without copying it.
    pub fn new(owner: impl BufferOwner) -> Self {
        Self(Arc::new(owner))
    }

    /// The owner as a `T`, when it is one: how a loader finds a buffer that is already shared with plugins.
    pub fn owner<T: BufferOwner>(&self) -> Option<&T> {
        let owner: &dyn Any = &*self.0;
        owner.downcast_ref()
    }
}

impl std::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len())
    }
}

/// Bytes with a media type.
#[derive(Debug, Clone)]
pub struct Bytes {
    /// The media type, lower case; `application/octet-stream` when unknown.
    pub media_type: Arc<str>,
    /// The bytes.
    pub data: Buffer,
}

/// A picture; `data` is exactly as long as `info` says.
#[derive(Debug, Clone)]
pub struct Image {
    /// Size, channels, sample type and meaning.
    pub info: ImageInfo,
    /// Packed rows, top to bottom, frame after frame.
    pub data: Buffer,
}

/// Numbers of any shape, row-major.
#[derive(Debug, Clone)]
pub struct Tensor {
    /// Type of one element as in safetensors files, lower case.
    pub dtype: Arc<str>,
    /// Length of each axis, slowest first.
    pub shape: Arc<[u64]>,
    /// The elements.
    pub data: Buffer,
}

/// What a loader keeps behind a [`Handle`].
pub trait HandleObject: Any + Send + Sync {
    /// Kind of the handle, for example `kontext/latent@1`.
    fn kind(&self) -> &str;
    /// Id of the plugin that made it, the only one that can use it.
    fn plugin(&self) -> &str;
    /// Where it lives, for example `cpu`.
    fn device(&self) -> String;
    /// Bytes it holds now.
    fn size_bytes(&self) -> u64;
    /// Gives back memory, keeping the means to rebuild.
    fn evict(&self);
    /// The contents as bytes for [`Runner::restore`](crate::Runner::restore), or `None` when it cannot be saved.
    ///
    /// # Errors
    /// What the plugin says.
    fn save(&self) -> Result<Option<Vec<u8>>, Failure>;
    /// Whether its contents are gone for good, so that what holds it is of no use.
    fn is_lost(&self) -> bool {
        false
    }
}

/// A value whose contents stay with its plugin. Cloning shares it.
#[derive(Clone)]
pub struct Handle(pub Arc<dyn HandleObject>);

impl std::ops::Deref for Handle {
    type Target = dyn HandleObject;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({}, {} bytes on {})", self.kind(), self.size_bytes(), self.device())
    }
}
