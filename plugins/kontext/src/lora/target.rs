//! Which rows of which canonical tensor a layer of a LoRA is.

use std::ops::Range;
use std::sync::OnceLock;

use crate::weights::{Part, diffusers_layer, diffusers_layers};

/// Rows of a canonical matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) part: Part,
    /// Name of the tensor; its bias has the same name with `bias` at the end.
    pub(super) tensor: String,
    pub(super) window: Window,
}

/// Which rows of its tensor a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// All.
    Whole,
    /// All, with the two halves changed over.
    Swapped,
    /// One third: query, key or value.
    Third(usize),
    /// In a single block's first layer, as many rows as there are columns: query, key or value.
    Square(usize),
    /// In a single block's first layer, query, key and value.
    Attention,
    /// In a single block's first layer, what is behind query, key and value.
    Mlp,
}

/// Rows `from..` of a change go to `to` of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) from: usize,
    pub(super) to: Range<usize>,
}

impl Window {
    /// Where the rows of a change go in a tensor of `rows` × `columns`; `None` when such a tensor has no such window.
    pub(super) fn segments(self, rows: usize, columns: usize) -> Option<Vec<Segment>> {
        let one = |to: Range<usize>| vec![Segment { from: 0, to }];
        let attention = columns.checked_mul(3).filter(|end| *end <= rows);
        Some(match self {
            Self::Whole => one(0..rows),
            Self::Swapped if rows.is_multiple_of(2) => {
                let half = rows / 2;
                vec![Segment { from: 0, to: half..rows }, Segment { from: half, to: 0..half }]
            }
            Self::Third(k) if rows.is_multiple_of(3) => one(k * (rows / 3)..(k + 1) * (rows / 3)),
            Self::Square(k) => attention.map(|_| one(k * columns..(k + 1) * columns))?,
            Self::Attention => one(0..attention?),
            Self::Mlp => one(attention?..rows),
            Self::Swapped | Self::Third(_) => return None,
        })
    }
}

impl Target {
    /// The bias of the layer; vectors have none.
    pub(super) fn bias(&self) -> Option<String> {
        Some(format!("{}.bias", self.tensor.strip_suffix(".weight")?))
    }
}

/// Layers under BFL's names; `#` is a number.
const BFL: [&str; 30] = [
    "double_blocks.#.img_mod.lin",
    "double_blocks.#.img_attn.qkv",
    "double_blocks.#.img_attn.proj",
    "double_blocks.#.img_attn.norm.query_norm",
    "double_blocks.#.img_attn.norm.key_norm",
    "double_blocks.#.img_mlp.0",
    "double_blocks.#.img_mlp.2",
    "double_blocks.#.txt_mod.lin",
    "double_blocks.#.txt_attn.qkv",
    "double_blocks.#.txt_attn.proj",
    "double_blocks.#.txt_attn.norm.query_norm",
    "double_blocks.#.txt_attn.norm.key_norm",
    "double_blocks.#.txt_mlp.0",
    "double_blocks.#.txt_mlp.2",
    "single_blocks.#.modulation.lin",
    "single_blocks.#.linear1",
    "single_blocks.#.linear2",
    "single_blocks.#.norm.query_norm",
    "single_blocks.#.norm.key_norm",
    "img_in",
    "txt_in",
    "time_in.in_layer",
    "time_in.out_layer",
    "guidance_in.in_layer",
    "guidance_in.out_layer",
    "vector_in.in_layer",
    "vector_in.out_layer",
    "final_layer.linear",
    "final_layer.adaLN_modulation.1",
    // How diffusers' conversion calls it.
    "final_layer.adaLN_modulation_1",
];

/// Layers of CLIP's text encoder.
const CLIP: [&str; 11] = [
    "text_model.encoder.layers.#.self_attn.q_proj",
    "text_model.encoder.layers.#.self_attn.k_proj",
    "text_model.encoder.layers.#.self_attn.v_proj",
    "text_model.encoder.layers.#.self_attn.out_proj",
    "text_model.encoder.layers.#.mlp.fc1",
    "text_model.encoder.layers.#.mlp.fc2",
    "text_model.encoder.layers.#.layer_norm1",
    "text_model.encoder.layers.#.layer_norm2",
    "text_model.final_layer_norm",
    "text_model.embeddings.token_embedding",
    "text_model.embeddings.position_embedding",
];

/// Layers of T5's encoder.
const T5: [&str; 12] = [
    "encoder.block.#.layer.0.SelfAttention.q",
    "encoder.block.#.layer.0.SelfAttention.k",
    "encoder.block.#.layer.0.SelfAttention.v",
    "encoder.block.#.layer.0.SelfAttention.o",
    "encoder.block.#.layer.0.layer_norm",
    "encoder.block.#.layer.1.DenseReluDense.wi",
    "encoder.block.#.layer.1.DenseReluDense.wi_0",
    "encoder.block.#.layer.1.DenseReluDense.wi_1",
    "encoder.block.#.layer.1.DenseReluDense.wo",
    "encoder.block.#.layer.1.layer_norm",
    "encoder.final_layer_norm",
    "shared",
];

/// The layer of a name, its parts joined by dots or by underscores.
pub(super) fn find(part: Part, path: &str) -> Option<Target> {
    let whole = |tensor: String| Target { part, tensor, window: Window::Whole };
    let known = |layers: &[&str]| layers.iter().find_map(|layer| fill(path, layer));
    match part {
        Part::Clip => {
            // Recent exports leave the name of the tower out.
            let short = || CLIP.iter().find_map(|layer| fill(path, layer.strip_prefix("text_model.")?));
            let name = known(&CLIP).or_else(|| Some(format!("text_model.{}", short()?)))?;
            Some(whole(format!("{name}.weight")))
        }
        Part::T5 => Some(whole(format!("{}.weight", known(&T5)?))),
        Part::Transformer => match known(&BFL) {
            Some(name) if name.ends_with("_norm") => Some(whole(format!("{name}.scale"))),
            Some(name) => {
                let name = name.replace("adaLN_modulation_1", "adaLN_modulation.1");
                Some(whole(format!("{name}.weight")))
            }
            None => diffusers(path),
        },
        _ => None,
    }
}

/// The same for diffusers' names of the transformer, which splits some of BFL's layers.
fn diffusers(path: &str) -> Option<Target> {
    static LAYERS: OnceLock<Vec<String>> = OnceLock::new();
    let layers = LAYERS.get_or_init(diffusers_layers);
    let name = layers.iter().find_map(|layer| fill(path, layer))?;
    let layer = diffusers_layer(&format!("{name}.weight"));
    let window = match (layer.piece, layer.pieces) {
        _ if layer.swap_halves => Window::Swapped,
        (piece, 3) => Window::Third(piece),
        (piece @ 0..3, 4) => Window::Square(piece),
        (3, 4) => Window::Mlp,
        _ => Window::Whole,
    };
    Some(Target { part: Part::Transformer, tensor: layer.name, window })
}

/// `layer` with the numbers of `path`, when they are the same name, whether joined by dots or underscores.
fn fill(path: &str, layer: &str) -> Option<String> {
    let mut rest = path;
    let mut filled = String::with_capacity(path.len());
    for expected in layer.chars() {
        if expected == '#' {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, tail) = rest.split_at(digits);
            if number.is_empty() {
                return None;
            }
            filled.push_str(number);
            rest = tail;
            continue;
        }
        let found = rest.chars().next()?;
        if found != expected && !(expected == '.' && found == '_') {
            return None;
        }
        filled.push(expected);
        rest = &rest[found.len_utf8()..];
    }
    rest.is_empty().then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of <https://github.com/huggingface/diffusers/blob/v0.35.0/scripts/convert_flux_to_diffusers.py>.
    #[test]
    fn names_joined_by_dots_and_underscores_are_the_same_rows() {
        for (path, tensor, window) in [
            ("double_blocks.3.img_attn.qkv", "double_blocks.3.img_attn.qkv.weight", Window::Whole),
            ("single_blocks.12.norm.key_norm", "single_blocks.12.norm.key_norm.scale", Window::Whole),
            ("final_layer.adaLN_modulation.1", "final_layer.adaLN_modulation.1.weight", Window::Whole),
            ("transformer_blocks.3.attn.to_k", "double_blocks.3.img_attn.qkv.weight", Window::Third(1)),
            ("transformer_blocks.3.attn.add_v_proj", "double_blocks.3.txt_attn.qkv.weight", Window::Third(2)),
            ("transformer_blocks.3.attn.to_out.0", "double_blocks.3.img_attn.proj.weight", Window::Whole),
            ("transformer_blocks.3.ff.net.0.proj", "double_blocks.3.img_mlp.0.weight", Window::Whole),
            ("transformer_blocks.3.ff_context.net.2", "double_blocks.3.txt_mlp.2.weight", Window::Whole),
            (
                "transformer_blocks.3.norm1_context.linear",
                "double_blocks.3.txt_mod.lin.weight",
                Window::Whole,
            ),
            (
                "transformer_blocks.3.attn.norm_added_q",
                "double_blocks.3.txt_attn.norm.query_norm.scale",
                Window::Whole,
            ),
            ("single_transformer_blocks.7.attn.to_q", "single_blocks.7.linear1.weight", Window::Square(0)),
            ("single_transformer_blocks.7.proj_mlp", "single_blocks.7.linear1.weight", Window::Mlp),
            ("single_transformer_blocks.7.proj_out", "single_blocks.7.linear2.weight", Window::Whole),
            (
                "single_transformer_blocks.7.norm.linear",
                "single_blocks.7.modulation.lin.weight",
                Window::Whole,
            ),
            ("norm_out.linear", "final_layer.adaLN_modulation.1.weight", Window::Swapped),
            ("proj_out", "final_layer.linear.weight", Window::Whole),
            ("x_embedder", "img_in.weight", Window::Whole),
            ("time_text_embed.guidance_embedder.linear_2", "guidance_in.out_layer.weight", Window::Whole),
        ] {
            for path in [path.to_owned(), path.replace('.', "_")] {
                let found = find(Part::Transformer, &path).unwrap_or_else(|| panic!("{path}"));
                assert_eq!((found.tensor.as_str(), found.window), (tensor, window), "{path}");
            }
        }
        let t5 = find(Part::T5, "encoder_block_11_layer_1_DenseReluDense_wi_0").unwrap();
        assert_eq!(t5.tensor, "encoder.block.11.layer.1.DenseReluDense.wi_0.weight");
        let clip = find(Part::Clip, "encoder.layers.0.self_attn.q_proj").unwrap();
        assert_eq!(clip.tensor, "text_model.encoder.layers.0.self_attn.q_proj.weight");
    }

    #[test]
    fn other_names_are_no_layers() {
        for path in
            ["", "double_blocks.img_attn.qkv", "double_blocks.0.img_attn.qkv.x", "down_blocks_0_attn", "é"]
        {
            assert_eq!(find(Part::Transformer, path), None, "{path}");
        }
    }

    #[test]
    fn windows_are_rows_of_the_fused_matrix() {
        let rows = |window: Window, rows, columns| {
            window
                .segments(rows, columns)
                .map(|it| it.into_iter().map(|it| (it.from, it.to)).collect::<Vec<_>>())
        };
        assert_eq!(rows(Window::Third(1), 9216, 3072), Some(vec![(0, 3072..6144)]));
        assert_eq!(rows(Window::Square(2), 21504, 3072), Some(vec![(0, 6144..9216)]));
        assert_eq!(rows(Window::Mlp, 21504, 3072), Some(vec![(0, 9216..21504)]));
        assert_eq!(rows(Window::Swapped, 6144, 3072), Some(vec![(0, 3072..6144), (3072, 0..3072)]));
        assert_eq!(rows(Window::Third(0), 10, 3), None);
        assert_eq!(rows(Window::Mlp, 2, usize::MAX), None);
    }
}
