use std::sync::Arc;

use wirebrush_sdk::prelude::*;
use wirebrush_sdk::{HandleObject, HandleType};

use super::failure::OrFail;
use super::work::work;
use super::{model_port, open_model};
use crate::lora::Lora;
use crate::model::{Model, evict_idle};

// Keys named in a warning; the rest is counted. All of them are in the report of InspectModel.
const MOST_NAMED: usize = 8;

/// A model with LoRAs.
pub struct PatchedModel {
    /// The model.
    pub model: Arc<Model>,
}

impl HandleObject for PatchedModel {
    fn size_bytes(&self) -> u64 {
        self.model.own_bytes()
    }

    fn evict(&self) {
        evict_idle();
    }
}

impl HandleType for PatchedModel {
    const KIND: &'static str = "kontext/model@1";
}

/// Puts a LoRA on a model: a small file that teaches it a style, a subject or a kind of edit.
#[derive(Default)]
pub struct LoadLora;

impl Node for LoadLora {
    fn definition() -> Definition {
        Definition::new("kontext/LoadLoRA", "kontext/model")
            .title("Load LoRA")
            .description(
                "Gives the model with a LoRA on it, for the input `model` of T5 Encode, CLIP Encode and Flow Sample; \
                 several LoRAs are put on one after another, in any order. Reads the files of all common trainers. The \
                 model itself stays as it is, and what is loaded of it is shared.",
            )
            .input(model_port().tooltip("Name or path of a model, or a model that has LoRAs already."))
            .input(Port::model("lora", "").tooltip("Name or path of a LoRA file."))
            .input(
                Port::float("strength", 1.0, -4.0..=4.0)
                    .soft_range(-1.0..=2.0)
                    .step(0.05)
                    .tooltip("How much of it counts; 1 is as trained, 0 nothing, negative values do the opposite."),
            )
            .input(
                Port { default: None, ..Port::float("text_strength", 1.0, -4.0..=4.0) }
                    .optional()
                    .soft_range(-1.0..=2.0)
                    .step(0.05)
                    .advanced()
                    .tooltip("The same for its changes to the text encoders; empty is as `strength`."),
            )
            .output(Port::handle("model", PatchedModel::KIND).tooltip("For the input `model` of other nodes."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let name = inputs.text("lora")?;
        if name.trim().is_empty() {
            return Err(Failure::invalid("lora", "expected the name of a LoRA file, found nothing"));
        }
        let strength = inputs.float("strength")?;
        let text_strength = inputs.optional::<f64>("text_strength")?.unwrap_or(strength);
        let model = open_model(&mut inputs, cx)?;
        let path = cx.find_model(&name)?;
        let lora = work(cx, |_| {
            let lora = Lora::open(path)?;
            lora.check_numbers()?;
            Ok(Arc::new(lora))
        });
        let lora = lora?.or_fail("lora")?;
        warn(cx, lora.unmatched(), |count| {
            format!("{count} keys of {name} are not understood and have no effect")
        });
        let with = model.with_lora(lora, strength as f32, text_strength as f32).or_fail("lora")?;
        warn(cx, &with.absent, |count| format!("the model lacks {count} tensors that {name} changes"));
        Ok(Outputs::new().with("model", Handle::new(PatchedModel { model: with.model })))
    }
}

fn warn(cx: &Context<'_>, names: &[String], what: impl Fn(usize) -> String) {
    if names.is_empty() {
        return;
    }
    let more = if names.len() > MOST_NAMED { ", …" } else { "" };
    let named: Vec<&str> = names.iter().take(MOST_NAMED).map(String::as_str).collect();
    cx.warn(format!("{}: {}{more}", what(names.len()), named.join(", ")));
}
