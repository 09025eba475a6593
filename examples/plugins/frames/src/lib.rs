//! Frames: an image may hold several pictures of one size, as a batch or an animation does.

use wirebrush_sdk::prelude::*;

/// Makes one image with several frames.
#[derive(Default)]
struct Stack;

impl Node for Stack {
    fn definition() -> Definition {
        Definition::new("example.frames/Stack", "image/frames")
            .description("Joins pictures of one size to one image with several frames, in order.")
            // A list input takes any number of wires.
            .input(Port::image("images").list())
            .output(Port::image("image"))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let images: Vec<Image> = inputs.list("images")?;
        let Some(first) = images.first() else {
            return Err(Failure::invalid("images", "expected at least one picture, found none"));
        };
        let frame = ImageInfo { frames: 1, ..*first.info() };
        let frames = images.iter().map(|image| image.info().frames).sum();

        let mut stack = ImageBuilder::new(ImageInfo { frames, ..frame })?;
        for (index, image) in images.iter().enumerate() {
            let found = ImageInfo { frames: 1, ..*image.info() };
            if found != frame {
                let why = format!(
                    "expected all as the first, {}; found number {} with {}",
                    shown(&frame),
                    index + 1,
                    shown(&found)
                );
                return Err(Failure::invalid("images", why));
            }
            stack.push(&image.bytes()?)?;
            cx.progress(index as u64 + 1, images.len() as u64)?;
        }
        Ok(Outputs::new().with("image", stack.finish()?))
    }
}

fn shown(info: &ImageInfo) -> String {
    let ImageInfo { width, height, channels, sample, .. } = info;
    format!("{width}×{height} pixels of {channels} {sample:?}")
}

/// Lays frames side by side.
#[derive(Default)]
struct Sheet;

impl Node for Sheet {
    fn definition() -> Definition {
        Definition::new("example.frames/Sheet", "image/frames")
            .description(
                "Lays the frames of an image side by side, row after row. Places left over are black.",
            )
            .input(Port::image("image"))
            .input(
                Port::int("columns", 0, 0..=1024)
                    .tooltip("Frames in a row; 0 makes the sheet about as wide as high."),
            )
            .output(Port::image("image"))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let columns = inputs.int("columns")? as u32;
        let image = inputs.image("image")?;
        let info = *image.info();
        let columns = if columns == 0 { f64::from(info.frames).sqrt().ceil() as u32 } else { columns };
        let lines = info.frames.div_ceil(columns);

        let size = ImageInfo { frames: 1, width: columns * info.width, height: lines * info.height, ..info };
        let mut sheet = ImageBuilder::new(size)?;
        let row_bytes = info.row_bytes() as usize;
        for line in 0..lines {
            // The rows of one line of frames, black where there is no frame.
            let mut band = vec![0; row_bytes * columns as usize * info.height as usize];
            for (column, frame) in (line * columns..info.frames).take(columns as usize).enumerate() {
                // Rows are counted over all frames.
                let first = u64::from(frame) * u64::from(info.height);
                let rows = image.rows(first, u64::from(info.height))?;
                let places = band.chunks_exact_mut(row_bytes).skip(column).step_by(columns as usize);
                for (to, from) in places.zip(rows.chunks_exact(row_bytes)) {
                    to.copy_from_slice(from);
                }
            }
            sheet.push(&band)?;
            cx.progress(u64::from(line) + 1, u64::from(lines))?;
        }
        Ok(Outputs::new().with("image", sheet.finish()?))
    }
}

export_nodes!(Stack, Sheet);

#[cfg(test)]
mod tests {
    use super::*;
    use wirebrush_sdk::testing;

    fn gray(width: u32, samples: &[u8]) -> Image {
        let height = samples.len() as u32 / width;
        Image::new(ImageInfo::srgb(width, height, 1, Sample::U8), samples.to_vec()).unwrap()
    }

    fn stack(images: &[Image]) -> Result<Image> {
        let inputs = images.iter().fold(Inputs::new(), |inputs, image| inputs.with("images", image.clone()));
        testing::run::<Stack>(inputs)?.image("image")
    }

    #[test]
    fn pictures_become_frames_in_order() {
        let image = stack(&[gray(2, &[1, 2]), gray(2, &[3, 4])]).unwrap();
        assert_eq!(image.info().frames, 2);
        let longer = stack(&[image, gray(2, &[5, 6])]).unwrap();
        assert_eq!(longer.info().frames, 3);
        assert_eq!(longer.bytes().unwrap().as_ref(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn another_size_is_refused_with_its_place() {
        let failure = stack(&[gray(2, &[1, 2]), gray(1, &[3])]).unwrap_err();
        let expected = "input `images`: expected all as the first, 2×1 pixels of 1 U8; \
                        found number 2 with 1×1 pixels of 1 U8";
        assert_eq!(failure.to_string(), expected);
        assert!(stack(&[]).is_err());
    }

    #[test]
    fn a_sheet_goes_row_by_row_and_ends_in_black() {
        let image = stack(&[gray(1, &[1, 2]), gray(1, &[3, 4]), gray(1, &[5, 6])]).unwrap();
        let inputs = Inputs::new().with("image", image);
        let sheet = testing::run::<Sheet>(inputs).unwrap().image("image").unwrap();
        assert_eq!((sheet.width(), sheet.height()), (2, 4));
        assert_eq!(sheet.bytes().unwrap().as_ref(), [1, 3, 2, 4, 5, 0, 6, 0]);
    }
}
