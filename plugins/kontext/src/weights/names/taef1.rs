//! TAEF1's names: those of diffusers, and the bare numbers of its author's files, which ComfyUI uses.

use std::collections::BTreeMap;

/// Whether a name is of a block; the names of other layers could be anything's.
pub(super) fn owns(name: &str) -> bool {
    let layers = ["decoder.layers.", "encoder.layers."].iter().find_map(|root| name.strip_prefix(root));
    let rest = layers.unwrap_or(name);
    rest.split_once('.').is_some_and(|(number, rest)| {
        number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty() && rest.starts_with("conv.")
    })
}

/// Bare numbers count the layers of the one half that a file holds. The decoder's begin with a clamp, which has no tensors and which
/// diffusers does not count.
pub(super) fn canonical<T>(tensors: BTreeMap<String, T>) -> BTreeMap<String, T> {
    let bare = |name: &str| {
        let (number, rest) = name.split_once('.')?;
        Some((number.parse::<usize>().ok()?, rest.to_owned()))
    };
    let is_encoder = tensors.contains_key("0.weight");
    let rename = |name: String| match bare(&name) {
        Some((number, rest)) if is_encoder => format!("encoder.layers.{number}.{rest}"),
        Some((number, rest)) if number > 0 => format!("decoder.layers.{}.{rest}", number - 1),
        _ => name,
    };
    tensors.into_iter().map(|(name, tensor)| (rename(name), tensor)).collect()
}
