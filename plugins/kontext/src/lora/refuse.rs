//! LoRAs that are not for FLUX.1 Kontext, by name.

use super::field;
use crate::error::{Error, Result};
use crate::weights::Weights;

/// Parts of keys that only other models have. What is more particular stands before what is less.
const MARKS: [(&str, &str); 22] = [
    ("lora_te2_text_model", "Stable Diffusion XL"),
    ("text_encoder_2.text_model", "Stable Diffusion XL"),
    ("distilled_guidance_layer", "Chroma"),
    ("double_stream_modulation", "FLUX.2"),
    ("to_qkv_mlp_proj", "FLUX.2"),
    ("individual_token_refiner", "HunyuanVideo"),
    ("img_mlp.fc1", "HunyuanVideo"),
    ("img_mlp_fc1", "HunyuanVideo"),
    ("img_mod.linear", "HunyuanVideo"),
    ("img_mlp.net.", "Qwen-Image"),
    ("img_mod.1.", "Qwen-Image"),
    ("joint_blocks", "Stable Diffusion 3"),
    ("caption_projection", "PixArt, SANA or LTX-Video"),
    ("blocks.0.cross_attn", "Wan"),
    ("blocks_0_cross_attn", "Wan"),
    ("noise_refiner", "Lumina or Z-Image"),
    ("context_refiner", "Lumina or Z-Image"),
    ("down_blocks", "Stable Diffusion"),
    ("up_blocks", "Stable Diffusion"),
    ("mid_block", "Stable Diffusion"),
    ("input_blocks", "Stable Diffusion"),
    ("output_blocks", "Stable Diffusion"),
];

/// Ends of keys of methods that change a layer otherwise than by adding to its weight.
const METHODS: [(&str, &str); 7] = [
    (".oft_blocks", "OFT or BOFT"),
    (".oft_diag", "diagonal OFT"),
    (".oft_R.weight", "OFT"),
    (".a1.weight", "GLoRA"),
    (".on_input", "IA³"),
    (".ia3_l", "IA³"),
    (".vera_lambda_b", "VeRA"),
];

/// Refuses LoRAs of other models, although some of their layers may be called like FLUX.1's.
pub(super) fn other_model(file: &Weights) -> Result<()> {
    let marked = |mark: &str| file.names().find(|key| key.contains(mark) && field::is_change(key));
    let Some((key, model)) = MARKS.iter().find_map(|(mark, model)| Some((marked(mark)?, *model))) else {
        return Ok(());
    };
    let model = if model == "Stable Diffusion" { stable_diffusion(file) } else { model };
    Err(Error::unsupported(
        format!("{}: a LoRA for {model} (`{key}`)", file.label()),
        "use one made for FLUX.1 Kontext or FLUX.1 dev",
    ))
}

/// Which Stable Diffusion, by the width of the text that its cross-attention takes.
fn stable_diffusion(file: &Weights) -> &'static str {
    let text = file.names().find(|key| {
        key.contains("attn2") && key.contains("to_k") && (key.contains("lora_down") || key.contains("lora_A"))
    });
    match text.and_then(|key| file.shape(key).ok()?.get(1).copied()) {
        Some(768) => "Stable Diffusion 1.5",
        Some(1024) => "Stable Diffusion 2",
        Some(2048) => "Stable Diffusion XL",
        _ => "Stable Diffusion",
    }
}

/// Refuses Black Forest Labs' control LoRAs, which bring norms along and widen the input.
pub(super) fn control(file: &Weights) -> Result<()> {
    match file.names().find(|key| key.ends_with("query_norm.scale") || key.ends_with("key_norm.scale")) {
        Some(_) if file.names().any(|key| key.contains("lora_")) => Err(widened(file)),
        _ => Ok(()),
    }
}

/// What to say of a LoRA that widens the input.
pub(super) fn widened(file: &Weights) -> Error {
    Error::unsupported(
        format!("{}: a control LoRA (Canny, Depth or Fill)", file.label()),
        "it wants a control picture beside the noise, which Kontext does not take; give the picture as a reference instead",
    )
}

/// What to say of a file in which nothing is a change to FLUX.1.
pub(super) fn nothing(file: &Weights, unmatched: &[String]) -> Error {
    let some: Vec<&str> = unmatched.iter().take(3).map(String::as_str).collect();
    let method = |key: &&String| METHODS.iter().find(|(end, _)| key.ends_with(end));
    if let Some((key, (_, method))) = unmatched.iter().find_map(|key| Some((key, method(&key)?))) {
        return Error::unsupported(
            format!("{}: changes by {method} (`{key}`)", file.label()),
            "LoRA, LoHa, LoKr, DoRA and whole differences are read; merge it with the tool that made it",
        );
    }
    let found = if some.is_empty() {
        "it is empty".to_owned()
    } else {
        format!("it has keys such as {}", some.join(", "))
    };
    Error::file(
        file.label(),
        format!("holds no changes to layers of FLUX.1, CLIP-L or T5 in any naming that is known: {found}"),
    )
}
