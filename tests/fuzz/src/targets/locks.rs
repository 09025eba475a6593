//! `plugins.lock.json`.

use std::path::PathBuf;

use fastrand::Rng;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wirebrush_loader::{Lock, Trust};

use super::Target;
use crate::mutate;

pub(super) struct Locks {
    _folder: TempDir,
    file: PathBuf,
    seeds: [Json; 2],
}

impl Locks {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let hash = "0a".repeat(32);
        let old = json!({
            "format": "wirebrush/plugins-lock", "version": 1, "plugins": { "acme.tone": { "sha256": hash } }
        });
        let new = json!({
            "format": "wirebrush/plugins-lock", "version": 2,
            "publishers": { "acme": { "key": "ed25519:AAAA" } },
            "plugins": { "acme.tone": {
                "active": "1.0.0", "disabled": "", "approved": [hash], "permissions": ["data"],
                "versions": { "1.0.0": {
                    "package": hash, "permissions": ["data"], "installed": "2026-01-01T00:00:00Z"
                } },
            } },
        });
        Self { file: folder.path().join("plugins.lock.json"), _folder: folder, seeds: [old, new] }
    }
}

impl Target for Locks {
    fn run(&mut self, rng: &mut Rng) -> bool {
        let seed = &self.seeds[rng.usize(..2)];
        std::fs::write(&self.file, mutate::json_text(rng, seed)).expect("temporary files can be written");
        let Ok(lock) = Lock::read(&self.file) else {
            Lock::update(&self.file, |_| Ok(())).expect_err("a damaged lock is not replaced");
            return false;
        };
        // Nothing but a hash that is written there is approved.
        let approved = lock.trust("acme.tone", "not a hash") == Trust::Approved;
        assert!(!approved || lock.plugins["acme.tone"].approved.iter().any(|hash| hash == "not a hash"));
        if rng.u8(..16) == 0 {
            Lock::update(&self.file, |lock| {
                lock.approve("acme.tone", "aa");
                Ok(())
            })
            .expect("a good lock is written");
            let again = Lock::read(&self.file).expect("what was written is read");
            assert_eq!(again.trust("acme.tone", "aa"), Trust::Approved);
        }
        true
    }
}
