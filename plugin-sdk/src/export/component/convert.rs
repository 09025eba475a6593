//! Values of the SDK as values of the world, and back.

use super::bindings::exports::wirebrush::node::node::NamedValue;
use super::bindings::wirebrush::node::{host as wit, types};
use super::pixels;
use crate::{
    Alpha, Bytes, Color, Failure, Handle, ImageInfo, Inputs, LogLevel, Mask, Outputs, Plugin, Result, Sample,
    Tensor, Value,
};

/// What the host hands to a node.
///
/// # Errors
/// `InvalidInput` when a handle's bytes cannot be restored.
pub(super) fn inputs(plugin: &Plugin, values: Vec<NamedValue>) -> Result<Inputs> {
    values
        .into_iter()
        .map(|NamedValue { name, value }| match value_in(plugin, value) {
            Ok(value) => Ok((name, value)),
            Err(failure) => Err(Failure::invalid(name, failure.to_string())),
        })
        .collect()
}

/// What a node hands to the host.
///
/// # Errors
/// `Failed` when a handle cannot be saved or the host takes no more pixels.
pub(super) fn outputs(outputs: Outputs) -> Result<Vec<NamedValue>> {
    outputs
        .into_values()
        .into_iter()
        .map(|(name, value)| Ok(NamedValue { value: value_out(value)?, name }))
        .collect()
}

/// Writes a handle down.
///
/// # Errors
/// `Failed` when its type does not support that.
pub(super) fn save(handle: &Handle) -> Result<types::Handle> {
    let saved = handle.object().save()?.ok_or_else(|| {
        let kind = handle.kind();
        Failure::failed(format!("a handle of {kind} cannot leave a component: its `save` returns nothing"))
    })?;
    Ok(types::Handle { kind: handle.kind().to_owned(), saved })
}

fn value_in(plugin: &Plugin, value: types::Value) -> Result<Value> {
    Ok(match value {
        types::Value::None => Value::None,
        types::Value::Bool(it) => Value::Bool(it),
        types::Value::Int(it) => Value::Int(it),
        types::Value::Float(it) => Value::Float(it),
        types::Value::Text(it) => Value::Text(it),
        types::Value::Choice(it) => Value::Choice(it),
        types::Value::Bytes(it) => Value::Bytes(Bytes { media_type: it.media_type, data: it.data }),
        types::Value::Image(it) => Value::Image(pixels::open(it)),
        types::Value::Mask(it) => Value::Mask(Mask::new(pixels::open(it))?),
        types::Value::Tensor(it) => Value::Tensor(Tensor { dtype: it.dtype, shape: it.shape, data: it.data }),
        types::Value::Handle(it) => Value::Handle(plugin.restore(&it.kind, &it.saved)?),
    })
}

fn value_out(value: Value) -> Result<types::Value> {
    Ok(match value {
        Value::None => types::Value::None,
        Value::Bool(it) => types::Value::Bool(it),
        Value::Int(it) => types::Value::Int(it),
        Value::Float(it) => types::Value::Float(it),
        Value::Text(it) => types::Value::Text(it),
        Value::Choice(it) => types::Value::Choice(it),
        Value::Bytes(it) => types::Value::Bytes(types::Bytes { media_type: it.media_type, data: it.data }),
        Value::Image(it) => types::Value::Image(pixels::upload(&it)?),
        Value::Mask(it) => types::Value::Mask(pixels::upload(it.image())?),
        Value::Tensor(it) => {
            types::Value::Tensor(types::Tensor { dtype: it.dtype, shape: it.shape, data: it.data })
        }
        Value::Handle(it) => types::Value::Handle(save(&it)?),
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

pub(super) fn level(level: LogLevel) -> wit::LogLevel {
    match level {
        LogLevel::Debug => wit::LogLevel::Debug,
        LogLevel::Info => wit::LogLevel::Info,
        LogLevel::Warn => wit::LogLevel::Warn,
        LogLevel::Error => wit::LogLevel::Error,
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
