//! Every kind of value goes in and comes out, to the last bit.

use wirebrush_engine::{Buffer, Bytes, Image, Tensor, Value};
use wirebrush_schema::{Alpha, Color, ImageInfo, Sample};

use super::Case;

/// The case of one value that is echoed; the other ports keep what they have by default.
fn echo(name: &'static str, port: &'static str, value: Value) -> Case {
    let values = [
        ("bool", Value::Bool(false)),
        ("int", Value::Int(0)),
        ("seed", Value::Int(0)),
        ("float", Value::Float(0.0)),
        ("text", Value::Text("".into())),
        ("choice", Value::Choice("bilinear".into())),
        ("bytes", Value::None),
        ("image", Value::None),
        ("mask", Value::None),
        ("tensor", Value::None),
        ("handle", Value::None),
    ];
    values.into_iter().fold(Case::new(name, "Echo"), |case, (at, default)| {
        let value = if at == port { value.clone() } else { default };
        case.input(at, value.clone()).gives(at, value)
    })
}

fn bytes(media_type: &str, data: &[u8]) -> Value {
    Value::Bytes(Bytes { media_type: media_type.into(), data: Buffer::new(data.to_vec()) })
}

fn tensor(dtype: &str, shape: &[u64], data: &[u8]) -> Value {
    Value::Tensor(Tensor { dtype: dtype.into(), shape: shape.into(), data: Buffer::new(data.to_vec()) })
}

fn image(info: ImageInfo) -> Image {
    let size = info.size_bytes().expect("a small picture");
    Image { info, data: Buffer::new((0..size).map(|index| (index * 7 + 3) as u8).collect::<Vec<u8>>()) }
}

pub(super) fn cases() -> Vec<Case> {
    let animation = ImageInfo {
        frames: 3,
        color: Color::Linear,
        alpha: Alpha::Premultiplied,
        ..ImageInfo::srgb(5, 4, 4, Sample::F16)
    };
    let mask = ImageInfo { color: Color::Data, ..ImageInfo::srgb(7, 2, 1, Sample::U16) };
    let many_bytes: Vec<u8> = (0..3_000_001_u32).map(|index| (index % 251) as u8).collect();
    vec![
        echo("true stays true", "bool", Value::Bool(true)),
        echo("the smallest integer arrives", "int", Value::Int(i64::MIN)),
        echo("the largest integer arrives", "int", Value::Int(i64::MAX)),
        echo("the largest seed arrives as its bit pattern", "seed", Value::Int(u64::MAX.cast_signed())),
        echo("negative zero keeps its sign", "float", Value::Float(-0.0)),
        echo("the smallest number above zero arrives", "float", Value::Float(5e-324)),
        echo("text of every plane, with a NUL, arrives", "text", Value::Text("ß\0 日本 🖌️\r\n".into())),
        echo("a choice arrives as its key", "choice", Value::Choice("nearest".into())),
        echo("bytes arrive with their media type", "bytes", bytes("image/png", &[0, 255, 10, 13])),
        echo("no bytes at all are still bytes", "bytes", bytes("application/octet-stream", &[])),
        echo("three megabytes arrive", "bytes", bytes("application/octet-stream", &many_bytes)),
        echo("a gray byte image arrives", "image", Value::Image(image(ImageInfo::srgb(1, 1, 1, Sample::U8)))),
        echo("a color image arrives", "image", Value::Image(image(ImageInfo::srgb(33, 9, 3, Sample::F32)))),
        echo("frames, meaning and alpha arrive", "image", Value::Image(image(animation))),
        echo("a mask arrives", "mask", Value::Mask(image(mask))),
        echo(
            "a tensor arrives",
            "tensor",
            tensor("bf16", &[2, 1, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ),
        echo("a tensor of nothing arrives", "tensor", tensor("f32", &[0, 3], &[])),
        echo("a tensor without axes is one number", "tensor", tensor("f64", &[], &[1, 2, 3, 4, 5, 6, 7, 8])),
        Case::new("lists arrive whole and in order", "List")
            .input("texts", Value::Text("b".into()))
            .input("numbers", Value::Int(40))
            .input("texts", Value::Text("".into()))
            .input("images", Value::Image(image(ImageInfo::srgb(3, 1, 1, Sample::U8))))
            .input("texts", Value::Text("a".into()))
            .input("images", Value::Image(image(ImageInfo::srgb(2, 1, 1, Sample::U8))))
            .input("numbers", Value::Int(2))
            .gives("joined", Value::Text("b||a".into()))
            .gives("sum", Value::Int(42))
            .gives("widths", Value::Text("3|2".into())),
        Case::new("empty lists arrive", "List")
            .gives("joined", Value::Text("".into()))
            .gives("sum", Value::Int(0))
            .gives("widths", Value::Text("".into())),
        Case::new("the least a node can do is done", "Trivial")
            .input("number", Value::Int(41))
            .gives("number", Value::Int(42)),
    ]
}
