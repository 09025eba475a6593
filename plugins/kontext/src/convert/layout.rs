//! Where everything lies in the new file, known before the first number is read.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::gguf::{self, TensorInfo};
use super::target::{Container, Target};
use super::{facts, rules};
use crate::error::{Error, Result};
use crate::weights::{Encoding, GGUF_ALIGNMENT, Part, Weights, gguf_type_id};

/// The new file before it has numbers.
pub(super) struct Layout {
    /// What the file begins with.
    pub(super) header: Vec<u8>,
    /// Length of the whole file. What no item covers is zero.
    pub(super) length: u64,
    /// The tensors, in the order they are written.
    pub(super) items: Vec<Item>,
}

/// A tensor and its place.
pub(super) struct Item {
    /// Canonical name.
    pub(super) name: String,
    /// What it becomes.
    pub(super) encoding: Encoding,
    /// Where it begins in the file.
    pub(super) at: u64,
    /// Its length in bytes.
    pub(super) bytes: u64,
    /// Where its scale lies, an f32, when it has one.
    pub(super) scale_at: Option<u64>,
}

/// A tensor of the new file, before it has a place.
struct Planned<'a> {
    canonical: &'a str,
    name: String,
    shape: &'a [usize],
    encoding: Encoding,
    bytes: u64,
}

/// Lays out the file that a part becomes.
///
/// # Errors
/// When a tensor's numbers are in no known encoding.
pub(super) fn plan(
    weights: &Weights,
    part: Part,
    target: Target,
    container: Container,
    config: Option<&str>,
) -> Result<Layout> {
    let mut planned = Vec::new();
    for canonical in weights.names().filter(|name| !is_left_out(name)) {
        let shape = weights.shape(canonical)?;
        let encoding =
            rules::encoding(part, target, container, canonical, shape, weights.encoding(canonical)?);
        let name = match container {
            Container::Gguf => facts::gguf_name(part, canonical),
            Container::Safetensors => canonical.to_owned(),
        };
        let elements = shape.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim));
        let bytes = elements.and_then(|elements| encoding.bytes(elements)).ok_or_else(|| Error::Tensor {
            file: weights.label().to_owned(),
            tensor: canonical.to_owned(),
            problem: format!("of shape {shape:?} does not fit into blocks of {encoding}"),
        })?;
        planned.push(Planned { canonical, name, shape, encoding, bytes: bytes as u64 });
    }
    match container {
        Container::Gguf => in_gguf(&facts::gguf_facts(weights, part, target, config), &planned),
        Container::Safetensors => {
            Ok(in_safetensors(&facts::safetensors_metadata(weights, config), target, planned))
        }
    }
}

/// Integers that old exports of CLIP and SigLIP carry and nobody reads.
fn is_left_out(name: &str) -> bool {
    name.ends_with(".position_ids")
}

fn in_gguf(facts: &[(&'static str, gguf::Value)], planned: &[Planned<'_>]) -> Result<Layout> {
    let mut end = 0u64;
    let infos: Vec<TensorInfo<'_>> = planned
        .iter()
        .map(|tensor| {
            let kind = gguf_type_id(tensor.encoding).ok_or_else(|| {
                Error::unsupported(
                    format!("{} in GGUF", tensor.encoding),
                    "use a name that ends in .safetensors",
                )
            })?;
            let offset = end.next_multiple_of(GGUF_ALIGNMENT);
            end = offset + tensor.bytes;
            Ok(TensorInfo { name: &tensor.name, shape: tensor.shape, kind, offset })
        })
        .collect::<Result<_>>()?;
    let header = gguf::header(facts, &infos);
    let start = header.len() as u64;
    let items = planned.iter().zip(&infos).map(|(tensor, info)| Item {
        name: tensor.canonical.to_owned(),
        encoding: tensor.encoding,
        at: start + info.offset,
        bytes: tensor.bytes,
        scale_at: None,
    });
    Ok(Layout { items: items.collect(), length: (start + end).next_multiple_of(GGUF_ALIGNMENT), header })
}

/// Scaled fp8 is written as its first generation, `X.scale_weight` beside `X.weight` and a marker `scaled_fp8`: every
/// ComfyUI since 2024 reads it, the present one by translating it to its second, which older ones take for unscaled.
fn in_safetensors(
    metadata: &BTreeMap<String, String>,
    target: Target,
    mut planned: Vec<Planned<'_>>,
) -> Layout {
    // Readers want numbers at multiples of their size, and gaps are not allowed: large ones first.
    planned.sort_by_key(|tensor| std::cmp::Reverse(tensor.encoding.block_bytes()));
    let is_scaled = |tensor: &Planned<'_>| tensor.encoding == Encoding::F8E4M3;
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), json!(metadata));
    let mut end = 0u64;
    let mut place = |name: String, encoding: Encoding, shape: &[usize], bytes: u64| {
        let start = end;
        end += bytes;
        let info = json!({ "dtype": encoding.name(), "shape": shape, "data_offsets": [start, end] });
        header.insert(name, info);
        start
    };
    let scales: Vec<Option<u64>> = planned
        .iter()
        .map(|tensor| {
            let name = format!("{}.scale_weight", tensor.name.trim_end_matches(".weight"));
            is_scaled(tensor).then(|| place(name, Encoding::F32, &[], 4))
        })
        .collect();
    let starts: Vec<u64> = planned
        .iter()
        .map(|tensor| place(tensor.name.clone(), tensor.encoding, tensor.shape, tensor.bytes))
        .collect();
    if target == Target::Fp8 {
        // Two elements say that products shall not be taken in fp8: this file knows no scales for the other factor.
        place("scaled_fp8".to_owned(), Encoding::F8E4M3, &[2], 2);
    }
    let mut text = Json::Object(header).to_string().into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut header = (text.len() as u64).to_le_bytes().to_vec();
    header.extend(text);
    let data = header.len() as u64;
    let items = planned.iter().zip(&starts).zip(&scales).map(|((tensor, start), scale)| Item {
        name: tensor.canonical.to_owned(),
        encoding: tensor.encoding,
        at: data + start,
        bytes: tensor.bytes,
        scale_at: scale.map(|at| data + at),
    });
    Layout { items: items.collect(), length: data + end, header }
}
