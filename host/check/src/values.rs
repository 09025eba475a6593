//! Values within what ports declare: ends, defaults and what lies between, from a seed.

use std::sync::Arc;

use fastrand::Rng;
use half::f16;
use serde_json::{Number, Value as Json};
use wirebrush_engine::{Buffer, Bytes, Image, Tensor, Value};
use wirebrush_graph::Literal;
use wirebrush_schema::{Alpha, Color, ImageInfo, Kind, NumberRange, Port, Sample};

/// Sizes that pictures of a plugin's everyday life do not have.
const SIDES: [u32; 7] = [1, 2, 3, 7, 17, 64, 65];
const TEXTS: [&str; 7] = [
    "",
    " ",
    "a picture of a cat",
    "grüße, 世界 🎨",
    "{\"a\": [1}",
    "line\nline\r\n\t",
    "\u{0}\u{feff}\u{202e}",
];
const MEDIA_TYPES: [&str; 4] = ["application/octet-stream", "image/png", "text/plain", "application/json"];
const DTYPES: [(&str, u64); 5] = [("f32", 4), ("u8", 1), ("i64", 8), ("f16", 2), ("q4_unknown", 1)];

/// A picture that everyday graphs have: sRGB, 8 bits, a gradient.
pub(crate) fn picture(width: u32, height: u32, channels: u32) -> Image {
    let info = ImageInfo::srgb(width, height, channels, Sample::U8);
    let row = info.row_bytes();
    let data: Vec<u8> = (0..row * u64::from(height)).map(|at| (at % row + at / row) as u8).collect();
    Image { info, data: Buffer::new(data) }
}

/// The value an input has when nobody touches it; a small one where it has to be wired. `None` for a handle.
pub(crate) fn usual(port: &Port, side: u32) -> Option<Value> {
    if let Some(default) = &port.default {
        return literal(default, port);
    }
    if port.optional || port.list {
        return Some(Value::None);
    }
    Some(match port.kind.as_str() {
        Kind::IMAGE => Value::Image(picture(side, side, 3)),
        Kind::MASK => {
            let mut image = picture(side, side, 1);
            image.info.color = Color::Data;
            Value::Mask(image)
        }
        Kind::TENSOR => tensor("f32", 4, vec![2, 3]),
        Kind::BYTES => bytes("text/plain", b"bytes".to_vec()),
        Kind::TEXT => Value::Text("text".into()),
        Kind::BOOL => Value::Bool(false),
        Kind::INT => Value::Int(int_ends(port.range.as_ref()).0),
        Kind::FLOAT => Value::Float(float_ends(port.range.as_ref()).0),
        Kind::CHOICE => Value::Choice(port.choices.first()?.key.as_str().into()),
        Kind::NONE | Kind::ANY => Value::None,
        _ => return None,
    })
}

/// Any value a port may be given; `None` for a handle.
pub(crate) fn any(port: &Port, rng: &mut Rng) -> Option<Value> {
    if port.optional && rng.u8(..4) == 0 {
        return Some(Value::None);
    }
    if let Some(default) = &port.default
        && rng.u8(..8) == 0
    {
        return literal(default, port);
    }
    Some(match port.kind.as_str() {
        Kind::IMAGE => Value::Image(any_image(rng, None)),
        Kind::MASK => Value::Mask(any_image(rng, Some(1))),
        Kind::TENSOR => {
            let (dtype, size) = *rng.choice(&DTYPES).expect("there are some");
            let axes = rng.usize(..4);
            tensor(dtype, size, (0..axes).map(|_| rng.u64(..5)).collect())
        }
        Kind::BYTES => {
            let length = *rng.choice(&[0, 1, 7, 100, 5000]).expect("there are some");
            bytes(rng.choice(&MEDIA_TYPES).expect("there are some"), random(rng, length))
        }
        Kind::TEXT => Value::Text(any_text(rng)),
        Kind::BOOL => Value::Bool(rng.bool()),
        Kind::INT => Value::Int(any_int(port.range.as_ref(), rng)),
        Kind::FLOAT => Value::Float(any_float(port.range.as_ref(), rng)),
        Kind::CHOICE => Value::Choice(rng.choice(&port.choices)?.key.as_str().into()),
        Kind::NONE => Value::None,
        Kind::ANY => match rng.u8(..4) {
            0 => Value::Bool(rng.bool()),
            1 => Value::Int(rng.i64(..)),
            2 => Value::Image(any_image(rng, None)),
            _ => Value::Text(any_text(rng)),
        },
        _ => return None,
    })
}

fn literal(default: &Json, port: &Port) -> Option<Value> {
    Some(match wirebrush_graph::literal(default, port).ok()? {
        Literal::None => Value::None,
        Literal::Bool(it) => Value::Bool(it),
        Literal::Int(it) => Value::Int(it),
        Literal::Float(it) => Value::Float(it),
        Literal::Text(it) => Value::Text(it.into()),
        Literal::Choice(it) => Value::Choice(it.into()),
        // The host would read the file; there is none.
        Literal::File(_) => bytes("application/octet-stream", Vec::new()),
    })
}

fn bytes(media_type: &str, data: Vec<u8>) -> Value {
    Value::Bytes(Bytes { media_type: media_type.into(), data: Buffer::new(data) })
}

fn tensor(dtype: &str, size: u64, shape: Vec<u64>) -> Value {
    let length = shape.iter().product::<u64>() * size;
    let data = Buffer::new(vec![1_u8; length as usize]);
    Value::Tensor(Tensor { dtype: dtype.into(), shape: shape.into(), data })
}

fn any_text(rng: &mut Rng) -> Arc<str> {
    match rng.u8(..8) {
        0 => "word ".repeat(rng.usize(..10_000)).into(),
        1 => (0..rng.usize(..30)).map(|_| rng.char(..)).collect::<String>().into(),
        _ => (*rng.choice(&TEXTS).expect("there are some")).into(),
    }
}

fn any_image(rng: &mut Rng, channels: Option<u32>) -> Image {
    let side = |rng: &mut Rng| *rng.choice(&SIDES).expect("there are some");
    let channels = channels.unwrap_or_else(|| *rng.choice(&[1, 3, 3, 4, 4]).expect("there are some"));
    let sample = *rng.choice(&[Sample::U8, Sample::U8, Sample::U16, Sample::F16, Sample::F32]).expect("some");
    let mut info = ImageInfo::srgb(side(rng), side(rng), channels, sample);
    info.frames = if rng.u8(..4) == 0 { rng.u32(2..4) } else { 1 };
    info.color =
        *rng.choice(&[Color::Srgb, Color::Srgb, Color::Linear, Color::Data]).expect("there are some");
    if channels == 4 {
        info.alpha = *rng.choice(&[Alpha::Straight, Alpha::Premultiplied]).expect("there are some");
    }
    let samples = info.rows() as usize * info.width as usize * channels as usize;
    let data = match sample {
        Sample::U8 => random(rng, samples),
        Sample::U16 => random(rng, samples * 2),
        // Formats of these samples keep values beyond 0 to 1.
        Sample::F16 => {
            (0..samples).flat_map(|_| f16::from_f32(rng.f32() * 3.0 - 1.0).to_ne_bytes()).collect()
        }
        Sample::F32 => (0..samples).flat_map(|_| (rng.f32() * 3.0 - 1.0).to_ne_bytes()).collect(),
    };
    Image { info, data: Buffer::new(data) }
}

fn random(rng: &mut Rng, length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| rng.u8(..)).take(length).collect()
}

/// Ends of a range as `int` values; a seed's upper end is the bit pattern of 2⁶⁴−1, which is −1.
fn int_ends(range: Option<&NumberRange>) -> (i64, i64) {
    let end = |number: Option<&Number>, missing: i64| {
        number.map_or(missing, |number| {
            let whole = number.as_i64().or_else(|| number.as_u64().map(u64::cast_signed));
            whole.unwrap_or_else(|| number.as_f64().unwrap_or_default() as i64)
        })
    };
    let (min, max) = range.map_or((None, None), |range| (range.min.as_ref(), range.max.as_ref()));
    (end(min, i64::MIN), end(max, i64::MAX))
}

fn any_int(range: Option<&NumberRange>, rng: &mut Rng) -> i64 {
    let (min, max) = int_ends(range);
    match rng.u8(..4) {
        0 => min,
        1 => max,
        // A range up to 2⁶⁴−1 wraps: every pattern from its lower end on is inside.
        _ if max < min => {
            rng.u64(min.cast_unsigned()..=max.cast_unsigned().max(min.cast_unsigned())).cast_signed()
        }
        2 => rng.i64(min..=max.min(min.saturating_add(16))),
        _ => rng.i64(min..=max),
    }
}

fn float_ends(range: Option<&NumberRange>) -> (f64, f64) {
    let (min, max) = range.map_or((None, None), |range| (range.min.as_ref(), range.max.as_ref()));
    let end = |end: Option<&Number>, missing: f64| end.and_then(Number::as_f64).unwrap_or(missing);
    (end(min, -1e30), end(max, 1e30))
}

fn any_float(range: Option<&NumberRange>, rng: &mut Rng) -> f64 {
    let (min, max) = float_ends(range);
    match rng.u8(..4) {
        0 => min,
        1 => max,
        _ => (min + (max - min) * rng.f64()).clamp(min.min(max), max.max(min)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_their_range_and_reach_its_ends() {
        let mut rng = Rng::with_seed(1);
        let port = Port::int("n", 0, -3..=5);
        let ints: Vec<i64> = (0..500)
            .map(|_| match any(&port, &mut rng) {
                Some(Value::Int(it)) => it,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(ints.iter().all(|it| (-3..=5).contains(it)));
        assert!(ints.contains(&-3) && ints.contains(&5));

        let port = Port::float("x", 0.5, 0.25..=0.75);
        for _ in 0..500 {
            assert!(matches!(any(&port, &mut rng), Some(Value::Float(it)) if (0.25..=0.75).contains(&it)));
        }
    }

    #[test]
    fn a_seed_reaches_numbers_above_the_signed_ones() {
        let mut rng = Rng::with_seed(1);
        let port = Port::seed("seed", 0);
        let mut patterns = (0..100).filter_map(|_| any(&port, &mut rng));
        assert!(patterns.any(|value| matches!(value, Value::Int(-1))));
    }

    #[test]
    fn pictures_have_the_bytes_they_claim() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..200 {
            let image = any_image(&mut rng, None);
            assert_eq!(image.info.size_bytes(), Some(image.data.len() as u64));
        }
        assert_eq!(picture(3, 5, 4).data.len(), 60);
    }

    #[test]
    fn one_seed_gives_the_same_values_again() {
        let port = Port::text("text", "");
        let texts = |seed| {
            let mut rng = Rng::with_seed(seed);
            (0..50).map(|_| format!("{:?}", any(&port, &mut rng))).collect::<Vec<_>>()
        };
        assert_eq!(texts(3), texts(3));
        assert_ne!(texts(3), texts(4));
    }

    #[test]
    fn handles_come_from_elsewhere() {
        let port = Port::handle("latent", "acme.diffusion/latent@1");
        assert!(any(&port, &mut Rng::with_seed(0)).is_none());
        assert!(usual(&port, 8).is_none());
    }
}
