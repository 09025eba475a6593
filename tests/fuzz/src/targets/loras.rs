//! LoRA files of every family, put on a model that they were or were not made for.

use std::fs;

use fastrand::Rng;
use tempfile::TempDir;
use wirebrush_golden_tests::write;
use wirebrush_kontext::detect;
use wirebrush_kontext::lora::Lora;
use wirebrush_kontext::weights::{Part, Weights};

use super::weights::seeds;
use super::{Target, header};

/// Files that other programs wrote.
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../golden/data/lora");

pub(super) struct Loras {
    folder: TempDir,
    seeds: Vec<Vec<u8>>,
    models: Vec<(Part, Weights)>,
}

impl Loras {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let mut files: Vec<_> = fs::read_dir(FILES).expect("the files are there").flatten().collect();
        files.sort_by_key(fs::DirEntry::file_name);
        let paths = files.iter().map(fs::DirEntry::path);
        let paths = paths.filter(|path| path.extension().is_some_and(|ending| ending == "safetensors"));
        let seeds = paths.map(|path| fs::read(path).expect("the files can be read")).collect();
        let model = |part, name: &str, tensors: &[_]| {
            let path = folder.path().join(name);
            write(&path, tensors);
            (part, Weights::open(path).and_then(|it| it.part(part)).expect("a sound model"))
        };
        let models = vec![
            model(Part::Transformer, "transformer.safetensors", &seeds::transformer().bfl()),
            model(Part::T5, "t5.safetensors", &seeds::t5()),
        ];
        Self { folder, seeds, models }
    }
}

impl Target for Loras {
    fn run(&mut self, rng: &mut Rng) -> bool {
        let path = self.folder.path().join("fuzzed.safetensors");
        let _ = fs::remove_file(&path);
        let seed = rng.choice(&self.seeds).map(Vec::as_slice).unwrap_or_default();
        fs::write(&path, header::spoiled(rng, seed)).expect("temporary files can be written");
        let _ = detect::inspect(&path);
        let Ok(lora) = Lora::open(&path) else { return false };
        lora.report();
        let strength = rng.choice([0.0, 1.0, -2.5, f32::MAX]).unwrap_or_default();
        self.models.iter().for_each(|(part, model)| read_changed(&lora, *part, model, strength));
        true
    }

    fn most_memory(&self) -> Option<u64> {
        Some(header::MOST_MEMORY)
    }
}

/// Reads a model with the changes of a file: as many numbers as without.
fn read_changed(lora: &Lora, part: Part, model: &Weights, strength: f32) {
    let Ok(applied) = lora.apply(part, model, strength) else { return };
    for name in model.names() {
        let shape = model.shape(name).expect("it was listed");
        let width: usize = shape[1..].iter().product();
        let mut row = vec![0.0; width];
        let last = shape[0] - 1;
        let _ = applied.weights.read_rows(name, last..shape[0], &mut row);
    }
}
