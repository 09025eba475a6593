//! What is fuzzed.

mod components;
mod definitions;
mod header;
mod locks;
mod loras;
mod manifests;
mod names;
mod packages;
mod sets;
mod values;
mod weights;

use fastrand::Rng;

/// Something that takes input from strangers.
pub trait Target {
    /// Makes one input and hands it over; whether it was taken as good.
    ///
    /// # Panics
    /// When the host breaks a promise: that is what is looked for.
    fn run(&mut self, rng: &mut Rng) -> bool;

    /// Most memory in bytes that a case may take; where nothing is said, nobody looks.
    fn most_memory(&self) -> Option<u64> {
        None
    }
}

/// Makes a target.
pub type Make = fn() -> Box<dyn Target>;

/// All targets by name, cheap ones first.
pub const TARGETS: [(&str, Make); 13] = [
    ("names", || Box::new(names::Names)),
    ("manifests", || Box::new(manifests::Manifests::new())),
    ("definitions", || Box::new(definitions::Definitions::new())),
    ("packages", || Box::new(packages::Packages::new())),
    ("safetensors", || Box::new(weights::WeightFiles::new(weights::Kind::Safetensors))),
    ("gguf", || Box::new(weights::WeightFiles::new(weights::Kind::Gguf))),
    ("shards", || Box::new(weights::WeightFiles::new(weights::Kind::Index))),
    ("loras", || Box::new(loras::Loras::new())),
    ("sets", || Box::new(sets::Sets::new())),
    ("locks", || Box::new(locks::Locks::new())),
    ("values-native", || Box::new(values::Values::native())),
    ("values-component", || Box::new(values::Values::component())),
    ("components", || Box::new(components::Components::new())),
];
