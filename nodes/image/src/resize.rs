use wirebrush_sdk::prelude::*;
use wirebrush_sdk::resample::{Filter, resize};

use crate::canvas::MAX_PIXELS;
use crate::color::Rgba;
use crate::crop::cut;
use crate::pad::{Border, Mode, extend};

/// Changes the size of a picture, bit for bit as Pillow does.
#[derive(Debug, Default)]
pub struct Resize;

impl Node for Resize {
    fn definition() -> Definition {
        let size = |name| {
            Port::int(name, 1024, 0..=32768)
                .unit("px")
                .tooltip("0 follows from the other size and keeps the picture's proportions.")
        };
        Definition::new("image/Resize", "image/transform")
            .description("Changes the size of a picture. 8-bit results equal Pillow's to the bit.")
            .input(Port::image("image").tooltip("The picture to make larger or smaller."))
            .input(size("width"))
            .input(size("height"))
            .input(Port::choice("filter", &Filter::KEYS).tooltip(
                "Lanczos is the sharpest, bicubic and bilinear are softer, box averages, nearest keeps hard edges.",
            ))
            .input(Port::choice("fit", &["stretch", "crop", "pad", "inside"]).tooltip(
                "When the proportions differ: distort, cut the middle out, add borders, or become smaller than asked.",
            ))
            .input(Port::text("color", "#000000").widget("color").advanced().tooltip("Of the borders with fit pad."))
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let old = (image.width(), image.height());
        let new = wanted(old, (inputs.int("width")?, inputs.int("height")?))?;
        let filter: Filter = inputs
            .choice("filter")?
            .parse()
            .map_err(|failure: Failure| Failure::invalid("filter", failure.to_string()))?;
        let color = Rgba::parse("color", &inputs.text("color")?)?;
        let resized = match inputs.choice("fit")?.as_str() {
            "stretch" => resize(&image, new, filter, cx)?,
            "crop" => {
                let (at, size) = middle(old, new);
                let part = if size == old { image } else { cut(&image, at, size, cx)? };
                resize(&part, new, filter, cx)?
            }
            "inside" => resize(&image, inside(old, new), filter, cx)?,
            "pad" => {
                let size = inside(old, new);
                let image = resize(&image, size, filter, cx)?;
                if size == new { image } else { extend(&image, border(size, new), Mode::Color, color, cx)? }
            }
            other => {
                let why = format!("expected stretch, crop, pad or inside, found `{other}`");
                return Err(Failure::invalid("fit", why));
            }
        };
        Ok(Outputs::new().with("image", resized))
    }
}

/// The new size, a zero replaced by what keeps the proportions.
fn wanted(old: (u32, u32), new: (i64, i64)) -> Result<(u32, u32)> {
    let side = |port: &str, value: i64| {
        u32::try_from(value)
            .ok()
            .filter(|value| *value <= 32768)
            .ok_or_else(|| Failure::invalid(port, format!("expected 0 to 32768, found {value}")))
    };
    let size = match (side("width", new.0)?, side("height", new.1)?) {
        (0, 0) => return Err(Failure::invalid("width", "expected a width or a height, found 0 for both")),
        (0, height) => (scale(old.0, height, old.1), height),
        (width, 0) => (width, scale(old.1, width, old.0)),
        size => size,
    };
    if u64::from(size.0) * u64::from(size.1) > MAX_PIXELS {
        let why = format!("expected a picture of at most {MAX_PIXELS} pixels, found {}×{}", size.0, size.1);
        return Err(Failure::invalid("width", why));
    }
    Ok(size)
}

/// The largest size of the picture's proportions within `new`.
fn inside(old: (u32, u32), new: (u32, u32)) -> (u32, u32) {
    if is_wider(old, new) {
        (new.0, scale(old.1, new.0, old.0).min(new.1))
    } else {
        (scale(old.0, new.1, old.1).min(new.0), new.1)
    }
}

/// Corner and size of the largest rectangle of `new`'s proportions in the middle of the picture.
fn middle(old: (u32, u32), new: (u32, u32)) -> ((u32, u32), (u32, u32)) {
    let size = if is_wider(old, new) {
        (scale(new.0, old.1, new.1).min(old.0), old.1)
    } else {
        (old.0, scale(new.1, old.0, new.0).min(old.1))
    };
    (((old.0 - size.0) / 2, (old.1 - size.1) / 2), size)
}

fn border(size: (u32, u32), new: (u32, u32)) -> Border {
    let (across, down) = (new.0 - size.0, new.1 - size.1);
    Border { left: across / 2, top: down / 2, right: across - across / 2, bottom: down - down / 2 }
}

fn is_wider(old: (u32, u32), new: (u32, u32)) -> bool {
    u64::from(old.0) * u64::from(new.1) > u64::from(new.0) * u64::from(old.1)
}

/// `value · by / of`, rounded, at least 1 and at most `u32::MAX`.
fn scale(value: u32, by: u32, of: u32) -> u32 {
    let of = u64::from(of);
    let scaled = (u64::from(value) * u64::from(by) + of / 2) / of;
    u32::try_from(scaled.max(1)).unwrap_or(u32::MAX)
}
