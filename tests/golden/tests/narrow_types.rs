//! Every part but the transformer in 16 and 8 bits: each file gives, bit for bit, what the numbers in it give in f32.

use std::path::Path;

use candle_core::{Device, Tensor};
use serde_json::{Value, json};
use wirebrush_golden_tests::fp8::{self, File, Scheme};
use wirebrush_golden_tests::{Named, input, models, weight, write, write_as};
use wirebrush_kontext::text::{ClipConfig, ClipEncoder, T5Config, T5Encoder};
use wirebrush_kontext::vae::{Config, Vae};
use wirebrush_kontext::vision::{Redux, SiglipConfig, SiglipVision};
use wirebrush_kontext::weights::{Part, Weights};

/// What all-in-one files put before the names of the text encoders.
const CLIP: &str = "text_encoders.clip_l.transformer.";
const T5: &str = "text_encoders.t5xxl.transformer.";

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

fn tensor(shape: &[usize]) -> Tensor {
    Tensor::from_vec(input("input", shape.iter().product(), 1.0), shape, &Device::Cpu).unwrap()
}

/// Writes the tensors in every type, prefixed as in an all-in-one file and not, and compares.
#[track_caller]
fn check(part: Part, prefix: &str, tensors: &[Named], run: impl Fn(Weights) -> Vec<f32>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.safetensors");
    let open = || Weights::open(&path).unwrap().part(part).unwrap();
    let plain = |tensors: &[Named]| {
        write(&path, tensors);
        run(open())
    };
    let exact = plain(tensors);
    let compare = |what: &str, seen: &[Named], found: Vec<f32>| {
        assert!(found.iter().all(|v| v.is_finite()), "{what}");
        assert_ne!(found, exact, "{what} rounds");
        assert_eq!(found, plain(seen), "{what}");
    };
    for prefix in ["", prefix] {
        let named: Vec<Named> =
            tensors.iter().map(|t| Named { name: format!("{prefix}{}", t.name), ..t.clone() }).collect();
        for dtype in [safetensors::Dtype::F16, safetensors::Dtype::BF16] {
            write_as(&path, &named, dtype);
            let found = run(open());
            let round = |v: &f32| match dtype {
                safetensors::Dtype::F16 => half::f16::from_f32(*v).to_f32(),
                _ => half::bf16::from_f32(*v).to_f32(),
            };
            let round = |t: &Named| Named { values: t.values.iter().map(round).collect(), ..t.clone() };
            let seen: Vec<Named> = tensors.iter().map(round).collect();
            compare(&format!("{prefix}{dtype:?}"), &seen, found);
        }
        for scheme in
            [Scheme::PlainE4M3, Scheme::PlainE5M2, Scheme::ScaleWeight, Scheme::WeightScale, Scheme::Metadata]
        {
            let seen = fp8::write(&path, prefix, tensors, scheme);
            compare(&format!("{prefix}{scheme:?}"), &seen, run(open()));
        }
    }
}

fn layers(root: &str, width: usize, wide: usize) -> Vec<Named> {
    let mut tensors = Vec::new();
    for layer in 0..2 {
        let mut both = |part: &str, shape: &[usize]| {
            let name = format!("{root}.encoder.layers.{layer}.{part}");
            tensors.push(weight(&format!("{name}.weight"), shape));
            tensors.push(weight(&format!("{name}.bias"), &shape[..1]));
        };
        for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            both(&format!("self_attn.{part}"), &[width, width]);
        }
        both("layer_norm1", &[width]);
        both("layer_norm2", &[width]);
        both("mlp.fc1", &[wide, width]);
        both("mlp.fc2", &[width, wide]);
    }
    tensors
}

#[test]
fn vae_under_each_of_its_namings() {
    let sizes = models::Vae { channels: vec![32, 64], blocks: 1, z: 4 };
    let run = |weights: Weights| {
        let config = Config::from_weights(&weights, None).unwrap();
        let vae = Vae::load(&weights, config).unwrap();
        let latent = vae.encode(&tensor(&[3, 8, 12]), &|_, _| Ok(())).unwrap();
        values(&vae.decode(&latent, &|_, _| Ok(())).unwrap())
    };
    for tensors in [sizes.bfl(), sizes.diffusers(), sizes.old_diffusers()] {
        check(Part::Vae, "vae.", &tensors, run);
    }
}

fn clip_tensors() -> Vec<Named> {
    let mut tensors = layers("text_model", 32, 64);
    tensors.push(weight("text_model.embeddings.token_embedding.weight", &[64, 32]));
    tensors.push(weight("text_model.embeddings.position_embedding.weight", &[16, 32]));
    tensors.push(weight("text_model.final_layer_norm.weight", &[32]));
    tensors.push(weight("text_model.final_layer_norm.bias", &[32]));
    tensors
}

#[test]
fn clip() {
    check(Part::Clip, CLIP, &clip_tensors(), |weights| {
        let clip = ClipEncoder::new(&weights, &ClipConfig { heads: Some(4) }).unwrap();
        values(&clip.pooled(&[62, 5, 17, 40, 2, 9, 63], 63).unwrap())
    });
}

#[test]
fn siglip() {
    let mut tensors = layers("vision_model", 32, 52);
    tensors.push(weight("vision_model.embeddings.patch_embedding.weight", &[32, 3, 4, 4]));
    tensors.push(weight("vision_model.embeddings.patch_embedding.bias", &[32]));
    tensors.push(weight("vision_model.embeddings.position_embedding.weight", &[9, 32]));
    tensors.push(weight("vision_model.post_layernorm.weight", &[32]));
    tensors.push(weight("vision_model.post_layernorm.bias", &[32]));
    check(Part::Siglip, "image_encoder.", &tensors, |weights| {
        let config = SiglipConfig::from_json(&json!({ "num_attention_heads": 4 }), &Value::Null).unwrap();
        values(&SiglipVision::new(&weights, config).unwrap().forward(&tensor(&[1, 3, 12, 12])).unwrap())
    });
}

#[test]
fn redux() {
    let mut tensors = Vec::new();
    for (name, outputs, inputs) in [("redux_up", 96, 32), ("redux_down", 48, 96)] {
        tensors.push(weight(&format!("{name}.weight"), &[outputs, inputs]));
        tensors.push(weight(&format!("{name}.bias"), &[outputs]));
    }
    check(Part::Redux, "image_embedder.", &tensors, |weights| {
        values(&Redux::new(&weights).unwrap().forward(&tensor(&[1, 5, 32])).unwrap())
    });
}

fn t5_tensors() -> Vec<Named> {
    let mut tensors = vec![weight("shared.weight", &[64, 32])];
    for layer in 0..2 {
        let mut matrix = |part: &str, shape: &[usize]| {
            tensors.push(weight(&format!("encoder.block.{layer}.layer.{part}.weight"), shape));
        };
        for part in ["q", "k", "v"] {
            matrix(&format!("0.SelfAttention.{part}"), &[24, 32]);
        }
        matrix("0.SelfAttention.o", &[32, 24]);
        matrix("0.layer_norm", &[32]);
        matrix("1.DenseReluDense.wi_0", &[40, 32]);
        matrix("1.DenseReluDense.wi_1", &[40, 32]);
        matrix("1.DenseReluDense.wo", &[32, 40]);
        matrix("1.layer_norm", &[32]);
    }
    let bias = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
    tensors.push(weight(bias, &[32, 3]));
    tensors.push(weight("encoder.final_layer_norm.weight", &[32]));
    tensors
}

fn t5_output(weights: Weights) -> Vec<f32> {
    let t5 = T5Encoder::new(weights, T5Config::default()).unwrap();
    values(&t5.forward(&[5, 9, 63, 1, 0, 0], |_, _| Ok(())).unwrap())
}

#[test]
fn t5() {
    check(Part::T5, T5, &t5_tensors(), t5_output);
}

/// As ComfyUI distributes it: the products in scaled 8 bits, the embedding, the position bias and the norms in 16.
#[test]
fn t5_with_only_its_products_in_8_bits() {
    let dir = tempfile::tempdir().unwrap();
    let (scaled, plain) = (dir.path().join("scaled.safetensors"), dir.path().join("plain.safetensors"));
    let is_product = |t: &Named| t.shape.len() == 2 && !t.name.contains("bias") && !t.name.contains("shared");
    let (products, others): (Vec<Named>, Vec<Named>) = t5_tensors().into_iter().partition(is_product);
    let mut file = File::default();
    let mut seen = file.add("", &products, Scheme::ScaleWeight);
    seen.extend(file.add_as("", &others, safetensors::Dtype::F16));
    file.write(&scaled);
    write(&plain, &seen);
    let open = |path: &Path| Weights::open(path).unwrap().part(Part::T5).unwrap();
    let weights = open(&scaled);
    let encodings: Vec<_> = weights.encodings().into_iter().map(|(name, _)| name).collect();
    assert_eq!(encodings, ["F8_E4M3", "F16"]);
    assert_eq!(t5_output(weights), t5_output(open(&plain)));
}

/// Every part has its own marker, its own factors and its own type.
#[test]
fn parts_of_one_file_keep_their_factors_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("all-in-one.safetensors");
    let sizes = models::Transformer {
        channels: 16,
        vec: 24,
        context: 40,
        hidden: 64,
        heads: 2,
        depth: 1,
        single: 1,
        axes: [8, 12, 12],
    };
    let vae = models::Vae { channels: vec![32, 64], blocks: 1, z: 4 };
    let mut file = File::default();
    let parts = [
        (Part::Transformer, file.add("model.diffusion_model.", &sizes.bfl(), Scheme::ScaleWeight)),
        (Part::T5, file.add(T5, &t5_tensors(), Scheme::ScaleWeight)),
        (Part::Clip, file.add(CLIP, &clip_tensors(), Scheme::WeightScale)),
        (Part::Vae, file.add_as("first_stage_model.", &vae.bfl(), safetensors::Dtype::BF16)),
    ];
    file.write(&path);
    let all = Weights::open(&path).unwrap();
    assert_eq!(
        all.len(),
        parts.iter().map(|(_, seen)| seen.len()).sum::<usize>(),
        "nothing but tensors is left"
    );
    for (part, seen) in parts {
        let own = all.part(part).unwrap();
        assert_eq!(own.len(), seen.len(), "{part:?}");
        for tensor in seen {
            assert_eq!(
                values(&own.get_any(&tensor.name).unwrap()),
                tensor.values,
                "{part:?} {}",
                tensor.name
            );
        }
    }
}
