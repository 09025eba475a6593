//! A model with LoRAs: the parts they change are its own, all others are the model's they were put on.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Model, Part};
use crate::error::Result;
use crate::lora::Lora;
use crate::weights::Weights;

/// What makes a model another one.
pub(super) struct Patched {
    /// The model as its files have it.
    base: Arc<Model>,
    loras: Vec<Adapter>,
}

/// A LoRA and how much of it counts.
#[derive(Clone)]
struct Adapter {
    lora: Arc<Lora>,
    strength: f32,
    text_strength: f32,
}

/// A model with one more LoRA.
pub struct WithLora {
    /// The model.
    pub model: Arc<Model>,
    /// Canonical names of tensors that the LoRA changes and the model lacks.
    pub absent: Vec<String>,
}

/// Models with LoRAs that somebody holds: nothing else knows them, and memory is asked back of all.
static HELD: Mutex<Vec<Weak<Model>>> = Mutex::new(Vec::new());

impl Model {
    /// This model with a LoRA on top of those it has; `strength` is for the transformer, `text_strength` for the text encoders.
    ///
    /// Parts that no LoRA changes stay shared with this model. Cost: compares shapes; nothing is loaded.
    ///
    /// # Errors
    /// As [`Lora::apply`] and [`Model::weights`].
    pub fn with_lora(
        self: &Arc<Self>,
        lora: Arc<Lora>,
        strength: f32,
        text_strength: f32,
    ) -> Result<WithLora> {
        let (base, mut loras) = match &self.patched {
            Some(patched) => (patched.base.clone(), patched.loras.clone()),
            None => (self.clone(), Vec::new()),
        };
        let added = Adapter { lora, strength, text_strength };
        // A change that does not fit is the LoRA's fault, and said where it was put on.
        let mut absent = Vec::new();
        for part in Part::ALL {
            let is_there = base.files().get(part).is_some();
            let Some(tensors) = added.changed(part) else { continue };
            if is_there {
                absent.extend(added.lora.apply(tensors, &base.weights(part)?, added.of(part))?.absent);
            } else {
                absent.push(format!("the whole {part}"));
            }
        }
        loras.push(added);
        let files = base.files().clone();
        let model = Arc::new(Self::new(files, Some(Patched { base, loras }))?);
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|model| model.strong_count() > 0);
        held.push(Arc::downgrade(&model));
        Ok(WithLora { model, absent })
    }

    /// The model whose copy of a part this one uses: the one below, when no LoRA changes the part.
    pub(super) fn owner(&self, part: Part) -> &Self {
        match &self.patched {
            Some(patched)
                if !patched.loras.iter().any(|it| it.of(part) != 0.0 && it.changed(part).is_some()) =>
            {
                &patched.base
            }
            _ => self,
        }
    }
}

impl Patched {
    /// The tensors of a part with all changes.
    pub(super) fn weights(&self, part: Part) -> Result<Weights> {
        let mut weights = self.base.weights(part)?;
        for adapter in &self.loras {
            if let Some(tensors) = adapter.changed(part) {
                weights = adapter.lora.apply(tensors, &weights, adapter.of(part))?.weights;
            }
        }
        Ok(weights)
    }
}

impl Adapter {
    /// The tensors of a part, when the LoRA changes them.
    fn changed(&self, part: Part) -> Option<crate::weights::Part> {
        part.in_weights().filter(|tensors| self.lora.changes(*tensors))
    }

    fn of(&self, part: Part) -> f32 {
        if part == Part::Transformer { self.strength } else { self.text_strength }
    }
}

/// Adds the models with LoRAs that somebody holds, and those below them that are not there yet.
pub(super) fn add_held(models: &mut Vec<Arc<Model>>) {
    let held: Vec<_> =
        HELD.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect();
    for model in held {
        let base = model.patched.as_ref().map(|patched| patched.base.clone());
        for model in base.into_iter().chain([model]) {
            if !models.iter().any(|known| Arc::ptr_eq(known, &model)) {
                models.push(model);
            }
        }
    }
}
