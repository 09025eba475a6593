mod animation;
mod decode;
mod profile;
mod turn;

use wirebrush_sdk::prelude::*;

use self::decode::Decoded;
use self::turn::Turn;

// Finished rows go out in pieces of this size: a call across the sandbox's wall costs more than a row.
const BAND_BYTES: usize = 1 << 20;

/// Opens a picture file.
///
/// Reads PNG, JPEG, WebP, GIF, TIFF and BMP: 8 and 16 bits (kept), 32-bit floats of TIFF (linear light), palettes,
/// gray with and without alpha, CMYK. Turns the picture as its EXIF orientation says; of an animation takes the first
/// frame. A color profile other than sRGB is not applied, with a warning.
#[derive(Debug, Default)]
pub struct LoadImage;

impl Node for LoadImage {
    fn definition() -> Definition {
        Definition::new("image/LoadImage", "image")
            .title("Load Image")
            .description("Opens a picture file: PNG, JPEG, WebP, GIF, TIFF or BMP.")
            .input(
                Port::file("file")
                    .tooltip("Turned upright as the camera noted; of an animation the first frame."),
            )
            .input(
                Port::choice("mask", &["opaque", "transparent"])
                    .advanced()
                    .tooltip("Which part of a picture with alpha the mask shows as 1."),
            )
            .output(Port::image("image"))
            .output(Port::mask("mask").optional().tooltip("The picture's alpha; nothing when it has none."))
            .output(Port::new("width", Kind::INT).unit("px"))
            .output(Port::new("height", Kind::INT).unit("px"))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let file = inputs.bytes("file")?;
        let inverted = match inputs.choice("mask")?.as_str() {
            "opaque" => false,
            "transparent" => true,
            other => {
                let why = format!("expected opaque or transparent, found `{other}`");
                return Err(Failure::invalid("mask", why));
            }
        };
        let decoded = decode::decode(&file.data, cx)?;
        drop(file);
        let (image, mask) = build(&decoded, inverted, cx)?;
        let (width, height) = (image.width(), image.height());
        let outputs = Outputs::new().with("image", image).with("width", width).with("height", height);
        Ok(match mask {
            Some(mask) => outputs.with("mask", mask),
            None => outputs.with("mask", Value::None),
        })
    }
}

/// Hands the decoded pixels on, upright, gray with alpha as RGBA; and alpha once more as a mask.
fn build(decoded: &Decoded, inverted: bool, cx: &Context<'_>) -> Result<(Image, Option<Mask>)> {
    let turn = Turn::new(decoded.orientation, decoded.width, decoded.height);
    let sample = decoded.sample.bytes() as usize;
    let old = decoded.channels * sample;
    let channels = if decoded.channels == 2 { 4 } else { decoded.channels };
    let info = ImageInfo {
        color: decoded.color,
        ..ImageInfo::srgb(turn.width, turn.height, channels as u32, decoded.sample)
    };
    let mut image = ImageBuilder::new(info)?;
    let has_alpha = channels == 4;
    let mask_info =
        ImageInfo { color: Color::Data, ..ImageInfo::srgb(turn.width, turn.height, 1, decoded.sample) };
    let mut mask = if has_alpha { Some(ImageBuilder::new(mask_info)?) } else { None };
    let (mut band, mut alpha) = (Vec::new(), Vec::new());
    for y in 0..turn.height {
        for at in turn.row(y) {
            let pixel = &decoded.pixels[at * old..][..old];
            if decoded.channels == 2 {
                let (gray, opacity) = pixel.split_at(sample);
                for part in [gray, gray, gray, opacity] {
                    band.extend_from_slice(part);
                }
            } else {
                band.extend_from_slice(pixel);
            }
            if has_alpha {
                alpha.extend_from_slice(&pixel[old - sample..]);
            }
        }
        if band.len() >= BAND_BYTES || y + 1 == turn.height {
            image.push(&band)?;
            band.clear();
            if let Some(mask) = &mut mask {
                if inverted {
                    invert(decoded.sample, &mut alpha);
                }
                mask.push(&alpha)?;
                alpha.clear();
            }
            cx.progress(u64::from(y) + 1, u64::from(turn.height))?;
        }
    }
    Ok((image.finish()?, mask.map(|mask| mask.finish().and_then(Mask::new)).transpose()?))
}

fn invert(sample: Sample, alpha: &mut [u8]) {
    match sample {
        // The complement of every bit is 255 − x and 65535 − x in either byte order.
        Sample::U8 | Sample::U16 => alpha.iter_mut().for_each(|byte| *byte = !*byte),
        Sample::F16 => unreachable!("no format decodes to half precision"),
        Sample::F32 => {
            for bytes in alpha.as_chunks_mut::<4>().0 {
                *bytes = (1.0 - f32::from_ne_bytes(*bytes)).to_ne_bytes();
            }
        }
    }
}
