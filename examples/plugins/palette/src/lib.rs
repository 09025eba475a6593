//! Nodes that hand each other values of a kind of their own.
//!
//! What lies behind a handle stays with the plugin: the host passes it on, caches it, and connects only ports of the
//! same kind. `save` and `restore` let it survive a restart and, in a component, the end of each run.

mod quantize;

use wirebrush_sdk::prelude::*;

/// The colors of a picture, most frequent first.
struct Palette(Vec<[f32; 3]>);

const COLOR_BYTES: usize = 12;

impl HandleObject for Palette {
    fn size_bytes(&self) -> u64 {
        (self.0.len() * COLOR_BYTES) as u64
    }

    fn save(&self) -> Result<Option<Vec<u8>>> {
        Ok(Some(self.0.as_flattened().iter().flat_map(|sample| sample.to_le_bytes()).collect()))
    }
}

impl HandleType for Palette {
    // Other bytes, another number: a cache may still hold what an older version saved.
    const KIND: &'static str = "example.palette/palette@1";

    fn restore(bytes: &[u8]) -> Result<Self> {
        let (colors, rest) = bytes.as_chunks::<COLOR_BYTES>();
        if colors.is_empty() || !rest.is_empty() {
            let why = format!("palette: expected {COLOR_BYTES} bytes a color, found {} in all", bytes.len());
            return Err(Failure::failed(why));
        }
        let sample = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let color = |bytes: &[u8; COLOR_BYTES]| std::array::from_fn(|channel| sample(&bytes[4 * channel..]));
        Ok(Self(colors.iter().map(color).collect()))
    }
}

/// Finds the colors of a picture.
#[derive(Default)]
struct Extract;

impl Node for Extract {
    fn definition() -> Definition {
        Definition::new("example.palette/Extract", "image/palette")
            .description("Finds the colors that describe a picture best.")
            .input(Port::image("image"))
            .input(Port::int("colors", 5, 1..=64).tooltip("How many. A picture with fewer gives fewer."))
            .output(Port::handle("palette", Palette::KIND))
            .output(Port::image("swatches").tooltip("The colors side by side."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let count = inputs.int("colors")? as usize;
        let image = inputs.image("image")?;
        let colors = quantize::quantize(&quantize::samples(&image)?, count, cx)?;
        let swatches = swatches(&colors)?;
        Ok(Outputs::new().with("palette", Handle::new(Palette(colors))).with("swatches", swatches))
    }
}

/// A square of 64 pixels for each color.
fn swatches(colors: &[[f32; 3]]) -> Result<Image> {
    const SIDE: u32 = 64;
    let row: Vec<f32> = colors.iter().flat_map(|color| color.repeat(SIDE as usize)).collect();
    let mut image = ImageBuilder::new(ImageInfo::srgb(SIDE * colors.len() as u32, SIDE, 3, Sample::U8))?;
    for _ in 0..SIDE {
        image.push_f32(&row)?;
    }
    image.finish()
}

/// Paints a picture with the colors of another.
#[derive(Default)]
struct Repaint;

impl Node for Repaint {
    fn definition() -> Definition {
        Definition::new("example.palette/Repaint", "image/palette")
            .description("Gives each pixel the nearest color of a palette; alpha stays.")
            .input(Port::image("image"))
            .input(Port::handle("palette", Palette::KIND))
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let palette = inputs.handle::<Palette>("palette")?;
        let image = inputs.image("image")?;
        if image.info().channels < 3 {
            return Err(Failure::invalid("image", "expected a picture in color, found a gray one"));
        }
        let repainted = image.map(cx, |pixel, _| {
            let nearest = quantize::nearest(&palette.0, [pixel[0], pixel[1], pixel[2]]);
            pixel[..3].copy_from_slice(&palette.0[nearest]);
        })?;
        Ok(Outputs::new().with("image", repainted))
    }
}

export_nodes!(Extract, Repaint; Palette);

#[cfg(test)]
mod tests {
    use super::*;
    use wirebrush_sdk::testing;

    fn picture(pixels: &[[f32; 3]]) -> Image {
        let info = ImageInfo::srgb(pixels.len() as u32, 1, 3, Sample::F32);
        Image::from_f32(info, pixels.as_flattened()).unwrap()
    }

    fn extract(pixels: &[[f32; 3]], colors: i64) -> Handle {
        let inputs = Inputs::new().with("image", picture(pixels)).with("colors", colors);
        testing::run::<Extract>(inputs).unwrap().value("palette").unwrap()
    }

    const RED: [f32; 3] = [1.0, 0.0, 0.0];
    const BLUE: [f32; 3] = [0.0, 0.0, 1.0];

    #[test]
    fn the_colors_of_a_picture_are_found_most_frequent_first() {
        let palette = extract(&[RED, BLUE, BLUE], 2).get::<Palette>().unwrap();
        assert_eq!(palette.0, [BLUE, RED]);
    }

    #[test]
    fn a_picture_with_fewer_colors_gives_fewer() {
        assert_eq!(extract(&[RED; 4], 5).get::<Palette>().unwrap().0, [RED]);
    }

    #[test]
    fn each_pixel_takes_the_nearest_color() {
        let inputs = Inputs::new()
            .with("image", picture(&[[0.6, 0.3, 0.2], [0.1, 0.2, 0.9]]))
            .with("palette", extract(&[RED, BLUE], 2));
        let painted = testing::run::<Repaint>(inputs).unwrap().image("image").unwrap();
        assert_eq!(painted.to_f32().unwrap(), [RED, BLUE].as_flattened());
    }

    #[test]
    fn a_palette_survives_being_saved() {
        let palette = Palette(vec![RED, BLUE]);
        let saved = palette.save().unwrap().unwrap();
        assert_eq!(saved.len() as u64, palette.size_bytes());
        assert_eq!(Palette::restore(&saved).unwrap().0, palette.0);
    }

    #[test]
    fn other_bytes_are_not_a_palette() {
        for bytes in [&[][..], &[0; 13][..]] {
            assert!(Palette::restore(bytes).is_err());
        }
    }
}
