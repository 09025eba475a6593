//! A pixel node: each pixel is changed by itself, knowing where it is.

use wirebrush_sdk::prelude::*;

/// Darkens a picture towards its corners.
#[derive(Default)]
struct Vignette;

impl Node for Vignette {
    fn definition() -> Definition {
        Definition::new("example.vignette/Vignette", "image/adjust")
            .description("Darkens a picture towards its corners, as an old lens does; alpha stays.")
            .input(Port::image("image"))
            .input(
                Port::float("amount", 0.7, 0.0..=1.0)
                    .widget("slider")
                    .step(0.01)
                    .tooltip("0 leaves the picture as it is, 1 makes the corners black."),
            )
            .input(
                Port::float("start", 0.3, 0.0..=0.99)
                    .widget("slider")
                    .step(0.01)
                    .tooltip("Where it begins: 0 is the center, 1 the corner."),
            )
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let amount = inputs.float("amount")? as f32;
        let start = inputs.float("start")? as f32;
        let image = inputs.image("image")?;

        let center = (image.width() as f32 / 2.0, image.height() as f32 / 2.0);
        let corner = length(center.0, center.1);
        let colors = image.info().channels.min(3) as usize;
        let darker = image.map(cx, |pixel, (x, y)| {
            let distance = length(x as f32 + 0.5 - center.0, y as f32 + 0.5 - center.1) / corner;
            let t = ((distance - start) / (1.0 - start)).clamp(0.0, 1.0);
            let light = 1.0 - amount * t * t * (3.0 - 2.0 * t);
            for sample in &mut pixel[..colors] {
                *sample *= light;
            }
        })?;
        Ok(Outputs::new().with("image", darker))
    }
}

// Not `hypot`: the square root is exact everywhere, so that native and component give the same bytes.
fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

export_nodes!(Vignette);

#[cfg(test)]
mod tests {
    use super::*;
    use wirebrush_sdk::testing;

    fn white(amount: f64) -> Image {
        let image = Image::new(ImageInfo::srgb(9, 9, 4, Sample::U8), vec![255; 9 * 9 * 4]).unwrap();
        let inputs = Inputs::new().with("image", image).with("amount", amount);
        testing::run::<Vignette>(inputs).unwrap().image("image").unwrap()
    }

    fn pixel(image: &Image, x: usize, y: usize) -> [u8; 4] {
        image.bytes().unwrap()[(y * 9 + x) * 4..][..4].try_into().unwrap()
    }

    #[test]
    fn the_center_stays_and_the_corners_darken_alike() {
        let image = white(1.0);
        assert_eq!(pixel(&image, 4, 4), [255; 4]);
        let corner = pixel(&image, 0, 0);
        assert!(corner[0] < 40, "{corner:?}");
        assert_eq!([pixel(&image, 8, 0), pixel(&image, 0, 8), pixel(&image, 8, 8)], [corner; 3]);
    }

    #[test]
    fn alpha_stays() {
        assert_eq!(pixel(&white(1.0), 0, 0)[3], 255);
    }

    #[test]
    fn an_amount_of_zero_changes_nothing() {
        assert_eq!(white(0.0).bytes().unwrap().as_ref(), [255; 9 * 9 * 4]);
    }
}
