use wirebrush_sdk::prelude::*;

use super::failure::{OrFail, stop};
use super::handles::T5Tokens;
use super::{model_port, open_model};

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
            .output(Port::handle("t5", T5Tokens::KIND).tooltip("The prompt for FlowSample's input `t5`."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let text = inputs.text("text")?;
        let asked = usize::try_from(inputs.int("max_length")?).unwrap_or_default();
        let model = open_model(&mut inputs, cx)?;
        let tokenizer = model.t5_tokenizer().or_fail("model")?;
        let length = if asked > 0 { asked } else { model.t5_length().or_fail("model")? };
        let encoded = tokenizer.encode(&text, length).or_fail("text")?;
        if let Some(truncation) = &encoded.truncation {
            cx.warn(truncation.to_string());
        }
        cx.progress_with(0, 1, "loading T5")?;
        let encoder = model.t5().or_fail("model")?;
        let mut ids = encoded.ids;
        ids.resize(length.max(ids.len()), encoder.pad());
        let tokens = encoder
            .forward(&ids, |done, all| cx.progress(done as u64, all as u64).map_err(stop))
            .and_then(|tokens| Ok(tokens.squeeze(0)?))
            .or_fail("text")?;
        Ok(Outputs::new().with("t5", Handle::new(T5Tokens { tokens })))
    }
}
