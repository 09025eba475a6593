use wirebrush_sdk::prelude::*;

use crate::canvas;

/// Cuts a rectangle out of a picture.
#[derive(Debug, Default)]
pub struct Crop;

impl Node for Crop {
    fn definition() -> Definition {
        let size =
            |name| Port::int(name, 0, 0..=65535).unit("px").tooltip("0 goes as far as the picture does.");
        Definition::new("image/Crop", "image/transform")
            .description("Cuts a rectangle out of a picture. What sticks out of the picture is left off, with a warning.")
            .input(Port::image("image").tooltip("The picture to cut a part out of."))
            .input(Port::int("x", 0, 0..=65535).unit("px").tooltip("Columns to the left that go away."))
            .input(Port::int("y", 0, 0..=65535).unit("px").tooltip("Rows at the top that go away."))
            .input(size("width"))
            .input(size("height"))
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let x = begin("x", inputs.int("x")?, image.width())?;
        let y = begin("y", inputs.int("y")?, image.height())?;
        let width = extent("width", inputs.int("width")?, image.width() - x, cx)?;
        let height = extent("height", inputs.int("height")?, image.height() - y, cx)?;
        if (width, height) == (image.width(), image.height()) {
            return Ok(Outputs::new().with("image", image));
        }
        Ok(Outputs::new().with("image", cut(&image, (x, y), (width, height), cx)?))
    }
}

/// The rectangle, which must lie within the picture.
pub(crate) fn cut(image: &Image, at: (u32, u32), size: (u32, u32), cx: &Context<'_>) -> Result<Image> {
    let info = image.info();
    let unused = vec![0; (info.channels * info.sample.bytes()) as usize];
    canvas::remap(image, &canvas::range(at.0, size.0), &canvas::range(at.1, size.1), &unused, cx)
}

fn begin(port: &str, value: i64, limit: u32) -> Result<u32> {
    u32::try_from(value).ok().filter(|value| *value < limit).ok_or_else(|| {
        let why = format!("expected 0 to {} inside the picture, found {value}", limit - 1);
        Failure::invalid(port, why)
    })
}

fn extent(port: &str, value: i64, left: u32, cx: &Context<'_>) -> Result<u32> {
    match u32::try_from(value) {
        Ok(0) => Ok(left),
        Ok(value) if value <= left => Ok(value),
        Ok(value) => {
            cx.warn(format!("`{port}` is {left} instead of {value}: the picture ends there"));
            Ok(left)
        }
        Err(_) => Err(Failure::invalid(port, format!("expected 0 or more, found {value}"))),
    }
}
