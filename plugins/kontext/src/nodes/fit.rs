use wirebrush_sdk::prelude::*;
use wirebrush_sdk::resample::{Filter, resize, resize_u8};

use super::failure::OrFail;
use super::handles::{Fit, FitMode};
use super::{model_port, open_model, picture};
use crate::model::preferred_size;

/// Left, top, width and height in pixels.
type Rect = (u32, u32, u32, u32);

/// Brings a picture to a size the model does well at.
#[derive(Default)]
pub struct FitToModel;

impl Node for FitToModel {
    fn definition() -> Definition {
        Definition::new("kontext/FitToModel", "kontext/image")
            .title("Fit to Model")
            .description(
                "Brings a picture to the model's preferred size of the nearest aspect, with Pillow's Lanczos filter, as \
                 8-bit sRGB; transparency is laid over white. Undo Fit brings the result back.",
            )
            .input(Port::image("image").tooltip("The picture to be edited."))
            .input(model_port())
            .input(Port::choice("fit", &FitMode::KEYS).tooltip(
                "How the aspect is met: cut to the middle, fill the borders, distort, or leave the picture as it is \
                 (its sides must suit the model then).",
            ))
            .input(Port::int("width", 0, 0..=8192).unit("px").advanced().tooltip("0 is the model's preferred size."))
            .input(Port::int("height", 0, 0..=8192).unit("px").advanced().tooltip("0 is the model's preferred size."))
            .output(Port::image("image"))
            .output(Port::handle("fit", Fit::KIND).tooltip("For Undo Fit."))
            .output(Port::new("width", Kind::INT).unit("px"))
            .output(Port::new("height", Kind::INT).unit("px"))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let key = inputs.choice("fit")?;
        let mode =
            FitMode::from_key(&key).ok_or_else(|| Failure::invalid("fit", format!("unknown key `{key}`")))?;
        let side = |value: i64| u32::try_from(value).unwrap_or_default();
        let asked = (side(inputs.int("width")?), side(inputs.int("height")?));
        let model = open_model(&mut inputs, cx)?;
        let size = (image.width(), image.height());
        let multiple = 2 * model.factor().or_fail("model")? as u32;
        let target = match (mode, asked) {
            (FitMode::None, _) => size,
            (_, (0, 0)) => {
                let sizes = model.preferred_sizes().or_fail("model")?;
                preferred_size(&sizes, size).ok_or_else(|| Failure::invalid("model", "it prefers no size"))?
            }
            (_, (0, _)) => {
                return Err(Failure::invalid("width", "expected a width beside the height, found 0"));
            }
            (_, (_, 0)) => {
                return Err(Failure::invalid("height", "expected a height beside the width, found 0"));
            }
            (_, asked) => asked,
        };
        for (port, side) in [("width", target.0), ("height", target.1)] {
            if side == 0 || side % multiple != 0 {
                let port = if mode == FitMode::None { "image" } else { port };
                let why = format!(
                    "expected sides in multiples of {multiple} pixels, found {}×{}{}",
                    target.0,
                    target.1,
                    if mode == FitMode::None { ": choose another `fit`" } else { "" }
                );
                return Err(Failure::invalid(port, why));
            }
        }
        let fit = plan(mode, size, target);
        let fitted = apply(&image, &fit, cx)?;
        Ok(Outputs::new()
            .with("image", fitted)
            .with("fit", Handle::new(fit))
            .with("width", i64::from(target.0))
            .with("height", i64::from(target.1)))
    }
}

/// Brings a result back to the size of the picture it was made from.
#[derive(Default)]
pub struct UndoFit;

impl Node for UndoFit {
    fn definition() -> Definition {
        Definition::new("kontext/UndoFit", "kontext/image")
            .title("Undo Fit")
            .description(
                "Brings a picture back to the size that Fit to Model took it from: a filled border is cut off, a \
                 distortion taken back. What `crop` had cut away stays away: the result is as large as what was kept.",
            )
            .input(Port::image("image").tooltip("The edited picture, from VAE Decode."))
            .input(Port::handle("fit", Fit::KIND).tooltip("From the Fit to Model that the original went through."))
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let fit = inputs.handle::<Fit>("fit")?;
        Ok(Outputs::new().with("image", undo(&image, &fit, cx)?))
    }
}

fn plan(mode: FitMode, original: (u32, u32), target: (u32, u32)) -> Fit {
    let whole = |size: (u32, u32)| (0, 0, size.0, size.1);
    let middle = |outer: (u32, u32), inner: (u32, u32)| {
        ((outer.0 - inner.0) / 2, (outer.1 - inner.1) / 2, inner.0, inner.1)
    };
    let (used, placed) = match mode {
        FitMode::Crop => (middle(original, inscribed(original, target)), whole(target)),
        FitMode::Pad => (whole(original), middle(target, inscribed(target, original))),
        FitMode::Stretch | FitMode::None => (whole(original), whole(target)),
    };
    Fit { mode, original, used, target, placed }
}

/// The largest size inside `outer` with the aspect of `shape`, at least one pixel.
fn inscribed(outer: (u32, u32), shape: (u32, u32)) -> (u32, u32) {
    let scaled = |side: u32, by: u32, of: u32| {
        let rounded = (u64::from(side) * u64::from(by) + u64::from(of) / 2) / u64::from(of);
        u32::try_from(rounded).unwrap_or(u32::MAX)
    };
    // outer.0 / outer.1 > shape.0 / shape.1: too wide.
    if u64::from(outer.0) * u64::from(shape.1) > u64::from(shape.0) * u64::from(outer.1) {
        (scaled(outer.1, shape.0, shape.1).clamp(1, outer.0), outer.1)
    } else {
        (outer.0, scaled(outer.0, shape.1, shape.0).clamp(1, outer.1))
    }
}

fn apply(image: &Image, fit: &Fit, cx: &Context<'_>) -> Result<Image> {
    if fit.mode == FitMode::None {
        return Ok(image.clone());
    }
    let rgb = picture::rgb8(&crop(image, fit.used)?, cx)?;
    cx.check()?;
    let size = (fit.placed.2, fit.placed.3);
    let mut rgb = resize_u8(&rgb, (fit.used.2, fit.used.3), 3, size, Filter::Lanczos)?;
    if size != fit.target {
        rgb = pad(&rgb, fit.placed, fit.target);
    }
    Image::new(ImageInfo::srgb(fit.target.0, fit.target.1, 3, Sample::U8), rgb)
}

fn undo(image: &Image, fit: &Fit, cx: &Context<'_>) -> Result<Image> {
    if fit.mode == FitMode::None {
        return Ok(image.clone());
    }
    // The result may have been enlarged on the way.
    let size = (image.width(), image.height());
    let scale = |at: u32, of: u32, to: u32| {
        ((u64::from(at) * u64::from(to) + u64::from(of) / 2) / u64::from(of)) as u32
    };
    let (left, top, width, height) = fit.placed;
    let (x0, x1) = (scale(left, fit.target.0, size.0), scale(left + width, fit.target.0, size.0));
    let (y0, y1) = (scale(top, fit.target.1, size.1), scale(top + height, fit.target.1, size.1));
    let (x0, y0) = (x0.min(size.0 - 1), y0.min(size.1 - 1));
    let part = crop(image, (x0, y0, (x1 - x0).max(1), (y1 - y0).max(1)))?;
    let back = (fit.used.2, fit.used.3);
    if back == (part.width(), part.height()) {
        return Ok(part);
    }
    resize(&part, back, Filter::Lanczos, cx)
}

fn crop(image: &Image, (left, top, width, height): Rect) -> Result<Image> {
    let info = *image.info();
    if (left, top, width, height) == (0, 0, info.width, info.height) {
        return Ok(image.clone());
    }
    let to = ImageInfo { width, height, ..info };
    let pixel = (info.channels * info.sample.bytes()) as usize;
    let mut out = ImageBuilder::new(to)?;
    for frame in 0..u64::from(info.frames) {
        for y in top..top + height {
            let row = image.rows(frame * u64::from(info.height) + u64::from(y), 1)?;
            out.push(&row[left as usize * pixel..(left + width) as usize * pixel])?;
        }
    }
    out.finish()
}

/// Packed RGB placed inside a larger picture whose borders repeat its edge: a plain border would be taken for content.
fn pad(rgb: &[u8], (left, top, width, height): Rect, to: (u32, u32)) -> Vec<u8> {
    let mut out = Vec::with_capacity(3 * to.0 as usize * to.1 as usize);
    for y in 0..to.1 {
        let y = y.saturating_sub(top).min(height - 1) as usize;
        for x in 0..to.0 {
            let x = x.saturating_sub(left).min(width - 1) as usize;
            let at = 3 * (y * width as usize + x);
            out.extend_from_slice(&rgb[at..at + 3]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use wirebrush_sdk::testing::Recorder;

    use super::*;

    #[track_caller]
    fn check(mode: FitMode, original: (u32, u32), target: (u32, u32), back: (u32, u32)) {
        let host = Recorder::default();
        let cx = Context::new(&host);
        let pixels = (0..original.0 * original.1).flat_map(|at| [at as u8, 80, 200]).collect();
        let image = Image::new(ImageInfo::srgb(original.0, original.1, 3, Sample::U8), pixels).unwrap();
        let fit = plan(mode, original, target);
        let fitted = apply(&image, &fit, &cx).unwrap();
        assert_eq!((fitted.width(), fitted.height()), fit.target);
        assert!(fitted.to_u8().unwrap().as_chunks::<3>().0.iter().all(|pixel| pixel[1..] == [80, 200]));
        let undone = undo(&fitted, &fit, &cx).unwrap();
        assert_eq!((undone.width(), undone.height()), back);
    }

    #[test]
    fn undoing_a_fit_gives_the_original_size_or_what_was_kept() {
        check(FitMode::Crop, (200, 100), (64, 64), (100, 100));
        check(FitMode::Crop, (30, 101), (64, 32), (30, 15));
        check(FitMode::Pad, (200, 100), (64, 64), (200, 100));
        check(FitMode::Pad, (3, 500), (64, 64), (3, 500));
        check(FitMode::Stretch, (200, 100), (64, 64), (200, 100));
        check(FitMode::None, (64, 32), (64, 32), (64, 32));
    }

    #[test]
    fn padding_repeats_the_edge() {
        let out = pad(&[1, 1, 1, 2, 2, 2], (1, 1, 2, 1), (4, 2));
        let row = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2];
        assert_eq!(out, [row, row].concat());
    }
}
