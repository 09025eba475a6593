//! What is fuzzed.

mod components;
mod definitions;
mod locks;
mod manifests;
mod names;
mod packages;
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
}

/// Makes a target.
pub type Make = fn() -> Box<dyn Target>;

/// All targets by name, cheap ones first.
pub const TARGETS: [(&str, Make); 11] = [
    ("names", || Box::new(names::Names)),
    ("manifests", || Box::new(manifests::Manifests::new())),
    ("definitions", || Box::new(definitions::Definitions::new())),
    ("packages", || Box::new(packages::Packages::new())),
    ("safetensors", || Box::new(weights::WeightFiles::new(weights::Kind::Safetensors))),
    ("gguf", || Box::new(weights::WeightFiles::new(weights::Kind::Gguf))),
    ("shards", || Box::new(weights::WeightFiles::new(weights::Kind::Index))),
    ("locks", || Box::new(locks::Locks::new())),
    ("values-native", || Box::new(values::Values::native())),
    ("values-component", || Box::new(values::Values::component())),
    ("components", || Box::new(components::Components::new())),
];
