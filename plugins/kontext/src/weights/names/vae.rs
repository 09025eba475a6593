//! VAE names, diffusers (present and old) to BFL.

use super::Place;

/// Fields inside a mid attention, under the present, the old and the BFL name.
const ATTENTION: [(&str, &str); 9] = [
    ("group_norm", "norm"),
    ("to_q", "q"),
    ("to_k", "k"),
    ("to_v", "v"),
    ("to_out.0", "proj_out"),
    ("query", "q"),
    ("key", "k"),
    ("value", "v"),
    ("proj_attn", "proj_out"),
];

/// Number of resolution levels of a diffusers decoder (BFL counts its `up` blocks from the other end).
pub(super) fn levels<'a>(names: impl Iterator<Item = &'a String>) -> usize {
    let level = |n: &String| n.strip_prefix("decoder.up_blocks.")?.split('.').next()?.parse::<usize>().ok();
    names.filter_map(level).max().map_or(0, |n| n.saturating_add(1))
}

/// The place of a tensor; BFL names and unknown names keep theirs.
pub(super) fn bfl_name(name: &str, levels: usize) -> Place {
    Place::alone(translate(name, levels).unwrap_or_else(|| name.to_owned()))
}

fn translate(name: &str, levels: usize) -> Option<String> {
    let (side, rest) = name.split_once('.')?;
    if side != "encoder" && side != "decoder" {
        return None;
    }
    let rest = if let Some(tail) = rest.strip_prefix("conv_norm_out.") {
        format!("norm_out.{tail}")
    } else if let Some(tail) = rest.strip_prefix("mid_block.") {
        format!("mid.{}", mid(tail)?)
    } else if let Some(tail) = rest.strip_prefix("down_blocks.") {
        let (level, tail) = tail.split_once('.')?;
        format!("down.{level}.{}", block(tail, "downsamplers.0.", "downsample.")?)
    } else {
        let (level, tail) = rest.strip_prefix("up_blocks.")?.split_once('.')?;
        let level = (levels - 1).checked_sub(level.parse().ok()?)?;
        format!("up.{level}.{}", block(tail, "upsamplers.0.", "upsample.")?)
    };
    Some(format!("{side}.{rest}"))
}

fn mid(tail: &str) -> Option<String> {
    if let Some(tail) = tail.strip_prefix("attentions.0.") {
        let (path, field) = tail.rsplit_once('.')?;
        let (_, bfl) = ATTENTION.iter().find(|(d, _)| *d == path)?;
        return Some(format!("attn_1.{bfl}.{field}"));
    }
    let (index, tail) = tail.strip_prefix("resnets.")?.split_once('.')?;
    let index: usize = index.parse().ok()?;
    Some(format!("block_{}.{}", index.checked_add(1)?, shortcut(tail)))
}

fn block(tail: &str, sampler: &str, bfl: &str) -> Option<String> {
    if let Some(tail) = tail.strip_prefix(sampler) {
        return Some(format!("{bfl}{tail}"));
    }
    let (index, tail) = tail.strip_prefix("resnets.")?.split_once('.')?;
    Some(format!("block.{index}.{}", shortcut(tail)))
}

fn shortcut(tail: &str) -> String {
    tail.replace("conv_shortcut.", "nin_shortcut.")
}
