use wirebrush_sdk::prelude::*;

use super::failure::OrFail;
use super::handles::Pooled;
use super::work::{budget, make_room, work};
use super::{memory_port, model_port, open_model};
use crate::memory::Need;

/// Encodes a prompt with CLIP: one vector that sets the overall style.
#[derive(Default)]
pub struct ClipEncode;

impl Node for ClipEncode {
    fn definition() -> Definition {
        Definition::new("kontext/CLIPEncode", "kontext/text")
            .title("CLIP Encode")
            .description(
                "Encodes a prompt with the model's CLIP text encoder into one vector. Give it the same prompt as T5 \
                 Encode; it reads about the first 75 words' pieces.",
            )
            .concurrency(Concurrency::OnePerNode)
            .input(Port::text("text", "").widget("textarea").tooltip("The same instruction that T5 Encode gets."))
            .input(model_port())
            .input(memory_port())
            .output(Port::handle("clip", Pooled::KIND).tooltip("The vector for FlowSample's input `clip`."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let text = inputs.text("text")?;
        let budget = budget(&mut inputs)?;
        let model = open_model(&mut inputs, cx)?;
        let tokenizer = model.clip_tokenizer().or_fail("model")?;
        cx.progress_with(0, 1, "loading CLIP")?;
        let _room = make_room(Need::clip(&model).or_fail("model")?, budget, &model, cx, "")?;
        let encoder = work(cx, |_| model.clip())?.or_fail("model")?;
        let longest = tokenizer.model_max_length().unwrap_or(usize::MAX).min(encoder.max_tokens());
        let encoded = tokenizer.encode(&text, longest).or_fail("text")?;
        if let Some(truncation) = &encoded.truncation {
            // No warning: T5 carries the meaning and takes much longer prompts.
            cx.log(LogLevel::Info, truncation.to_string());
        }
        let vector = work(cx, |_| encoder.pooled(&encoded.ids, tokenizer.end()))?
            .and_then(|vector| Ok(vector.squeeze(0)?))
            .or_fail("text")?;
        cx.progress(1, 1)?;
        Ok(Outputs::new().with("clip", Handle::new(Pooled { vector })))
    }
}
