use wirebrush_sdk::prelude::*;

use super::failure::OrFail;
use super::handles::T5Tokens;
use super::work::{budget, make_room, work};
use super::{memory_port, model_port, open_model};
use crate::memory::Need;

/// Encodes a prompt with T5: what the picture shall show, token by token.
#[derive(Default)]
pub struct T5Encode;

impl Node for T5Encode {
    fn definition() -> Definition {
        Definition::new("kontext/T5Encode", "kontext/text")
            .title("T5 Encode")
            .description(
                "Encodes a prompt with the model's T5 text encoder, which carries the meaning of the instruction. \
                 Prompts that are too long are cut, with a warning that says where.",
            )
            .concurrency(Concurrency::OnePerNode)
            .input(Port::text("text", "").widget("textarea").tooltip("The instruction, for example “make it night”."))
            .input(model_port())
            .input(
                Port::int("max_length", 0, 0..=4096)
                    .advanced()
                    .unit("tokens")
                    .tooltip("Tokens the prompt is filled up or cut to; 0 is what the model names (512 for FLUX.1 \
                              Kontext), 256 is what ComfyUI uses. Filling changes the picture."),
            )
            .input(memory_port())
            .output(Port::handle("t5", T5Tokens::KIND).tooltip("The prompt for FlowSample's input `t5`."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let text = inputs.text("text")?;
        let asked = usize::try_from(inputs.int("max_length")?).unwrap_or_default();
        let budget = budget(&mut inputs)?;
        let model = open_model(&mut inputs, cx)?;
        let tokenizer = model.t5_tokenizer().or_fail("model")?;
        let length = if asked > 0 { asked } else { model.t5_length().or_fail("model")? };
        let encoded = tokenizer.encode(&text, length).or_fail("text")?;
        if let Some(truncation) = &encoded.truncation {
            cx.warn(truncation.to_string());
        }
        cx.progress_with(0, 1, "loading T5")?;
        let mut ids = encoded.ids;
        let need = Need::t5(&model, length.max(ids.len())).or_fail("model")?;
        let room = make_room(need, budget, &model, cx, "")?;
        let encoder = work(cx, |_| model.t5(room.stage.residency))?.or_fail("model")?;
        ids.resize(length.max(ids.len()), encoder.pad());
        let tokens = work(cx, |tell| encoder.forward(&ids, |done, all| tell.progress(done, all, "")))?
            .and_then(|tokens| Ok(tokens.squeeze(0)?))
            .or_fail("text")?;
        Ok(Outputs::new().with("t5", Handle::new(T5Tokens { tokens })))
    }
}
