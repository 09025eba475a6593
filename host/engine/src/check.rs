//! Nodes are not believed: what they return is compared with what they declared.

use std::sync::Arc;

use wirebrush_schema::{Failure, Kind};

use crate::plan::NodeType;
use crate::{Image, Tensor, Value};

/// Puts outputs in the definition's order.
///
/// # Errors
/// `Failed`, naming node type and output, when one is missing, unknown, double, of another kind, or not as long as
/// it says.
pub(crate) fn arrange(ty: &NodeType, outputs: Vec<(String, Value)>) -> Result<Arc<[Value]>, Failure> {
    let mut slots: Vec<Option<Value>> = vec![None; ty.outputs.len()];
    for (name, value) in outputs {
        let lie = |what: String| Failure::failed(format!("node `{}` returned output `{name}` {what}", ty.id));
        let Some(position) = ty.outputs.iter().position(|port| *port.name == *name) else {
            return Err(lie("that it does not declare".to_owned()));
        };
        let port = &ty.outputs[position];
        let kind = port.kind.as_str();
        let absent = matches!(value, Value::None) && port.optional;
        if kind != Kind::ANY && kind != value.kind() && !absent {
            return Err(lie(format!("as {}; expected {kind}", value.kind())));
        }
        if let Err(why) = sound(&value) {
            return Err(lie(why));
        }
        if slots[position].replace(value).is_some() {
            return Err(lie("twice".to_owned()));
        }
    }
    let ports = &ty.outputs;
    slots
        .into_iter()
        .enumerate()
        .map(|(position, slot)| match slot {
            Some(value) => Ok(value),
            None if ports[position].optional => Ok(Value::None),
            None => Err(Failure::failed(format!(
                "node `{}` did not return output `{}` ({})",
                ty.id, ports[position].name, ports[position].kind
            ))),
        })
        .collect()
}

/// Makes a value what a port of another kind takes, where kinds connect without being equal; else gives it back.
pub(crate) fn convert(value: Value, kind: &str) -> Result<Value, Value> {
    match (value, kind) {
        (Value::Int(it), Kind::FLOAT) => Ok(Value::Float(it as f64)),
        (Value::Mask(it), Kind::IMAGE) => Ok(Value::Image(it)),
        (Value::Choice(it), Kind::TEXT) => Ok(Value::Text(it)),
        (Value::Text(it), Kind::CHOICE) => Ok(Value::Choice(it)),
        (value, _) => Err(value),
    }
}

/// Whether sizes are what the value says.
fn sound(value: &Value) -> Result<(), String> {
    match value {
        Value::Image(image) => sound_image(image),
        Value::Mask(mask) if mask.info.channels != 1 => {
            Err(format!("as mask of {} channels; expected 1", mask.info.channels))
        }
        Value::Mask(mask) => sound_image(mask),
        Value::Tensor(tensor) => sound_tensor(tensor),
        _ => Ok(()),
    }
}

fn sound_image(image: &Image) -> Result<(), String> {
    let info = &image.info;
    if !matches!(info.channels, 1 | 3 | 4) {
        return Err(format!("with {} channels; expected 1, 3 or 4", info.channels));
    }
    if info.size_bytes() != Some(image.data.len() as u64) {
        return Err(format!(
            "of {} bytes; expected {} × {} × {} × {} samples of {} bytes",
            image.data.len(),
            info.frames,
            info.height,
            info.width,
            info.channels,
            info.sample.bytes()
        ));
    }
    Ok(())
}

fn sound_tensor(tensor: &Tensor) -> Result<(), String> {
    // Types we do not know keep their length a secret.
    let Some(bytes) = dtype_bytes(&tensor.dtype) else { return Ok(()) };
    let expected = tensor.shape.iter().try_fold(bytes, |product, axis| product.checked_mul(*axis));
    if expected == Some(tensor.data.len() as u64) {
        return Ok(());
    }
    Err(format!("of {} bytes; expected {:?} elements of {}", tensor.data.len(), tensor.shape, tensor.dtype))
}

fn dtype_bytes(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "bool" | "u8" | "i8" | "f8_e4m3" | "f8_e5m2" => 1,
        "u16" | "i16" | "f16" | "bf16" => 2,
        "u32" | "i32" | "f32" => 4,
        "u64" | "i64" | "f64" => 8,
        _ => return None,
    })
}
