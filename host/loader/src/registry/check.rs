//! Whether a plugin keeps its word: its manifest, its definitions, its outputs.

use std::collections::HashSet;

use wirebrush_engine::{Image, Tensor, Value};
use wirebrush_schema::{Definition, Description, Kind, Manifest, Port};

use crate::Error;
use crate::manifest::is_node_of;

const KINDS: [&str; 11] = [
    Kind::NONE,
    Kind::BOOL,
    Kind::INT,
    Kind::FLOAT,
    Kind::TEXT,
    Kind::CHOICE,
    Kind::BYTES,
    Kind::IMAGE,
    Kind::MASK,
    Kind::TENSOR,
    Kind::ANY,
];

/// Whether a plugin is what its manifest says.
///
/// # Errors
/// [`Error::Description`] with the first difference.
pub(super) fn check_description(manifest: &Manifest, description: &Description) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::description(&manifest.id, why));
    let mut described = HashSet::new();
    for Definition { id, .. } in &description.nodes {
        if !is_node_of(id, &manifest.id) {
            return refuse(format!("expected nodes named `{}/Name`, found `{id}`", manifest.id));
        }
        if !described.insert(id) {
            return refuse(format!("has two nodes named `{id}`"));
        }
        if !manifest.nodes.contains(id) {
            return refuse(format!("has node `{id}`, which its plugin.json does not list"));
        }
    }
    match manifest.nodes.iter().find(|id| !described.contains(id)) {
        Some(id) => refuse(format!("its plugin.json lists node `{id}`, which it does not have")),
        None => Ok(()),
    }
}

/// Why this host cannot use a node, if it cannot: a plugin may be newer than the host.
pub(super) fn unusable(definition: &Definition) -> Option<String> {
    let sides = [("input", &definition.inputs), ("output", &definition.outputs)];
    for (side, ports) in sides {
        let mut names = HashSet::new();
        for port in ports {
            if !is_known(&port.kind) {
                return Some(format!(
                    "{side} `{}` is of kind `{}`, which this host does not know",
                    port.name, port.kind
                ));
            }
            if !names.insert(&port.name) {
                return Some(format!("has two {side}s named `{}`", port.name));
            }
        }
    }
    None
}

fn is_known(kind: &Kind) -> bool {
    kind.is_handle() || KINDS.contains(&kind.as_str())
}

/// Whether a node gave what its definition promises.
///
/// # Errors
/// The first broken promise.
pub(super) fn check_outputs(definition: &Definition, outputs: &[(String, Value)]) -> Result<(), String> {
    for (index, (name, value)) in outputs.iter().enumerate() {
        let Some(port) = definition.outputs.iter().find(|port| port.name == *name) else {
            return Err(format!("gave an output `{name}`, which it does not declare"));
        };
        if !port.list && outputs[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(format!("gave output `{name}` twice"));
        }
        check_value(port, value).map_err(|why| format!("output `{name}`: {why}"))?;
    }
    let missing = definition
        .outputs
        .iter()
        .find(|port| !port.optional && !port.list && !outputs.iter().any(|(name, _)| *name == port.name));
    match missing {
        Some(port) => Err(format!("output `{}`: expected {}, found nothing", port.name, port.kind)),
        None => Ok(()),
    }
}

fn check_value(port: &Port, value: &Value) -> Result<(), String> {
    let empty = port.optional && matches!(value, Value::None);
    if !empty && port.kind.as_str() != Kind::ANY && value.kind() != port.kind.as_str() {
        return Err(format!("expected {}, found {}", port.kind, value.kind()));
    }
    match value {
        Value::Image(image) => check_image(image),
        Value::Mask(image) if image.info.channels != 1 => {
            Err(format!("mask: expected 1 channel, found {}", image.info.channels))
        }
        Value::Mask(image) => check_image(image),
        Value::Tensor(tensor) => check_tensor(tensor),
        Value::Choice(key)
            if !port.choices.is_empty() && !port.choices.iter().any(|known| *known.key == **key) =>
        {
            Err(format!("`{key}` is none of its choices"))
        }
        _ => Ok(()),
    }
}

/// Whether a picture has the bytes its description says.
///
/// # Errors
/// What was expected and what came.
pub(crate) fn check_image(image: &Image) -> Result<(), String> {
    let info = &image.info;
    let size = format_args!(
        "{}×{} pixels, {} channel(s), {} frame(s)",
        info.width, info.height, info.channels, info.frames
    );
    if info.frames == 0 || info.height == 0 || info.width == 0 || !matches!(info.channels, 1 | 3 | 4) {
        return Err(format!("expected at least one pixel and 1, 3 or 4 channels, found {size}"));
    }
    match info.size_bytes() {
        Some(expected) if expected == image.data.len() as u64 => Ok(()),
        Some(expected) => Err(format!("expected {expected} bytes for {size}, found {}", image.data.len())),
        None => Err(format!("{size} are more than memory can hold")),
    }
}

fn check_tensor(tensor: &Tensor) -> Result<(), String> {
    let count = tensor.shape.iter().try_fold(1_u64, |count, axis| count.checked_mul(*axis));
    let expected = count.and_then(|count| count.checked_mul(element_bytes(&tensor.dtype)?));
    let found = tensor.data.len() as u64;
    match (expected, element_bytes(&tensor.dtype)) {
        // A dtype of tomorrow: how long its elements are is between the plugins that know it.
        (_, None) => Ok(()),
        (Some(expected), _) if expected == found => Ok(()),
        _ => Err(format!("a {} tensor of shape {:?} cannot have {found} bytes", tensor.dtype, tensor.shape)),
    }
}

fn element_bytes(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "bool" | "u8" | "i8" | "f8_e4m3" | "f8_e5m2" => 1,
        "u16" | "i16" | "f16" | "bf16" => 2,
        "u32" | "i32" | "f32" => 4,
        "u64" | "i64" | "f64" => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use wirebrush_engine::Buffer;
    use wirebrush_schema::{ImageInfo, Sample};

    use super::*;

    fn definition() -> Definition {
        Definition::new("p/N", "test")
            .output(Port::new("number", Kind::INT))
            .output(Port::image("image").optional())
            .output(Port::tensor("tensor").optional())
    }

    #[track_caller]
    fn check(outputs: Vec<(&str, Value)>, expected: Result<(), &str>) {
        let outputs: Vec<_> = outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(check_outputs(&definition(), &outputs), expected.map_err(str::to_owned));
    }

    #[test]
    fn optional_outputs_may_be_missing_or_empty() {
        check(vec![("number", Value::Int(1))], Ok(()));
        check(vec![("number", Value::Int(1)), ("image", Value::None)], Ok(()));
    }

    #[test]
    fn broken_promises_are_named() {
        check(vec![], Err("output `number`: expected int, found nothing"));
        check(vec![("number", Value::Float(1.0))], Err("output `number`: expected int, found float"));
        check(vec![("number", Value::None)], Err("output `number`: expected int, found none"));
        check(
            vec![("number", Value::Int(1)), ("more", Value::Int(1))],
            Err("gave an output `more`, which it does not declare"),
        );
        check(vec![("number", Value::Int(1)), ("number", Value::Int(2))], Err("gave output `number` twice"));
    }

    #[test]
    fn pictures_and_tensors_have_the_bytes_they_claim() {
        let data = Buffer::new(vec![0_u8; 11]);
        let image = Value::Image(Image { info: ImageInfo::srgb(2, 2, 3, Sample::U8), data: data.clone() });
        let why = "output `image`: expected 12 bytes for 2×2 pixels, 3 channel(s), 1 frame(s), found 11";
        check(vec![("number", Value::Int(1)), ("image", image)], Err(why));

        let tensor = |dtype: &str, shape: [u64; 2]| {
            Value::Tensor(Tensor { dtype: dtype.into(), shape: shape.into(), data: data.clone() })
        };
        let why = "output `tensor`: a f32 tensor of shape [1, 3] cannot have 11 bytes";
        check(vec![("number", Value::Int(1)), ("tensor", tensor("f32", [1, 3]))], Err(why));
        check(vec![("number", Value::Int(1)), ("tensor", tensor("u8", [11, 1]))], Ok(()));
        check(vec![("number", Value::Int(1)), ("tensor", tensor("q4", [2, 2]))], Ok(()));
        let huge = tensor("u8", [u64::MAX, 2]);
        let why = format!("output `tensor`: a u8 tensor of shape [{}, 2] cannot have 11 bytes", u64::MAX);
        check(vec![("number", Value::Int(1)), ("tensor", huge)], Err(&why));
    }

    #[test]
    fn a_kind_of_tomorrow_disables_the_node() {
        let later = Definition::new("p/N", "test").input(Port::new("shape", "mesh"));
        assert_eq!(
            unusable(&later).unwrap(),
            "input `shape` is of kind `mesh`, which this host does not know"
        );
        assert_eq!(unusable(&definition()), None);
        let twice = Definition::new("p/N", "test").output(Port::image("a")).output(Port::mask("a"));
        assert_eq!(unusable(&twice).unwrap(), "has two outputs named `a`");
    }
}
