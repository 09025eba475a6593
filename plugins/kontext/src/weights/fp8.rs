//! Scaled 8-bit floats: one factor a tensor, stored beside it under the names of two generations.
//!
//! | | first generation | second |
//! |---|---|---|
//! | factor of `X.weight` | `X.scale_weight` | `X.weight_scale` |
//! | factor for activations, not needed here | `X.scale_input` | `X.input_scale` |
//! | mark | a tensor `scaled_fp8`, under the prefix of each model | `X.comfy_quant` or the header's `_quantization_metadata` |
//!
//! Source: <https://github.com/comfyanonymous/ComfyUI/blob/master/QUANTIZATION.md>.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::Encoding;
use super::entry::{Entry, Stored};
use crate::error::{Error, Result};

/// Names of the factor of `X.weight`, after `X.`.
const FACTORS: [&str; 2] = ["scale_weight", "weight_scale"];
/// What else describes `X.weight` and is not needed to widen it.
const NOTES: [&str; 3] = ["scale_input", "input_scale", "comfy_quant"];
/// Longest `comfy_quant` note that is read.
const MOST_NOTE_BYTES: usize = 1 << 16;

/// Formats by layer that a file declares and that are not read.
pub(super) type Declared = BTreeMap<String, String>;

/// Gives every weight its factor and takes the tensors away that only said so.
///
/// Layers in other formats are left as they are; they come back by name.
///
/// # Errors
/// [`Error::Tensor`] for a factor that is no positive number, or a note that cannot be read.
pub(super) fn fold(
    label: &str,
    entries: &mut BTreeMap<String, Entry>,
    metadata: &HashMap<String, String>,
) -> Result<Declared> {
    let mut declared = declared_formats(label, entries, metadata)?;
    declared.retain(|_, format| !matches!(format.as_str(), "float8_e4m3fn" | "float8_e5m2"));

    let suffixes = FACTORS.iter().chain(&NOTES);
    let layers: Vec<(String, &str)> = entries
        .keys()
        .flat_map(|name| {
            suffixes
                .clone()
                .filter_map(move |s| Some((name.strip_suffix(s)?.strip_suffix('.')?.to_owned(), *s)))
        })
        .collect();
    for (layer, suffix) in layers {
        let (weight, name) = (format!("{layer}.weight"), format!("{layer}.{suffix}"));
        if declared.contains_key(&layer) || !entries.get(&weight).is_some_and(is_float) {
            continue;
        }
        if FACTORS.contains(&suffix) {
            let Some(factor) = factor(label, &name, &entries[&name])? else { continue };
            let pieces = entries.get_mut(&weight).into_iter().flat_map(|e| &mut e.pieces);
            pieces.for_each(|p| p.scale = factor);
        }
        entries.remove(&name);
    }
    entries.retain(|name, _| name != "scaled_fp8" && !name.ends_with(".scaled_fp8"));
    Ok(declared)
}

fn is_float(entry: &Entry) -> bool {
    matches!(
        entry.stored,
        Stored::As(Encoding::F32 | Encoding::F16 | Encoding::BF16 | Encoding::F8E4M3 | Encoding::F8E5M2)
    )
}

/// The one number of a factor; `None` when there are several, for rows or blocks.
fn factor(label: &str, name: &str, entry: &Entry) -> Result<Option<f32>> {
    if entry.elements() != 1 {
        return Ok(None);
    }
    let wrong = |problem: String| Error::Tensor { file: label.to_owned(), tensor: name.to_owned(), problem };
    let Stored::As(encoding) = entry.stored else {
        return Err(wrong(format!("is a factor of type {}, expected a float", entry.stored.name())));
    };
    let mut value = [0f32];
    entry.decode(encoding, &mut value)?;
    match value {
        [value] if value.is_finite() && value > 0.0 => Ok(Some(value)),
        [value] => Err(wrong(format!("is the factor {value}, expected a positive number"))),
    }
}

/// The format of each layer, from notes and header.
fn declared_formats(
    label: &str,
    entries: &BTreeMap<String, Entry>,
    metadata: &HashMap<String, String>,
) -> Result<Declared> {
    let mut formats = Declared::new();
    if let Some(text) = metadata.get("_quantization_metadata") {
        let json: Json = serde_json::from_str(text).map_err(|e| {
            Error::file(label, format!("has a `_quantization_metadata` that is not JSON: {e}"))
        })?;
        for (layer, about) in json.get("layers").and_then(Json::as_object).into_iter().flatten() {
            if let Some(format) = about.get("format").and_then(Json::as_str) {
                formats.insert(layer.clone(), format.to_owned());
            }
        }
    }
    for (name, entry) in entries {
        let Some(layer) = name.strip_suffix(".comfy_quant") else { continue };
        let wrong = |problem: String| Error::Tensor { file: label.to_owned(), tensor: name.clone(), problem };
        let bytes: Vec<u8> = match entry.pieces.as_slice() {
            [piece] if piece.bytes.len() <= MOST_NOTE_BYTES => piece.read()?,
            _ => {
                return Err(wrong(format!(
                    "is a note of {} bytes, expected a short JSON object",
                    entry.bytes()
                )));
            }
        };
        let json: Json = serde_json::from_slice(&bytes).map_err(|e| wrong(format!("is not JSON: {e}")))?;
        if let Some(format) = json.get("format").and_then(Json::as_str) {
            formats.insert(layer.to_owned(), format.to_owned());
        }
    }
    Ok(formats)
}
