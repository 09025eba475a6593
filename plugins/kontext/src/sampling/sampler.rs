//! The Euler loop.

use std::ops::ControlFlow;

use candle_core::Tensor;

use super::pack::{grid, latent_dims, pack, unpack};
use crate::error::{Error, Result};
use crate::kernels::{tensor, with_slice};
use crate::transformer::Prepared;

/// A negative prompt and how strongly to move away from it ("true" classifier-free guidance). Doubles the cost of a step.
pub struct Guide<'a> {
    /// The run prepared with the negative conditioning; the same target size.
    pub negative: &'a Prepared,
    /// v = v₋ + scale·(v₊ − v₋); 1 does nothing and skips the second pass.
    pub scale: f64,
}

/// What [`sample`] starts from.
pub struct Sampling<'a> {
    /// The run prepared with the prompt.
    pub positive: &'a Prepared,
    /// The negative prompt, if any.
    pub guide: Option<Guide<'a>>,
    /// `(channels, height, width)`.
    pub noise: &'a Tensor,
    /// What the noise is mixed with when the first level is below 1; zeros when absent. Same shape as `noise`.
    pub start: Option<&'a Tensor>,
    /// Falling noise levels, the last one 0; see [`super::Schedule::sigmas`].
    pub sigmas: &'a [f64],
}

/// Where a run is.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Between blocks of the transformer.
    Block {
        /// Step, from 1.
        step: usize,
        /// Steps of the run.
        n_steps: usize,
        /// Share of the step that is done, in `[0, 1]`.
        fraction: f64,
    },
    /// A step is done.
    Step {
        /// Step, from 1.
        step: usize,
        /// Steps of the run.
        n_steps: usize,
        /// Noise level that the step started from.
        sigma: f64,
        /// The model's present idea of the finished latent, `(channels, height, width)`.
        denoised: &'a Tensor,
    },
}

/// Integrates the flow from noise to a latent with Euler's method, in f32.
///
/// Gives `(channels, height, width)`. `progress` is called between blocks and after each step; `Break` stops the run within one
/// block. Cost: one or, with a guide, two passes of the transformer per step.
///
/// # Errors
/// [`Error::Input`] for shapes or levels that do not fit, [`Error::Cancelled`], [`Error::NonFinite`].
///
/// Source: `denoise` in <https://github.com/black-forest-labs/flux/blob/main/src/flux/sampling.py>.
pub fn sample(run: &Sampling<'_>, progress: &dyn Fn(Progress<'_>) -> ControlFlow<()>) -> Result<Tensor> {
    check(run)?;
    let (_, height, width) = latent_dims(run.noise)?;
    let n_steps = run.sigmas.len() - 1;
    let mut x = start(run)?;
    for (i, pair) in run.sigmas.windows(2).enumerate() {
        let (step, sigma, next) = (i + 1, pair[0], pair[1]);
        let watch = |fraction: f64| match progress(Progress::Block { step, n_steps, fraction }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        };
        // Packing anew keeps the padding of odd sides a copy of the opposite edge.
        let v = unpack(&velocity(run, &pack(&x)?, sigma, &watch)?, height, width)?;
        check_finite(run, &v, step, n_steps)?;
        let denoised = combine(&x, &v, |x, v| x - sigma as f32 * v)?;
        x = combine(&x, &v, |x, v| x + (next - sigma) as f32 * v)?;
        if progress(Progress::Step { step, n_steps, sigma, denoised: &denoised }).is_break() {
            return Err(Error::Cancelled);
        }
    }
    Ok(x)
}

fn check(run: &Sampling<'_>) -> Result<()> {
    let falling = run.sigmas.windows(2).all(|p| p[0] > p[1]);
    if run.sigmas.len() < 2 || !falling || !run.sigmas.iter().all(|s| (0.0..=1.0).contains(s)) {
        return Err(Error::input(
            "sigmas",
            "at least two falling levels in [0, 1]",
            format!("{:?}", run.sigmas),
        ));
    }
    let (channels, height, width) = latent_dims(run.noise)?;
    let (rows, columns) = grid(height, width);
    let expected = run.positive.model().config().latent_channels();
    if channels != expected || rows * columns != run.positive.target_tokens() {
        let expected = format!("{expected} channels and {} tokens", run.positive.target_tokens());
        return Err(Error::input("noise", expected, format!("({channels}, {height}, {width})")));
    }
    if let Some(start) = run.start.filter(|s| s.dims() != run.noise.dims()) {
        let expected = format!("{:?}", run.noise.dims());
        return Err(Error::input("starting latent", expected, format!("{:?}", start.dims())));
    }
    if let Some(guide) = &run.guide
        && (guide.negative.target_tokens() != run.positive.target_tokens() || !guide.scale.is_finite())
    {
        let expected = format!("{} target tokens and a finite scale", run.positive.target_tokens());
        let found = format!("{} and {}", guide.negative.target_tokens(), guide.scale);
        return Err(Error::input("negative prompt", expected, found));
    }
    Ok(())
}

/// σ·noise + (1 − σ)·start.
fn start(run: &Sampling<'_>) -> Result<Tensor> {
    let sigma = run.sigmas[0] as f32;
    match run.start {
        _ if sigma == 1.0 => Ok(run.noise.clone()),
        Some(start) => combine(run.noise, start, |n, s| sigma * n + (1.0 - sigma) * s),
        None => Ok((run.noise * f64::from(sigma))?),
    }
}

fn velocity(run: &Sampling<'_>, x: &Tensor, sigma: f64, watch: &dyn Fn(f64) -> Result<()>) -> Result<Tensor> {
    let guide = run.guide.as_ref().filter(|g| g.scale != 1.0);
    let passes = if guide.is_some() { 2.0 } else { 1.0 };
    let on_block =
        |pass: f64| move |done: usize, total: usize| watch((pass + done as f64 / total as f64) / passes);
    let positive = run.positive.velocity(x, sigma, &on_block(0.0))?;
    let Some(guide) = guide else { return Ok(positive) };
    let negative = guide.negative.velocity(x, sigma, &on_block(1.0))?;
    let scale = guide.scale as f32;
    combine(&positive, &negative, |p, n| n + scale * (p - n))
}

fn check_finite(run: &Sampling<'_>, v: &Tensor, step: usize, n_steps: usize) -> Result<()> {
    let finite = |t: &Tensor| with_slice(t, |v| Ok(v.iter().all(|v| v.is_finite())));
    if finite(v)? {
        return Ok(());
    }
    let cause = if !finite(run.noise)? || run.start.is_some_and(|s| !finite(s).unwrap_or(false)) {
        "the starting latent already holds infinite or not-a-number values"
    } else if !run.positive.inputs_finite()?
        || run.guide.as_ref().is_some_and(|g| !g.negative.inputs_finite().unwrap_or(false))
    {
        "the prompt or reference tokens hold infinite or not-a-number values"
    } else if step == 1 {
        "the weights probably hold damaged values, or belong to another model"
    } else {
        "the values grew without bound; lower guidance and cfg, and check the weights"
    };
    Err(Error::NonFinite { step, n_steps, cause: cause.to_owned() })
}

fn combine(a: &Tensor, b: &Tensor, f: impl Fn(f32, f32) -> f32) -> Result<Tensor> {
    let values = with_slice(a, |a| with_slice(b, |b| Ok(a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect())))?;
    tensor(values, a.dims())
}
