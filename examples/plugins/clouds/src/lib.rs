//! A generator: a picture from numbers alone, written row by row.

use wirebrush_sdk::prelude::*;

/// Each octave has details half as large and half as strong as the one before.
const OCTAVES: u32 = 6;

/// Paints clouds.
#[derive(Default)]
struct Clouds;

impl Node for Clouds {
    fn definition() -> Definition {
        Definition::new("example.clouds/Clouds", "image/generate")
            .description("Paints clouds. The same seed gives the same sky, on every machine.")
            .input(Port::int("width", 512, 1..=16384).unit("px"))
            .input(Port::int("height", 512, 1..=16384).unit("px"))
            .input(
                Port::float("size", 160.0, 1.0..=16384.0)
                    .soft_range(16.0..=1024.0)
                    .unit("px")
                    .tooltip("Of a large cloud."),
            )
            .input(
                Port::float("cover", 0.5, 0.0..=1.0)
                    .widget("slider")
                    .step(0.01)
                    .tooltip("How much of the sky is hidden."),
            )
            .input(Port::seed("seed", 0))
            .input(Port::text("sky", "#2f6fc4").widget("color"))
            .input(Port::text("cloud", "#ffffff").widget("color"))
            .output(Port::image("image"))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        // The host has checked the ranges, so the casts lose nothing.
        let (width, height) = (inputs.int("width")? as u32, inputs.int("height")? as u32);
        let size = inputs.float("size")? as f32;
        let cover = inputs.float("cover")? as f32;
        let seed = inputs.seed("seed")?;
        let sky = color("sky", &inputs.text("sky")?)?;
        let cloud = color("cloud", &inputs.text("cloud")?)?;

        let mut picture = ImageBuilder::new(ImageInfo::srgb(width, height, 3, Sample::U8))?;
        for y in 0..height {
            let row: Vec<f32> = (0..width)
                .flat_map(|x| {
                    let density = density(x as f32 / size, y as f32 / size, seed);
                    let t = smooth(((density + cover - 0.75) * 3.0).clamp(0.0, 1.0));
                    std::array::from_fn::<f32, 3, _>(|channel| mix(sky[channel], cloud[channel], t))
                })
                .collect();
            picture.push_f32(&row)?;
            // Also ends the run when the user cancels it.
            cx.progress(u64::from(y) + 1, u64::from(height))?;
        }
        Ok(Outputs::new().with("image", picture.finish()?))
    }
}

/// Fractal value noise, 0 to 1.
fn density(x: f32, y: f32, seed: u64) -> f32 {
    let (mut sum, mut strengths) = (0.0, 0.0);
    for octave in 0..OCTAVES {
        let scale = (1_u32 << octave) as f32;
        sum += noise(x * scale, y * scale, seed.wrapping_add(u64::from(octave))) / scale;
        strengths += 1.0 / scale;
    }
    sum / strengths
}

/// Random values at whole coordinates, blended smoothly between them.
fn noise(x: f32, y: f32, seed: u64) -> f32 {
    let (left, top) = (x as u64, y as u64);
    let (tx, ty) = (smooth(x.fract()), smooth(y.fract()));
    let upper = mix(random(left, top, seed), random(left + 1, top, seed), tx);
    let lower = mix(random(left, top + 1, seed), random(left + 1, top + 1, seed), tx);
    mix(upper, lower, ty)
}

/// The same number for the same place, 0 to 1. The mixing function is that of SplitMix64.
fn random(x: u64, y: u64, seed: u64) -> f32 {
    let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (x << 32 | y);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ bits >> 31) >> 40) as f32 / (1 << 24) as f32
}

fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

fn mix(from: f32, to: f32, t: f32) -> f32 {
    from + (to - from) * t
}

/// `#rrggbb` as numbers from 0 to 1.
fn color(port: &str, text: &str) -> Result<[f32; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let rgb = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let rgb = rgb.ok_or_else(|| Failure::invalid(port, format!("expected #rrggbb, found `{text}`")))?;
    Ok([rgb >> 16, rgb >> 8, rgb].map(|byte| (byte & 255) as f32 / 255.0))
}

export_nodes!(Clouds);

#[cfg(test)]
mod tests {
    use super::*;
    use wirebrush_sdk::testing::{self, Recorder};

    fn inputs() -> Inputs {
        Inputs::new().with("width", 40).with("height", 30).with("size", 16.0)
    }

    fn paint(inputs: Inputs) -> Image {
        testing::run::<Clouds>(inputs).unwrap().image("image").unwrap()
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(paint(inputs().with("seed", 1_u64)), paint(inputs().with("seed", 1_u64)));
        assert_ne!(paint(inputs().with("seed", 1_u64)), paint(inputs().with("seed", u64::MAX)));
    }

    #[test]
    fn the_cover_goes_from_clear_to_overcast() {
        let mean = |cover: f64| {
            let red = paint(inputs().with("cover", cover).with("sky", "#000000")).to_f32().unwrap();
            red.iter().sum::<f32>() / red.len() as f32
        };
        assert!(mean(0.0) < 0.2);
        assert!(mean(0.5) > mean(0.0) && mean(0.5) < mean(1.0));
        assert!(mean(1.0) > 0.8);
    }

    #[test]
    fn a_wrong_color_is_said_with_its_port() {
        let failure = testing::run::<Clouds>(inputs().with("sky", "blue")).unwrap_err();
        assert_eq!(failure, Failure::invalid("sky", "expected #rrggbb, found `blue`"));
    }

    #[test]
    fn it_stops_when_it_is_cancelled() {
        let recorder = Recorder::default();
        recorder.cancel_after.set(Some(3));
        assert_eq!(recorder.run::<Clouds>(inputs()).unwrap_err(), Failure::Cancelled);
        assert_eq!(recorder.progress.borrow().len(), 3);
    }
}
