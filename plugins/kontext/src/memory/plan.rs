use std::fmt;

use serde::Serialize;

use super::stage::{Need, Residency};
use super::working_set::Tokens;
use super::{Budget, duration, format_bytes, gflops};
use crate::error::Result;
use crate::model::{Model, Part};

/// The edit that is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// Width and height of the result in pixels.
    pub size: (usize, usize),
    /// Pictures to edit.
    pub references: usize,
    /// Width and height of each of them in pixels.
    pub reference_size: (usize, usize),
    /// Tokens of the prompt; 0 is what the model names.
    pub text_tokens: usize,
    /// Pictures whose look guides.
    pub styles: usize,
    /// Prompts: 2 with a negative one.
    pub prompts: usize,
}

/// The stages of an edit, in order, each with what it gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Bytes that may be used.
    pub budget: u64,
    /// Whether a user has set them.
    pub asked: bool,
    /// Bytes at the worst moment of all stages.
    pub peak: u64,
    /// The smallest budget that works.
    pub least: u64,
    /// Seconds of one step of the transformer, about.
    pub seconds_a_step: f64,
    /// The same in words.
    pub step: String,
    /// The stages.
    pub stages: Vec<Planned>,
}

/// One stage of a [`Plan`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// Whose weights it uses.
    pub part: &'static str,
    /// What it does.
    pub purpose: String,
    /// Where its weights are.
    pub weights: Residency,
    /// Bytes of them in their files.
    pub file: u64,
    /// Bytes of them that stay behind it.
    pub stays: u64,
    /// Bytes between its inputs and its result.
    pub working: u64,
    /// Bytes of the program at its worst moment.
    pub peak: u64,
    /// Parts that leave before it comes.
    pub leave: Vec<&'static str>,
    /// Seconds it takes, of the transformer one step.
    pub seconds: f64,
}

impl Plan {
    /// Plans an edit with the parts that the model has. Reads headers only.
    ///
    /// # Errors
    /// As [`Need::fit`]; when a part's file cannot be used.
    pub fn new(model: &Model, edit: Edit, budget: Budget) -> Result<Self> {
        let tightest = needs(model, edit, Budget { bytes: 0, ..budget })?;
        let least = tightest.iter().map(Need::least).max().unwrap_or_default();
        let needs = needs(model, edit, budget)?;
        let speed = gflops()? * 1e9;
        let mut stay: Vec<(Part, u64)> = Vec::new();
        let mut stages = Vec::new();
        for need in needs {
            let stage = need.fit(budget)?;
            let own = stage.need.part;
            let mut leave = Vec::new();
            while stage.peak(others(&stay, own)) > budget.bytes
                && let Some(at) = stay.iter().position(|(part, bytes)| *part != own && *bytes > 0)
            {
                leave.push(stay.remove(at).0.key());
            }
            stages.push(Planned {
                part: own.key(),
                purpose: stage.need.purpose.clone(),
                weights: stage.residency,
                file: stage.need.file_bytes,
                stays: stage.kept_bytes(),
                working: stage.need.working_bytes,
                peak: stage.peak(others(&stay, own)),
                leave,
                seconds: stage.need.flop / speed,
            });
            stay.retain(|(part, _)| *part != own);
            stay.push((own, stage.kept_bytes()));
        }
        let step = stages.iter().find(|stage| stage.part == Part::Transformer.key());
        let seconds_a_step = step.map_or(0.0, |stage| stage.seconds);
        Ok(Self {
            budget: budget.bytes,
            asked: budget.asked,
            peak: stages.iter().map(|stage| stage.peak).max().unwrap_or_default(),
            least,
            seconds_a_step,
            step: duration(seconds_a_step),
            stages,
        })
    }
}

impl fmt::Display for Plan {
    /// A line for the whole and one for each stage.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [peak, budget, least] = [self.peak, self.budget, self.least].map(format_bytes);
        writeln!(f, "at most {peak} of {budget}; {least} would do; {} a step", self.step)?;
        for stage in &self.stages {
            let weights = match stage.weights {
                Residency::Kept => "kept",
                Residency::Streamed => "streamed",
            };
            let [file, working, peak] = [stage.file, stage.working, stage.peak].map(format_bytes);
            let time = duration(stage.seconds);
            write!(
                f,
                "  {}: file of {file} {weights}, working set {working}, in all {peak}, {time}",
                stage.purpose
            )?;
            if !stage.leave.is_empty() {
                write!(f, "; before it {} leaves", stage.leave.join(", "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn others(stay: &[(Part, u64)], own: Part) -> u64 {
    stay.iter().filter(|(part, _)| *part != own).map(|(_, bytes)| bytes).sum()
}

/// What each stage needs, in order.
fn needs(model: &Model, edit: Edit, budget: Budget) -> Result<Vec<Need>> {
    let has = |part| model.files().get(part).is_some();
    let (width, height) = edit.size;
    let text = if edit.text_tokens > 0 { edit.text_tokens } else { model.t5_length().unwrap_or(512) };
    let mut needs = Vec::new();
    let mut style_tokens = 0;
    if has(Part::T5) {
        needs.push(Need::t5(model, text)?);
    }
    if has(Part::Clip) {
        needs.push(Need::clip(model)?);
    }
    if edit.styles > 0 && has(Part::Vision) && has(Part::Redux) {
        let (need, tokens) = Need::redux(model)?;
        style_tokens = tokens * edit.styles;
        needs.push(need);
    }
    if edit.references > 0 && has(Part::Vae) {
        let (width, height) = edit.reference_size;
        needs.push(Need::vae_encode(model, (height, width), None, budget)?.0);
    }
    if has(Part::Transformer) {
        let cell = 2 * model.factor()?;
        let cells = |(width, height): (usize, usize)| width.div_ceil(cell) * height.div_ceil(cell);
        let tokens = Tokens {
            text: text + style_tokens,
            target: cells(edit.size),
            references: edit.references * cells(edit.reference_size),
            prompts: edit.prompts.max(1),
        };
        needs.push(Need::transformer(model, tokens)?);
    }
    if has(Part::Vae) {
        needs.push(Need::vae_decode(model, (height, width), None, budget)?.0);
    }
    Ok(needs)
}
