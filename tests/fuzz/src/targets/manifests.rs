//! `plugin.json`.

use std::path::Path;

use fastrand::Rng;
use serde_json::{Value as Json, json};
use wirebrush_schema::Manifest;

use super::Target;
use crate::mutate;

pub(super) struct Manifests(Json);

impl Manifests {
    pub(super) fn new() -> Self {
        Self(json!({
            "id": "acme.tone", "version": "1.2.3-beta.1+7", "title": "Tone", "abi": "1.0", "publisher": "Acme",
            "description": "Levels and curves.", "license": "MIT", "homepage": "https://example.com",
            "artifacts": [
                { "target": "wasm32-component", "file": "lib/tone.wasm", "sha256": "0a".repeat(32) },
                { "target": "x86_64-unknown-linux-gnu", "file": "lib/tone.so", "sha256": "0b".repeat(32) },
            ],
            "permissions": ["data", "scratch"], "data": "data", "models": "models",
            "limits": { "memory_mib": 64, "stall_ms": 1000 },
            "nodes": ["acme.tone/Levels", "acme.tone/Curve"],
        }))
    }
}

impl Target for Manifests {
    fn run(&mut self, rng: &mut Rng) -> bool {
        let text = mutate::json_text(rng, &self.0);
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) else { return false };
        let place = Path::new("plugin.json");
        let good = match wirebrush_loader::check_manifest(place, &manifest) {
            Ok(()) => true,
            Err(error) => {
                let line = error.to_string();
                assert!(!line.contains('\n') && line.len() < 4000, "{} bytes of `{line}`", line.len());
                false
            }
        };
        let again: Manifest = serde_json::from_str(&serde_json::to_string(&manifest).expect("plain data"))
            .expect("what was written is read");
        assert_eq!(again, manifest);
        good
    }
}
