//! Noise levels of the steps.

use std::str::FromStr;

use serde::Deserialize;

use super::beta;
use crate::error::{Error, Result};

/// How a model wants its time shifted; the fields of diffusers' `scheduler_config.json`.
///
/// The default is FLUX.1: `mu` grows linearly from 0.5 at 256 target tokens to 1.15 at 4096.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct Schedule {
    /// `mu` at `base_image_seq_len` tokens.
    pub base_shift: f64,
    /// `mu` at `max_image_seq_len` tokens.
    pub max_shift: f64,
    /// Target tokens that get `base_shift`.
    pub base_image_seq_len: usize,
    /// Target tokens that get `max_shift`.
    pub max_image_seq_len: usize,
    /// Whether `mu` depends on the size; otherwise it is the logarithm of `shift`.
    pub use_dynamic_shifting: bool,
    /// The factor used when shifting is not dynamic.
    pub shift: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            base_shift: 0.5,
            max_shift: 1.15,
            base_image_seq_len: 256,
            max_image_seq_len: 4096,
            use_dynamic_shifting: true,
            shift: 3.0,
        }
    }
}

/// A rule that picks noise levels; all but `Flux` are ComfyUI's rules of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheduler {
    /// Evenly spaced, then shifted: the model's own rule. The default.
    #[default]
    Flux,
    /// Evenly spaced entries of a table of 10000.
    Simple,
    /// Evenly spaced, shifted twice; its last step is nearly empty.
    Normal,
    /// As `Normal`, without the nearly empty step.
    SgmUniform,
    /// Quantiles of the beta distribution (0.6, 0.6): more steps at both ends.
    Beta,
}

/// The time shift `mu`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Shift {
    /// What the model wants for the number of target tokens.
    #[default]
    Auto,
    /// This `mu` at every size; ComfyUI uses 1.15 unless told otherwise.
    Mu(f64),
}

impl Scheduler {
    /// Names accepted by [`FromStr`].
    pub const NAMES: [&'static str; 5] = ["flux", "simple", "normal", "sgm_uniform", "beta"];
}

impl FromStr for Scheduler {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        match s {
            "flux" => Ok(Self::Flux),
            "simple" => Ok(Self::Simple),
            "normal" => Ok(Self::Normal),
            "sgm_uniform" => Ok(Self::SgmUniform),
            "beta" => Ok(Self::Beta),
            _ => Err(Error::input("scheduler", Self::NAMES.join(", "), s)),
        }
    }
}

impl FromStr for Shift {
    type Err = Error;

    /// `auto` or a number.
    fn from_str(s: &str) -> Result<Self> {
        match s.trim().parse::<f64>() {
            _ if s.trim() == "auto" => Ok(Self::Auto),
            Ok(mu) if mu.is_finite() && mu.abs() <= 20.0 => Ok(Self::Mu(mu)),
            _ => Err(Error::input("shift", "`auto` or a number from -20 to 20", s)),
        }
    }
}

impl Schedule {
    /// Reads a `scheduler_config.json`; missing fields get FLUX.1's values.
    ///
    /// # Errors
    /// [`Error::Input`] when the text is not JSON of that form.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|e| Error::input("scheduler_config.json", "a scheduler config", e.to_string()))
    }

    /// The shift for this many target tokens; references and text do not count.
    ///
    /// Source: `get_schedule` in <https://github.com/black-forest-labs/flux/blob/main/src/flux/sampling.py>.
    pub fn mu(&self, target_tokens: usize) -> f64 {
        if !self.use_dynamic_shifting {
            return self.shift.ln();
        }
        let (x1, x2) = (self.base_image_seq_len as f64, self.max_image_seq_len as f64);
        if x1 == x2 {
            return self.base_shift;
        }
        let slope = (self.max_shift - self.base_shift) / (x2 - x1);
        slope * target_tokens as f64 + (self.base_shift - slope * x1)
    }

    /// Noise levels of `n_steps` steps, from the first level to 0: `n_steps + 1` values (`Beta` may merge equal ones).
    ///
    /// `denoise` below 1 keeps the last part of a longer schedule, to start from a picture instead of pure noise.
    ///
    /// # Errors
    /// [`Error::Input`] when `n_steps` is not in 1..=10000 or `denoise` not in (0, 1].
    pub fn sigmas(
        &self,
        scheduler: Scheduler,
        n_steps: usize,
        target_tokens: usize,
        shift: Shift,
        denoise: f64,
    ) -> Result<Vec<f64>> {
        if !(1..=10_000).contains(&n_steps) {
            return Err(Error::input("steps", "1 to 10000", n_steps.to_string()));
        }
        if !(denoise > 0.0 && denoise <= 1.0) {
            return Err(Error::input("denoise", "more than 0, at most 1", denoise.to_string()));
        }
        let mu = match shift {
            Shift::Auto => self.mu(target_tokens),
            Shift::Mu(mu) => mu,
        };
        let whole = (n_steps as f64 / denoise) as usize;
        let sigmas = scheduler.sigmas(whole, mu);
        Ok(sigmas[sigmas.len().saturating_sub(n_steps + 1)..].to_vec())
    }
}

impl Scheduler {
    fn sigmas(self, n: usize, mu: f64) -> Vec<f64> {
        const TABLE: usize = 10_000;
        let entry = |j: usize| shifted((j + 1) as f64 / TABLE as f64, mu);
        let spaced = |points: usize| {
            let (first, last) = (entry(TABLE - 1), entry(0));
            let step = (last - first) / (points.max(2) - 1) as f64;
            (0..points).map(move |i| shifted(first + step * i as f64, mu))
        };
        let mut sigmas: Vec<f64> = match self {
            Self::Flux => (0..n).map(|i| shifted(1.0 - i as f64 / n as f64, mu)).collect(),
            Self::Simple => {
                let per_step = TABLE as f64 / n as f64;
                (0..n).map(|i| entry(TABLE - 1 - ((i as f64 * per_step) as usize).min(TABLE - 1))).collect()
            }
            Self::Normal => spaced(n).collect(),
            Self::SgmUniform => spaced(n + 1).take(n).collect(),
            Self::Beta => {
                let quantile = |i: usize| beta::inverse(1.0 - i as f64 / n as f64, 0.6, 0.6);
                let mut entries: Vec<usize> =
                    (0..n).map(|i| (quantile(i) * (TABLE - 1) as f64).round_ties_even() as usize).collect();
                entries.dedup();
                entries.into_iter().map(entry).collect()
            }
        };
        sigmas.push(0.0);
        sigmas
    }
}

/// `e^mu / (e^mu + 1/t − 1)`, which keeps 0 and 1.
fn shifted(t: f64, mu: f64) -> f64 {
    if t <= 0.0 {
        return 0.0;
    }
    let e = mu.exp();
    e / (e + (1.0 / t - 1.0))
}
