use wirebrush_sdk::prelude::*;

use crate::canvas::{self, MAX_PIXELS, Sources};
use crate::color::Rgba;

/// Adds a border to a picture.
#[derive(Debug, Default)]
pub struct Pad;

impl Node for Pad {
    fn definition() -> Definition {
        let side = |name, what| Port::int(name, 0, 0..=16384).unit("px").tooltip(what);
        Definition::new("image/Pad", "image/transform")
            .description("Adds a border to a picture and says where it is, for example to let a model paint there.")
            .input(Port::image("image").tooltip("The picture to put a border around."))
            .input(side("left", "Columns added on the left."))
            .input(side("top", "Rows added above."))
            .input(side("right", "Columns added on the right."))
            .input(side("bottom", "Rows added below."))
            .input(Port::choice("mode", &["color", "edge", "mirror"]).tooltip(
                "What the border shows: one color, the outermost pixels drawn out, or the picture mirrored at its edge.",
            ))
            .input(
                Port::text("color", "#000000")
                    .widget("color")
                    .tooltip("Of the border in mode color; #rrggbbaa has alpha, which shows where the picture has it."),
            )
            .output(Port::image("image"))
            .output(Port::mask("mask").tooltip("1 in the border, 0 in the picture."))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let border = Border {
            left: side(&mut inputs, "left")?,
            top: side(&mut inputs, "top")?,
            right: side(&mut inputs, "right")?,
            bottom: side(&mut inputs, "bottom")?,
        };
        let mode = Mode::parse(&inputs.choice("mode")?)?;
        let color = Rgba::parse("color", &inputs.text("color")?)?;
        let mask = mask(&image, border, cx)?;
        Ok(Outputs::new().with("image", extend(&image, border, mode, color, cx)?).with("mask", mask))
    }
}

/// Pixels to add on each side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Border {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) right: u32,
    pub(crate) bottom: u32,
}

/// What a border shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Color,
    Edge,
    Mirror,
}

impl Mode {
    fn parse(key: &str) -> Result<Self> {
        match key {
            "color" => Ok(Self::Color),
            "edge" => Ok(Self::Edge),
            "mirror" => Ok(Self::Mirror),
            _ => Err(Failure::invalid("mode", format!("expected color, edge or mirror, found `{key}`"))),
        }
    }
}

/// The picture with a border.
pub(crate) fn extend(
    image: &Image,
    border: Border,
    mode: Mode,
    color: Rgba,
    cx: &Context<'_>,
) -> Result<Image> {
    let width = u64::from(image.width()) + u64::from(border.left) + u64::from(border.right);
    let height = u64::from(image.height()) + u64::from(border.top) + u64::from(border.bottom);
    if width * height > MAX_PIXELS {
        let why = format!(
            "expected a picture of at most {MAX_PIXELS} pixels, found {width}×{height} with its border"
        );
        return Err(Failure::invalid("image", why));
    }
    let columns = sources(border.left, image.width(), border.right, mode);
    let rows = sources(border.top, image.height(), border.bottom, mode);
    canvas::remap(image, &columns, &rows, &color.pixel(image.info())?, cx)
}

fn mask(image: &Image, border: Border, cx: &Context<'_>) -> Result<Mask> {
    let info = ImageInfo {
        frames: 1,
        color: Color::Data,
        ..ImageInfo::srgb(image.width(), image.height(), 1, Sample::U8)
    };
    let mut inside = ImageBuilder::new(info)?;
    let row = vec![0; info.width as usize];
    for _ in 0..info.height {
        inside.push(&row)?;
    }
    Mask::new(extend(&inside.finish()?, border, Mode::Color, Rgba([1.0; 4]), cx)?)
}

fn sources(before: u32, count: u32, after: u32, mode: Mode) -> Sources {
    let (before, count, after) = (i64::from(before), i64::from(count), i64::from(after));
    (-before..count + after)
        .map(|index| match mode {
            _ if (0..count).contains(&index) => Some(index as u32),
            Mode::Color => None,
            Mode::Edge => Some(index.clamp(0, count - 1) as u32),
            // The edge pixel is shown twice; further out the picture goes back and forth.
            Mode::Mirror => {
                let place = index.rem_euclid(2 * count);
                Some(place.min(2 * count - 1 - place) as u32)
            }
        })
        .collect()
}

fn side(inputs: &mut Inputs, port: &str) -> Result<u32> {
    let value = inputs.int(port)?;
    u32::try_from(value)
        .ok()
        .filter(|value| *value <= 16384)
        .ok_or_else(|| Failure::invalid(port, format!("expected 0 to 16384, found {value}")))
}
