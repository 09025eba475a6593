mod encode;
mod flatten;

use wirebrush_sdk::prelude::*;

use self::encode::Format;
use crate::color::Rgba;

/// Turns a picture into a file that the host writes.
///
/// Linear light becomes sRGB and premultiplied alpha straight; a picture of data is written as it is. Samples are
/// rounded to the nearest step.
#[derive(Debug, Default)]
pub struct SaveImage;

impl Node for SaveImage {
    fn definition() -> Definition {
        Definition::new("image/SaveImage", "image")
            .title("Save Image")
            .description("Writes a picture as PNG, JPEG, WebP (lossless) or TIFF.")
            .sink()
            .input(Port::image("image").tooltip("The picture to write."))
            .input(Port::text("name", "image").tooltip("Of the file, without folder and ending."))
            .input(Port::choice("format", &Format::KEYS).tooltip(
                "PNG, WebP and TIFF keep every sample and alpha; JPEG is the smallest for photos and has no alpha.",
            ))
            .input(Port::choice("depth", &["8", "16"]).title("Bits").tooltip(
                "Bits of a sample. JPEG and WebP know 8 only; PNG and TIFF keep gradients finer with 16.",
            ))
            .input(
                Port::int("quality", 95, 1..=100)
                    .widget("slider")
                    .tooltip("Of JPEG, never subsampled: 95 shows no difference, below 75 blocks show."),
            )
            .input(
                Port::text("background", "#ffffff")
                    .widget("color")
                    .advanced()
                    .tooltip("Lies below transparent parts where the format has no alpha, as JPEG."),
            )
            .input(
                Port::int("frame", 0, 0..=65535).advanced().tooltip("Which one of several frames to write."),
            )
            .output(Port::bytes("file"))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let format = Format::parse(&inputs.choice("format")?)?;
        let sixteen = match inputs.choice("depth")?.as_str() {
            "8" => false,
            "16" => true,
            other => return Err(Failure::invalid("depth", format!("expected 8 or 16, found `{other}`"))),
        };
        let quality = inputs.int("quality")?.clamp(1, 100) as u8;
        let background = Rgba::parse("background", &inputs.text("background")?)?;
        let frame = frame(inputs.int("frame")?, image.info().frames, cx)?;

        let sixteen = sixteen && format.has_sixteen_bits(cx);
        format.check_size(image.info())?;
        let background = if format.has_alpha() { None } else { Some(background) };
        let flat = flatten::flatten(&image, frame, sixteen, background, cx)?;
        drop(image);
        let data = encode::encode(&flat, format, quality)?;
        Ok(Outputs::new().with("file", Bytes { media_type: format.media_type().to_owned(), data }))
    }
}

fn frame(wanted: i64, frames: u32, cx: &Context<'_>) -> Result<u32> {
    let frame = u32::try_from(wanted)
        .ok()
        .filter(|frame| *frame < frames)
        .ok_or_else(|| Failure::invalid("frame", format!("expected 0 to {}, found {wanted}", frames - 1)))?;
    if frames > 1 {
        cx.warn(format!("the picture has {frames} frames: frame {frame} is written"));
    }
    Ok(frame)
}
