//! Several outputs: a picture taken apart, and put together again.

use wirebrush_sdk::prelude::*;

const COLORS: [&str; 3] = ["red", "green", "blue"];
// Rows worked on at once: enough that calls to the host do not count, and little memory.
const BAND: u64 = 64;

/// Takes a picture apart.
#[derive(Default)]
struct Split;

impl Node for Split {
    fn definition() -> Definition {
        let gray = |name| Port::image(name).tooltip("A gray picture.");
        Definition::new("example.channels/Split", "image/channels")
            .description("Takes a picture apart into its color channels and its alpha.")
            .input(Port::image("image"))
            .output(gray("red"))
            .output(gray("green"))
            .output(gray("blue"))
            .output(Port::mask("alpha").optional().tooltip("Nothing when the picture has none."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let mut outputs = Outputs::new();
        for (channel, name) in COLORS.into_iter().enumerate() {
            // A gray picture gives its one channel three times.
            let channel = channel.min(image.info().channels as usize - 1);
            outputs = outputs.with(name, plane(&image, channel, cx)?);
        }
        let alpha = match image.info().channels {
            4 => Value::Mask(Mask::new(plane(&image, 3, cx)?)?),
            _ => Value::None,
        };
        Ok(outputs.with("alpha", alpha))
    }
}

/// One channel as a picture of its own, with all frames.
fn plane(image: &Image, channel: usize, cx: &Context<'_>) -> Result<Image> {
    let info = *image.info();
    let mut plane = ImageBuilder::new(ImageInfo { channels: 1, alpha: Alpha::None, ..info })?;
    let mut first = 0;
    while first < info.rows() {
        let count = BAND.min(info.rows() - first);
        let rows = image.rows_f32(first, count)?;
        let samples: Vec<f32> = rows.into_iter().skip(channel).step_by(info.channels as usize).collect();
        plane.push_f32(&samples)?;
        first += count;
        cx.check()?;
    }
    plane.finish()
}

/// Puts a picture together.
#[derive(Default)]
struct Join;

impl Node for Join {
    fn definition() -> Definition {
        Definition::new("example.channels/Join", "image/channels")
            .description("Makes one picture of three gray ones of the same size.")
            .input(Port::image("red"))
            .input(Port::image("green"))
            .input(Port::image("blue"))
            .input(
                Port::mask("alpha")
                    .optional()
                    .tooltip("Where the picture can be seen; everywhere without it."),
            )
            .output(Port::image("image"))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let mut planes = COLORS.map(|name| (name, inputs.image(name))).to_vec();
        if let Some(alpha) = inputs.optional::<Mask>("alpha")? {
            planes.push(("alpha", Ok(alpha.into_image())));
        }
        let mut images = Vec::new();
        for (name, image) in planes {
            images.push(same_size(name, image?, images.first())?);
        }

        let channels = images.len();
        let alpha = if channels == 4 { Alpha::Straight } else { Alpha::None };
        let info = ImageInfo { channels: channels as u32, alpha, ..*images[0].info() };
        let mut joined = ImageBuilder::new(info)?;
        let mut first = 0;
        while first < info.rows() {
            let count = BAND.min(info.rows() - first);
            let mut samples = vec![0.0; count as usize * info.width as usize * channels];
            for (channel, image) in images.iter().enumerate() {
                let rows = image.rows_f32(first, count)?;
                for (to, from) in samples.iter_mut().skip(channel).step_by(channels).zip(rows) {
                    *to = from;
                }
            }
            joined.push_f32(&samples)?;
            first += count;
            cx.check()?;
        }
        Ok(Outputs::new().with("image", joined.finish()?))
    }
}

/// The picture, when it has one channel and the size of the first.
fn same_size(name: &str, image: Image, first: Option<&Image>) -> Result<Image> {
    let info = image.info();
    if info.channels != 1 {
        let why = format!("expected a picture of 1 channel, found {}", info.channels);
        return Err(Failure::invalid(name, why));
    }
    let size = |info: &ImageInfo| (info.width, info.height, info.frames);
    if let Some(expected) = first.map(Image::info).filter(|first| size(first) != size(info)) {
        let why = format!(
            "expected {}×{} pixels and {} frame(s) as in red, found {}×{} and {}",
            expected.width, expected.height, expected.frames, info.width, info.height, info.frames
        );
        return Err(Failure::invalid(name, why));
    }
    Ok(image)
}

export_nodes!(Split, Join);

#[cfg(test)]
mod tests {
    use super::*;
    use wirebrush_sdk::testing;

    fn picture(channels: u32, samples: &[u8]) -> Image {
        let width = samples.len() as u32 / channels;
        Image::new(ImageInfo::srgb(width, 1, channels, Sample::U8), samples.to_vec()).unwrap()
    }

    fn split(image: Image) -> Outputs {
        testing::run::<Split>(Inputs::new().with("image", image)).unwrap()
    }

    #[test]
    fn each_channel_has_an_output() {
        let outputs = split(picture(4, &[1, 2, 3, 4, 5, 6, 7, 8]));
        let bytes = |name: &str| outputs.image(name).unwrap().into_bytes().unwrap();
        assert_eq!([bytes("red"), bytes("green"), bytes("blue")], [[1, 5], [2, 6], [3, 7]]);
        assert_eq!(outputs.value::<Mask>("alpha").unwrap().into_image().into_bytes().unwrap(), [4, 8]);
    }

    #[test]
    fn a_picture_without_alpha_has_nothing_there() {
        assert!(matches!(split(picture(3, &[1, 2, 3])).get("alpha"), Some(Value::None)));
    }

    #[test]
    fn joining_undoes_splitting() {
        for image in [picture(3, &[1, 2, 3, 4, 5, 6]), picture(4, &[1, 2, 3, 4, 5, 6, 7, 8])] {
            let inputs = split(image.clone()).into_values().into_iter().collect();
            let joined = testing::run::<Join>(inputs).unwrap().image("image").unwrap();
            assert_eq!(joined, image);
        }
    }

    #[test]
    fn another_size_is_refused_by_name() {
        let inputs = Inputs::new()
            .with("red", picture(1, &[1, 2]))
            .with("green", picture(1, &[1, 2]))
            .with("blue", picture(1, &[1]));
        let failure = testing::run::<Join>(inputs).unwrap_err();
        assert!(matches!(failure, Failure::InvalidInput { port, .. } if port == "blue"));
    }
}
