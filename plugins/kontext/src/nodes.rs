//! The nodes: each does one thing, so that every stage can be wired, looked at and kept.
//!
//! Values between them are handles; pictures are sRGB outside and `[-1, 1]` inside.
//! Everything here is glue: what it calls knows nothing of nodes.

mod clip_encode;
mod convert_model;
mod failure;
mod fit;
mod flow_sample;
mod handles;
mod inspect;
mod load_lora;
mod picture;
mod plan_memory;
mod redux_encode;
mod t5_encode;
mod vae;
mod work;

pub use clip_encode::ClipEncode;
pub use convert_model::ConvertModel;
pub use fit::{FitToModel, UndoFit};
pub use flow_sample::FlowSample;
pub use handles::{Fit, FitMode, Latent, Pooled, ReduxMode, ReduxTokens, T5Tokens};
pub use inspect::InspectModel;
pub use load_lora::{LoadLora, PatchedModel};
pub use plan_memory::PlanMemory;
pub use redux_encode::ReduxEncode;
pub use t5_encode::T5Encode;
pub use vae::{VaeDecode, VaeEncode};

use wirebrush_sdk::{Context, Failure, HandleType, Inputs, Port, Result, Value};

use crate::model::Model;
use failure::OrFail;

/// The name under which the host keeps tokenizers for models that come without.
const TOKENIZERS: &str = "tokenizers";

/// The `model` input that most nodes have.
fn model_port() -> Port {
    Port::model("model", "kontext-tiny").also(PatchedModel::KIND).tooltip(
        "Name or path of a model: a diffusers folder, a folder of single files, ComfyUI's models folder, or one file. Or \
         a model from Load LoRA.",
    )
}

/// The `memory` input of nodes whose result does not depend on it.
fn memory_port() -> Port {
    Port::memory("memory").hint().tooltip(
        "How much memory the program may use, such as 8G; empty is what is free. Less is slower, the result is the same.",
    )
}

fn open_model(inputs: &mut Inputs, cx: &Context<'_>) -> Result<std::sync::Arc<Model>> {
    let name = match inputs.get::<Value>("model")? {
        Value::Handle(handle) => {
            let wrong = || {
                Failure::invalid("model", format!("expected {}, found {}", PatchedModel::KIND, handle.kind()))
            };
            return handle.get::<PatchedModel>().map(|it| it.model.clone()).ok_or_else(wrong);
        }
        Value::Text(name) | Value::Choice(name) => name,
        other => return Err(Failure::invalid("model", format!("expected text, found {}", other.kind()))),
    };
    Model::open_with(&cx.find_model(&name)?, || cx.find_model(TOKENIZERS).ok()).or_fail("model")
}
