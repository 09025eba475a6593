//! Values compared to the last bit.

use wirebrush_engine::Value;

/// What is different about two lists of outputs, or `None` when nothing is.
pub fn difference(expected: &[(String, Value)], found: &[(String, Value)]) -> Option<String> {
    let names = |values: &[(String, Value)]| values.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if names(expected) != names(found) {
        return Some(format!("expected outputs {:?}, found {:?}", names(expected), names(found)));
    }
    expected.iter().zip(found).find(|((_, expected), (_, found))| !same(expected, found)).map(
        |((name, expected), (_, found))| {
            format!("output `{name}`: expected {}, found {}", show(expected), show(found))
        },
    )
}

/// A value in one line: pixels by their first bytes only.
pub fn show(value: &Value) -> String {
    let mut text = format!("{value:?}");
    if let Value::Image(image) | Value::Mask(image) = value {
        text = format!("{text} {:?}…", &image.data[..image.data.len().min(16)]);
    }
    text
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::None, Value::None) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        // Bits, so that NaN equals itself and −0 is not 0.
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Text(a), Value::Text(b)) | (Value::Choice(a), Value::Choice(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a.media_type == b.media_type && *a.data == *b.data,
        (Value::Image(a), Value::Image(b)) | (Value::Mask(a), Value::Mask(b)) => {
            a.info == b.info && *a.data == *b.data
        }
        (Value::Tensor(a), Value::Tensor(b)) => {
            a.dtype == b.dtype && a.shape == b.shape && *a.data == *b.data
        }
        (Value::Handle(a), Value::Handle(b)) => a.kind() == b.kind() && a.save() == b.save(),
        _ => false,
    }
}
