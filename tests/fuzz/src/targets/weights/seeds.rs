//! Sound files that harm is done to.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use wirebrush_golden_tests::fp8::{self, Scheme};
use wirebrush_golden_tests::{Named, models, weight, write};
use wirebrush_kontext::convert::{Request, Target as Format, convert};

pub(in crate::targets) fn transformer() -> models::Transformer {
    models::Transformer {
        channels: 16,
        vec: 24,
        context: 40,
        hidden: 32,
        heads: 1,
        depth: 1,
        single: 1,
        axes: [8, 12, 12],
    }
}

pub(in crate::targets) fn t5() -> Vec<Named> {
    let mut tensors =
        vec![weight("shared.weight", &[50, 32]), weight("encoder.final_layer_norm.weight", &[32])];
    for (tail, shape) in [
        ("0.SelfAttention.q", &[32, 32][..]),
        ("0.SelfAttention.k", &[32, 32]),
        ("0.SelfAttention.v", &[32, 32]),
        ("0.SelfAttention.o", &[32, 32]),
        ("0.SelfAttention.relative_attention_bias", &[32, 4]),
        ("0.layer_norm", &[32]),
        ("1.layer_norm", &[32]),
        ("1.DenseReluDense.wi_0", &[64, 32]),
        ("1.DenseReluDense.wi_1", &[64, 32]),
        ("1.DenseReluDense.wo", &[32, 64]),
    ] {
        tensors.push(weight(&format!("encoder.block.0.layer.{tail}.weight"), shape));
    }
    tensors
}

fn prefixed(prefix: &str, tensors: Vec<Named>) -> impl Iterator<Item = Named> {
    tensors.into_iter().map(move |it| Named { name: format!("{prefix}{}", it.name), ..it })
}

fn bytes_of(path: &Path, make: impl FnOnce(&Path)) -> Vec<u8> {
    make(path);
    fs::read(path).expect("what was written is read")
}

pub(super) fn safetensors(folder: &Path) -> Vec<Vec<u8>> {
    let path = folder.join("seed.safetensors");
    let vae = models::Vae { channels: vec![32, 32], blocks: 1, z: 4 };
    let all: Vec<Named> = prefixed("model.diffusion_model.", transformer().bfl())
        .chain(prefixed("text_encoders.t5xxl.transformer.", t5()))
        .collect();
    let plain = [transformer().bfl(), transformer().diffusers(), vae.bfl(), vae.old_diffusers(), t5(), all];
    let plain = plain.iter().map(|tensors| bytes_of(&path, |path| write(path, tensors)));
    let scaled =
        [Scheme::PlainE4M3, Scheme::PlainE5M2, Scheme::ScaleWeight, Scheme::WeightScale, Scheme::Metadata];
    let scaled = scaled
        .iter()
        .map(|scheme| bytes_of(&path, |path| drop(fp8::write(path, "", &transformer().bfl(), *scheme))));
    plain.chain(scaled).collect()
}

pub(super) fn gguf(folder: &Path) -> Vec<Vec<u8>> {
    let from = folder.join("seed.safetensors");
    let to = folder.join("seed.gguf");
    let mut seeds = Vec::new();
    for tensors in [transformer().bfl(), t5()] {
        write(&from, &tensors);
        for target in [Format::Q8_0, Format::Q4K, Format::Bf16] {
            let request = Request { from: &from, to: &to, target, part: None, replace: true };
            convert(&request, &mut |_, _, _| Ok(())).expect("a sound model is converted");
            seeds.push(fs::read(&to).expect("what was written is read"));
        }
    }
    seeds
}

pub(super) fn index(folder: &Path) -> Vec<Vec<u8>> {
    let tensors = transformer().diffusers();
    let shards: Vec<(PathBuf, Vec<Named>)> = (0..2)
        .map(|n| {
            (folder.join(format!("{n}.safetensors")), tensors.iter().skip(n).step_by(2).cloned().collect())
        })
        .collect();
    let mut owners = serde_json::Map::new();
    for (path, tensors) in &shards {
        write(path, tensors);
        let shard = path.file_name().unwrap_or_default().to_string_lossy();
        owners.extend(tensors.iter().map(|it| (it.name.clone(), json!(shard))));
    }
    vec![json!({ "metadata": { "total_size": 1000 }, "weight_map": owners }).to_string().into_bytes()]
}
