//! Sets: files that say which file plays which part of a model.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wirebrush_golden_tests::write;
use wirebrush_kontext::model::{Model, ModelFiles};

use super::weights::seeds;
use super::{Target, header};
use crate::mutate;

pub(super) struct Sets {
    folder: TempDir,
    document: Json,
}

impl Sets {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let path = |name: &str| folder.path().join(name);
        write(&path("one.safetensors"), &seeds::transformer().bfl());
        write(&path("two.safetensors"), &seeds::t5());
        let parts = json!({
            "transformer": path("one.safetensors"), "t5": path("two.safetensors"), "vae": path("two.safetensors"),
            "clip": folder.path(), "t5_tokenizer": folder.path(),
        });
        let document = json!({ "format": "wirebrush/model-set", "version": 1, "parts": parts });
        Self { folder, document }
    }
}

impl Target for Sets {
    fn run(&mut self, rng: &mut Rng) -> bool {
        let path = self.folder.path().join("fuzzed.json");
        let mut document = self.document.clone();
        // Most sets name a part that is not there, so that few would be taken as good.
        for part in ["vae", "clip", "t5_tokenizer"] {
            if rng.u8(..8) > 0 {
                document["parts"].as_object_mut().and_then(|parts| parts.remove(part));
            }
        }
        fs::write(&path, mutate::json_text(rng, &document)).expect("temporary files can be written");
        read(&path)
    }

    fn most_memory(&self) -> Option<u64> {
        Some(header::MOST_MEMORY)
    }
}

/// Whether it is taken as a set.
fn read(path: &Path) -> bool {
    let _ = Model::open(path);
    ModelFiles::find(path).is_ok()
}
