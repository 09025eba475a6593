//! Values as messages describe them: small ones inside, bytes beside them.

use serde::{Deserialize, Serialize};
use wirebrush_engine::{Buffer, Bytes, Handle, Image, Tensor, Value};
use wirebrush_schema::{Failure, ImageInfo};

use crate::plugin::Fault;

/// A value with the name of its port.
pub(super) type Port = (String, Described);

/// A value; `data` is the place of its bytes among the blobs.
#[derive(Serialize, Deserialize)]
pub(super) enum Described {
    None,
    Bool(bool),
    Int(i64),
    /// The bits: JSON knows neither NaN nor infinity.
    Float(u64),
    Text(String),
    Choice(String),
    Bytes {
        media_type: String,
        data: usize,
    },
    Image {
        info: ImageInfo,
        data: usize,
    },
    Mask {
        info: ImageInfo,
        data: usize,
    },
    Tensor {
        dtype: String,
        shape: Vec<u64>,
        data: usize,
    },
    Handle(Reference),
}

/// Which handle is meant.
#[derive(Serialize, Deserialize)]
pub(super) enum Reference {
    /// One that lives in the child.
    Kept { number: u64, kind: String, plugin: String },
    /// One that lives elsewhere, lent for the time of a call.
    Lent(Loan),
}

/// What the child knows of a handle that lives elsewhere.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Loan {
    /// What the call knows it by.
    pub(super) place: usize,
    pub(super) kind: String,
    pub(super) plugin: String,
    pub(super) device: String,
    pub(super) size_bytes: u64,
}

/// Describes values; `refer` names handles.
///
/// # Errors
/// Those of `refer`.
pub(super) fn describe(
    values: Vec<(String, Value)>,
    mut refer: impl FnMut(&str, Handle) -> Result<Reference, Fault>,
) -> Result<(Vec<Port>, Vec<Buffer>), Fault> {
    let mut blobs = Vec::new();
    let mut put = |data| {
        blobs.push(data);
        blobs.len() - 1
    };
    let mut described = Vec::with_capacity(values.len());
    for (name, value) in values {
        let value = match value {
            Value::None => Described::None,
            Value::Bool(it) => Described::Bool(it),
            Value::Int(it) => Described::Int(it),
            Value::Float(it) => Described::Float(it.to_bits()),
            Value::Text(it) => Described::Text(it.as_ref().to_owned()),
            Value::Choice(it) => Described::Choice(it.as_ref().to_owned()),
            Value::Bytes(Bytes { media_type, data }) => {
                Described::Bytes { media_type: media_type.as_ref().to_owned(), data: put(data) }
            }
            Value::Image(Image { info, data }) => Described::Image { info, data: put(data) },
            Value::Mask(Image { info, data }) => Described::Mask { info, data: put(data) },
            Value::Tensor(Tensor { dtype, shape, data }) => {
                Described::Tensor { dtype: dtype.as_ref().to_owned(), shape: shape.to_vec(), data: put(data) }
            }
            Value::Handle(handle) => Described::Handle(refer(&name, handle)?),
        };
        described.push((name, value));
    }
    Ok((described, blobs))
}

/// Makes values of their descriptions; `find` finds handles.
///
/// # Errors
/// Those of `find`; `Failed` when bytes are missing.
pub(super) fn take(
    described: Vec<Port>,
    blobs: &[Buffer],
    mut find: impl FnMut(Reference) -> Result<Handle, Failure>,
) -> Result<Vec<(String, Value)>, Failure> {
    let get = |place: usize| {
        let missing = || Failure::failed("the bytes of a value are missing");
        blobs.get(place).cloned().ok_or_else(missing)
    };
    let values = described.into_iter().map(|(name, value)| {
        let value = match value {
            Described::None => Value::None,
            Described::Bool(it) => Value::Bool(it),
            Described::Int(it) => Value::Int(it),
            Described::Float(it) => Value::Float(f64::from_bits(it)),
            Described::Text(it) => Value::Text(it.into()),
            Described::Choice(it) => Value::Choice(it.into()),
            Described::Bytes { media_type, data } => {
                Value::Bytes(Bytes { media_type: media_type.into(), data: get(data)? })
            }
            Described::Image { info, data } => Value::Image(Image { info, data: get(data)? }),
            Described::Mask { info, data } => Value::Mask(Image { info, data: get(data)? }),
            Described::Tensor { dtype, shape, data } => {
                Value::Tensor(Tensor { dtype: dtype.into(), shape: shape.into(), data: get(data)? })
            }
            Described::Handle(reference) => Value::Handle(find(reference)?),
        };
        Ok((name, value))
    });
    values.collect()
}
