//! LoRA files: changes to a model that are much smaller than it.
//!
//! [`Lora::open`] reads the names of a file, whatever tool wrote it, into `Layer`s: which canonical tensor, which of its
//! rows, and the factors of the change. [`Lora::apply`] compares them with a model and gives what [`Weights`] adds when it
//! widens rows. One rule holds for all of them: with strength s a weight W becomes W + s·(f(W) − W), where f is what the file
//! says at full strength: W + (alpha / rank)·up·down for a LoRA. Strength 0 leaves every bit as it is, changes of several
//! files add up.

mod change;
mod family;
mod field;
mod metadata;
mod numbers;
mod patch;
mod read;
mod refuse;
mod report;
mod target;

use std::path::Path;
use std::sync::Arc;

use crate::error::Result;
use crate::weights::{Part, Patch, Weights};

pub use family::Family;
pub use report::Report;

use change::Change;
use target::Target;

/// The changes in one file.
pub struct Lora {
    file: Weights,
    layers: Vec<Layer>,
    unmatched: Vec<String>,
}

/// What a file changes in one layer.
struct Layer {
    family: Option<Family>,
    target: Target,
    change: Change,
}

/// Changes that fit a model.
struct Patches {
    /// Canonical name of a tensor and what is added to its rows.
    changes: Vec<(String, Arc<dyn Patch>)>,
    absent: Vec<String>,
}

/// The tensors of a part with the changes of a file.
pub struct Applied {
    /// The tensors.
    pub weights: Weights,
    /// Canonical names that the file changes and the part lacks.
    pub absent: Vec<String>,
}

impl Lora {
    /// Reads the names and shapes of a LoRA file.
    ///
    /// Names of kohya's sd-scripts, diffusers and PEFT, ai-toolkit and ComfyUI, raw PEFT, OneTrainer, SimpleTuner and XLabs are
    /// read, with LoRA, LoHa, LoKr, DoRA and whole differences as changes. Cost: the header and one number a layer.
    ///
    /// # Errors
    /// As [`Weights::open`]; [`Error::Unsupported`](crate::Error::Unsupported) for LoRAs of other models, control LoRAs and
    /// convolutions; [`Error::File`](crate::Error::File) when nothing in it is a change to FLUX.1 or its text encoders;
    /// [`Error::Tensor`](crate::Error::Tensor) when the factors of a change do not fit each other.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        read::read(Weights::open(path)?)
    }

    /// Keys that say nothing this program understands.
    pub fn unmatched(&self) -> &[String] {
        &self.unmatched
    }

    /// Whether it changes a part of a model.
    pub fn changes(&self, part: Part) -> bool {
        self.layers.iter().any(|layer| layer.target.part == part)
    }

    /// The canonical tensors of a part with the changes, on top of those they have.
    ///
    /// They take effect when rows are widened. Strength 0 changes nothing. Cost: compares shapes and reads the norms of DoRA.
    ///
    /// # Errors
    /// [`Error::Tensor`](crate::Error::Tensor), naming the key, when a change has another shape than its layer;
    /// [`Error::Unsupported`](crate::Error::Unsupported) for control LoRAs.
    pub fn apply(&self, part: Part, weights: &Weights, strength: f32) -> Result<Applied> {
        let Patches { changes, absent } = patch::bind(self, part, weights, strength)?;
        Ok(Applied { weights: weights.patched(changes), absent })
    }
}

/// Whether most tensors of a file are changes, by their names.
pub(crate) fn is_lora(file: &Weights) -> bool {
    2 * file.names().filter(|key| field::is_change(key)).count() > file.len()
}

impl std::fmt::Debug for Lora {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let layers = self.layers.len();
        f.debug_struct("Lora").field("file", &self.file.label()).field("layers", &layers).finish()
    }
}
