//! One model in every format: each file gives what the numbers in it mean, read by other programs.

use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use serde_json::json;
use tempfile::TempDir;
use wirebrush_golden_tests::fp8::{self, Scheme};
use wirebrush_golden_tests::{Named, input, models, write};
use wirebrush_kontext::model::{ModelFiles, Part as Role};
use wirebrush_kontext::nodes::InspectModel;
use wirebrush_kontext::transformer::{Conditioning, Transformer};
use wirebrush_kontext::weights::{Encoding, Part, Weights};
use wirebrush_sdk::prelude::Inputs;

const GGUF: [GgmlDType; 13] = [
    GgmlDType::F32,
    GgmlDType::F16,
    GgmlDType::BF16,
    GgmlDType::Q8_0,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q6K,
    GgmlDType::Q5K,
    GgmlDType::Q4K,
    GgmlDType::Q3K,
    GgmlDType::Q2K,
];

const FP8: [Scheme; 5] =
    [Scheme::PlainE4M3, Scheme::PlainE5M2, Scheme::ScaleWeight, Scheme::WeightScale, Scheme::Metadata];

/// Wide enough for superblocks of 256.
fn model() -> models::Transformer {
    models::Transformer {
        channels: 16,
        vec: 256,
        context: 256,
        hidden: 256,
        heads: 2,
        depth: 1,
        single: 1,
        axes: [16, 56, 56],
    }
}

fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.json"), model().config_json()).unwrap();
    dir
}

/// The velocity of fixed inputs.
fn output(path: &Path) -> Vec<f32> {
    let tensor = |name: &str, shape: &[usize]| {
        Tensor::from_vec(input(name, shape.iter().product(), 1.0), shape, &Device::Cpu).unwrap()
    };
    let model = Arc::new(Transformer::open(path).unwrap());
    let conditioning = Conditioning {
        txt: tensor("input.txt", &[5, 256]),
        vec: tensor("input.vec", &[256]),
        biases: Vec::new(),
    };
    let prepared = model.prepare(&conditioning, (2, 3), &[], 2.5).unwrap();
    let v = prepared.velocity(&tensor("input.tokens", &[6, 16]), 0.7, &|_, _| Ok(())).unwrap();
    v.flatten_all().unwrap().to_vec1().unwrap()
}

/// The output for weights written in f32.
fn plain(tensors: &[Named]) -> Vec<f32> {
    let dir = folder();
    let path = dir.path().join("plain.safetensors");
    write(&path, tensors);
    output(&path)
}

/// Writes a GGUF file with candle, matrices quantized, and gives what candle reads back from the blocks.
fn write_gguf(path: &Path, architecture: Option<&str>, tensors: &[Named], kind: GgmlDType) -> Vec<Named> {
    let mut seen = Vec::new();
    let stored: Vec<(String, QTensor)> = tensors
        .iter()
        .map(|t| {
            let values = Tensor::from_slice(&t.values, t.shape.as_slice(), &Device::Cpu).unwrap();
            let whole = t.shape.len() == 2 && t.shape[1].is_multiple_of(kind.block_size());
            let stored = QTensor::quantize(&values, if whole { kind } else { GgmlDType::F32 }).unwrap();
            let values = stored.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            seen.push(Named { values, ..t.clone() });
            (t.name.clone(), stored)
        })
        .collect();
    let stored: Vec<_> = stored.iter().map(|(n, t)| (n.as_str(), t)).collect();
    let architecture = architecture.map(|a| Value::String(a.to_owned()));
    let metadata: Vec<_> = architecture.iter().map(|a| ("general.architecture", a)).collect();
    gguf_file::write(&mut std::fs::File::create(path).unwrap(), &metadata, &stored).unwrap();
    seen
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn prefixed(prefix: &str, tensors: &[Named]) -> Vec<Named> {
    tensors.iter().map(|t| Named { name: format!("{prefix}{}", t.name), ..t.clone() }).collect()
}

/// Decoded numbers are the same but for one rounding: 1e-5 is a hundred roundings of outputs near 1.
const SAME: f32 = 1e-5;

#[test]
fn every_format_gives_the_output_of_its_dequantized_weights() {
    let exact = plain(&model().bfl());
    println!("{:<14} {:>12} {:>12}", "format", "own error", "difference");
    let check = |what: &str, exact_format: bool, seen: &[Named], path: &Path| {
        let (found, expected) = (output(path), plain(seen));
        let (own, off) = (difference(&expected, &exact), difference(&found, &expected));
        println!("{what:<14} {own:>12.1e} {off:>12.1e}");
        assert!(off <= SAME, "{what} differs by {off} from its dequantized weights");
        assert_eq!(own == 0.0, exact_format, "{what}: quantizing changes the weights by {own}");
    };
    for kind in GGUF {
        let dir = folder();
        let path = dir.path().join("model.gguf");
        let seen = write_gguf(&path, Some("flux"), &model().bfl(), kind);
        check(&format!("GGUF {kind:?}"), kind == GgmlDType::F32, &seen, &path);
    }
    for scheme in FP8 {
        let dir = folder();
        let path = dir.path().join("model.safetensors");
        let seen = fp8::write(&path, "", &model().bfl(), scheme);
        check(&format!("{scheme:?}"), false, &seen, &path);
    }
}

#[test]
fn prefixes_and_diffusers_names_load_in_quantized_files() {
    let dir = folder();
    let path = dir.path().join("model.gguf");
    // As stable-diffusion.cpp writes: no architecture, the prefix kept.
    let tensors = prefixed("model.diffusion_model.", &model().bfl());
    let mut seen = write_gguf(&path, None, &tensors, GgmlDType::Q4K);
    seen.iter_mut().for_each(|t| t.name = t.name.replace("model.diffusion_model.", ""));
    assert!(difference(&output(&path), &plain(&seen)) <= SAME);

    // q, k and v are joined from three tensors with three factors.
    for scheme in FP8 {
        let path = dir.path().join("model.safetensors");
        let seen = fp8::write(&path, "", &model().diffusers(), scheme);
        assert!(difference(&output(&path), &plain(&seen)) <= SAME, "{scheme:?}");
    }
}

/// They become one matrix, which has one encoding.
#[test]
fn queries_keys_and_values_in_different_encodings_are_refused_by_name() {
    let dir = folder();
    let path = dir.path().join("model.safetensors");
    let is_value = |t: &Named| t.name == "transformer_blocks.0.attn.to_v.weight";
    let (values, others): (Vec<Named>, Vec<Named>) = model().diffusers().into_iter().partition(is_value);
    let mut file = fp8::File::default();
    file.add_as("", &values, safetensors::Dtype::BF16);
    file.add("", &others, Scheme::ScaleWeight);
    file.write(&path);
    let error = Transformer::open(&path).err().unwrap().to_string();
    for fact in ["`double_blocks.0.img_attn.qkv.weight`", "[512, 256] F8_E4M3", "[256, 256] BF16"] {
        assert!(error.contains(fact), "{error}");
    }
}

#[test]
fn parts_of_a_checkpoint_may_have_encodings_of_their_own() {
    let dir = folder();
    let path = dir.path().join("all.safetensors");
    let transformer = fp8::write(&path, "model.diffusion_model.", &model().bfl(), Scheme::ScaleWeight);
    let half = dir.path().join("vae.safetensors");
    let vae = models::Vae { channels: vec![32, 64], blocks: 1, z: 4 };
    wirebrush_golden_tests::write_as(&half, &prefixed("vae.", &vae.bfl()), safetensors::Dtype::BF16);
    let both = Weights::open_files(&[&path, &half]).unwrap();
    let found = both.part(Part::Transformer).unwrap();
    let name = "single_blocks.0.linear2.weight";
    let expected = transformer.iter().find(|t| t.name == name).unwrap();
    let values: Vec<f32> = found.get_any(name).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    assert_eq!(values, expected.values);
    assert_eq!(found.encoding(name).unwrap(), Encoding::F8E4M3);
    let vae = both.part(Part::Vae).unwrap();
    assert_eq!(vae.encoding("decoder.conv_in.weight").unwrap(), Encoding::BF16);
    assert!(
        both.names().all(|n| !n.contains("scale_") && !n.contains("scaled_fp8")),
        "factors are no tensors"
    );
}

/// Bits, so that NaN equals NaN and −0 differs from 0.
#[track_caller]
fn same_bits(what: &str, found: &[f32], expected: &[f32]) {
    let differ = found
        .iter()
        .zip(expected)
        .position(|(f, e)| f.to_bits() != e.to_bits() && !(f.is_nan() && e.is_nan()));
    assert_eq!((found.len(), differ), (expected.len(), None), "{what}");
}

#[test]
fn stored_numbers_mean_what_gguf_and_torch_say() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    for (file, encodings) in [("encodings.gguf", 12), ("fp8.safetensors", 2)] {
        let weights = Weights::open(data.join(file)).unwrap();
        let mut checked = 0;
        for encoding in Encoding::ALL {
            let name = encoding.name();
            if !weights.contains(name) {
                continue;
            }
            let get = |name: &str| -> Vec<f32> {
                weights.get_any(name).unwrap().flatten_all().unwrap().to_vec1().unwrap()
            };
            assert_eq!(weights.encoding(name).unwrap(), encoding);
            let expected = get(&format!("{name}.values"));
            same_bits(name, &get(name), &expected);

            let row: usize = weights.shape(name).unwrap()[1..].iter().product();
            let count = weights.shape(name).unwrap()[0];
            let mut rows = vec![0.0; (count - 1).min(2) * row];
            let first = count - rows.len() / row;
            weights.read_rows(name, first..count, &mut rows).unwrap();
            same_bits(&format!("last rows of {name}"), &rows, &expected[first * row..]);
            checked += 1;
        }
        assert_eq!(checked, encodings, "{file}");
    }
}

#[test]
fn a_lost_shape_comes_back_from_its_key() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/encodings.gguf");
    let weights = Weights::open(data).unwrap();
    assert_eq!(weights.shape("F16").unwrap(), [512, 3, 1]);
    assert_eq!(weights.shape("Q4_K").unwrap(), [3, 512]);
    assert_eq!(weights.metadata()["general.architecture"], "flux");
}

#[test]
fn rows_that_are_not_there_are_an_error() {
    let weights = Weights::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/encodings.gguf")).unwrap();
    let mut out = vec![0.0; 512];
    for (rows, len, expected) in
        [(3..4, 512, "has 3 rows"), (0..1, 511, "do not hold"), (0..usize::MAX, 512, "has 3 rows")]
    {
        let error = weights.read_rows("Q4_K", rows, &mut out[..len]).unwrap_err().to_string();
        assert!(error.contains("`Q4_K`") && error.contains(expected), "{error}");
    }
}

#[test]
fn factors_must_be_positive_numbers() {
    for (factor, shown) in [(f32::NAN, "NaN"), (-1.0, "-1"), (0.0, "0"), (f32::INFINITY, "inf")] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.safetensors");
        let bytes = factor.to_le_bytes();
        let view = |dtype, shape: &[usize], data| {
            safetensors::tensor::TensorView::new(dtype, shape.to_vec(), data).unwrap()
        };
        let tensors = [
            ("double_blocks.0.img_mlp.0.weight", view(safetensors::Dtype::F8_E4M3, &[2, 2], &[0u8; 4])),
            ("double_blocks.0.img_mlp.0.scale_weight", view(safetensors::Dtype::F32, &[], &bytes)),
        ];
        safetensors::serialize_to_file(tensors, None, &path).unwrap();
        let error = Weights::open(&path).unwrap_err().to_string();
        assert!(
            error.contains("`double_blocks.0.img_mlp.0.scale_weight`")
                && error.contains(&format!("factor {shown},")),
            "{error}"
        );
    }
}

#[test]
fn other_architectures_and_codebook_types_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.gguf");
    let llama = [wirebrush_golden_tests::weight("blk.0.attn_q.weight", &[4, 32])];
    write_gguf(&path, Some("llama"), &llama, GgmlDType::F32);
    let error = Weights::open(&path).unwrap_err().to_string();
    assert!(error.contains("`llama`") && error.contains("`flux`"), "{error}");

    write_gguf(&path, Some("flux"), &model().bfl(), GgmlDType::Q4_0);
    let mut bytes = std::fs::read(&path).unwrap();
    let name = b"single_blocks.0.linear2.weight";
    let at = bytes.windows(name.len()).position(|w| w == name).unwrap() + name.len() + 4 + 2 * 8;
    // IQ4_NL has blocks of the same size as Q4_0.
    assert_eq!(bytes[at..at + 4], 2u32.to_le_bytes());
    bytes[at] = 20;
    std::fs::write(&path, bytes).unwrap();
    let error = Weights::open(&path).unwrap().part(Part::Transformer).unwrap_err().to_string();
    assert!(error.contains("IQ4_NL") && error.contains("Q2_K to Q8_0"), "{error}");
}

#[test]
fn inspection_says_what_each_kind_of_file_is_and_what_it_lacks() {
    let inspect = |path: &Path| -> serde_json::Value {
        let inputs = Inputs::new().with("file", path.display().to_string());
        let outputs = wirebrush_sdk::testing::run::<InspectModel>(inputs).unwrap();
        let report: String = outputs.value("report").unwrap();
        serde_json::from_str(&report).unwrap()
    };
    let dir = folder();
    let path = dir.path().join("kontext.gguf");
    write_gguf(&path, Some("flux"), &model().bfl(), GgmlDType::Q4K);
    let report = inspect(&path);
    assert_eq!(
        (&report["role"], &report["family"]),
        (&json!("transformer"), &json!("FLUX.1 Kontext or dev"))
    );
    let part = &report["parts"]["transformer"];
    assert_eq!((&part["format"], &part["naming"]), (&json!("GGUF"), &json!("BFL")));
    let share = part["encodings"].as_str().unwrap();
    assert!(share.starts_with("Q4_K 99.") && share.contains(", F32 0."), "{share}");
    assert_eq!(part["sizes"], "1 + 1 blocks, width 256, 2 heads of 128, 4 latent channels");
    assert!(part["bytes"].as_u64().unwrap() < part["parameters"].as_u64().unwrap(), "{part}");
    let missing = report["missing"].to_string();
    assert!(missing.contains("ae.safetensors") && missing.contains("clip_l.safetensors"), "{missing}");

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("style.safetensors");
    let down = "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight";
    write(&path, &[wirebrush_golden_tests::weight(down, &[4, 64])]);
    let report = inspect(&path);
    assert_eq!((&report["role"], &report["format"]), (&json!("lora"), &json!("safetensors")));

    let path = dir.path().join("kontext_fp8_scaled.safetensors");
    fp8::write(&path, "model.diffusion_model.", &model().bfl(), Scheme::ScaleWeight);
    let part = &inspect(&path)["parts"]["transformer"];
    let share = part["encodings"].as_str().unwrap();
    assert!(share.starts_with("F8_E4M3 scaled 99.") && share.contains(", F32 0."), "{share}");
    assert_eq!(part["prefix"], "model.diffusion_model.");
}

#[test]
fn a_folder_offers_the_file_that_is_nearest_to_the_original() {
    let dir = tempfile::tempdir().unwrap();
    let names = [
        "flux1-kontext-dev-Q2_K.gguf",
        "svdq-int4_r32-flux.1-kontext-dev.safetensors",
        "flux1-kontext-dev-Q4_K_M.gguf",
        "flux1-kontext-dev-fp8-e4m3fn.safetensors",
        "flux1-dev-kontext_fp8_scaled.safetensors",
        "flux1-kontext-dev-Q8_0.gguf",
        "flux1-kontext-dev.safetensors",
    ];
    // Each better file that comes is taken; the refused one never is.
    let mut best = None;
    for name in names {
        std::fs::write(dir.path().join(name), "").unwrap();
        best = if name.starts_with("svdq") { best } else { Some(name) };
        let found = ModelFiles::find(dir.path()).unwrap();
        assert_eq!(found.get(Role::Transformer).and_then(|p| p.file_name()), best.map(AsRef::as_ref));
    }
}

#[test]
fn a_gguf_file_without_a_telling_name_is_found_by_its_tensors() {
    let dir = folder();
    write_gguf(&dir.path().join("mine.gguf"), Some("flux"), &model().bfl(), GgmlDType::Q8_0);
    let found = ModelFiles::find(dir.path()).unwrap();
    assert_eq!(found.get(Role::Transformer).and_then(|p| p.file_name()), Some("mine.gguf".as_ref()));
}
