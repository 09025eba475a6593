//! Files of weights: safetensors, GGUF, and indexes of shards, with every way in which they become models.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wirebrush_golden_tests::fp8::{self, Scheme};
use wirebrush_golden_tests::{Named, models, weight, write};
use wirebrush_kontext::convert::{Request, Target as Format, convert};
use wirebrush_kontext::detect;
use wirebrush_kontext::transformer::Transformer;
use wirebrush_kontext::weights::{Part, Weights};

use super::Target;
use crate::mutate;

/// Tensors of at most this many stored bytes are read; larger ones would only take time.
const READ: u64 = 1 << 16;

/// A format whose files are fuzzed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Safetensors,
    Gguf,
    Index,
}

pub(super) struct WeightFiles {
    kind: Kind,
    folder: TempDir,
    seeds: Vec<Vec<u8>>,
}

impl WeightFiles {
    pub(super) fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let seeds = match kind {
            Kind::Safetensors => safetensors(folder.path()),
            Kind::Gguf => gguf(folder.path()),
            Kind::Index => index(folder.path()),
        };
        Self { kind, folder, seeds }
    }

    /// A seed with harm done to it, most of it to its header.
    fn spoiled(&self, rng: &mut Rng) -> Vec<u8> {
        let mut bytes = rng.choice(&self.seeds).cloned().unwrap_or_default();
        match self.kind {
            Kind::Index => return mutate::json_text(rng, &document(&bytes)),
            Kind::Safetensors if rng.u8(..4) > 0 => {
                let (header, data) = split(&bytes);
                let header = mutate::json_text(rng, &document(header));
                let data = data.to_vec();
                bytes = (header.len() as u64).to_le_bytes().to_vec();
                bytes.extend(header);
                bytes.extend(data);
            }
            Kind::Gguf if rng.u8(..4) > 0 => {
                let data = bytes.split_off(bytes.len().min(1 << rng.u32(5..13)));
                mutate::bytes(rng, &mut bytes);
                bytes.extend(data);
            }
            _ => mutate::bytes(rng, &mut bytes),
        }
        bytes
    }
}

impl Target for WeightFiles {
    fn run(&mut self, rng: &mut Rng) -> bool {
        let name = match self.kind {
            Kind::Safetensors => "fuzzed.safetensors",
            Kind::Gguf => "fuzzed.gguf",
            Kind::Index => "fuzzed.safetensors.index.json",
        };
        let path = self.folder.path().join(name);
        // A new file each time: an old one might still be mapped.
        let _ = fs::remove_file(&path);
        fs::write(&path, self.spoiled(rng)).expect("temporary files can be written");
        let Ok(weights) = Weights::open(&path) else { return false };
        let read = Part::ALL.into_iter().filter(|part| read(&weights, *part)).count();
        let _ = detect::inspect(&path);
        let _ = Transformer::open(&path);
        if rng.u8(..16) == 0 {
            convert_all(&path, self.folder.path());
        }
        read > 0
    }
}

/// Reads what a part of a file holds; whether it holds it.
fn read(weights: &Weights, part: Part) -> bool {
    let Ok(part) = weights.part(part) else { return false };
    let there: u64 = part.files().iter().filter_map(|file| fs::metadata(file).ok()).map(|it| it.len()).sum();
    for name in part.names() {
        let Ok(encoded) = part.encoded(name) else { continue };
        let bytes: u64 = encoded.pieces.iter().map(|piece| piece.bytes.len() as u64).sum();
        assert!(bytes <= there, "`{name}` has {bytes} bytes of {there}");
        if bytes <= READ {
            let rows = encoded.shape.first().copied().unwrap_or(0);
            let _ = part.get_any(name);
            let _ = part.read_rows(name, 0..rows.min(1), &mut [0.0; 64]);
        }
    }
    true
}

/// Nothing that can be converted leaves more than the whole file behind.
fn convert_all(from: &Path, folder: &Path) {
    for (target, name) in [(Format::Q4K, "out.gguf"), (Format::Fp8, "out.safetensors")] {
        let to = folder.join(name);
        for part in [Part::Transformer, Part::T5] {
            let request = Request { from, to: &to, target, part: Some(part), replace: true };
            if convert(&request, &mut |_, _, _| Ok(())).is_ok() {
                let again = Weights::open(&to).and_then(|it| it.part(part));
                assert!(again.is_ok(), "what was converted is not read: {again:?}");
            }
        }
    }
}

fn split(file: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = file.split_at(8);
    let length = u64::from_le_bytes(length.try_into().expect("eight bytes were taken"));
    rest.split_at(length as usize)
}

fn document(text: &[u8]) -> Json {
    serde_json::from_slice(text).expect("seeds are sound")
}

fn transformer() -> models::Transformer {
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

fn t5() -> Vec<Named> {
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

fn safetensors(folder: &Path) -> Vec<Vec<u8>> {
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

fn gguf(folder: &Path) -> Vec<Vec<u8>> {
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

fn index(folder: &Path) -> Vec<Vec<u8>> {
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
