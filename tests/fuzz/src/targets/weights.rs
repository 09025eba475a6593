//! Files of weights: safetensors, GGUF, and indexes of shards, with every way in which they become models.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use tempfile::TempDir;
use wirebrush_kontext::convert::{Request, Target as Format, convert};
use wirebrush_kontext::detect;
use wirebrush_kontext::transformer::Transformer;
use wirebrush_kontext::weights::{Part, Weights};

use super::{Target, header};
use crate::mutate;

pub(super) mod seeds;

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
            Kind::Safetensors => seeds::safetensors(folder.path()),
            Kind::Gguf => seeds::gguf(folder.path()),
            Kind::Index => seeds::index(folder.path()),
        };
        Self { kind, folder, seeds }
    }

    /// A seed with harm done to it, most of it to its header.
    fn spoiled(&self, rng: &mut Rng) -> Vec<u8> {
        let mut bytes = rng.choice(&self.seeds).cloned().unwrap_or_default();
        match self.kind {
            Kind::Index => return mutate::json_text(rng, &header::document(&bytes)),
            Kind::Safetensors => return header::spoiled(rng, &bytes),
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

    fn most_memory(&self) -> Option<u64> {
        Some(header::MOST_MEMORY)
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
