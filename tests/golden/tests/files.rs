//! The same model in every file layout, and files that are refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{Device, Tensor};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use tempfile::TempDir;
use wirebrush_golden_tests::{Named, input, models, write, write_as};
use wirebrush_kontext::detect::{self, Family, Naming};
use wirebrush_kontext::transformer::{Conditioning, Config, Transformer};
use wirebrush_kontext::weights::{Part, Weights};

fn model_a() -> models::Transformer {
    models::Transformer {
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

/// A folder with the config of model A.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.json"), model_a().config_json()).unwrap();
    dir
}

fn prefixed(prefix: &str, tensors: Vec<Named>) -> Vec<Named> {
    tensors.into_iter().map(|t| Named { name: format!("{prefix}{}", t.name), ..t }).collect()
}

/// The velocity of fixed inputs.
fn output(path: impl AsRef<Path>) -> Vec<f32> {
    let tensor = |name: &str, shape: &[usize]| {
        Tensor::from_vec(input(name, shape.iter().product(), 1.0), shape, &Device::Cpu).unwrap()
    };
    let model = Arc::new(Transformer::open(path).unwrap());
    let conditioning = Conditioning {
        txt: tensor("input.txt", &[5, 40]),
        vec: tensor("input.vec", &[24]),
        biases: Vec::new(),
    };
    let prepared = model.prepare(&conditioning, (2, 3), &[], 2.5).unwrap();
    let v = prepared.velocity(&tensor("input.tokens", &[6, 16]), 0.7, &|_, _| Ok(())).unwrap();
    v.flatten_all().unwrap().to_vec1().unwrap()
}

fn reference() -> Vec<f32> {
    let dir = folder();
    write(&dir.path().join("flux.safetensors"), &model_a().bfl());
    output(dir.path().join("flux.safetensors"))
}

/// Writes the tensors round robin into shards with an index, so that q, k and v of a layer lie apart.
fn write_shards(dir: &Path, tensors: &[Named], n: usize) -> PathBuf {
    let mut map = serde_json::Map::new();
    for shard in 0..n {
        let file = format!("diffusion_pytorch_model-{:05}-of-{n:05}.safetensors", shard + 1);
        let own: Vec<Named> = tensors.iter().skip(shard).step_by(n).cloned().collect();
        write(&dir.join(&file), &own);
        map.extend(own.into_iter().map(|t| (t.name, file.clone().into())));
    }
    let index = dir.join("diffusion_pytorch_model.safetensors.index.json");
    std::fs::write(&index, serde_json::json!({"metadata": {"total_size": 1}, "weight_map": map}).to_string())
        .unwrap();
    index
}

#[test]
fn every_layout_gives_the_same_output() {
    let expected = reference();
    let check = |what: &str, write_model: &dyn Fn(&Path) -> PathBuf| {
        let dir = folder();
        let path = write_model(dir.path());
        assert_eq!(output(path), expected, "{what}");
    };
    let single = |tensors: Vec<Named>| {
        move |dir: &Path| {
            let path = dir.join("diffusion_pytorch_model.safetensors");
            write(&path, &tensors);
            path
        }
    };
    check("diffusers file", &single(model_a().diffusers()));
    check("diffusers shards, by index", &|dir| write_shards(dir, &model_a().diffusers(), 3));
    check("diffusers shards, by folder", &|dir| {
        write_shards(dir, &model_a().diffusers(), 4);
        dir.to_owned()
    });
    for prefix in ["model.diffusion_model.", "model.model.", "net.", "diffusion_model."] {
        check(prefix, &single(prefixed(prefix, model_a().bfl())));
    }
    check("prefixed diffusers", &single(prefixed("transformer.", model_a().diffusers())));
    check("all-in-one", &|dir| {
        let vae = models::Vae { channels: vec![32, 64], blocks: 1, z: 4 };
        let mut tensors = prefixed("model.diffusion_model.", model_a().bfl());
        tensors.extend(prefixed("vae.", vae.bfl()));
        single(tensors)(dir)
    });
}

/// Sixteen-bit files: within the rounding of the weights, and exactly what the rounded weights give.
#[test]
fn sixteen_bit_files_load() {
    let exact = reference();
    for (dtype, tolerance) in [(Dtype::F16, 5e-3), (Dtype::BF16, 5e-2)] {
        let dir = folder();
        let path = dir.path().join("model.safetensors");
        write_as(&path, &model_a().bfl(), dtype);
        let worst = output(&path).iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{dtype:?}: within {worst:.1e} of f32");
        assert!(worst > 0.0 && worst < tolerance, "{dtype:?} differs by {worst}");
    }
}

#[test]
fn inspect_tells_family_naming_and_sizes() {
    let dir = folder();
    let path = dir.path().join("model.safetensors");
    write(&path, &prefixed("model.diffusion_model.", model_a().bfl()));
    let report = detect::inspect(&path).unwrap();
    let [model] = report.models.as_slice() else { panic!("{report:?}") };
    assert_eq!(
        (model.family, model.naming, model.part),
        (Family::FluxDev, Some(Naming::Bfl), Some(Part::Transformer))
    );
    assert_eq!((model.prefix.as_str(), model.encodings.as_str()), ("model.diffusion_model.", "F32 100 %"));
    assert_eq!(model.sizes, "2 + 2 blocks, width 64, 2 heads of 32, 4 latent channels");
    assert_eq!(model.problem, None);
    let count: usize = model_a().bfl().iter().map(|t| t.values.len()).sum();
    assert_eq!(model.parameters, count as u64);

    write(
        &path,
        &[wirebrush_golden_tests::weight(
            "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight",
            &[4, 64],
        )],
    );
    assert_eq!(detect::inspect(&path).unwrap().models[0].family, Family::Lora);
    write(&path, &[wirebrush_golden_tests::weight("something.else", &[4, 64])]);
    assert_eq!(detect::inspect(&path).unwrap().models[0].family, Family::Unknown);
}

/// The message of opening model A after `spoil` changed its tensors.
fn refusal(spoil: impl FnOnce(&mut Vec<Named>)) -> String {
    let dir = folder();
    let path = dir.path().join("broken.safetensors");
    let mut tensors = model_a().bfl();
    spoil(&mut tensors);
    write(&path, &tensors);
    message(Transformer::open(&path), &path)
}

#[track_caller]
fn message<T>(result: wirebrush_kontext::Result<T>, path: &Path) -> String {
    let message = result.err().expect("the file must be refused").to_string();
    assert!(message.contains(&path.file_name().unwrap().to_string_lossy().into_owned()), "{message}");
    println!("{}", message.replace(&path.parent().unwrap().display().to_string(), "…"));
    message
}

#[track_caller]
fn check_contains(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn renamed_tensor_is_named_with_its_nearest_match() {
    let message = refusal(|t| {
        t.iter_mut().find(|t| t.name == "double_blocks.1.img_mlp.0.weight").unwrap().name =
            "double_blocks.1.img_mlp.O.weight".into();
    });
    check_contains(
        &message,
        &["`double_blocks.1.img_mlp.0.weight` is missing", "`double_blocks.1.img_mlp.O.weight`"],
    );
}

#[test]
fn missing_tensor_is_named() {
    let message = refusal(|t| t.retain(|t| t.name != "final_layer.linear.bias"));
    check_contains(&message, &["`final_layer.linear.bias` is missing"]);
}

#[test]
fn missing_third_of_a_joined_tensor_is_named() {
    let dir = folder();
    let path = dir.path().join("broken.safetensors");
    let mut tensors = model_a().diffusers();
    tensors.retain(|t| t.name != "transformer_blocks.0.attn.to_k.weight");
    write(&path, &tensors);
    check_contains(
        &message(Transformer::open(&path), &path),
        &["`transformer_blocks.0.attn.to_k.weight` is missing"],
    );
}

#[test]
fn wrong_shape_says_expected_and_found() {
    let message = refusal(|t| {
        let tensor = t.iter_mut().find(|t| t.name == "single_blocks.0.linear1.bias").unwrap();
        tensor.values.pop();
        tensor.shape = vec![tensor.values.len()];
    });
    check_contains(&message, &["single_blocks.0.linear1.bias", "[447]", "[448]"]);
}

#[test]
fn relatives_are_refused_by_name() {
    let wider = |t: &mut Vec<Named>, times: usize| {
        let img_in = t.iter_mut().find(|t| t.name == "img_in.weight").unwrap();
        img_in.shape[1] *= times;
        img_in.values = img_in.values.repeat(times);
    };
    check_contains(&refusal(|t| wider(t, 6)), &["Fill", "Kontext"]);
    check_contains(&refusal(|t| wider(t, 2)), &["control", "Kontext"]);
    check_contains(&refusal(|t| t.retain(|t| !t.name.starts_with("guidance_in."))), &["schnell", "Kontext"]);
    check_contains(
        &refusal(|t| {
            t.push(wirebrush_golden_tests::weight("double_stream_modulation_img.lin.weight", &[4, 4]))
        }),
        &["FLUX.2", "use FLUX.1 Kontext"],
    );
    check_contains(
        &refusal(|t| {
            t.push(wirebrush_golden_tests::weight("distilled_guidance_layer.in_proj.weight", &[4, 4]))
        }),
        &["Chroma", "Kontext"],
    );
}

#[test]
fn another_model_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ae.safetensors");
    write(&path, &models::Vae { channels: vec![32, 64], blocks: 1, z: 4 }.bfl());
    check_contains(
        &message(Transformer::open(&path), &path),
        &["holds no FLUX transformer", "it holds a VAE"],
    );
}

#[test]
fn tiny_heads_need_a_config() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flux.safetensors");
    write(&path, &model_a().bfl());
    check_contains(&message(Transformer::open(&path), &path), &["axes_dims_rope"]);
    let weights = Weights::open(&path).unwrap().part(Part::Transformer).unwrap();
    let config = serde_json::json!({"axes_dims_rope": [8, 12, 12], "num_layers": 3});
    check_contains(
        &message(Config::from_weights(&weights, Some(&config)), &path),
        &["num_layers = 3", "say 2"],
    );
}

#[test]
fn quantized_files_are_refused_by_name() {
    let plain = |name: &str, dtype: Dtype, shape: &[usize]| (name.to_owned(), dtype, shape.to_vec());
    type Header = Vec<(String, Dtype, Vec<usize>)>;
    let cases: [(&str, Header); 6] = [
        (
            "fp8 format with a scale for each row",
            vec![
                plain("double_blocks.0.img_mlp.0.weight", Dtype::F8_E4M3, &[8, 8]),
                plain("double_blocks.0.img_mlp.0.weight_scale", Dtype::F32, &[8, 1]),
            ],
        ),
        ("I8 format", vec![plain("double_blocks.0.img_mlp.0.weight", Dtype::I8, &[8, 8])]),
        (
            "nvfp4",
            vec![
                plain("double_blocks.0.img_mlp.0.weight", Dtype::U8, &[8, 8]),
                plain("double_blocks.0.img_mlp.0.weight_scale_2", Dtype::F32, &[1]),
            ],
        ),
        (
            "NF4",
            vec![
                plain("double_blocks.0.img_mlp.0.weight", Dtype::U8, &[32, 1]),
                plain("double_blocks.0.img_mlp.0.weight.absmax", Dtype::F32, &[1]),
            ],
        ),
        ("LLM.int8", vec![plain("encoder.block.0.layer.0.SelfAttention.q.SCB", Dtype::F32, &[8])]),
        (
            "Nunchaku",
            vec![
                plain("transformer_blocks.0.qkv_proj.qweight", Dtype::I8, &[8, 4]),
                plain("transformer_blocks.0.qkv_proj.wscales", Dtype::BF16, &[1, 8]),
            ],
        ),
    ];
    for (expected, tensors) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quantized.safetensors");
        let data: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, dtype, shape)| vec![0; shape.iter().product::<usize>() * dtype.bitsize() / 8])
            .collect();
        let views = tensors
            .iter()
            .zip(&data)
            .map(|((n, t, s), d)| (n.clone(), TensorView::new(*t, s.clone(), d).unwrap()));
        safetensors::serialize_to_file(views, None, &path).unwrap();
        let part = if expected == "LLM.int8" { Part::T5 } else { Part::Transformer };
        let weights = Weights::open(&path).unwrap();
        check_contains(&message(weights.part(part), &path), &[expected, "not supported", "bf16"]);
    }
}

/// A safetensors file with this header and `data` zeros behind it.
fn with_header(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; data]].concat()
}

#[test]
fn damaged_and_foreign_files_are_sentences() {
    let good = {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("good.safetensors");
        write(&path, &model_a().bfl());
        std::fs::read(path).unwrap()
    };
    let huge = [u64::MAX.to_le_bytes().as_slice(), b"{\"a\": 1}"].concat();
    let big = [(90u64 << 20).to_le_bytes().as_slice(), b"{\"a\": 1}"].concat();
    let overlap = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    let lie = r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#;
    let overflow = r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,16],"data_offsets":[0,8]}}"#;
    let negative = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#;
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", Vec::new(), "is empty"),
        ("five bytes", b"hello".to_vec(), "only 5 bytes"),
        ("cut in the data", good[..good.len() - 1000].to_vec(), "is cut short"),
        ("cut in the header", good[..2000].to_vec(), "is cut short"),
        ("longer", [good.as_slice(), b"tail"].concat(), "after its last tensor"),
        ("garbage", (0..5000u32).map(|i| (i * 7919 % 251) as u8).collect(), "not a safetensors file"),
        ("huge header", huge, "not a safetensors file"),
        ("large header", big, "is cut short"),
        ("not JSON", with_header("{\"a\": nonsense", 8), "header that cannot be read"),
        ("overlapping tensors", with_header(overlap, 12), "wrong place"),
        ("shape and size differ", with_header(lie, 8), "do not agree"),
        ("shape overflows", with_header(overflow, 8), "do not agree"),
        ("reversed offsets", with_header(negative, 8), "is damaged"),
        ("empty GGUF", [b"GGUF".as_slice(), &[3, 0, 0, 0], &[0; 64]].concat(), "holds no tensors"),
        ("zip", [b"PK\x03\x04".as_slice(), &[0; 64]].concat(), "pickle"),
        ("pickle", [&[0x80, 2, b'c'][..], &[0; 64]].concat(), "pickle"),
        (
            "LFS pointer",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n".to_vec(),
            "git lfs pull",
        ),
        ("web page", b"<!DOCTYPE html><html><body>403</body></html>".to_vec(), "web page"),
    ];
    for (what, bytes, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.safetensors");
        std::fs::write(&path, bytes).unwrap();
        print!("{what}: ");
        let message = message(Weights::open(&path), &path);
        if what == "reversed offsets" {
            assert!(message.contains("wrong place") || message.contains("is damaged"), "{what}: {message}");
        } else {
            check_contains(&message, &[expected]);
        }
    }
}

/// The length of the header stands first in a file: 0x280 is 80 02 as in a pickle of protocol 2.
#[test]
fn a_file_whose_header_length_begins_like_a_pickle_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.safetensors");
    for length in [0x180, 0x280, 0x480, 0x580] {
        let header = format!("{:length$}", r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#);
        std::fs::write(&path, with_header(&header, 8)).unwrap();
        assert_eq!(Weights::open(&path).unwrap().shape("a").unwrap(), [2]);
    }
}

/// A GGUF header: keys with their values, then tensors (name, dimensions in GGUF's order, type, offset), then `data` bytes.
fn gguf(keys: &[(&str, u32, Vec<u8>)], tensors: &[(&str, &[u64], u32, u64)], data: usize) -> Vec<u8> {
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    };
    let mut out = [b"GGUF".as_slice(), &3u32.to_le_bytes()].concat();
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((keys.len() as u64).to_le_bytes());
    for (key, kind, value) in keys {
        text(&mut out, key);
        out.extend(kind.to_le_bytes());
        out.extend(value);
    }
    for (name, dimensions, kind, offset) in tensors {
        text(&mut out, name);
        out.extend((dimensions.len() as u32).to_le_bytes());
        dimensions.iter().for_each(|d| out.extend(d.to_le_bytes()));
        out.extend(kind.to_le_bytes());
        out.extend(offset.to_le_bytes());
    }
    out.resize(out.len().next_multiple_of(32) + data, 0);
    out
}

#[test]
fn damaged_gguf_files_are_sentences() {
    let f32s: &[u64] = &[8];
    let u64_max = u64::MAX.to_le_bytes();
    let list = |kind: u32, count: u64| [&kind.to_le_bytes()[..], &count.to_le_bytes()].concat();
    let mut many = gguf(&[], &[("a", f32s, 0, 0)], 32);
    many[8..16].copy_from_slice(&u64_max);
    let mut keys = gguf(&[], &[("a", f32s, 0, 0)], 32);
    keys[16..24].copy_from_slice(&60_000u64.to_le_bytes());
    let version = |v: u32| [b"GGUF".as_slice(), &v.to_le_bytes(), &[1; 32]].concat();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("whole", gguf(&[], &[("a", f32s, 0, 0), ("b", f32s, 0, 32)], 64), ""),
        ("version 1", version(1), "version 1"),
        ("big-endian", version(3u32.swap_bytes()), "big-endian"),
        ("claims tensors", many, "claims 18446744073709551615 tensors"),
        ("claims keys", keys, "key `` twice"),
        ("long key", gguf(&[("", 8, u64_max.to_vec())], &[("a", f32s, 0, 0)], 32), "cut short"),
        ("long list", gguf(&[("k", 9, list(4, u64::MAX))], &[("a", f32s, 0, 0)], 32), "beyond any file"),
        ("long texts", gguf(&[("k", 9, list(8, u64::MAX))], &[("a", f32s, 0, 0)], 32), "cut short"),
        ("lists in a list", gguf(&[("k", 9, list(9, 1))], &[("a", f32s, 0, 0)], 32), "list of type 9"),
        ("unknown value", gguf(&[("k", 99, vec![0; 8])], &[("a", f32s, 0, 0)], 32), "value of type 99"),
        (
            "alignment 0",
            gguf(&[("general.alignment", 4, vec![0; 4])], &[("a", f32s, 0, 0)], 32),
            "general.alignment = 0",
        ),
        ("cut in the data", gguf(&[], &[("a", &[1 << 20], 0, 0)], 32), "is cut short"),
        ("huge offset", gguf(&[], &[("a", f32s, 0, u64::MAX - 31)], 32), "beyond any file"),
        ("crooked offset", gguf(&[], &[("a", f32s, 0, 4)], 64), "no multiple of 32"),
        ("huge shape", gguf(&[], &[("a", &[1 << 40, 1 << 40], 0, 0)], 32), "whole F32 blocks"),
        ("huge empty shape", gguf(&[], &[("a", &[1 << 40, 1 << 40, 0], 0, 0)], 32), ""),
        ("too many dimensions", gguf(&[], &[("a", &[1; 9], 0, 0)], 32), "9 dimensions"),
        ("part of a block", gguf(&[], &[("a", &[33, 32], 2, 0)], 1024), "whole Q4_0 blocks of 32"),
        ("unknown type", gguf(&[], &[("a", f32s, 4, 0)], 32), "ggml type 4"),
        ("overlapping tensors", gguf(&[], &[("a", &[16], 0, 0), ("b", f32s, 0, 32)], 64), "`a` and `b`"),
        ("duplicate names", gguf(&[], &[("a", f32s, 0, 0), ("a", f32s, 0, 32)], 64), "`a` twice"),
    ];
    for (what, bytes, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.gguf");
        std::fs::write(&path, &bytes).unwrap();
        if expected.is_empty() {
            Weights::open(&path).unwrap_or_else(|e| panic!("{what}: {e}"));
            continue;
        }
        print!("{what}: ");
        check_contains(&message(Weights::open(&path), &path), &[expected]);
    }
}

/// However much is missing, the file is refused and nothing is read beyond it.
#[test]
fn gguf_files_cut_anywhere_are_refused() {
    let whole = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/encodings.gguf")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.gguf");
    for length in (1..3000).step_by(7).chain((3000..whole.len()).step_by(4001)) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(Weights::open(&path).is_err(), "the first {length} bytes were accepted");
    }
}

#[test]
fn broken_indexes_are_sentences() {
    let check = |spoil: &dyn Fn(&Path, &Path), expected: &str| {
        let dir = folder();
        let index = write_shards(dir.path(), &model_a().diffusers(), 2);
        spoil(dir.path(), &index);
        check_contains(&message(Weights::open(&index), &index), &[expected]);
    };
    let first = "diffusion_pytorch_model-00001-of-00002.safetensors";
    check(&|dir, _| std::fs::remove_file(dir.join(first)).unwrap(), "needs the shard");
    check(&|_, index| std::fs::write(index, "{").unwrap(), "not valid JSON");
    check(&|_, index| std::fs::write(index, "{}").unwrap(), "weight_map");
    check(
        &|_, index| std::fs::write(index, r#"{"weight_map": {"a": "../b.safetensors"}}"#).unwrap(),
        "plain file name",
    );
    check(&|dir, _| write(&dir.join(first), &[]), "but it does not");
    let dir = tempfile::tempdir().unwrap();
    let message = Weights::open(dir.path()).unwrap_err().to_string();
    check_contains(&message, &["holds no safetensors or GGUF file"]);
}
