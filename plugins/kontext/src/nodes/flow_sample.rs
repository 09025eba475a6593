use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use candle_core::Tensor;
use wirebrush_sdk::prelude::*;

use super::failure::OrFail;
use super::handles::{Latent, Pooled, ReduxMode, ReduxTokens, T5Tokens};
use super::work::{Teller, budget, make_room, work};
use super::{memory_port, model_port, open_model};
use crate::interrupt;
use crate::memory::{Need, Tokens, duration, gflops};
use crate::model::{Model, Part};
use crate::sampling::{
    Guide, Placement, Progress, Rgb, Sampling, Scheduler, Shift, grid, initial_noise, place_references,
    sample,
};
use crate::transformer::{Conditioning, Config, TextBias, Transformer};

// What FLUX.1 Kontext [dev] is used with.
const DEFAULT_STEPS: i64 = 28;
const DEFAULT_GUIDANCE: f64 = 2.5;

// Target, references and text together; the real model was trained on about 9000.
const MOST_TOKENS: usize = 1 << 16;

// A model small enough to run thousands of blocks a second would flood the host with messages.
const BLOCK_REPORTS: Duration = Duration::from_millis(100);

// As large as a preview in the editor gets.
const PREVIEW_SIDE: usize = 512;

/// Makes a picture from noise, led by a prompt and reference pictures: the heart of an edit.
#[derive(Default)]
pub struct FlowSample;

impl Node for FlowSample {
    fn definition() -> Definition {
        Definition::new("kontext/FlowSample", "kontext/sampling")
            .title("Flow Sample")
            .version(2)
            .description(
                "Samples a latent with FLUX.1 Kontext's flow transformer. Without references it is text to image; \
                 with one it edits that picture. Equal inputs and seed give the same picture on every device.",
            )
            .concurrency(Concurrency::Exclusive)
            .input(model_port())
            .input(Port::handle("t5", T5Tokens::KIND).tooltip("The prompt from T5 Encode."))
            .input(Port::handle("clip", Pooled::KIND).tooltip("The same prompt from CLIP Encode."))
            .input(
                Port::handle("redux", ReduxTokens::KIND)
                    .optional()
                    .list()
                    .tooltip("Pictures from Redux Encode whose look shall guide the result."),
            )
            .input(
                Port::handle("references", Latent::KIND)
                    .optional()
                    .list()
                    .tooltip("Pictures to edit or to draw from, from VAE Encode. The model was trained with one."),
            )
            .input(
                Port::choice("reference_method", &Placement::NAMES)
                    .advanced()
                    .tooltip("How several references are told apart: side by side, each on its own plane, or on the \
                              target's plane (for models tuned with UNO or USO)."),
            )
            .input(Port::int("width", 0, 0..=8192).unit("px").tooltip("0 is as the first reference."))
            .input(Port::int("height", 0, 0..=8192).unit("px").tooltip("0 is as the first reference."))
            .input(
                unset(Port::int("steps", DEFAULT_STEPS, 1..=100))
                    .soft_range(1.0..=50.0)
                    .tooltip("More steps are finer and take longer; empty is what the model recommends, else 28."),
            )
            .input(
                unset(Port::float("guidance", DEFAULT_GUIDANCE, 1.0..=10.0))
                    .soft_range(1.0..=5.0)
                    .step(0.1)
                    .tooltip(
                        "How literally the prompt is taken; empty is what the model recommends, else 2.5. Costs no time.",
                    ),
            )
            .input(Port::seed("seed", 0).tooltip("Another seed gives another picture. Gives ComfyUI's noise."))
            .input(
                Port::choice("scheduler", &Scheduler::NAMES)
                    .advanced()
                    .tooltip("Which noise levels the steps visit: the model's own rule, or ComfyUI's of that name."),
            )
            .input(
                unset(Port::float("shift", 1.15, -20.0..=20.0))
                    .advanced()
                    .tooltip("Time shift mu; empty is what the model wants for the size. ComfyUI uses 1.15 always."),
            )
            .input(
                Port::handle("negative_t5", T5Tokens::KIND)
                    .optional()
                    .advanced()
                    .tooltip("What the picture shall not show; counts when `cfg` is above 1."),
            )
            .input(Port::handle("negative_clip", Pooled::KIND).optional().advanced().tooltip("The same from CLIP."))
            .input(
                Port::float("cfg", 1.0, 1.0..=10.0)
                    .step(0.1)
                    .advanced()
                    .tooltip("Strength of the negative prompt; above 1 each step takes twice as long."),
            )
            .input(
                Port::handle("start", Latent::KIND)
                    .optional()
                    .advanced()
                    .tooltip("A latent to start from instead of pure noise, when `denoise` is below 1."),
            )
            .input(
                Port::float("denoise", 1.0, 0.01..=1.0)
                    .step(0.01)
                    .advanced()
                    .tooltip("How much of `start` is replaced by noise; 1 is all."),
            )
            .input(memory_port())
            .output(Port::handle("latent", Latent::KIND).tooltip("For VAE Decode."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let model = open_model(&mut inputs, cx)?;
        let budget = budget(&mut inputs)?;
        let asked = Asked::read(&mut inputs, &model)?;
        cx.progress_with(0, asked.steps as u64, "loading the transformer")?;
        let sizes = model.weights(Part::Transformer).and_then(|weights| model.transformer_sizes(&weights));
        let target = asked.target(&model, &sizes.or_fail("model")?)?;
        if !asked.references.is_empty()
            && let Some(doubt) = model.files().doubt().or_fail("model")?
        {
            cx.warn(format!(
                "{doubt}: other FLUX.1 models take references but were not trained to edit them"
            ));
        }
        target.warn_when_large(&model, cx)?;
        let need = Need::transformer(&model, asked.tokens(&target)).or_fail("model")?;
        let seconds = need.flop / (1e9 * gflops().or_fail("model")?);
        let time = format!("{} a step, {} steps", duration(seconds), asked.steps);
        let room = make_room(need, budget, &model, cx, &time)?;
        let transformer = work(cx, |_| model.transformer(room.stage.residency))?.or_fail("model")?;
        let latent = work(cx, |tell| asked.sample(&model, &transformer, &target, tell))??;
        Ok(Outputs::new().with("latent", Handle::new(Latent { latent, factor: target.factor })))
    }
}

/// The inputs.
struct Asked {
    t5: Arc<T5Tokens>,
    clip: Arc<Pooled>,
    negative: Option<(Arc<T5Tokens>, Arc<Pooled>)>,
    redux: Vec<Arc<ReduxTokens>>,
    references: Vec<Arc<Latent>>,
    placement: Placement,
    size: (usize, usize),
    steps: usize,
    guidance: f64,
    cfg: f64,
    seed: u64,
    scheduler: Scheduler,
    shift: Shift,
    start: Option<Arc<Latent>>,
    denoise: f64,
}

/// The latent to be made.
struct Target {
    height: usize,
    width: usize,
    factor: usize,
}

impl Target {
    /// Says what is to be expected far beyond the sizes that the model was made for: time grows with the square of the
    /// pixels, and shapes repeat.
    fn warn_when_large(&self, model: &Model, cx: &Context<'_>) -> Result<()> {
        let (width, height) = (self.width * self.factor, self.height * self.factor);
        let sizes = model.preferred_sizes().or_fail("model")?;
        let largest =
            sizes.iter().copied().max_by_key(|(width, height)| u64::from(*width) * u64::from(*height));
        if let Some((w, h)) = largest
            && width * height > 4 * w as usize * h as usize
        {
            cx.warn(format!(
                "{width}×{height} is far more than the model was made for ({w}×{h}): this will take long and look worse; \
                 Fit To Model brings a picture to a size of the model"
            ));
        }
        Ok(())
    }
}

impl Asked {
    fn read(inputs: &mut Inputs, model: &Model) -> Result<Self> {
        let (t5, clip) = (inputs.handle("t5")?, inputs.handle("clip")?);
        let cfg = inputs.float("cfg")?;
        let negative =
            match (inputs.optional_handle("negative_t5")?, inputs.optional_handle("negative_clip")?) {
                (Some(t5), Some(clip)) => Some((t5, clip)),
                (None, None) => None,
                (Some(_), None) => {
                    return Err(Failure::invalid("negative_clip", "expected the prompt of `negative_t5`"));
                }
                (None, Some(_)) => {
                    return Err(Failure::invalid("negative_t5", "expected the prompt of `negative_clip`"));
                }
            };
        let shift = inputs.optional::<f64>("shift")?.map_or(Shift::Auto, Shift::Mu);
        if let Shift::Mu(mu) = shift
            && !(-20.0..=20.0).contains(&mu)
        {
            return Err(Failure::invalid("shift", format!("expected -20 to 20, found {mu}")));
        }
        let side = |value: i64| usize::try_from(value).unwrap_or_default();
        let settings = model.settings();
        let recommended =
            settings.default_steps.map_or(DEFAULT_STEPS, |steps| i64::from(steps.clamp(1, 100)));
        let steps = inputs.optional::<i64>("steps")?.unwrap_or(recommended);
        let recommended = settings.default_guidance.unwrap_or(DEFAULT_GUIDANCE);
        let guidance = inputs.optional::<f64>("guidance")?.unwrap_or(recommended);
        Ok(Self {
            t5,
            clip,
            negative,
            redux: inputs.handles("redux")?,
            references: inputs.handles("references")?,
            placement: inputs.choice("reference_method")?.parse().or_fail("reference_method")?,
            size: (side(inputs.int("width")?), side(inputs.int("height")?)),
            steps: side(steps),
            guidance,
            cfg,
            seed: inputs.seed("seed")?,
            scheduler: inputs.choice("scheduler")?.parse().or_fail("scheduler")?,
            shift,
            start: inputs.optional_handle("start")?,
            denoise: inputs.float("denoise")?,
        })
    }

    /// What a step has to do.
    fn tokens(&self, to: &Target) -> Tokens {
        let cells = |(rows, columns): (usize, usize)| rows * columns;
        let references = self.references.iter().map(|it| grid(it.latent.dims()[1], it.latent.dims()[2]));
        let redux: usize = self.redux.iter().map(|picture| picture.tokens.dims()[0]).sum();
        Tokens {
            text: self.t5.tokens.dims()[0] + redux,
            target: cells(grid(to.height, to.width)),
            references: references.map(cells).sum(),
            prompts: if self.negative.is_some() && self.cfg > 1.0 { 2 } else { 1 },
        }
    }

    fn target(&self, model: &Model, sizes: &Config) -> Result<Target> {
        let channels = sizes.latent_channels();
        let latents = self.references.iter().map(|latent| ("references", latent));
        for (port, latent) in latents.chain(self.start.iter().map(|latent| ("start", latent))) {
            let found = latent.latent.dims()[0];
            if found != channels {
                let why = format!(
                    "expected a latent of {channels} channels, as the transformer takes, found {found}"
                );
                return Err(Failure::invalid(port, why));
            }
        }
        let known = self.start.iter().chain(self.references.first()).next();
        let factor = match known {
            Some(latent) => latent.factor,
            None => model.factor().or_fail("model")?,
        };
        let (width, height) = match (self.size, known) {
            ((0, 0), Some(latent)) => latent.size(),
            ((0, 0), None) => {
                let sizes = model.preferred_sizes().or_fail("model")?;
                let square = sizes.iter().find(|size| size.0 == size.1).or(sizes.first());
                square.map_or((1024, 1024), |size| (size.0 as usize, size.1 as usize))
            }
            ((width, 0), _) if width > 0 => {
                return Err(Failure::invalid("height", "expected a height beside the width, found 0"));
            }
            ((0, _), _) => {
                return Err(Failure::invalid("width", "expected a width beside the height, found 0"));
            }
            (size, _) => size,
        };
        let multiple = 2 * factor;
        for (port, side) in [("width", width), ("height", height)] {
            if side % multiple != 0 {
                let near = (side + factor) / multiple * multiple;
                return Err(Failure::invalid(
                    port,
                    format!(
                        "expected a multiple of {multiple}, found {side}: the nearest is {}",
                        near.max(multiple)
                    ),
                ));
            }
        }
        let target = Target { height: height / factor, width: width / factor, factor };
        let cells = |dims: &[usize]| dims[1].div_ceil(2) * dims[2].div_ceil(2);
        let references: usize = self.references.iter().map(|latent| cells(latent.latent.dims())).sum();
        let tokens = cells(&[channels, target.height, target.width]) + references;
        if tokens > MOST_TOKENS {
            return Err(Failure::invalid(
                if references * 2 > tokens { "references" } else { "width" },
                format!(
                    "expected at most {MOST_TOKENS} image tokens, found {tokens}: the target of {width}×{height} \
                     pixels and {} reference(s) are too large",
                    self.references.len()
                ),
            ));
        }
        Ok(target)
    }

    fn sample(
        &self,
        model: &Model,
        transformer: &Arc<Transformer>,
        to: &Target,
        tell: &Teller<'_>,
    ) -> Result<Tensor> {
        let config = transformer.config();
        let cells = grid(to.height, to.width);
        let latents: Vec<Tensor> = self.references.iter().map(|latent| latent.latent.clone()).collect();
        let references =
            place_references(&latents, (to.height, to.width), self.placement).or_fail("references")?;
        let prepare = |t5: &T5Tokens, clip: &Pooled, redux: &[Arc<ReduxTokens>], ports: (&str, &str)| {
            check_width(ports.0, &t5.tokens, config.context_dim)?;
            check_width(ports.1, &clip.vector, config.vec_dim)?;
            let conditioning = conditioning(t5, clip, redux, config.context_dim)?;
            transformer.prepare(&conditioning, cells, &references, self.guidance).or_fail(ports.0)
        };
        let positive = prepare(&self.t5, &self.clip, &self.redux, ("t5", "clip"))?;
        // The negative prompt keeps the references: only the wish changes, not the picture it is about.
        let negative = match &self.negative {
            Some((t5, clip)) if self.cfg > 1.0 => {
                Some(prepare(t5, clip, &[], ("negative_t5", "negative_clip"))?)
            }
            Some(_) => {
                tell.log(LogLevel::Info, "the negative prompt is not used: `cfg` is 1");
                None
            }
            None if self.cfg > 1.0 => {
                tell.log(LogLevel::Warn, "`cfg` does nothing without a negative prompt");
                None
            }
            None => None,
        };
        let sigmas = model
            .schedule()
            .and_then(|schedule| {
                schedule.sigmas(self.scheduler, self.steps, cells.0 * cells.1, self.shift, self.denoise)
            })
            .or_fail("model")?;
        let noise =
            initial_noise(self.seed, config.latent_channels(), to.height, to.width).or_fail("seed")?;
        let run = Sampling {
            positive: &positive,
            guide: negative.as_ref().map(|negative| Guide { negative, scale: self.cfg }),
            noise: &noise,
            start: self.start.as_ref().map(|latent| &latent.latent),
            sigmas: &sigmas,
        };
        // A run without previews is better than none.
        let preview = model.preview().ok();
        let taef1 = model.files().get(Part::Taef1).and_then(|_| model.taef1().ok());
        let taef1 = taef1.filter(|taef1| taef1.latent_channels() == config.latent_channels());
        let show = |latent: &Tensor| match &taef1 {
            Some(taef1) => taef1.preview(latent, PREVIEW_SIDE).ok(),
            None => preview.as_ref().and_then(|preview| preview.apply(latent).ok()),
        };
        let reported = Cell::new(Instant::now());
        let watch = |progress: Progress<'_>| {
            let answer = match progress {
                Progress::Block { step, n_steps, fraction } => {
                    if reported.get().elapsed() < BLOCK_REPORTS {
                        interrupt::check()
                    } else {
                        reported.set(Instant::now());
                        let message = format!("step {step} of {n_steps}, {:.0} %", 100.0 * fraction);
                        tell.progress(step - 1, n_steps, &message)
                    }
                }
                Progress::Step { step, n_steps, denoised, .. } => {
                    if let Some(image) = show(denoised).and_then(small) {
                        tell.preview(image);
                    }
                    reported.set(Instant::now());
                    tell.progress(step, n_steps, "")
                }
            };
            if answer.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        sample(&run, &watch).or_fail("start")
    }
}

/// T5's tokens, then those of each Redux picture.
fn conditioning(
    t5: &T5Tokens,
    clip: &Pooled,
    redux: &[Arc<ReduxTokens>],
    width: usize,
) -> Result<Conditioning> {
    let mut rows = vec![t5.tokens.clone()];
    let mut biases = Vec::new();
    let mut end = t5.tokens.dims()[0];
    for picture in redux {
        check_width("redux", &picture.tokens, width)?;
        let begin = end;
        end += picture.tokens.dims()[0];
        match picture.mode {
            ReduxMode::Multiply => {
                let scaled = &picture.tokens * picture.strength;
                rows.push(scaled.map_err(|error| Failure::failed(error.to_string()))?);
            }
            ReduxMode::Attention => {
                rows.push(picture.tokens.clone());
                if picture.strength != 1.0 {
                    biases.push(TextBias { tokens: begin..end, strength: picture.strength as f32 });
                }
            }
        }
    }
    let txt = Tensor::cat(&rows, 0).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Conditioning { txt, vec: clip.vector.clone(), biases })
}

fn check_width(port: &str, tensor: &Tensor, expected: usize) -> Result<()> {
    let found = tensor.dims().last().copied().unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    Err(Failure::invalid(
        port,
        format!(
            "expected {expected} numbers a token, as the transformer takes, found {found}: use encoders of the \
                 same model"
        ),
    ))
}

/// The port without its default: what an empty input means is the model's to say.
fn unset(mut port: Port) -> Port {
    port.default = None;
    port.optional()
}

fn small(rgb: Rgb) -> Option<Image> {
    let info = ImageInfo::srgb(rgb.width as u32, rgb.height as u32, 3, Sample::U8);
    Image::new(info, rgb.bytes).ok()
}
