//! Which old pixels make a new one, and how much each counts.

use std::f64::consts::PI;

use super::Filter;

/// The windows of one direction.
pub(super) struct Windows<W> {
    /// First old pixel and number of pixels of each new one; the first never decreases.
    bounds: Vec<(usize, usize)>,
    /// Where each window's weights begin.
    starts: Vec<usize>,
    weights: Vec<W>,
}

impl<W: Copy> Windows<W> {
    /// The windows of a filter other than nearest, from `old` to `new` pixels.
    pub(super) fn new(filter: Filter, old: usize, new: usize, weight: impl Fn(f64) -> W) -> Self {
        let scale = old as f64 / new as f64;
        let stretch = scale.max(1.0);
        let support = radius(filter) * stretch;
        let mut windows =
            Self { bounds: Vec::with_capacity(new), starts: Vec::with_capacity(new), weights: Vec::new() };
        let mut raw = Vec::new();
        for x in 0..new {
            let center = (x as f64 + 0.5) * scale;
            // `as usize` truncates and stops at zero, which is what Pillow does in two steps.
            let first = (center - support + 0.5) as usize;
            let last = ((center + support + 0.5) as usize).min(old);
            raw.clear();
            raw.extend((first..last).map(|i| value(filter, (i as f64 - center + 0.5) * (1.0 / stretch))));
            let sum: f64 = raw.iter().sum();
            windows.bounds.push((first, last - first));
            windows.starts.push(windows.weights.len());
            windows.weights.extend(raw.iter().map(|w| weight(if sum == 0.0 { *w } else { w / sum })));
        }
        windows
    }

    /// First old pixel and weights of the new pixel `x`.
    pub(super) fn get(&self, x: usize) -> (usize, &[W]) {
        let (first, len) = self.bounds[x];
        (first, &self.weights[self.starts[x]..][..len])
    }

    /// Number of new pixels.
    pub(super) fn len(&self) -> usize {
        self.bounds.len()
    }

    /// Length of the longest window.
    pub(super) fn longest(&self) -> usize {
        self.bounds.iter().map(|(_, len)| *len).max().unwrap_or(0)
    }
}

/// The old pixel under each new one's center.
///
/// The position is a running sum because Pillow's is: for some sizes the rounding of the sum decides the pixel.
pub(super) fn nearest(old: usize, new: usize) -> Vec<usize> {
    let step = old as f64 / new as f64;
    let mut position = step * 0.5;
    (0..new)
        .map(|_| {
            let pixel = (position as usize).min(old - 1);
            position += step;
            pixel
        })
        .collect()
}

fn radius(filter: Filter) -> f64 {
    match filter {
        Filter::Nearest | Filter::Box => 0.5,
        Filter::Bilinear => 1.0,
        Filter::Bicubic => 2.0,
        Filter::Lanczos => 3.0,
    }
}

fn value(filter: Filter, x: f64) -> f64 {
    match filter {
        Filter::Nearest | Filter::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
        Filter::Bilinear => (1.0 - x.abs()).max(0.0),
        Filter::Bicubic => cubic(x.abs()),
        Filter::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
        Filter::Lanczos => 0.0,
    }
}

// R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, with a = −0.5.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}
