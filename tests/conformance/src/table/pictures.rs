//! Pictures read and written in bands, in memory of the node's own, and row by row.

use wirebrush_engine::{Buffer, Bytes, Image, Value};
use wirebrush_schema::{Failure, ImageInfo, Sample};

use super::Case;

fn floats(info: ImageInfo, sample: impl Fn(usize) -> f32) -> Value {
    let count = info.size_bytes().expect("a picture fits") / 4;
    let mut data = Vec::with_capacity(count as usize * 4);
    for index in 0..count as usize {
        data.extend_from_slice(&sample(index).to_ne_bytes());
    }
    Value::Image(Image { info, data: Buffer::new(data) })
}

fn gray(width: u32, height: u32, pixels: &[u8]) -> Value {
    let info = ImageInfo::srgb(width, height, 1, Sample::U8);
    Value::Image(Image { info, data: Buffer::new(pixels.to_vec()) })
}

pub(super) fn cases() -> Vec<Case> {
    // 151 MB. Multiples of 1/256 are exact in f32, and so is 1 minus each.
    let large = ImageInfo::srgb(4096, 2304, 4, Sample::F32);
    let value = |index: usize| ((index / 4096 + index) % 257) as f32 / 256.0;
    let inverse = |index: usize| if index % 4 == 3 { value(index) } else { 1.0 - value(index) };
    vec![
        Case::new("a picture of 4096×2304 RGBA f32 is inverted exactly", "Invert")
            .input("image", floats(large, value))
            .gives("image", floats(large, inverse)),
        Case::new("byte samples are inverted exactly", "Invert")
            .input("image", gray(3, 2, &[0, 1, 2, 127, 128, 255]))
            .gives("image", gray(3, 2, &[255, 254, 253, 128, 127, 0])),
        Case::new("a picture may come from the node's own memory", "Owned")
            .input("image", gray(2, 3, &[1, 2, 3, 4, 5, 6]))
            .gives("image", gray(2, 3, &[5, 6, 3, 4, 1, 2])),
        Case::new("single rows can be read", "Describe")
            .input("image", gray(2, 3, &[1, 2, 3, 4, 5, 6]))
            .input("row", Value::Int(1))
            .gives(
                "info",
                Value::Text(
                    "ImageInfo { frames: 1, height: 3, width: 2, channels: 1, sample: U8, color: Srgb, \
                     alpha: None }"
                        .into(),
                ),
            )
            .gives(
                "row",
                Value::Bytes(Bytes {
                    media_type: "application/octet-stream".into(),
                    data: Buffer::new(vec![3_u8, 4]),
                }),
            ),
        Case::new("a row beyond the picture is a failure", "Describe")
            .input("image", gray(2, 3, &[1, 2, 3, 4, 5, 6]))
            .input("row", Value::Int(3))
            .fails(Failure::failed("everything/Describe: rows 3 to 4 of an image of 3 rows")),
    ]
}
