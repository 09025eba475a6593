use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::{Failure, Result};

/// What a plugin keeps behind a [`Handle`]: weights, a latent, anything the host need not understand.
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// /// A curve of tones, as its points.
/// struct Curve(Vec<u8>);
///
/// impl HandleObject for Curve {
///     fn size_bytes(&self) -> u64 {
///         self.0.len() as u64
///     }
///
///     fn save(&self) -> Result<Option<Vec<u8>>> {
///         Ok(Some(self.0.clone()))
///     }
/// }
///
/// impl HandleType for Curve {
///     const KIND: &'static str = "acme.tone/curve@1";
///
///     fn restore(bytes: &[u8]) -> Result<Self> {
///         Ok(Self(bytes.to_vec()))
///     }
/// }
///
/// // One node gives it …
/// let outputs = Outputs::new().with("curve", Handle::new(Curve(vec![0, 40, 255])));
/// // … another takes it.
/// let mut inputs = Inputs::new().with("curve", outputs.value::<Handle>("curve")?);
/// assert_eq!(inputs.handle::<Curve>("curve")?.0, [0, 40, 255]);
/// # Ok::<(), Failure>(())
/// ```
pub trait HandleObject: Any + Send + Sync {
    /// Bytes it holds now, on all devices; caches and limits work on this number.
    fn size_bytes(&self) -> u64;

    /// Where it lives, for example `cpu` or `cuda:0`.
    fn device(&self) -> String {
        "cpu".to_owned()
    }

    /// Gives back memory, keeping the means to rebuild. The host calls it under memory pressure, from any thread, also
    /// while a node reads the object: use a lock.
    fn evict(&self) {}

    /// Writes the contents down, so that they can be cached on disk or sent elsewhere; `None` when that makes no
    /// sense. A component must support it: its memory ends with each run.
    ///
    /// # Errors
    /// Any failure; the host then treats the value as not savable.
    fn save(&self) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// A [`HandleObject`] with a kind of its own, listed behind the `;` in [`export_nodes!`](crate::export_nodes).
pub trait HandleType: HandleObject + Sized {
    /// Kind of the port, for example `acme.diffusion/latent@1`. Raise the number when saved bytes change meaning.
    const KIND: &'static str;

    /// Rebuilds what [`HandleObject::save`] wrote.
    ///
    /// # Errors
    /// `Failed` when the bytes are not of this kind.
    fn restore(bytes: &[u8]) -> Result<Self> {
        let _ = bytes;
        Err(Failure::unsupported(format!("{} cannot be restored from bytes", Self::KIND)))
    }
}

/// A value whose contents stay with its plugin. Cloning shares it.
#[derive(Clone)]
pub struct Handle {
    kind: Arc<str>,
    object: Arc<dyn HandleObject>,
}

impl Handle {
    /// Wraps an object of a known kind.
    pub fn new<T: HandleType>(object: T) -> Self {
        Self { kind: T::KIND.into(), object: Arc::new(object) }
    }

    /// Wraps a shared object under a kind; for the glue of binary interfaces.
    pub fn from_parts(kind: impl Into<Arc<str>>, object: Arc<dyn HandleObject>) -> Self {
        Self { kind: kind.into(), object }
    }

    /// The handle's kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The object, whatever its type.
    pub fn object(&self) -> &Arc<dyn HandleObject> {
        &self.object
    }

    /// The object as a `T`, or `None` when it is something else.
    pub fn get<T: HandleType>(&self) -> Option<Arc<T>> {
        let object: Arc<dyn Any + Send + Sync> = self.object.clone();
        object.downcast().ok()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({}, {} bytes on {})", self.kind, self.object.size_bytes(), self.object.device())
    }
}
