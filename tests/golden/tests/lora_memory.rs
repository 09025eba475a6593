//! LoRAs on weights of fewer bits, kept and streamed, and what they take of the memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use safetensors::Dtype;
use tempfile::TempDir;
use wirebrush_golden_tests::fp8::{self, Scheme};
use wirebrush_golden_tests::{Named, input, models, value, write, write_as};
use wirebrush_kontext::lora::Lora;
use wirebrush_kontext::memory::{Budget, Need, Residency, Tokens};
use wirebrush_kontext::model::{Model, Part as Role};
use wirebrush_kontext::transformer::{Conditioning, Transformer};
use wirebrush_kontext::weights::{Part, Weights};

/// Wide enough for superblocks of 256 and for layers of several tiles.
fn sizes() -> models::Transformer {
    models::Transformer {
        channels: 16,
        vec: 256,
        context: 256,
        hidden: 512,
        heads: 4,
        depth: 1,
        single: 1,
        axes: [16, 56, 56],
    }
}

/// A change in every form, none of which is that of another's rows.
fn changes() -> Vec<Named> {
    const H: usize = 512;
    let tensors: [(&str, &[usize]); 14] = [
        ("diffusion_model.double_blocks.0.img_attn.qkv.lora_B.weight", &[3 * H, 40]),
        ("diffusion_model.double_blocks.0.img_attn.qkv.lora_A.weight", &[40, H]),
        ("diffusion_model.double_blocks.0.img_mlp.0.lora_B.weight", &[4 * H, 5]),
        ("diffusion_model.double_blocks.0.img_mlp.0.lora_A.weight", &[5, H]),
        ("diffusion_model.double_blocks.0.img_mlp.0.dora_scale", &[4 * H, 1]),
        ("diffusion_model.double_blocks.0.txt_mlp.2.hada_w1_a", &[H, 2]),
        ("diffusion_model.double_blocks.0.txt_mlp.2.hada_w1_b", &[2, 4 * H]),
        ("diffusion_model.double_blocks.0.txt_mlp.2.hada_w2_a", &[H, 3]),
        ("diffusion_model.double_blocks.0.txt_mlp.2.hada_w2_b", &[3, 4 * H]),
        ("diffusion_model.single_blocks.0.linear2.lokr_w1", &[4, 4]),
        ("diffusion_model.single_blocks.0.linear2.lokr_w2", &[H / 4, 5 * H / 4]),
        ("diffusion_model.final_layer.linear.diff", &[16, H]),
        ("transformer.single_transformer_blocks.0.proj_mlp.lora_B.weight", &[4 * H, 40]),
        ("transformer.single_transformer_blocks.0.proj_mlp.lora_A.weight", &[40, H]),
    ];
    let named = |(name, shape): &(&str, &[usize])| Named {
        name: (*name).to_owned(),
        shape: shape.to_vec(),
        values: (0..shape.iter().product()).map(|i| value(name, i, 0.05, 0.0)).collect(),
    };
    tensors.iter().map(named).collect()
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), sizes().config_json()).unwrap();
        write(&folder.path().join("lora.safetensors"), &changes());
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn lora(&self) -> Lora {
        Lora::open(self.path("lora.safetensors")).unwrap()
    }
}

fn write_gguf(path: &Path, tensors: &[Named], kind: GgmlDType) {
    let stored: Vec<(&str, QTensor)> = tensors
        .iter()
        .map(|it| {
            let values = Tensor::from_slice(&it.values, it.shape.as_slice(), &Device::Cpu).unwrap();
            let whole = it.shape.len() == 2 && it.shape[1].is_multiple_of(kind.block_size());
            (&*it.name, QTensor::quantize(&values, if whole { kind } else { GgmlDType::F32 }).unwrap())
        })
        .collect();
    let stored: Vec<_> = stored.iter().map(|(name, tensor)| (*name, tensor)).collect();
    let architecture = Value::String("flux".to_owned());
    let metadata = [("general.architecture", &architecture)];
    gguf_file::write(&mut std::fs::File::create(path).unwrap(), &metadata, &stored).unwrap();
}

fn values(weights: &Weights, name: &str) -> Vec<f32> {
    weights.get_any(name).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn tensor(name: &str, shape: (usize, usize)) -> Tensor {
    Tensor::from_vec(input(name, shape.0 * shape.1, 1.0), shape, &Device::Cpu).unwrap()
}

/// Two steps, because the second one reads the weights again.
fn velocities(weights: &Weights, residency: Residency) -> Vec<f32> {
    let config = wirebrush_kontext::transformer::Config::from_weights(weights, None).unwrap();
    let model = Arc::new(Transformer::load_as(weights, config, residency).unwrap());
    let conditioning = Conditioning {
        txt: tensor("txt", (5, 256)),
        vec: tensor("vec", (1, 256)).squeeze(0).unwrap(),
        biases: Vec::new(),
    };
    let run = Arc::clone(&model).prepare(&conditioning, (3, 4), &[], 2.5).unwrap();
    let step = |t| {
        let velocity = run.velocity(&tensor("latent", (12, 16)), t, &|_, _| Ok(())).unwrap();
        velocity.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    [step(1.0), step(0.6)].concat()
}

/// On every kind of weights a LoRA adds to the numbers that are stored, and whether the sum is kept or made again at each use
/// changes no bit.
#[test]
fn on_weights_of_any_encoding_changes_add_to_what_is_stored_kept_or_streamed() {
    let tensors = sizes().bfl();
    let folder = Folder::new();
    let lora = folder.lora();
    let check = |what: &str, path: &Path| {
        let stored = Weights::open(path).unwrap().part(Part::Transformer).unwrap();
        let widened: Vec<Named> =
            tensors.iter().map(|it| Named { values: values(&stored, &it.name), ..it.clone() }).collect();
        let wide = folder.path("wide.safetensors");
        write(&wide, &widened);
        let wide = Weights::open(wide).unwrap().part(Part::Transformer).unwrap();
        let [patched, wide] = [&stored, &wide].map(|weights| {
            let applied = lora.apply(Part::Transformer, weights, 0.8).unwrap();
            assert!(applied.absent.is_empty());
            applied.weights
        });
        for name in wide.names() {
            assert_eq!(values(&patched, name), values(&wide, name), "{what}: {name}");
        }
        let kept = velocities(&patched, Residency::Kept);
        assert!(kept.iter().all(|value| value.is_finite()), "{what}");
        assert_ne!(kept, velocities(&stored, Residency::Kept), "{what}");
        assert_eq!(velocities(&patched, Residency::Streamed), kept, "{what}");
    };
    let path = folder.path("model.safetensors");
    write_as(&path, &tensors, Dtype::BF16);
    check("BF16", &path);
    for kind in [GgmlDType::Q8_0, GgmlDType::Q4K] {
        let path = folder.path("model.gguf");
        write_gguf(&path, &tensors, kind);
        check(&format!("{kind:?}"), &path);
    }
    for scheme in [Scheme::PlainE4M3, Scheme::ScaleWeight] {
        let path = folder.path("fp8.safetensors");
        fp8::write(&path, "", &tensors, scheme);
        check(&format!("{scheme:?}"), &path);
    }
}

fn model(folder: &Folder) -> Arc<Model> {
    write_as(&folder.path("model.safetensors"), &sizes().bfl(), Dtype::BF16);
    Model::open(&folder.path("model.safetensors")).unwrap()
}

const TOKENS: Tokens = Tokens { text: 5, target: 12, references: 0, prompts: 1 };

#[test]
fn the_plan_counts_the_bytes_of_a_lora_and_of_its_work() {
    let folder = Folder::new();
    let model = model(&folder);
    let with = model.with_lora(Arc::new(folder.lora()), 1.0, 1.0).unwrap().model;
    let [plain, with] = [&model, &with].map(|model| Need::transformer(model, TOKENS).unwrap());
    let all: u64 = changes().iter().map(|it| 4 * it.values.len() as u64).sum();
    assert_eq!(with.file_bytes - plain.file_bytes, all);
    // The largest inner factors, of the LoHa, on one thread at least.
    assert!(with.working_bytes - plain.working_bytes >= 4 * 5 * 2048);
    assert_eq!(with.f32_bytes, plain.f32_bytes);
}

#[test]
fn the_models_own_copy_leaves_when_the_one_with_a_lora_needs_its_memory() {
    let folder = Folder::new();
    let model = model(&folder);
    let with = model.with_lora(Arc::new(folder.lora()), 1.0, 1.0).unwrap().model;
    let fit = |model: &Arc<Model>| {
        Need::transformer(model, TOKENS).unwrap().fit(Budget { bytes: 8 << 30, asked: true }).unwrap()
    };
    let stage = fit(&with);
    assert_eq!(stage.residency, Residency::Kept);
    let both = Budget { bytes: stage.peak(stage.need.f32_bytes), asked: true };
    let alone = Budget { bytes: stage.peak(0), asked: true };

    let own = model.transformer(Residency::Kept).unwrap();
    assert_eq!(with.make_room(&stage, 0, both), [], "there is room for both");
    assert_eq!(with.make_room(&stage, 0, alone), [], "somebody holds it");
    drop(own);
    assert_eq!(with.make_room(&stage, 0, alone), [Role::Transformer]);

    drop(with.transformer(Residency::Kept).unwrap());
    assert_eq!(with.make_room(&stage, 0, alone), [], "its own copy is what room is made for");
    assert_eq!(model.make_room(&fit(&model), 0, alone), [Role::Transformer], "and the other way round");
}

/// Seconds of all threads of this process, which other programs do not change much.
#[cfg(target_os = "linux")]
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // proc(5): utime and stime in hundredths.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// Time of a step with a LoRA on all large matrices, as a ratio to the step without: 1024 tokens, as with a picture of 256×256,
/// its reference and a prompt.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "measures"]
fn a_step_with_a_lora_against_one_without() {
    let h = 1024;
    let sizes = models::Transformer { hidden: h, heads: 8, ..sizes() };
    let folder = Folder::new();
    let path = folder.path("model.gguf");
    write_gguf(&path, &sizes.bfl(), GgmlDType::Q4K);
    let weights = Weights::open(&path).unwrap().part(Part::Transformer).unwrap();
    let best = |weights: &Weights| {
        let config = wirebrush_kontext::transformer::Config::from_weights(weights, None).unwrap();
        let model = Arc::new(Transformer::load_as(weights, config, Residency::Streamed).unwrap());
        let conditioning = Conditioning {
            txt: tensor("txt", (512, 256)),
            vec: tensor("vec", (1, 256)).squeeze(0).unwrap(),
            biases: Vec::new(),
        };
        let run = Arc::clone(&model).prepare(&conditioning, (16, 32), &[], 2.5).unwrap();
        let step = |_| {
            let start = cpu_seconds();
            run.velocity(&tensor("latent", (512, 16)), 1.0, &|_, _| Ok(())).unwrap();
            cpu_seconds() - start
        };
        (0..3).map(step).fold(f64::INFINITY, f64::min)
    };
    let plain = best(&weights);
    println!("without: {plain:.3} s");
    for rank in [16, 64] {
        let mut tensors = Vec::new();
        for it in sizes.bfl().iter().filter(|it| it.shape.len() == 2 && it.name.contains("blocks")) {
            let layer = it.name.strip_suffix(".weight").unwrap();
            for (end, shape) in [("lora_B", vec![it.shape[0], rank]), ("lora_A", vec![rank, it.shape[1]])] {
                let name = format!("diffusion_model.{layer}.{end}.weight");
                tensors.push(Named { values: vec![0.01; shape.iter().product()], name, shape });
            }
        }
        let path = folder.path("all.safetensors");
        write_as(&path, &tensors, Dtype::BF16);
        let lora = Lora::open(&path).unwrap();
        let with = best(&lora.apply(Part::Transformer, &weights, 1.0).unwrap().weights);
        println!("rank {rank}: {with:.3} s, {:.2} times", with / plain);
    }
}
