//! A node that takes its time: it says how far it is, shows what it has, and stops when it is told to.

use wirebrush_sdk::prelude::*;
use wirebrush_sdk::resample::{self, Filter};

// A preview each so many rounds: more would cost more than the work itself.
const PREVIEW_EVERY: u64 = 10;
const PREVIEW_SIDE: u32 = 256;

/// Closes holes in a picture.
#[derive(Default)]
struct Heal;

impl Node for Heal {
    fn definition() -> Definition {
        Definition::new("example.heal/Heal", "image/repair")
            .description(
                "Closes holes in a picture with the colors around them, as if a skin were stretched over.",
            )
            .input(Port::image("image"))
            .input(Port::mask("mask").tooltip("1 where there is a hole; of the picture's size."))
            .input(
                Port::int("rounds", 100, 1..=10_000)
                    .soft_range(10.0..=1000.0)
                    .tooltip("Wide holes need more: about as many as a hole has pixels across."),
            )
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let mask = inputs.mask("mask")?.into_image();
        let rounds = inputs.int("rounds")? as u64;
        let size = |image: &Image| (image.width(), image.height(), image.info().frames);
        if size(&mask) != size(&image) {
            let why = format!(
                "expected {}×{} pixels and {} frame(s)",
                image.width(),
                image.height(),
                image.info().frames
            );
            return Err(Failure::invalid("mask", why));
        }

        let mut skin = Skin::new(&image, &mask)?;
        for round in 1..=rounds {
            skin.relax();
            if round % PREVIEW_EVERY == 1 {
                cx.preview(&skin.preview(&image)?);
            }
            cx.progress_with(round, rounds, "closing holes")?;
        }
        Ok(Outputs::new().with("image", skin.to_image(&image)?))
    }
}

/// All samples of the picture, and where its holes are.
struct Skin {
    samples: Vec<f32>,
    /// Each pixel in a hole with its neighbors, as places of their first samples.
    holes: Vec<(usize, Vec<usize>)>,
    channels: usize,
}

impl Skin {
    fn new(image: &Image, mask: &Image) -> Result<Self> {
        let info = image.info();
        let (width, height) = (info.width as usize, info.height as usize);
        let channels = info.channels as usize;
        let pixels = mask.to_f32()?.into_iter().enumerate().filter(|(_, mask)| *mask >= 0.5);
        let holes = pixels.map(|(pixel, _)| {
            let (x, y) = (pixel % width, pixel / width % height);
            let sides = [
                (x > 0).then(|| pixel - 1),
                (x + 1 < width).then(|| pixel + 1),
                (y > 0).then(|| pixel - width),
                (y + 1 < height).then(|| pixel + width),
            ];
            (pixel * channels, sides.into_iter().flatten().map(|side| side * channels).collect())
        });
        Ok(Self { holes: holes.collect(), samples: image.to_f32()?, channels })
    }

    /// Brings every pixel of a hole nearer to the mean of its neighbors, forward and then backward through the holes, so
    /// that color flows in from all sides.
    fn relax(&mut self) {
        let Self { samples, holes, channels } = self;
        let mut settle = |(pixel, sides): &(usize, Vec<usize>)| {
            for channel in 0..*channels {
                let sum: f32 = sides.iter().map(|side| samples[side + channel]).sum();
                samples[pixel + channel] = sum / sides.len().max(1) as f32;
            }
        };
        holes.iter().for_each(&mut settle);
        holes.iter().rev().for_each(settle);
    }

    fn to_image(&self, like: &Image) -> Result<Image> {
        Image::from_f32(*like.info(), &self.samples)
    }

    /// The first frame, small.
    fn preview(&self, like: &Image) -> Result<Image> {
        let info = *like.info();
        let longer = info.width.max(info.height).max(PREVIEW_SIDE);
        let side = |pixels: u32| (pixels * PREVIEW_SIDE / longer).max(1);
        let (from, to) = ((info.width, info.height), (side(info.width), side(info.height)));
        let frame = &self.samples[..from.0 as usize * from.1 as usize * self.channels];
        let samples = resample::resize_f32(frame, from, self.channels, to, Filter::Box)?;
        Image::from_f32(ImageInfo { frames: 1, width: to.0, height: to.1, ..info }, &samples)
    }
}

export_nodes!(Heal);

#[cfg(test)]
mod tests {
    use super::*;
    use wirebrush_sdk::testing::Recorder;

    const SIDE: u32 = 300;

    /// White on the left, black on the right, and a gray band of `hole` columns between them that is masked.
    fn inputs(hole: std::ops::Range<u32>) -> Inputs {
        let columns = |value: &dyn Fn(u32) -> f32| -> Vec<f32> {
            (0..SIDE * SIDE).map(|pixel| value(pixel % SIDE)).collect()
        };
        let info = ImageInfo::srgb(SIDE, SIDE, 1, Sample::F32);
        let picture = columns(&|x| if x < hole.start { 1.0 } else { 0.0 });
        let mask = columns(&|x| f32::from(u8::from(hole.contains(&x))));
        Inputs::new()
            .with("image", Image::from_f32(info, &picture).unwrap())
            .with("mask", Mask::new(Image::from_f32(info, &mask).unwrap()).unwrap())
    }

    #[test]
    fn a_hole_takes_the_colors_around_it() {
        let outputs = Recorder::default().run::<Heal>(inputs(100..109)).unwrap();
        let row = outputs.image("image").unwrap().rows_f32(7, 1).unwrap();
        assert_eq!((row[99], row[109]), (1.0, 0.0));
        let expected = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
        for (found, expected) in row[100..109].iter().zip(expected) {
            assert!((found - expected).abs() < 0.01, "{:?}", &row[100..109]);
        }
    }

    #[test]
    fn every_round_is_reported_and_some_are_shown_small() {
        let recorder = Recorder::default();
        recorder.run::<Heal>(inputs(10..12).with("rounds", 21)).unwrap();
        let progress = recorder.progress.borrow();
        assert_eq!(progress.len(), 21);
        assert_eq!(progress.last().unwrap(), &(21, 21, "closing holes".to_owned()));
        let previews = recorder.previews.borrow();
        assert_eq!(previews.len(), 3);
        assert!(previews.iter().all(|preview| preview.width() == PREVIEW_SIDE));
    }

    #[test]
    fn it_stops_when_it_is_cancelled() {
        let recorder = Recorder::default();
        recorder.cancel_after.set(Some(2));
        assert_eq!(recorder.run::<Heal>(inputs(10..12)).unwrap_err(), Failure::Cancelled);
    }

    #[test]
    fn a_mask_of_another_size_is_refused() {
        let mask = Image::new(ImageInfo::srgb(1, 1, 1, Sample::U8), vec![255]).unwrap();
        let mut inputs = inputs(1..2);
        inputs.take("mask");
        let failure =
            Recorder::default().run::<Heal>(inputs.with("mask", Mask::new(mask).unwrap())).unwrap_err();
        assert!(matches!(failure, Failure::InvalidInput { port, .. } if port == "mask"));
    }
}
