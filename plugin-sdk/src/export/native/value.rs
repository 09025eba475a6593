//! Values across the boundary: pictures are shared, the rest is moved or copied once.

use std::any::Any;
use std::sync::Arc;

use wirebrush_abi as abi;

use super::handle;
use crate::{Bytes, Failure, Image, ImageInfo, Mask, Pixels, Result, Tensor, Value};

pub(super) fn receive(value: abi::Value) -> Result<Value> {
    Ok(match value {
        abi::Value::None => Value::None,
        abi::Value::Bool(it) => Value::Bool(it),
        abi::Value::Int(it) => Value::Int(it),
        abi::Value::Float(it) => Value::Float(it),
        abi::Value::Text(it) => Value::Text(it.into()),
        abi::Value::Choice(it) => Value::Choice(it.into()),
        abi::Value::Bytes(it) => {
            Value::Bytes(Bytes { media_type: it.media_type.into(), data: it.data.as_ref().to_vec() })
        }
        abi::Value::Image(it) => Value::Image(receive_image(it)),
        abi::Value::Mask(it) => Value::Mask(Mask::new(receive_image(it))?),
        abi::Value::Tensor(it) => Value::Tensor(Tensor {
            dtype: it.dtype.into(),
            shape: it.shape.into(),
            data: it.data.as_ref().to_vec(),
        }),
        abi::Value::Handle(it) => Value::Handle(handle::receive(it)),
    })
}

pub(super) fn send(value: Value) -> Result<abi::Value> {
    Ok(match value {
        Value::None => abi::Value::None,
        Value::Bool(it) => abi::Value::Bool(it),
        Value::Int(it) => abi::Value::Int(it),
        Value::Float(it) => abi::Value::Float(it),
        Value::Text(it) => abi::Value::Text(it.into()),
        Value::Choice(it) => abi::Value::Choice(it.into()),
        Value::Bytes(it) => abi::Value::Bytes(abi::Bytes {
            media_type: it.media_type.into(),
            data: abi::Buffer::new(it.data),
        }),
        Value::Image(it) => abi::Value::Image(send_image(it)?),
        Value::Mask(it) => abi::Value::Mask(send_image(it.into_image())?),
        Value::Tensor(it) => abi::Value::Tensor(abi::Tensor {
            dtype: it.dtype.into(),
            shape: it.shape.into(),
            data: abi::Buffer::new(it.data),
        }),
        Value::Handle(it) => abi::Value::Handle(handle::send(it)),
    })
}

/// Shares a picture's pixels with the host; the host's own go back as they came.
pub(super) fn send_image(image: Image) -> Result<abi::Image> {
    let info = (*image.info()).into();
    let known = image.as_foreign().and_then(|pixels| pixels.as_any().downcast_ref::<HostPixels>());
    let data = match known {
        Some(pixels) => pixels.data.clone(),
        None => abi::Buffer::new(OwnPixels(image.into_shared()?)),
    };
    Ok(abi::Image { info, data })
}

fn receive_image(image: abi::Image) -> Image {
    let info: ImageInfo = image.info.into();
    Image::foreign(info, Arc::new(HostPixels { data: image.data, row_bytes: info.row_bytes() as usize }))
}

/// Pixels of this plugin, shared with the host.
struct OwnPixels(Arc<Vec<u8>>);

impl AsRef<[u8]> for OwnPixels {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Pixels the host shares with this plugin; their number was checked there.
struct HostPixels {
    data: abi::Buffer,
    row_bytes: usize,
}

impl Pixels for HostPixels {
    fn read(&self, first: u64, rows: &mut [u8]) -> Result<()> {
        let all = self.data.as_ref();
        let from = usize::try_from(first).ok().and_then(|first| first.checked_mul(self.row_bytes));
        let found = from.and_then(|from| all.get(from..)?.get(..rows.len()));
        let found = found.ok_or_else(|| {
            Failure::failed(format!(
                "{} bytes from row {first} of an image of {} bytes",
                rows.len(),
                all.len()
            ))
        })?;
        rows.copy_from_slice(found);
        Ok(())
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self.data.as_ref())
    }

    fn into_vec(self: Arc<Self>) -> std::result::Result<Vec<u8>, Arc<dyn Pixels>> {
        // A `Vec` of the host has the host's allocator, so that a plugin never owns it.
        Err(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
