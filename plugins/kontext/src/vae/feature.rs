//! A part of a picture of channels, and where it lies in the whole.

use std::ops::Range;

use candle_core::Tensor;

use crate::error::Result;
use crate::kernels::{for_rows, with_slice};

/// Rows or columns out of those of the whole picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) whole: usize,
}

impl Span {
    /// All of a picture.
    pub(super) fn all(whole: usize) -> Self {
        Self { start: 0, end: whole, whole }
    }

    /// `range` with up to `margin` on both sides.
    pub(super) fn around(range: &Range<usize>, margin: usize, whole: usize) -> Self {
        Self { start: range.start.saturating_sub(margin), end: (range.end + margin).min(whole), whole }
    }

    pub(super) fn len(self) -> usize {
        self.end - self.start
    }

    /// The same part at `factor` times the resolution.
    pub(super) fn times(self, factor: usize) -> Self {
        Self { start: factor * self.start, end: factor * self.end, whole: factor * self.whole }
    }

    /// What a kernel of three gives: behind the picture's own ends it sees zeros, behind other ends it would need what is not here.
    pub(super) fn convolved(self) -> Self {
        let end = if self.end == self.whole { self.end } else { self.end - 1 };
        let start = if self.start == 0 { 0 } else { (self.start + 1).min(end) };
        Self { start, end, whole: self.whole }
    }

    /// What a kernel of three at every second position gives, with zeros behind the picture's last end only.
    pub(super) fn halved(self) -> Self {
        let whole = self.whole / 2;
        let end = if self.end == self.whole { whole } else { (self.end - 1) / 2 };
        Self { start: self.start.div_ceil(2).min(end), end, whole }
    }
}

/// Channels side by side, pixel by pixel, row by row.
pub(super) struct Feature {
    pub(super) rows: Span,
    pub(super) columns: Span,
    pub(super) channels: usize,
    /// `rows·columns·channels` values.
    pub(super) values: Vec<f32>,
}

impl Feature {
    /// All zero.
    pub(super) fn zeros(rows: Span, columns: Span, channels: usize) -> Self {
        Self { rows, columns, channels, values: vec![0f32; rows.len() * columns.len() * channels] }
    }

    /// A part of a `(C, H, W)`.
    pub(super) fn from_chw(image: &Tensor, rows: Span, columns: Span) -> Result<Self> {
        let (channels, height, width) = image.dims3()?;
        let mut part = Self::zeros(rows, columns, channels);
        with_slice(image, |image| {
            for_rows(&mut part.values, columns.len() * channels, |at, row| {
                let from = (rows.start + at) * width + columns.start;
                for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                    for (c, v) in pixel.iter_mut().enumerate() {
                        *v = image[c * height * width + from + x];
                    }
                }
            });
            Ok(())
        })?;
        Ok(part)
    }

    /// Writes this part into the values of a `(C, H, W)`.
    pub(super) fn write_chw(&self, out: &mut [f32]) {
        let (height, width) = (self.rows.whole, self.columns.whole);
        let part = self.columns.len();
        for_rows(out, height * width, |c, plane| {
            for (at, row) in self.values.chunks_exact(part * self.channels).enumerate() {
                let to = &mut plane[(self.rows.start + at) * width + self.columns.start..][..part];
                for (v, pixel) in to.iter_mut().zip(row.chunks_exact(self.channels)) {
                    *v = pixel[c];
                }
            }
        });
    }

    /// A copy of a part.
    pub(super) fn part(&self, rows: Span, columns: Span) -> Self {
        let mut part = Self::zeros(rows, columns, self.channels);
        part.paste(self);
        part
    }

    /// Copies what both hold of the same picture from `other`.
    pub(super) fn paste(&mut self, other: &Self) {
        let rows = self.rows.start.max(other.rows.start)..self.rows.end.min(other.rows.end);
        let columns = self.columns.start.max(other.columns.start)..self.columns.end.min(other.columns.end);
        let run = columns.len() * self.channels;
        for row in rows {
            let (to, from) = (self.at(row, columns.start), other.at(row, columns.start));
            self.values[to..to + run].copy_from_slice(&other.values[from..from + run]);
        }
    }

    /// Keeps a part, in place.
    pub(super) fn crop(&mut self, rows: Span, columns: Span) {
        let run = columns.len() * self.channels;
        for (at, row) in (rows.start..rows.end).enumerate() {
            let from = self.at(row, columns.start);
            self.values.copy_within(from..from + run, at * run);
        }
        self.values.truncate(rows.len() * run);
        (self.rows, self.columns) = (rows, columns);
    }

    /// Number of pixels.
    pub(super) fn pixels(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Where the values of a pixel begin.
    fn at(&self, row: usize, column: usize) -> usize {
        ((row - self.rows.start) * self.columns.len() + column - self.columns.start) * self.channels
    }
}
