//! Group norms, and where their statistics come from.
//!
//! A group norm looks at the whole picture, so a tile that measures itself comes out in another tone than its neighbor. Here all
//! tiles get the same statistics, which makes them parts of one picture: see [`super::tiling`].

use std::ops::Range;

use rayon::prelude::*;

use super::feature::Feature;
use crate::kernels::{for_rows, silu_scalar};

/// Group norm, eps 1e-6.
pub(super) struct Norm {
    pub(super) groups: usize,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// What a norm does to one picture: scale and offset per channel.
pub(super) struct Affine {
    scale: Vec<f32>,
    offset: Vec<f32>,
}

/// Sum and sum of squares of each channel. In f64, so one pass suffices.
#[derive(Clone)]
pub(super) struct Sums {
    pixels: usize,
    channels: Vec<(f64, f64)>,
}

impl Sums {
    /// Measures some rows and columns.
    pub(super) fn of(x: &Feature, rows: Range<usize>, columns: Range<usize>) -> Self {
        let (channels, width) = (x.channels, x.columns.len());
        let (top, left) = (rows.start - x.rows.start, columns.start - x.columns.start);
        let all = &x.values[top * width * channels..(top + rows.len()) * width * channels];
        let per_task = (4096 / width).max(1);
        let sums: Vec<_> = all
            .par_chunks(per_task * width * channels)
            .map(|rows| {
                let mut sums = vec![(0f64, 0f64); channels];
                for row in rows.chunks_exact(width * channels) {
                    let row = &row[left * channels..(left + columns.len()) * channels];
                    for pixel in row.chunks_exact(channels) {
                        for (sum, &v) in sums.iter_mut().zip(pixel) {
                            let v = f64::from(v);
                            sum.0 += v;
                            sum.1 += v * v;
                        }
                    }
                }
                sums
            })
            .collect();
        let mut total = Self { pixels: rows.len() * columns.len(), channels: vec![(0.0, 0.0); channels] };
        // Pieces are added in order, so that the result does not depend on the number of threads.
        sums.iter().for_each(|sums| total.add_channels(sums));
        total
    }

    /// Measures all there is.
    pub(super) fn of_all(features: &[Feature]) -> Self {
        let all = |x: &Feature| Self::of(x, x.rows.start..x.rows.end, x.columns.start..x.columns.end);
        let mut total = all(&features[0]);
        features[1..].iter().for_each(|x| total.add(&all(x)));
        total
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.pixels += other.pixels;
        self.add_channels(&other.channels);
    }

    /// With what `prior` says of the pixels, out of `whole`, that are not measured yet.
    fn completed(&self, prior: &Self, whole: usize) -> Self {
        let rest = whole.saturating_sub(self.pixels);
        let share = rest as f64 / prior.pixels.max(1) as f64;
        let channels = self.channels.iter().zip(&prior.channels);
        let channels = channels.map(|(found, prior)| (found.0 + share * prior.0, found.1 + share * prior.1));
        Self { pixels: self.pixels + rest, channels: channels.collect() }
    }

    fn add_channels(&mut self, other: &[(f64, f64)]) {
        for (sum, other) in self.channels.iter_mut().zip(other) {
            sum.0 += other.0;
            sum.1 += other.1;
        }
    }
}

impl Norm {
    pub(super) fn affine(&self, sums: &Sums) -> Affine {
        let channels = self.weight.len();
        let per_group = channels / self.groups;
        let n = (sums.pixels * per_group).max(1) as f64;
        let mut affine = Affine { scale: vec![0.0; channels], offset: vec![0.0; channels] };
        for group in 0..self.groups {
            let range = group * per_group..(group + 1) * per_group;
            let (sum, squares) = sums.channels[range.clone()]
                .iter()
                .fold((0f64, 0f64), |(a, b), &(sum, squares)| (a + sum, b + squares));
            let mean = sum / n;
            let inverse = 1.0 / ((squares / n - mean * mean).max(0.0) + 1e-6).sqrt();
            for c in range {
                let scale = f64::from(self.weight[c]) * inverse;
                affine.scale[c] = scale as f32;
                affine.offset[c] = (f64::from(self.bias[c]) - mean * scale) as f32;
            }
        }
        affine
    }
}

impl Affine {
    /// scale·x + offset, channel by channel.
    pub(super) fn apply(&self, values: &[f32]) -> Vec<f32> {
        self.map(values, |v| v)
    }

    /// swish(scale·x + offset).
    pub(super) fn swish(&self, values: &[f32]) -> Vec<f32> {
        self.map(values, silu_scalar)
    }

    #[inline(always)]
    fn map(&self, values: &[f32], f: impl Fn(f32) -> f32 + Sync) -> Vec<f32> {
        let channels = self.scale.len();
        let mut out = vec![0f32; values.len()];
        for_rows(&mut out, channels, |at, out| {
            for (((out, &x), &a), &b) in
                out.iter_mut().zip(&values[at * channels..]).zip(&self.scale).zip(&self.offset)
            {
                *out = f(a * x + b);
            }
        });
        out
    }
}

/// Where the norms of a run take their statistics from.
pub(super) enum Statistics<'a> {
    /// Each norm measures what comes to it.
    Measured,
    /// As measured, and kept in the order of the norms.
    Recorded(&'a mut Vec<Sums>),
    /// Those of an earlier run.
    Given(&'a [Sums]),
    /// What comes to the norms inside the tile's core, collected in `found`, and where no tile has been yet, those of an earlier run.
    Refined { given: &'a [Sums], found: &'a mut Vec<Sums>, core: Core },
}

/// The part of a picture that a tile is there for, without the margin that it only looks at.
pub(super) struct Core {
    /// Rows in latent pixels.
    pub(super) rows: Range<usize>,
    /// Columns in latent pixels.
    pub(super) columns: Range<usize>,
    /// Rows of the whole latent.
    pub(super) height: usize,
}

/// The norms of one run, met in order.
pub(super) struct Norms<'a> {
    statistics: Statistics<'a>,
    met: usize,
}

impl<'a> Norms<'a> {
    pub(super) fn new(statistics: Statistics<'a>) -> Self {
        Self { statistics, met: 0 }
    }

    /// What the next norm does to the features.
    pub(super) fn next(&mut self, norm: &Norm, features: &[Feature]) -> Affine {
        let met = self.met;
        self.met += 1;
        match &mut self.statistics {
            Statistics::Measured => norm.affine(&Sums::of_all(features)),
            Statistics::Recorded(recorded) => {
                recorded.push(Sums::of_all(features));
                norm.affine(&recorded[met])
            }
            Statistics::Given(given) => norm.affine(&given[met]),
            Statistics::Refined { given, found, core } => {
                for x in features {
                    let scale = x.rows.whole / core.height;
                    let part = |core: &Range<usize>| scale * core.start..scale * core.end;
                    let sums = Sums::of(x, part(&core.rows), part(&core.columns));
                    match found.get_mut(met) {
                        Some(found) => found.add(&sums),
                        None => found.push(sums),
                    }
                }
                let x = &features[0];
                norm.affine(&found[met].completed(&given[met], x.rows.whole * x.columns.whole))
            }
        }
    }

    /// What the next norm does to features of which only the sums are at hand.
    pub(super) fn known(&mut self, norm: &Norm, sums: &Sums) -> Affine {
        self.met += 1;
        norm.affine(sums)
    }
}
