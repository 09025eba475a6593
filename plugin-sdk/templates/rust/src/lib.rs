//! The nodes of this plugin.

use wirebrush_sdk::prelude::*;

/// Takes light out of a picture.
#[derive(Default)]
struct Darken;

impl Node for Darken {
    fn definition() -> Definition {
        let amount = Port::float("amount", 0.5, 0.0..=1.0)
            .widget("slider")
            .step(0.01);
        Definition::new("{{id}}/Darken", "image/adjust")
            .description("Takes light out of a picture; alpha stays.")
            .input(Port::image("image").tooltip("The picture to darken."))
            .input(amount.tooltip("0 leaves the picture as it is, 1 makes it black."))
            .output(Port::image("image").tooltip("The darker picture."))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let keep = 1.0 - inputs.float("amount")? as f32;
        let image = inputs.image("image")?.map(cx, |pixel, _| {
            pixel.iter_mut().take(3).for_each(|color| *color *= keep);
        })?;
        Ok(Outputs::new().with("image", image))
    }
}

export_nodes!(Darken);

#[cfg(test)]
mod tests {
    use wirebrush_sdk::testing::{Recorder, run};

    use super::*;

    fn inputs() -> Inputs {
        let picture = Image::new(ImageInfo::srgb(1, 1, 4, Sample::U8), vec![0, 100, 255, 200]);
        Inputs::new()
            .with("image", picture.expect("a pixel has four bytes"))
            .with("amount", 0.5)
    }

    #[test]
    fn takes_half_of_the_light_and_keeps_alpha() -> Result<()> {
        let dark = run::<Darken>(inputs())?.image("image")?;
        assert_eq!(dark.to_u8()?, [0, 50, 128, 200]);
        Ok(())
    }

    #[test]
    fn stops_when_cancelled() {
        let host = Recorder::default();
        host.cancel_after.set(Some(1));
        assert!(matches!(
            host.run::<Darken>(inputs()),
            Err(Failure::Cancelled)
        ));
    }
}
