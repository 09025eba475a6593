//! Which tensors lose bits, and how many.
//!
//! The rules of the tools whose files people exchange:
//! <https://github.com/city96/ComfyUI-GGUF/tree/main/tools> for transformers and the quantizer of
//! <https://github.com/ggml-org/llama.cpp/blob/b6000/src/llama-quant.cpp> for T5.

use super::target::{Container, Target};
use crate::error::{Error, Result};
use crate::weights::{Encoding, Part};

/// Tensors of at most this many elements stay exact in GGUF.
const SMALL: usize = 1024;

/// Refuses what nobody could read.
///
/// # Errors
/// [`Error::Unsupported`] with what to do instead.
pub(super) fn check(part: Part, target: Target, container: Container) -> Result<()> {
    let what = |format: &str| format!("a {} {format}", part.name());
    let small = "it is small; use --to bf16 and a name that ends in .safetensors";
    match (part, container) {
        (Part::Transformer | Part::T5, _) => Ok(()),
        (_, Container::Gguf) => Err(Error::unsupported(what("in GGUF"), small)),
        (Part::Vae | Part::Redux, _) if target.is_quantized() => {
            Err(Error::unsupported(what(&format!("in {}", target.key())), small))
        }
        _ => Ok(()),
    }
}

/// How a tensor is stored in the new file.
pub(super) fn encoding(
    part: Part,
    target: Target,
    container: Container,
    name: &str,
    shape: &[usize],
    source: Encoding,
) -> Encoding {
    let is_matrix = shape.len() == 2;
    if container == Container::Gguf && (shape.len() < 2 || shape.iter().product::<usize>() <= SMALL) {
        return Encoding::F32;
    }
    if !target.is_quantized() {
        return target.encoding();
    }
    if !is_matrix || !loses_bits(part, container, name) {
        return exact(source);
    }
    fitting(raised(part, target, name), shape[1]).unwrap_or_else(|| exact(source))
}

/// Whether a matrix is quantized: those inside the blocks are, those around them are few and sensitive.
fn loses_bits(part: Part, container: Container, name: &str) -> bool {
    if !name.ends_with(".weight") {
        return false;
    }
    match part {
        Part::Transformer => name.starts_with("double_blocks.") || name.starts_with("single_blocks."),
        // Scaled fp8 files keep the table of tokens, which is looked up and not multiplied.
        Part::T5 if name == "shared.weight" => container == Container::Gguf,
        Part::T5 => name.starts_with("encoder.block.") && !name.contains("relative_attention_bias"),
        Part::Clip => name.starts_with("text_model.encoder.layers."),
        Part::Siglip => name.starts_with("vision_model.encoder.layers."),
        _ => false,
    }
}

/// The mixes called `_M`: attention gets one step more, and so does T5's table of tokens.
fn raised(part: Part, target: Target, name: &str) -> Encoding {
    let is_attention = part == Part::Transformer && name.ends_with("_attn.qkv.weight");
    let is_table = part == Part::T5 && name == "shared.weight";
    match target {
        Target::Q4K | Target::Q5K if is_table => Encoding::Q6K,
        Target::Q4K if is_attention => Encoding::Q5K,
        Target::Q5K if is_attention => Encoding::Q6K,
        _ => target.encoding(),
    }
}

/// The encoding itself when rows are whole blocks, else the next best with smaller blocks.
fn fitting(encoding: Encoding, columns: usize) -> Option<Encoding> {
    let smaller = match encoding {
        Encoding::Q4K => Encoding::Q5_0,
        Encoding::Q5K => Encoding::Q5_1,
        Encoding::Q6K => Encoding::Q8_0,
        other => other,
    };
    [encoding, smaller].into_iter().find(|it| columns > 0 && columns.is_multiple_of(it.block_elements()))
}

/// A float that holds what the source holds.
fn exact(source: Encoding) -> Encoding {
    match source {
        Encoding::F32 | Encoding::F16 => source,
        // Rounding to eight bits of precision is little beside what such a source has lost already.
        _ => Encoding::BF16,
    }
}
