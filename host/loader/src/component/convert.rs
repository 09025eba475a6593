//! Values of the engine as values of the world, and back.

use std::sync::Arc;

use wasmtime::component::{Resource, ResourceTable};
use wirebrush_engine::{Buffer, Bytes, Image, Tensor, Value};
use wirebrush_schema::{Alpha, Color, Failure, ImageInfo, LogLevel, Sample};

use super::bindings::wirebrush::node::{host as wit, types};
use super::handle;
use super::images::HostImage;

/// What a component gets.
///
/// # Errors
/// `InvalidInput` when a handle is not the plugin's own.
pub(super) fn inputs(
    table: &mut ResourceTable,
    plugin: &str,
    values: Vec<(String, Value)>,
) -> Result<Vec<types::NamedValue>, Failure> {
    values
        .into_iter()
        .map(|(name, value)| match value_out(table, plugin, value) {
            Ok(value) => Ok(types::NamedValue { name, value }),
            Err(failure) => Err(Failure::invalid(name, failure.to_string())),
        })
        .collect()
}

/// What a component gave.
///
/// # Errors
/// `Failed` when it gave a resource it does not have.
pub(super) fn outputs(
    table: &mut ResourceTable,
    plugin: &Arc<str>,
    values: Vec<types::NamedValue>,
) -> Result<Vec<(String, Value)>, Failure> {
    values
        .into_iter()
        .map(|types::NamedValue { name, value }| match value_in(table, plugin, value) {
            Ok(value) => Ok((name, value)),
            Err(failure) => Err(Failure::failed(format!("output `{name}`: {failure}"))),
        })
        .collect()
}

fn value_out(table: &mut ResourceTable, plugin: &str, value: Value) -> Result<types::Value, Failure> {
    let mut keep =
        |image| table.push(HostImage(image)).map_err(|error| Failure::failed(format!("image: {error}")));
    Ok(match value {
        Value::None => types::Value::None,
        Value::Bool(it) => types::Value::Bool(it),
        Value::Int(it) => types::Value::Int(it),
        Value::Float(it) => types::Value::Float(it),
        Value::Text(it) => types::Value::Text(it.as_ref().to_owned()),
        Value::Choice(it) => types::Value::Choice(it.as_ref().to_owned()),
        Value::Bytes(it) => types::Value::Bytes(types::Bytes {
            media_type: it.media_type.as_ref().to_owned(),
            data: it.data.to_vec(),
        }),
        Value::Image(it) => types::Value::Image(keep(it)?),
        Value::Mask(it) => types::Value::Mask(keep(it)?),
        Value::Tensor(it) => types::Value::Tensor(types::Tensor {
            dtype: it.dtype.as_ref().to_owned(),
            shape: it.shape.to_vec(),
            data: it.data.to_vec(),
        }),
        Value::Handle(it) => types::Value::Handle(handle::give(plugin, &it)?),
    })
}

fn value_in(table: &mut ResourceTable, plugin: &Arc<str>, value: types::Value) -> Result<Value, Failure> {
    let mut take = |image: Resource<HostImage>| -> Result<Image, Failure> {
        table.delete(image).map(|image| image.0).map_err(|error| Failure::failed(format!("image: {error}")))
    };
    Ok(match value {
        types::Value::None => Value::None,
        types::Value::Bool(it) => Value::Bool(it),
        types::Value::Int(it) => Value::Int(it),
        types::Value::Float(it) => Value::Float(it),
        types::Value::Text(it) => Value::Text(it.into()),
        types::Value::Choice(it) => Value::Choice(it.into()),
        types::Value::Bytes(it) => {
            Value::Bytes(Bytes { media_type: it.media_type.into(), data: Buffer::new(it.data) })
        }
        types::Value::Image(it) => Value::Image(take(it)?),
        types::Value::Mask(it) => Value::Mask(take(it)?),
        types::Value::Tensor(it) => Value::Tensor(Tensor {
            dtype: it.dtype.into(),
            shape: it.shape.into(),
            data: Buffer::new(it.data),
        }),
        types::Value::Handle(it) => Value::Handle(handle::take(plugin, it)),
    })
}

impl From<Failure> for wit::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::InvalidInput { port, why } => Self::InvalidInput(wit::InvalidInput { port, why }),
            Failure::Cancelled => Self::Cancelled,
            Failure::OutOfMemory { needed, device } => Self::OutOfMemory(wit::OutOfMemory { needed, device }),
            Failure::Unsupported { what } => Self::Unsupported(what),
            Failure::Failed { why } => Self::Failed(why),
        }
    }
}

impl From<wit::Failure> for Failure {
    fn from(failure: wit::Failure) -> Self {
        match failure {
            wit::Failure::InvalidInput(it) => Self::InvalidInput { port: it.port, why: it.why },
            wit::Failure::Cancelled => Self::Cancelled,
            wit::Failure::OutOfMemory(it) => Self::OutOfMemory { needed: it.needed, device: it.device },
            wit::Failure::Unsupported(what) => Self::Unsupported { what },
            wit::Failure::Failed(why) => Self::Failed { why },
        }
    }
}

pub(super) fn level(level: wit::LogLevel) -> LogLevel {
    match level {
        wit::LogLevel::Debug => LogLevel::Debug,
        wit::LogLevel::Info => LogLevel::Info,
        wit::LogLevel::Warn => LogLevel::Warn,
        wit::LogLevel::Error => LogLevel::Error,
    }
}

pub(super) fn info_out(info: &ImageInfo) -> wit::ImageInfo {
    wit::ImageInfo {
        frames: info.frames,
        height: info.height,
        width: info.width,
        channels: info.channels,
        sample: match info.sample {
            Sample::U8 => wit::Sample::U8,
            Sample::U16 => wit::Sample::U16,
            Sample::F16 => wit::Sample::F16,
            Sample::F32 => wit::Sample::F32,
        },
        color: match info.color {
            Color::Srgb => wit::Color::Srgb,
            Color::Linear => wit::Color::Linear,
            Color::Data => wit::Color::Data,
        },
        alpha: match info.alpha {
            Alpha::None => wit::Alpha::None,
            Alpha::Straight => wit::Alpha::Straight,
            Alpha::Premultiplied => wit::Alpha::Premultiplied,
        },
    }
}

pub(super) fn info_in(info: &wit::ImageInfo) -> ImageInfo {
    ImageInfo {
        frames: info.frames,
        height: info.height,
        width: info.width,
        channels: info.channels,
        sample: match info.sample {
            wit::Sample::U8 => Sample::U8,
            wit::Sample::U16 => Sample::U16,
            wit::Sample::F16 => Sample::F16,
            wit::Sample::F32 => Sample::F32,
        },
        color: match info.color {
            wit::Color::Srgb => Color::Srgb,
            wit::Color::Linear => Color::Linear,
            wit::Color::Data => Color::Data,
        },
        alpha: match info.alpha {
            wit::Alpha::None => Alpha::None,
            wit::Alpha::Straight => Alpha::Straight,
            wit::Alpha::Premultiplied => Alpha::Premultiplied,
        },
    }
}
