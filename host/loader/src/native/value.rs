//! Values across the boundary. Buffers are shared both ways and recognized when they come home.

use std::sync::Arc;

use wirebrush_abi as abi;
use wirebrush_engine::{Buffer, Bytes, Image, Tensor, Value};

use super::handle;

pub(super) fn send(value: Value) -> abi::Value {
    match value {
        Value::None => abi::Value::None,
        Value::Bool(it) => abi::Value::Bool(it),
        Value::Int(it) => abi::Value::Int(it),
        Value::Float(it) => abi::Value::Float(it),
        Value::Text(it) => abi::Value::Text((&*it).into()),
        Value::Choice(it) => abi::Value::Choice((&*it).into()),
        Value::Bytes(it) => {
            abi::Value::Bytes(abi::Bytes { media_type: (&*it.media_type).into(), data: send_buffer(it.data) })
        }
        Value::Image(it) => abi::Value::Image(send_image(it)),
        Value::Mask(it) => abi::Value::Mask(send_image(it)),
        Value::Tensor(it) => abi::Value::Tensor(abi::Tensor {
            dtype: (&*it.dtype).into(),
            shape: it.shape.to_vec().into(),
            data: send_buffer(it.data),
        }),
        Value::Handle(it) => abi::Value::Handle(handle::send(it)),
    }
}

/// Takes a value of plugin `plugin` in.
///
/// # Errors
/// What is wrong with a picture.
pub(super) fn receive(value: abi::Value, plugin: &Arc<str>) -> Result<Value, String> {
    Ok(match value {
        abi::Value::None => Value::None,
        abi::Value::Bool(it) => Value::Bool(it),
        abi::Value::Int(it) => Value::Int(it),
        abi::Value::Float(it) => Value::Float(it),
        abi::Value::Text(it) => Value::Text(it.as_str().into()),
        abi::Value::Choice(it) => Value::Choice(it.as_str().into()),
        abi::Value::Bytes(it) => {
            Value::Bytes(Bytes { media_type: it.media_type.as_str().into(), data: receive_buffer(it.data) })
        }
        abi::Value::Image(it) => Value::Image(receive_image(it)?),
        abi::Value::Mask(it) => Value::Mask(receive_image(it)?),
        abi::Value::Tensor(it) => Value::Tensor(Tensor {
            dtype: it.dtype.as_str().into(),
            shape: it.shape.as_slice().into(),
            data: receive_buffer(it.data),
        }),
        abi::Value::Handle(it) => Value::Handle(handle::receive(it, plugin)),
    })
}

/// Takes a picture in; whoever reads it relies on its length.
pub(super) fn receive_image(image: abi::Image) -> Result<Image, String> {
    let image = Image { info: image.info.into(), data: receive_buffer(image.data) };
    crate::registry::check_image(&image)?;
    Ok(image)
}

fn send_image(image: Image) -> abi::Image {
    abi::Image { info: image.info.into(), data: send_buffer(image.data) }
}

fn send_buffer(buffer: Buffer) -> abi::Buffer {
    match buffer.owner::<abi::Buffer>() {
        Some(shared) => shared.clone(),
        None => abi::Buffer::new(Lent(buffer)),
    }
}

fn receive_buffer(buffer: abi::Buffer) -> Buffer {
    match buffer.owner::<Lent>() {
        Some(Lent(ours)) => ours.clone(),
        None => Buffer::new(buffer),
    }
}

/// A buffer of the host, seen by a plugin.
struct Lent(Buffer);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_comes_home_is_the_one_that_left() {
        let ours = Buffer::new(vec![1_u8, 2, 3]);
        let back = receive_buffer(send_buffer(ours.clone()));
        assert_eq!(back.as_ptr(), ours.as_ptr());
        assert!(back.owner::<Vec<u8>>().is_some(), "no wrapper was left around it");

        let theirs = abi::Buffer::new(vec![4_u8, 5]);
        let address = theirs.as_ref().as_ptr();
        let again = send_buffer(receive_buffer(theirs));
        assert_eq!(again.as_ref().as_ptr(), address);
        assert!(again.owner::<Vec<u8>>().is_some(), "no wrapper was left around it");
    }
}
