//! A node that reads files of its plugin: looks as color tables, found in `data` beside the manifest.
//!
//! The manifest names the folder and asks for the permission `data`; the files travel in the package.

mod cube;

use wirebrush_sdk::prelude::*;

use self::cube::Cube;

/// Gives a picture the colors of a look.
#[derive(Default)]
struct Look;

impl Node for Look {
    fn definition() -> Definition {
        Definition::new("example.lut/Look", "image/adjust")
            .description(
                "Gives a picture the colors of a look: warm as on film, or blue as at night. Alpha stays.",
            )
            .input(Port::image("image"))
            .input(Port::choice("look", &["film", "night"]))
            .input(
                Port::float("strength", 1.0, 0.0..=1.0)
                    .widget("slider")
                    .step(0.01)
                    .tooltip("0 leaves the picture as it is."),
            )
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let strength = inputs.float("strength")? as f32;
        let file = format!("{}.cube", inputs.choice("look")?);
        if image.info().channels < 3 {
            return Err(Failure::invalid("image", "expected a picture in color, found a gray one"));
        }
        let cube =
            Cube::parse(&cx.data().read(&file)?).map_err(|why| Failure::failed(format!("{file}: {why}")))?;
        let image = image.map(cx, |pixel, _| {
            let color = cube.look_up([pixel[0], pixel[1], pixel[2]]);
            for (sample, color) in pixel.iter_mut().zip(color) {
                *sample += strength * (color - *sample);
            }
        })?;
        Ok(Outputs::new().with("image", image))
    }
}

export_nodes!(Look);

#[cfg(test)]
mod tests {
    use super::*;
    use wirebrush_sdk::testing::Recorder;

    fn recorder() -> Recorder {
        let recorder = Recorder::default();
        *recorder.data.borrow_mut() = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/data").into());
        recorder
    }

    fn look(color: [f32; 3], look: &str, strength: f64) -> [f32; 3] {
        let image = Image::from_f32(ImageInfo::srgb(1, 1, 3, Sample::F32), &color).unwrap();
        let inputs = Inputs::new().with("image", image).with_choice("look", look).with("strength", strength);
        let samples = recorder().run::<Look>(inputs).unwrap().image("image").unwrap().to_f32().unwrap();
        samples.try_into().unwrap()
    }

    #[test]
    fn every_look_of_the_definition_has_its_file() {
        for choice in &Look::definition().inputs[1].choices {
            assert_ne!(look([0.5; 3], &choice.key, 1.0), [0.5; 3]);
        }
    }

    #[test]
    fn film_is_warm_and_night_is_blue() {
        let [red, _, blue] = look([0.6; 3], "film", 1.0);
        assert!(red > blue);
        let [red, _, blue] = look([0.6; 3], "night", 1.0);
        assert!(red < blue && blue < 0.6);
    }

    #[test]
    fn a_strength_of_zero_changes_nothing() {
        assert_eq!(look([0.2, 0.4, 0.9], "night", 0.0), [0.2, 0.4, 0.9]);
    }
}
