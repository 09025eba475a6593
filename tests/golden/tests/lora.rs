//! LoRA files in every naming, against what the tools that write them make of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use serde::Deserialize;
use tempfile::TempDir;
use wirebrush_golden_tests::models::Transformer;
use wirebrush_golden_tests::{Expected, Named, data, value, weight, write, write_as};
use wirebrush_kontext::lora::Lora;
use wirebrush_kontext::weights::{Part, Weights};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/lora");

/// One file on one part of a model.
#[derive(Deserialize)]
struct Case {
    file: String,
    part: String,
    strength: f32,
    tensors: BTreeMap<String, Expected>,
}

fn cases() -> Vec<Case> {
    data(include_str!("../data/lora/expected.json"))
}

/// Transformer A of `data/transformer.json`.
fn transformer() -> Transformer {
    Transformer {
        channels: 16,
        vec: 24,
        context: 40,
        hidden: 64,
        heads: 2,
        depth: 2,
        single: 2,
        axes: [8, 12, 12],
    }
}

/// The tensors that the files change in a CLIP and a T5.
fn encoder(part: Part) -> Vec<Named> {
    let named = |(name, shape): (&str, [usize; 2])| weight(name, &shape);
    match part {
        Part::Clip => [("text_model.encoder.layers.1.self_attn.q_proj.weight", [32, 32])].map(named).to_vec(),
        _ => [
            ("encoder.block.1.layer.0.SelfAttention.q.weight", [24, 32]),
            ("encoder.block.0.layer.1.DenseReluDense.wi_0.weight", [48, 32]),
            ("encoder.block.1.layer.1.DenseReluDense.wo.weight", [32, 48]),
        ]
        .map(named)
        .to_vec(),
    }
}

fn part(name: &str) -> Part {
    match name {
        "clip" => Part::Clip,
        "t5" => Part::T5,
        _ => Part::Transformer,
    }
}

struct Base {
    folder: TempDir,
}

impl Base {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn weights(&self, part: Part) -> Weights {
        let path = self.path("base.safetensors");
        write(&path, &if part == Part::Transformer { transformer().bfl() } else { encoder(part) });
        Weights::open(path).unwrap().part(part).unwrap()
    }

    /// A LoRA file with these tensors.
    fn lora(&self, tensors: &[Named]) -> wirebrush_kontext::Result<Lora> {
        let path = self.path("lora.safetensors");
        write(&path, tensors);
        Lora::open(path)
    }
}

fn values(weights: &Weights, name: &str) -> Vec<f32> {
    weights.get_any(name).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// A factor whose elements are of the size that trained ones have.
fn factor(name: &str, shape: &[usize]) -> Named {
    let values = (0..shape.iter().product()).map(|i| value(name, i, 0.3, 0.0)).collect();
    Named { name: name.to_owned(), shape: shape.to_vec(), values }
}

#[test]
fn every_familys_files_give_the_weights_that_its_tool_gives() {
    for case in cases() {
        let (base, part) = (Base::new(), part(&case.part));
        let weights = base.weights(part);
        let lora = Lora::open(Path::new(FILES).join(&case.file)).unwrap();
        let applied = lora.apply(part, &weights, case.strength).unwrap();
        assert!(applied.absent.is_empty(), "{}: {:?}", case.file, applied.absent);
        for (name, expected) in &case.tensors {
            // The files hold f32 and less, merging rounds to f32; sums are of up to 30 000 elements.
            expected.check(&format!("{} {name}", case.file), &values(&applied.weights, name), 3e-6, 3e-3);
        }
        for name in weights.names().filter(|name| !case.tensors.contains_key(*name)) {
            assert_eq!(values(&weights, name), values(&applied.weights, name), "{}: {name}", case.file);
        }
    }
}

#[test]
fn rows_read_one_by_one_are_the_rows_of_the_whole_bit_by_bit() {
    for case in cases().iter().filter(|case| case.part == "transformer") {
        let base = Base::new();
        let lora = Lora::open(Path::new(FILES).join(&case.file)).unwrap();
        let weights =
            lora.apply(Part::Transformer, &base.weights(Part::Transformer), case.strength).unwrap().weights;
        for name in case.tensors.keys() {
            let whole = values(&weights, name);
            let rows = weights.shape(name).unwrap()[0];
            let width = whole.len() / rows;
            for count in [1, 7, rows] {
                let mut pieces = vec![0f32; whole.len()];
                for first in (0..rows).step_by(count) {
                    let end = rows.min(first + count);
                    weights.read_rows(name, first..end, &mut pieces[first * width..end * width]).unwrap();
                }
                assert_eq!(pieces, whole, "{} {name} {count} rows at a time", case.file);
            }
        }
    }
}

#[test]
fn strength_zero_changes_no_bit() {
    for case in cases() {
        let (base, part) = (Base::new(), part(&case.part));
        let weights = base.weights(part);
        let lora = Lora::open(Path::new(FILES).join(&case.file)).unwrap();
        let applied = lora.apply(part, &weights, 0.0).unwrap().weights;
        for name in weights.names() {
            assert_eq!(values(&weights, name), values(&applied, name), "{}: {name}", case.file);
        }
    }
}

#[test]
fn stacked_files_add_up_in_any_order() {
    let base = Base::new();
    let weights = base.weights(Part::Transformer);
    let open = |file: &str| Lora::open(Path::new(FILES).join(file)).unwrap();
    let files = [
        (open("xlabs.safetensors"), 0.5),
        (open("lycoris-dora.safetensors"), -1.5),
        (open("kohya.safetensors"), 2.0),
    ];
    let stack = |order: &[usize]| {
        order.iter().fold(weights.clone(), |weights, i| {
            let (lora, strength) = &files[*i];
            lora.apply(Part::Transformer, &weights, *strength).unwrap().weights
        })
    };
    let (forth, back) = (stack(&[0, 1, 2]), stack(&[2, 1, 0]));
    for name in weights.names() {
        let plain = values(&weights, name);
        let alone = files.each_ref().map(|(lora, strength)| {
            values(&lora.apply(Part::Transformer, &weights, *strength).unwrap().weights, name)
        });
        let (forth, back) = (values(&forth, name), values(&back, name));
        for i in 0..plain.len() {
            let sum: f32 = alone.iter().map(|it| it[i] - plain[i]).sum();
            // A few additions of numbers of size 1.
            assert!(
                (forth[i] - plain[i] - sum).abs() < 3e-6 && (forth[i] - back[i]).abs() < 3e-6,
                "{name} {i}"
            );
        }
    }
}

/// Query, key and value apart share `down`; the fused layer has their `up`s below each other.
#[test]
fn a_split_layer_and_the_fused_one_with_the_same_factors_are_the_same() {
    let base = Base::new();
    let weights = base.weights(Part::Transformer);
    let h = 64;
    for (split, fused, rows) in [
        (["attn.to_q", "attn.to_k", "attn.to_v", ""], "img_attn.qkv", [h, h, h, 0]),
        (["attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj", ""], "txt_attn.qkv", [h, h, h, 0]),
        (["attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"], "linear1", [h, h, h, 4 * h]),
    ] {
        for rank in [1, 3, 8] {
            let (outer, inner) = if fused == "linear1" {
                ("single_transformer_blocks.1", "single_blocks.1")
            } else {
                ("transformer_blocks.1", "double_blocks.1")
            };
            let up = factor("up", &[rows.iter().sum(), rank]);
            let down = factor("down", &[rank, h]);
            let named = |name: String, of: &Named| Named { name, ..of.clone() };
            let whole = [
                named(format!("diffusion_model.{inner}.{fused}.lora_B.weight"), &up),
                named(format!("diffusion_model.{inner}.{fused}.lora_A.weight"), &down),
            ];
            let mut first = 0;
            let mut parts = Vec::new();
            for (layer, rows) in split.iter().zip(rows).filter(|(_, rows)| *rows > 0) {
                let up = Named {
                    name: format!("transformer.{outer}.{layer}.lora_B.weight"),
                    shape: vec![rows, rank],
                    values: up.values[first * rank..(first + rows) * rank].to_vec(),
                };
                parts.extend([up, named(format!("transformer.{outer}.{layer}.lora_A.weight"), &down)]);
                first += rows;
            }
            let [whole, parts] = [&whole[..], &parts].map(|tensors| {
                let lora = base.lora(tensors).unwrap();
                lora.apply(Part::Transformer, &weights, 1.25).unwrap().weights
            });
            let name = format!("{inner}.{fused}.weight");
            assert_ne!(values(&whole, &name), values(&weights, &name));
            assert_eq!(values(&whole, &name), values(&parts, &name), "{name}, rank {rank}");
        }
    }
}

/// Merging into f32 and into weights of fewer bits differs by nothing but the base's own rounding.
#[test]
fn a_narrower_base_is_widened_first_and_changed_then() {
    let base = Base::new();
    let lora = Lora::open(Path::new(FILES).join("kohya.safetensors")).unwrap();
    let tensors = transformer().bfl();
    let path = base.path("narrow.safetensors");
    write_as(&path, &tensors, Dtype::BF16);
    let narrow = Weights::open(&path).unwrap().part(Part::Transformer).unwrap();
    let widened: Vec<Named> =
        tensors.iter().map(|t| Named { values: values(&narrow, &t.name), ..t.clone() }).collect();
    let path = base.path("wide.safetensors");
    write(&path, &widened);
    let wide = Weights::open(&path).unwrap().part(Part::Transformer).unwrap();
    let [narrow, wide] =
        [narrow, wide].map(|weights| lora.apply(Part::Transformer, &weights, 0.9).unwrap().weights);
    for name in wide.names() {
        assert_eq!(values(&narrow, name), values(&wide, name), "{name}");
    }
}

#[test]
fn keys_that_mean_nothing_are_listed_and_the_others_count() {
    let lora = Lora::open(Path::new(FILES).join("kohya.safetensors")).unwrap();
    assert_eq!(lora.unmatched(), ["lora_te1_text_model_encoder_layers_1_self_attn_q_projection.alpha"]);
    let report = lora.report();
    assert_eq!((report.families, report.ranks), (vec!["kohya (sd-scripts)"], vec![4]));
    assert_eq!(
        report.targets.into_iter().collect::<Vec<_>>(),
        [("CLIP text encoder", 1), ("FLUX transformer", 4), ("T5 text encoder", 2)]
    );
}

#[test]
fn tensors_that_a_model_lacks_are_listed() {
    let base = Base::new();
    let name = "diffusion_model.double_blocks.7.img_attn.proj";
    let lora = base.lora(&[
        factor(&format!("{name}.lora_A.weight"), &[2, 64]),
        factor(&format!("{name}.lora_B.weight"), &[64, 2]),
    ]);
    let applied = lora.unwrap().apply(Part::Transformer, &base.weights(Part::Transformer), 1.0).unwrap();
    assert_eq!(applied.absent, ["double_blocks.7.img_attn.proj.weight"]);
}

#[track_caller]
fn check_refused(tensors: &[(&str, &[usize])], words: &[&str]) {
    let base = Base::new();
    let tensors: Vec<Named> = tensors.iter().map(|(name, shape)| factor(name, shape)).collect();
    let weights = base.weights(Part::Transformer);
    let found = base.lora(&tensors).and_then(|lora| lora.apply(Part::Transformer, &weights, 1.0));
    let message = found.map(|_| ()).unwrap_err().to_string();
    for word in words {
        assert!(message.contains(word), "{message}: expected `{word}`");
    }
}

#[test]
fn factors_that_do_not_fit_are_refused_with_key_expectation_and_find() {
    let (up, down) = ("diffusion_model.img_in.lora_B.weight", "diffusion_model.img_in.lora_A.weight");
    check_refused(&[(up, &[64, 3]), (down, &[2, 16])], &[up, down, "[64, 3]", "expected 2"]);
    check_refused(&[(up, &[65, 2]), (down, &[2, 16])], &[up, "(65, 16)", "(64, 16)", "img_in.weight"]);
    check_refused(&[(up, &[64, 2])], &[up, "has no other factor"]);
    let split = "transformer.single_transformer_blocks.0.attn.to_q";
    let (up, down) = (format!("{split}.lora_B.weight"), format!("{split}.lora_A.weight"));
    check_refused(&[(&up, &[192, 2]), (&down, &[2, 64])], &[&up, "(192, 64)", "(64, 64)", "rows 0..64"]);
    let scale = format!("{split}.dora_scale");
    check_refused(&[(&up, &[64, 2]), (&down, &[2, 64]), (&scale, &[3])], &[&scale, "(3, 1)", "(64, 1)"]);
    check_refused(&[(&format!("{split}.lokr_w1"), &[2, 2])], &["lokr_w1", "no second factor"]);
    check_refused(&[(&format!("{split}.hada_t1"), &[2, 2])], &["hada_t1", "convolution"]);
    let alpha = format!("{split}.alpha");
    check_refused(&[(&up, &[64, 2]), (&down, &[2, 64]), (&alpha, &[2])], &[&alpha, "expected one number"]);
}

#[test]
fn loras_of_other_models_are_refused_by_name() {
    let cross = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight";
    check_refused(&[(cross, &[4, 2048])], &["Stable Diffusion XL", "FLUX.1 Kontext"]);
    check_refused(&[(cross, &[4, 768])], &["Stable Diffusion 1.5"]);
    check_refused(&[("lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", &[4, 8])], &["XL"]);
    check_refused(&[("diffusion_model.blocks.0.cross_attn.q.lora_A.weight", &[4, 8])], &["Wan"]);
    check_refused(
        &[
            ("diffusion_model.double_blocks.0.img_attn_qkv.lora_A.weight", &[4, 64]),
            ("diffusion_model.double_blocks.0.img_attn_qkv.lora_B.weight", &[192, 4]),
            ("diffusion_model.double_blocks.0.img_mlp.fc1.lora_A.weight", &[4, 64]),
        ],
        &["HunyuanVideo"],
    );
    check_refused(
        &[("diffusion_model.double_blocks.0.img_attn.qkv.oft_blocks", &[4, 8, 8])],
        &["OFT", "LoRA, LoHa, LoKr, DoRA"],
    );
    check_refused(
        &[("some.other.weight", &[4, 8])],
        &["no changes to layers of FLUX.1", "some.other.weight"],
    );
    check_refused(
        &[("double_blocks.0.img_attn.norm.query_norm.scale", &[32]), ("img_in.lora_A.weight", &[4, 32])],
        &["control LoRA", "reference"],
    );
    check_refused(
        &[
            ("transformer.x_embedder.lora_A.weight", &[4, 32]),
            ("transformer.x_embedder.lora_B.weight", &[64, 4]),
        ],
        &["control LoRA"],
    );
}

/// Files of one or two layers in every form, some of them damaged: a tensor is missing, has another shape or another name. Each is a
/// change or an error, nothing else.
#[test]
fn files_of_every_form_are_read_and_damaged_ones_read_or_refused() {
    const LAYERS: [(&str, usize, usize); 7] = [
        ("lora_unet_double_blocks_0_img_attn_qkv", 192, 64),
        ("lora_unet_single_blocks_1_linear1", 448, 64),
        ("transformer.single_transformer_blocks.1.proj_mlp", 256, 64),
        ("transformer.norm_out.linear", 128, 64),
        ("base_model.model.final_layer.adaLN_modulation.1", 128, 64),
        ("double_blocks.0.processor.qkv_lora1", 192, 64),
        ("lora_transformer_x_embedder", 64, 16),
    ];
    const ENDS: [&str; 8] = [
        "lora_up.weight",
        "lora_A.weight",
        "lora_B.bias",
        "alpha",
        "dora_scale",
        "hada_w2_b",
        "lokr_w1",
        "diff_b",
    ];
    const SIDES: [usize; 8] = [0, 1, 2, 4, 32, 64, 192, 256];
    let base = Base::new();
    let weights = base.weights(Part::Transformer);
    let (mut read, mut refused) = (0, 0);
    for file in 0..400 {
        let mut draw = 0;
        let mut random = |below: usize| {
            draw += 1;
            let unit = f64::from(value("random", file * 1000 + draw, 0.5, 0.5));
            ((unit * below as f64) as usize).min(below - 1)
        };
        let mut tensors = Vec::new();
        for _ in 0..=random(2) {
            let (layer, rows, columns) = LAYERS[random(LAYERS.len())];
            let rank = 1 + random(5);
            let form: &[(&str, &[usize])] = match (layer.contains("processor"), random(6)) {
                (true, _) => &[("up.weight", &[rows, rank]), ("down.weight", &[rank, columns])],
                (_, 0) => &[
                    ("lora_up.weight", &[rows, rank]),
                    ("lora_down.weight", &[rank, columns]),
                    ("alpha", &[]),
                ],
                (_, 1) => &[("lora_B.weight", &[rows, rank]), ("lora_A.weight", &[rank, columns])],
                (_, 2) => &[
                    ("hada_w1_a", &[rows, rank]),
                    ("hada_w1_b", &[rank, columns]),
                    ("hada_w2_a", &[rows, 1]),
                    ("hada_w2_b", &[1, columns]),
                    ("dora_scale", &[rows, 1]),
                ],
                (_, 3) => &[
                    ("lokr_w1", &[2, 4]),
                    ("lokr_w2_a", &[rows / 2, rank]),
                    ("lokr_w2_b", &[rank, columns / 4]),
                ],
                (_, 4) => &[("diff", &[rows, columns]), ("diff_b", &[rows])],
                _ => &[("set_weight", &[rows, columns])],
            };
            tensors.extend(form.iter().map(|(end, shape)| factor(&format!("{layer}.{end}"), shape)));
        }
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        tensors.dedup_by(|a, b| a.name == b.name);
        let is_whole = file % 2 == 0;
        if !is_whole {
            let at = random(tensors.len());
            let side = [SIDES[random(SIDES.len())], SIDES[random(SIDES.len())]];
            match random(3) {
                0 => drop(tensors.remove(at)),
                1 => tensors[at] = factor(&tensors[at].name, &side[..1 + random(2)]),
                _ => {
                    let (layer, _, _) = LAYERS[random(LAYERS.len())];
                    tensors[at].name = format!("{layer}.{}", ENDS[random(ENDS.len())]);
                    tensors.sort_by(|a, b| a.name.cmp(&b.name));
                    tensors.dedup_by(|a, b| a.name == b.name);
                }
            }
        }
        let applied = base.lora(&tensors).and_then(|lora| {
            lora.report();
            lora.check_numbers()?;
            lora.apply(Part::Transformer, &weights, 1.0)
        });
        match applied {
            Ok(applied) => {
                read += 1;
                for name in weights.names() {
                    assert_eq!(values(&applied.weights, name).len(), values(&weights, name).len());
                }
            }
            Err(error) => {
                assert!(!is_whole, "{error}");
                refused += 1;
            }
        }
    }
    assert!(read >= 200 && refused > 50, "{read} read, {refused} refused");
}
