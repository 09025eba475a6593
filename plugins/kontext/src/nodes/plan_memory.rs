use wirebrush_sdk::prelude::*;

use super::failure::OrFail;
use super::work::budget;
use super::{model_port, open_model};
use crate::memory::{Edit, Plan};
use crate::model::preferred_size;

/// Says what an edit will take before it is run.
#[derive(Default)]
pub struct PlanMemory;

impl Node for PlanMemory {
    fn definition() -> Definition {
        Definition::new("kontext/PlanMemory", "kontext/model")
            .title("Plan Memory")
            .description(
                "Says, before an edit runs, how much memory each of its stages takes, where the weights will be, and how long \
                 a step takes about. Reads headers only.",
            )
            .nondeterministic()
            .input(model_port())
            .input(Port::int("width", 0, 0..=8192).unit("px").tooltip("0 is the model's preferred size."))
            .input(Port::int("height", 0, 0..=8192).unit("px").tooltip("0 is the model's preferred size."))
            .input(Port::int("references", 1, 0..=16).tooltip("Pictures to edit, each brought to the model's preferred size for this aspect, as Fit to Model does."))
            .input(Port::int("styles", 0, 0..=16).tooltip("Pictures from Redux Encode."))
            .input(Port::bool("negative", false).tooltip("Whether there is a negative prompt."))
            .input(Port::memory("memory").tooltip("How much memory the program may use, such as 8G; empty is what is free."))
            .output(Port::new("plan", Kind::TEXT).tooltip("As JSON."))
            .output(Port::new("words", Kind::TEXT).tooltip("A line for the whole and one for each stage."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let budget = budget(&mut inputs)?;
        let model = open_model(&mut inputs, cx)?;
        let count = |value: i64| usize::try_from(value).unwrap_or_default();
        let side = |value: i64| u32::try_from(value).unwrap_or_default();
        let sizes = model.preferred_sizes().or_fail("model")?;
        let size = match (side(inputs.int("width")?), side(inputs.int("height")?)) {
            (0, 0) => sizes.iter().find(|size| size.0 == size.1).or(sizes.first()).copied(),
            (0, _) => return Err(Failure::invalid("width", "expected a width beside the height, found 0")),
            (_, 0) => return Err(Failure::invalid("height", "expected a height beside the width, found 0")),
            size => Some(size),
        };
        let reference = size.and_then(|size| preferred_size(&sizes, size));
        let (Some(size), Some(reference)) = (size, reference) else {
            return Err(Failure::invalid("model", "it prefers no size"));
        };
        let pixels = |(width, height): (u32, u32)| (width as usize, height as usize);
        let edit = Edit {
            size: pixels(size),
            references: count(inputs.int("references")?),
            reference_size: pixels(reference),
            text_tokens: 0,
            styles: count(inputs.int("styles")?),
            prompts: if inputs.bool("negative")? { 2 } else { 1 },
        };
        let plan = Plan::new(&model, edit, budget).or_fail("memory")?;
        let json = serde_json::to_string_pretty(&plan).map_err(|error| Failure::failed(error.to_string()))?;
        Ok(Outputs::new().with("plan", json).with("words", plan.to_string()))
    }
}
