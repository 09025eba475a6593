//! Component binaries: real ones with some bytes changed, opened and run like any other.

use std::time::Duration;

use fastrand::Rng;
use wirebrush_conformance::{Build, Installed, Recorder, artifact};
use wirebrush_engine::{Runner, Value};
use wirebrush_loader::Registry;

use super::Target;
use crate::mutate;

pub(super) struct Components {
    seed: Vec<u8>,
    nodes: Vec<String>,
}

impl Components {
    pub(super) fn new() -> Self {
        let path = artifact("wirebrush-fixture-everything", Build::Component);
        let seed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let registry = Installed::everything(Build::Component, |_| {}).registry();
        let nodes = registry.definitions().map(|definition| definition.id.clone()).collect();
        Self { seed, nodes }
    }
}

impl Target for Components {
    fn run(&mut self, rng: &mut Rng) -> bool {
        let mut bytes = self.seed.clone();
        match rng.u8(..4) {
            0 => mutate::bytes(rng, &mut bytes),
            // One byte anywhere: most of them are code and data, so that the rest is still a component.
            _ => {
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
            }
        }
        let nodes: Vec<&str> = self.nodes.iter().map(String::as_str).collect();
        let installed = Installed::new("everything", Build::Component, &bytes, &nodes, |manifest| {
            manifest.limits.stall_ms = 100;
            manifest.limits.memory_mib = 64;
        });
        let mut config = installed.config();
        config.component.describe_timeout = Duration::from_millis(500);
        // Machine code of mutants is of no use to anybody.
        config.component.cache_dir = None;
        config.cache_dir = None;
        let registry = Registry::load(&config);
        let refused = registry.plugins()[0].refusal();
        if let Some(why) = refused {
            assert!(!why.contains('\n'), "{why}");
            return false;
        }
        for (node, input) in [("Trivial", "number"), ("Spin", "how"), ("Talk", "text")] {
            let value = match input {
                "number" => Value::Int(1),
                "how" => Value::Choice("deaf".into()),
                _ => Value::Text("x".into()),
            };
            let inputs = vec![(input.to_owned(), value)];
            // Any answer is fine, as long as there is one.
            let _ = registry.run(&format!("everything/{node}"), inputs, &Recorder::default());
        }
        true
    }
}
