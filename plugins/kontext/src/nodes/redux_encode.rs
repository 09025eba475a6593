use wirebrush_sdk::prelude::*;

use super::failure::OrFail;
use super::handles::{ReduxMode, ReduxTokens};
use super::work::{budget, make_room, work};
use super::{memory_port, model_port, open_model, picture};
use crate::memory::Need;
use crate::vision::pool;

/// Encodes a picture with Redux: its look as words of the prompt.
#[derive(Default)]
pub struct ReduxEncode;

impl Node for ReduxEncode {
    fn definition() -> Definition {
        Definition::new("kontext/ReduxEncode", "kontext/text")
            .title("Redux Encode")
            .description(
                "Turns a picture into prompt tokens with SigLIP and the Redux adapter: its style and content guide \
                 the result without being copied. Several may be given to FlowSample.",
            )
            .concurrency(Concurrency::OnePerNode)
            .input(Port::image("image").tooltip("The picture whose look shall guide."))
            .input(model_port())
            .input(
                Port::float("strength", 1.0, 0.0..=10.0)
                    .soft_range(0.0..=2.0)
                    .step(0.05)
                    .tooltip("How much the picture counts; 1 is as trained."),
            )
            .input(
                Port::choice("mode", &["multiply", "attention"])
                    .advanced()
                    .tooltip("What the strength acts on: the tokens, or how much the other tokens look at them."),
            )
            .input(
                Port::int("downsample", 1, 1..=27)
                    .advanced()
                    .tooltip("Averages the grid of tokens: 3 makes 81 of 729, so that words keep more weight."),
            )
            .input(
                Port::choice("fit", &["stretch", "crop"])
                    .advanced()
                    .tooltip("How the picture becomes square: distorted, as the model was trained, or its middle."),
            )
            .input(memory_port())
            .output(Port::handle("redux", ReduxTokens::KIND).tooltip("For FlowSample's input `redux`."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let strength = inputs.float("strength")?;
        let mode =
            if inputs.choice("mode")? == "attention" { ReduxMode::Attention } else { ReduxMode::Multiply };
        let downsample = usize::try_from(inputs.int("downsample")?).unwrap_or(1);
        let crop = inputs.choice("fit")? == "crop";
        let budget = budget(&mut inputs)?;
        let model = open_model(&mut inputs, cx)?;
        picture::check_size(&image)?;
        cx.progress_with(0, 3, "loading SigLIP")?;
        let (need, _) = Need::redux(&model).or_fail("model")?;
        let _room = make_room(need, budget, &model, cx, "")?;
        let vision = work(cx, |_| model.vision())?.or_fail("model")?;
        let redux = work(cx, |_| model.redux())?.or_fail("model")?;
        let mut size = (image.width(), image.height());
        let mut rgb = picture::rgb8(&image, cx)?;
        if crop {
            let side = size.0.min(size.1);
            let (left, top) = ((size.0 - side) / 2, (size.1 - side) / 2);
            let row = |y: u32| {
                let start = 3 * (y as usize * size.0 as usize + left as usize);
                start..start + 3 * side as usize
            };
            rgb = (top..top + side).flat_map(|y| rgb[row(y)].iter().copied()).collect();
            size = (side, side);
        }
        let pixels = vision.prepare(&rgb, size).or_fail("image")?;
        cx.progress_with(1, 3, "SigLIP")?;
        let seen = work(cx, |_| vision.forward(&pixels))?.or_fail("model")?;
        cx.progress_with(2, 3, "Redux")?;
        let tokens = work(cx, |_| redux.forward(&seen))?.or_fail("model")?;
        let tokens =
            pool(&tokens, downsample).and_then(|tokens| Ok(tokens.squeeze(0)?)).or_fail("downsample")?;
        cx.progress(3, 3)?;
        Ok(Outputs::new().with("redux", Handle::new(ReduxTokens { tokens, strength, mode })))
    }
}
