use wirebrush_sdk::prelude::*;

use crate::color::{to_linear, to_srgb};

// Bands of 64 rows keep one band (3.9 MB at 4K, RGBA f32) inside the cache and give cancellation a place to act.
const BAND_ROWS: u32 = 64;

/// Lays one picture over another.
#[derive(Debug, Default)]
pub struct Composite;

impl Node for Composite {
    fn definition() -> Definition {
        let offset = |name| {
            Port::int(name, 0, -65535..=65535)
                .unit("px")
                .tooltip("Of the upper picture's top left corner in the lower one.")
        };
        Definition::new("image/Composite", "image/combine")
            .description(
                "Lays one picture over another. The result has the lower picture's size, sample type and color; its \
                 pixels stay exactly as they are wherever nothing is laid over them.",
            )
            .input(Port::image("base").tooltip("The lower picture."))
            .input(Port::image("top").tooltip("The upper picture; its alpha counts."))
            .input(Port::mask("mask").optional().tooltip("Shows the upper picture where it is 1; of that picture's size."))
            .input(offset("x"))
            .input(offset("y"))
            .input(
                Port::float("opacity", 1.0, 0.0..=1.0)
                    .widget("slider")
                    .step(0.01)
                    .tooltip("0 hides the upper picture, 1 shows it as it is."),
            )
            .input(Port::choice("blend", &["srgb", "linear"]).advanced().tooltip(
                "Whether soft edges mix sRGB values, as image editors do by default, or linear light, as lenses do.",
            ))
            .output(Port::image("image"))
            .bypass("image", "base")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let job = Job::new(&mut inputs)?;
        Ok(Outputs::new().with("image", job.run(cx)?))
    }
}

struct Job {
    base: Image,
    top: Image,
    mask: Option<Image>,
    at: (i64, i64),
    opacity: f32,
    space: Space,
}

/// The values in which colors are mixed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Srgb,
    Linear,
    /// At least one picture is no color: values are mixed as they are.
    Data,
}

impl Job {
    fn new(inputs: &mut Inputs) -> Result<Self> {
        let base = inputs.image("base")?;
        let top = inputs.image("top")?;
        let mask = inputs.optional::<Mask>("mask")?.map(Mask::into_image);
        let size = |image: &Image| (image.width(), image.height());
        if top.info().frames != 1 && top.info().frames != base.info().frames {
            let why = format!("expected 1 or {} frames, found {}", base.info().frames, top.info().frames);
            return Err(Failure::invalid("top", why));
        }
        if let Some(mask) = &mask {
            let ((width, height), (w, h)) = (size(&top), size(mask));
            if (w, h) != (width, height)
                || (mask.info().frames != 1 && mask.info().frames != top.info().frames)
            {
                let why = format!("expected the size of `top`, {width}×{height} pixels, found {w}×{h}");
                return Err(Failure::invalid("mask", why));
            }
        }
        let data = [&base, &top].iter().any(|image| image.info().color == Color::Data);
        let space = match inputs.choice("blend")?.as_str() {
            _ if data => Space::Data,
            "srgb" => Space::Srgb,
            "linear" => Space::Linear,
            other => {
                return Err(Failure::invalid("blend", format!("expected srgb or linear, found `{other}`")));
            }
        };
        let at = (inputs.int("x")?, inputs.int("y")?);
        Ok(Self { base, top, mask, at, opacity: inputs.float("opacity")? as f32, space })
    }

    fn run(&self, cx: &Context<'_>) -> Result<Image> {
        let base = *self.base.info();
        // Color over gray: the result must be able to show it.
        let grows = base.channels == 1 && self.top.info().channels > 1;
        let info = ImageInfo { channels: if grows { 3 } else { base.channels }, ..base };
        let mut out = ImageBuilder::new(info)?;
        for frame in 0..base.frames {
            let mut y = 0;
            while y < base.height {
                let count = BAND_ROWS.min(base.height - y);
                let first = u64::from(frame) * u64::from(base.height) + u64::from(y);
                let covered = (0..i64::from(count)).any(|row| self.top_row(i64::from(y) + row).is_some());
                if covered || grows {
                    let samples = self.base.rows_f32(first, u64::from(count))?;
                    self.band(frame, y, count, &samples, &info, &mut out)?;
                } else {
                    out.push(&self.base.rows(first, u64::from(count))?)?;
                }
                y += count;
                cx.progress(first + u64::from(count), base.rows())?;
            }
        }
        out.finish()
    }

    fn band(
        &self,
        frame: u32,
        y: u32,
        count: u32,
        samples: &[f32],
        info: &ImageInfo,
        out: &mut ImageBuilder,
    ) -> Result<()> {
        let channels = info.channels as usize;
        let mut band: Vec<f32> = if info.channels == self.base.info().channels {
            samples.to_vec()
        } else {
            samples.iter().flat_map(|gray| [*gray; 3]).collect()
        };
        let row_len = info.width as usize * channels;
        for (row, pixels) in band.chunks_exact_mut(row_len).enumerate().take(count as usize) {
            if let Some(top_y) = self.top_row(i64::from(y) + row as i64) {
                self.row(frame, top_y, info, pixels)?;
            }
        }
        out.push_f32(&band)
    }

    /// The row of the upper picture that lies over row `y` of the lower one.
    fn top_row(&self, y: i64) -> Option<u32> {
        let row = u32::try_from(y - self.at.1).ok().filter(|row| *row < self.top.height())?;
        let meets = self.at.0 < i64::from(self.base.width()) && self.at.0 + i64::from(self.top.width()) > 0;
        meets.then_some(row)
    }

    fn row(&self, frame: u32, top_y: u32, info: &ImageInfo, pixels: &mut [f32]) -> Result<()> {
        let row_of = |image: &Image| {
            let frame = if image.info().frames == 1 { 0 } else { u64::from(frame) };
            image.rows_f32(frame * u64::from(image.height()) + u64::from(top_y), 1)
        };
        let top = row_of(&self.top)?;
        let mask = self.mask.as_ref().map(row_of).transpose()?;
        let top_info = self.top.info();
        let skipped = (-self.at.0).max(0) as usize;
        let begin = self.at.0.max(0) as usize;
        let tops = top.chunks_exact(top_info.channels as usize).enumerate().skip(skipped);
        let bases = pixels.chunks_exact_mut(info.channels as usize).skip(begin);
        for (base, (x, top)) in bases.zip(tops) {
            let mut over = open(top, top_info);
            over[3] *= self.opacity * mask.as_ref().map_or(1.0, |mask| mask[x]);
            // Untouched pixels keep their exact values, whatever the detour through another space would cost.
            if over[3] > 0.0 {
                let over = convert(over, top_info.color, self.space);
                let under = convert(open(base, info), info.color, self.space);
                close(convert_back(lay_over(over, under), info.color, self.space), info, base);
            }
        }
        Ok(())
    }
}

/// Source: Porter and Duff, "Compositing Digital Images", 1984, operator *over*; here with straight alpha.
fn lay_over(over: [f32; 4], under: [f32; 4]) -> [f32; 4] {
    let [a, b] = [over[3], under[3]];
    let rest = b * (1.0 - a);
    let alpha = a + rest;
    let mix = |c: usize| (over[c] * a + under[c] * rest) / alpha;
    [mix(0), mix(1), mix(2), alpha]
}

/// A pixel as RGB with straight alpha.
fn open(pixel: &[f32], info: &ImageInfo) -> [f32; 4] {
    match *pixel {
        [gray] => [gray, gray, gray, 1.0],
        [r, g, b, a] if info.alpha == Alpha::Premultiplied && a > 0.0 => [r / a, g / a, b / a, a],
        [r, g, b, a] if info.alpha != Alpha::None => [r, g, b, a],
        [r, g, b, ..] => [r, g, b, 1.0],
        _ => [0.0; 4],
    }
}

/// Writes RGB with straight alpha as a pixel of the picture.
fn close(color: [f32; 4], info: &ImageInfo, pixel: &mut [f32]) {
    let [r, g, b, a] = color;
    match pixel {
        // Only gray was laid over gray: all three are the same.
        [gray] => *gray = r,
        [pr, pg, pb, pa] if info.alpha == Alpha::Premultiplied => {
            [*pr, *pg, *pb, *pa] = [r * a, g * a, b * a, a]
        }
        [pr, pg, pb, pa] if info.alpha == Alpha::Straight => [*pr, *pg, *pb, *pa] = [r, g, b, a],
        [pr, pg, pb, ..] => [*pr, *pg, *pb] = [r, g, b],
        _ => {}
    }
}

fn convert(color: [f32; 4], from: Color, to: Space) -> [f32; 4] {
    match (from, to) {
        (Color::Srgb, Space::Linear) => with_color(color, to_linear),
        (Color::Linear, Space::Srgb) => with_color(color, to_srgb),
        _ => color,
    }
}

fn convert_back(color: [f32; 4], to: Color, from: Space) -> [f32; 4] {
    match (from, to) {
        (Space::Linear, Color::Srgb) => with_color(color, to_srgb),
        (Space::Srgb, Color::Linear) => with_color(color, to_linear),
        _ => color,
    }
}

fn with_color([r, g, b, a]: [f32; 4], curve: fn(f32) -> f32) -> [f32; 4] {
    [curve(r), curve(g), curve(b), a]
}
