//! What a LoRA file is, in a few facts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::change::Form;
use super::{Family, Lora};
use crate::weights::Part;

/// Facts about a LoRA file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Whose names it uses, the most frequent first.
    pub families: Vec<&'static str>,
    /// Forms of its changes and how many layers have each: `LoRA`, `LoHa`, `LoKr`, `difference`, `replacement`, with
    /// `DoRA` behind those that have norms of their own.
    pub forms: BTreeMap<String, usize>,
    /// Ranks that occur.
    pub ranks: Vec<usize>,
    /// Values of alpha / rank that occur; 1 where the file says nothing.
    pub scales: Vec<f32>,
    /// Layers it changes by part: `FLUX transformer`, `CLIP text encoder`, `T5 text encoder`.
    pub targets: BTreeMap<&'static str, usize>,
    /// How to choose the strength.
    pub strength: String,
    /// Keys that say nothing this program understands.
    pub unmatched: Vec<String>,
}

impl Lora {
    /// Facts about the file.
    pub fn report(&self) -> Report {
        let mut families: BTreeMap<Family, usize> = BTreeMap::new();
        let mut forms = BTreeMap::new();
        let mut targets: BTreeMap<&'static str, BTreeSet<_>> = BTreeMap::new();
        let mut ranks = BTreeSet::new();
        let mut scales: Vec<f32> = Vec::new();
        for layer in &self.layers {
            if let Some(family) = layer.family {
                *families.entry(family).or_default() += 1;
            }
            let change = &layer.change;
            let form = match change.form {
                Form::LowRank { .. } => "LoRA",
                Form::Hadamard { .. } => "LoHa",
                Form::Kronecker { .. } => "LoKr",
                Form::Difference(_) => "difference",
                Form::Replacement(_) => "replacement",
            };
            let form = if change.magnitude.is_some() { format!("{form} with DoRA") } else { form.to_owned() };
            *forms.entry(form).or_default() += 1;
            targets.entry(layer.target.part.name()).or_default().insert(&layer.target.tensor);
            ranks.extend(change.form.rank());
            scales.push(change.scale);
        }
        scales.sort_by(f32::total_cmp);
        scales.dedup();
        let mut families: Vec<_> = families.into_iter().collect();
        families.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Report {
            families: families.into_iter().map(|(family, _)| family.name()).collect(),
            forms,
            ranks: ranks.into_iter().collect(),
            scales,
            targets: targets.into_iter().map(|(part, layers)| (part, layers.len())).collect(),
            strength: self.advice(),
            unmatched: self.unmatched.clone(),
        }
    }

    fn advice(&self) -> String {
        let text = self.changes(Part::Clip) || self.changes(Part::T5);
        let text = if text {
            "; it changes text encoders as well: give them to T5Encode and CLIPEncode too, or they stay as they are"
        } else {
            ""
        };
        format!("1 is as trained, 0.6 to 1.2 is usual, negative values do the opposite{text}")
    }
}
