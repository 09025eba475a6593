//! `From` for the types an author hands to `with`.

use super::{Bytes, Handle, Image, Mask, Tensor, Value};

macro_rules! from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool, i64 => Int, i32 => Int, u32 => Int, f64 => Float, f32 => Float, String => Text, &str => Text,
    Bytes => Bytes, Image => Image, Mask => Mask, Tensor => Tensor, Handle => Handle,
}

/// The bit pattern; see [`Port::seed`](crate::Port::seed).
impl From<u64> for Value {
    fn from(seed: u64) -> Self {
        Self::Int(seed.cast_signed())
    }
}
