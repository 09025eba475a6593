use wirebrush_sdk::prelude::*;

/// Blends a picture towards its negative.
#[derive(Debug, Default)]
pub struct Invert;

impl Node for Invert {
    fn definition() -> Definition {
        Definition::new("image/Invert", "image/adjust")
            .description("Blends a picture towards its negative; alpha stays.")
            .input(Port::image("image").tooltip("The picture; its alpha stays."))
            .input(
                Port::float("amount", 1.0, 0.0..=1.0)
                    .widget("slider")
                    .step(0.01)
                    .tooltip("1 is the negative, 0 leaves the picture as it is."),
            )
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let amount = inputs.float("amount")? as f32;
        let image = inputs.image("image")?;
        let premultiplied = image.info().alpha == Alpha::Premultiplied;
        let inverted = image.map(cx, |pixel, _| {
            let (color, alpha) = match pixel {
                [color @ .., alpha] if color.len() == 3 => (color, *alpha),
                color => (color, 1.0),
            };
            let white = if premultiplied { alpha } else { 1.0 };
            for sample in color {
                *sample += amount * (white - 2.0 * *sample);
            }
        })?;
        Ok(Outputs::new().with("image", inverted))
    }
}
