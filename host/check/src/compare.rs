//! Whether two results are the same, bit by bit.

use wirebrush_engine::{Image, Value};

/// Where two lists of outputs differ first, if they do.
pub(crate) fn difference(first: &[(String, Value)], second: &[(String, Value)]) -> Option<String> {
    if first.len() != second.len() {
        return Some(format!("{} outputs, then {}", first.len(), second.len()));
    }
    let mut pairs = first.iter().zip(second);
    let ((name, one), (other, two)) =
        pairs.find(|((name, one), (other, two))| name != other || !same(one, two))?;
    Some(if name == other {
        format!("output `{name}` was {}, then {}", show(one), show(two))
    } else {
        format!("output `{name}`, then `{other}` in its place")
    })
}

fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::None, Value::None) => true,
        (Value::Bool(one), Value::Bool(two)) => one == two,
        (Value::Int(one), Value::Int(two)) => one == two,
        (Value::Float(one), Value::Float(two)) => one.to_bits() == two.to_bits(),
        (Value::Text(one), Value::Text(two)) | (Value::Choice(one), Value::Choice(two)) => one == two,
        (Value::Bytes(one), Value::Bytes(two)) => one.media_type == two.media_type && *one.data == *two.data,
        (Value::Image(one), Value::Image(two)) | (Value::Mask(one), Value::Mask(two)) => same_image(one, two),
        (Value::Tensor(one), Value::Tensor(two)) => {
            one.dtype == two.dtype && one.shape == two.shape && *one.data == *two.data
        }
        // One that cannot be saved has no contents a host could compare.
        (Value::Handle(one), Value::Handle(two)) => {
            one.kind() == two.kind() && matches!((one.save(), two.save()), (Ok(one), Ok(two)) if one == two)
        }
        _ => false,
    }
}

fn same_image(one: &Image, two: &Image) -> bool {
    one.info == two.info && *one.data == *two.data
}

/// A value in a few words.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::None => "nothing".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Int(it) => it.to_string(),
        Value::Float(it) => it.to_string(),
        Value::Text(it) | Value::Choice(it) => {
            let start: String = it.chars().take(40).collect();
            if start.len() < it.len() {
                format!("{start:?}… ({} bytes)", it.len())
            } else {
                format!("{start:?}")
            }
        }
        Value::Bytes(it) => format!("{} bytes of {}", it.data.len(), it.media_type),
        Value::Image(it) | Value::Mask(it) => {
            let info = &it.info;
            let frames = if info.frames == 1 { String::new() } else { format!("{} frames of ", info.frames) };
            let (width, height) = (info.width, info.height);
            let kind = if matches!(value, Value::Mask(_)) { "a mask" } else { "an image" };
            let (channels, sample) = (info.channels, info.sample);
            format!("{frames}{kind} of {width}×{height}, {channels} channel(s), {sample:?}")
        }
        Value::Tensor(it) => format!("a {} tensor of shape {:?}", it.dtype, it.shape),
        Value::Handle(it) => format!("a {}", it.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(value: Value) -> Vec<(String, Value)> {
        vec![("out".to_owned(), value)]
    }

    #[test]
    fn numbers_are_compared_by_their_bits() {
        assert_eq!(difference(&outputs(Value::Float(f64::NAN)), &outputs(Value::Float(f64::NAN))), None);
        assert_eq!(
            difference(&outputs(Value::Float(0.0)), &outputs(Value::Float(-0.0))).unwrap(),
            "output `out` was 0, then -0"
        );
    }

    #[test]
    fn missing_and_renamed_outputs_differ() {
        assert_eq!(difference(&outputs(Value::None), &[]).unwrap(), "1 outputs, then 0");
        let other = [("in".to_owned(), Value::None)];
        assert_eq!(
            difference(&outputs(Value::None), &other).unwrap(),
            "output `out`, then `in` in its place"
        );
    }
}
