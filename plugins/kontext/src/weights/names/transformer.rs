//! Transformer names, diffusers to BFL.

use super::Place;

/// Pairs outside the blocks.
const OUTER: [(&str, &str); 9] = [
    ("x_embedder", "img_in"),
    ("context_embedder", "txt_in"),
    ("time_text_embed.timestep_embedder.linear_1", "time_in.in_layer"),
    ("time_text_embed.timestep_embedder.linear_2", "time_in.out_layer"),
    ("time_text_embed.guidance_embedder.linear_1", "guidance_in.in_layer"),
    ("time_text_embed.guidance_embedder.linear_2", "guidance_in.out_layer"),
    ("time_text_embed.text_embedder.linear_1", "vector_in.in_layer"),
    ("time_text_embed.text_embedder.linear_2", "vector_in.out_layer"),
    ("proj_out", "final_layer.linear"),
];

/// Pairs inside a double block, without those that are joined.
const DOUBLE: [(&str, &str); 8] = [
    ("norm1.linear", "img_mod.lin"),
    ("norm1_context.linear", "txt_mod.lin"),
    ("attn.to_out.0", "img_attn.proj"),
    ("attn.to_add_out", "txt_attn.proj"),
    ("ff.net.0.proj", "img_mlp.0"),
    ("ff.net.2", "img_mlp.2"),
    ("ff_context.net.0.proj", "txt_mlp.0"),
    ("ff_context.net.2", "txt_mlp.2"),
];

/// Norm scales of a double block, whole names.
const DOUBLE_NORMS: [(&str, &str); 4] = [
    ("attn.norm_q.weight", "img_attn.norm.query_norm.scale"),
    ("attn.norm_k.weight", "img_attn.norm.key_norm.scale"),
    ("attn.norm_added_q.weight", "txt_attn.norm.query_norm.scale"),
    ("attn.norm_added_k.weight", "txt_attn.norm.key_norm.scale"),
];

const IMG_QKV: [&str; 3] = ["attn.to_q", "attn.to_k", "attn.to_v"];
const TXT_QKV: [&str; 3] = ["attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"];
const LINEAR1: [&str; 4] = ["attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"];

/// The place of a diffusers tensor; names that are not in the tables keep theirs.
pub(super) fn bfl_name(name: &str) -> Place {
    let Some((path, field)) = name.rsplit_once('.') else { return Place::alone(name) };
    if path == "norm_out.linear" {
        // diffusers stores (scale, shift), BFL (shift, scale).
        let name = format!("final_layer.adaLN_modulation.1.{field}");
        return Place { name, joined: Vec::new(), swap_halves: true };
    }
    if let Some((_, bfl)) = OUTER.iter().find(|(d, _)| *d == path) {
        return Place::alone(format!("{bfl}.{field}"));
    }
    if let Some((block, tail)) = in_block(name, "transformer_blocks.") {
        return double(block, tail, field).unwrap_or_else(|| Place::alone(name));
    }
    if let Some((block, tail)) = in_block(name, "single_transformer_blocks.") {
        return single(block, tail, field).unwrap_or_else(|| Place::alone(name));
    }
    Place::alone(name)
}

/// Every layer under diffusers' name; `#` is a number.
pub(super) fn layers() -> Vec<String> {
    let outer = OUTER.iter().map(|(name, _)| *name).chain(["norm_out.linear"]).map(str::to_owned);
    let norms = DOUBLE_NORMS.iter().filter_map(|(name, _)| name.strip_suffix(".weight"));
    let double = DOUBLE.iter().map(|(name, _)| *name).chain(norms).chain(IMG_QKV).chain(TXT_QKV);
    let single = ["norm.linear", "proj_out", "attn.norm_q", "attn.norm_k"].into_iter().chain(LINEAR1);
    let double = double.map(|name| format!("transformer_blocks.#.{name}"));
    let single = single.map(|name| format!("single_transformer_blocks.#.{name}"));
    outer.chain(double).chain(single).collect()
}

/// Splits `root.N.tail` into `N` and `tail`.
fn in_block<'a>(name: &'a str, root: &str) -> Option<(&'a str, &'a str)> {
    let (block, tail) = name.strip_prefix(root)?.split_once('.')?;
    block.bytes().all(|b| b.is_ascii_digit()).then_some((block, tail))
}

fn double(block: &str, tail: &str, field: &str) -> Option<Place> {
    if let Some((_, bfl)) = DOUBLE_NORMS.iter().find(|(d, _)| *d == tail) {
        return Some(Place::alone(format!("double_blocks.{block}.{bfl}")));
    }
    let path = tail.strip_suffix(field)?.strip_suffix('.')?;
    if let Some((_, bfl)) = DOUBLE.iter().find(|(d, _)| *d == path) {
        return Some(Place::alone(format!("double_blocks.{block}.{bfl}.{field}")));
    }
    for (pieces, bfl) in [(IMG_QKV, "img_attn.qkv"), (TXT_QKV, "txt_attn.qkv")] {
        if pieces.contains(&path) {
            return Some(Place {
                name: format!("double_blocks.{block}.{bfl}.{field}"),
                joined: pieces.iter().map(|p| format!("transformer_blocks.{block}.{p}.{field}")).collect(),
                swap_halves: false,
            });
        }
    }
    None
}

fn single(block: &str, tail: &str, field: &str) -> Option<Place> {
    let bfl = match tail {
        "attn.norm_q.weight" => Some("norm.query_norm.scale".to_owned()),
        "attn.norm_k.weight" => Some("norm.key_norm.scale".to_owned()),
        _ => None,
    };
    let path = tail.strip_suffix(field)?.strip_suffix('.')?;
    let bfl = bfl.or_else(|| match path {
        "norm.linear" => Some(format!("modulation.lin.{field}")),
        "proj_out" => Some(format!("linear2.{field}")),
        _ => None,
    });
    if let Some(bfl) = bfl {
        return Some(Place::alone(format!("single_blocks.{block}.{bfl}")));
    }
    LINEAR1.contains(&path).then(|| Place {
        name: format!("single_blocks.{block}.linear1.{field}"),
        joined: LINEAR1.iter().map(|p| format!("single_transformer_blocks.{block}.{p}.{field}")).collect(),
        swap_halves: false,
    })
}
