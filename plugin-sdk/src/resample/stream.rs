//! The two passes, row by row: only the rows under the vertical window are in memory.

use super::kernel::{Windows, nearest};
use super::lane::Lane;
use super::{Filter, alpha};
use crate::{Failure, Result};

// Old rows are read in pieces of about this many bytes: a call across a sandbox's wall costs more than a row.
const READ_BYTES: usize = 1 << 20;

/// Reads old rows from the given one on.
pub(super) type Read<'a, T> = dyn FnMut(usize, &mut [T]) -> Result<()> + 'a;
/// Takes the next new row.
pub(super) type Write<'a, T> = dyn FnMut(&[T]) -> Result<()> + 'a;

/// Old and new size; none is zero.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    from: (usize, usize),
    channels: usize,
    to: (usize, usize),
}

impl Shape {
    pub(super) fn new(from: (u32, u32), channels: usize, to: (u32, u32)) -> Result<Self> {
        if from.0 == 0 || from.1 == 0 || to.0 == 0 || to.1 == 0 || channels == 0 {
            return Err(Failure::failed(format!(
                "resize of {}×{} pixels with {channels} channel(s) to {}×{}: expected at least 1 of each",
                from.0, from.1, to.0, to.1
            )));
        }
        let shape =
            Self { from: (from.0 as usize, from.1 as usize), channels, to: (to.0 as usize, to.1 as usize) };
        shape.source_len()?;
        shape.target_len()?;
        Ok(shape)
    }

    pub(super) fn source_row(&self) -> usize {
        self.from.0 * self.channels
    }

    pub(super) fn source_len(&self) -> Result<usize> {
        samples(self.from, self.channels)
    }

    pub(super) fn target_len(&self) -> Result<usize> {
        samples(self.to, self.channels)
    }
}

// Bounded by a quarter of the address space, so that the bytes of `f32` samples can be counted too.
fn samples(size: (usize, usize), channels: usize) -> Result<usize> {
    size.0
        .checked_mul(size.1)
        .and_then(|n| n.checked_mul(channels))
        .filter(|n| *n <= usize::MAX / 4)
        .ok_or(Failure::OutOfMemory { needed: u64::MAX, device: "cpu".to_owned() })
}

/// Whether the vertical pass comes first: when more than twice as many rows as columns go away.
///
/// The order shows where a pass overshoots and is cut off at 0 or 255.
fn down_first(shape: Shape) -> bool {
    let columns = shape.from.0.saturating_sub(shape.to.0);
    let rows = shape.from.1.saturating_sub(shape.to.1);
    rows > columns.saturating_mul(2)
}

/// Everything that can be computed before the first row comes.
pub(super) struct Plan<T: Lane> {
    shape: Shape,
    straight_alpha: bool,
    across: Step<T>,
    down: Step<T>,
    down_first: bool,
}

enum Step<T: Lane> {
    Keep,
    Pick(Vec<usize>),
    Sum(Windows<T::Weight>),
}

impl<T: Lane> Step<T> {
    fn new(filter: Filter, old: usize, new: usize) -> Self {
        if old == new {
            Self::Keep
        } else if filter == Filter::Nearest {
            Self::Pick(nearest(old, new))
        } else {
            Self::Sum(Windows::new(filter, old, new, T::weight))
        }
    }
}

impl<T: Lane> Plan<T> {
    pub(super) fn new(shape: Shape, filter: Filter, straight_alpha: bool) -> Self {
        let across = Step::new(filter, shape.from.0, shape.to.0);
        let down = Step::new(filter, shape.from.1, shape.to.1);
        // Pillow hands an unchanged size back as it is, and nearest never mixes pixels.
        let mixes = matches!(across, Step::Sum(_)) || matches!(down, Step::Sum(_));
        let straight_alpha = straight_alpha && mixes;
        Self { shape, straight_alpha, across, down, down_first: down_first(shape) }
    }

    /// Resizes one frame.
    pub(super) fn run(&self, read: &mut Read<'_, T>, write: &mut Write<'_, T>) -> Result<()> {
        let mut source = Source::new(self, read);
        let mut row = vec![T::default(); self.shape.to.0 * self.shape.channels];
        match &self.down {
            Step::Keep => {
                for y in 0..self.shape.to.1 {
                    self.across(source.row(y)?, &mut row);
                    self.write(&mut row, write)?;
                }
            }
            Step::Pick(rows) => {
                for &y in rows {
                    self.across(source.row(y)?, &mut row);
                    self.write(&mut row, write)?;
                }
            }
            Step::Sum(windows) => self.sum_rows(windows, &mut source, &mut row, write)?,
        }
        Ok(())
    }

    /// The vertical pass over a ring of rows; the horizontal pass is done before they enter or after they are summed.
    fn sum_rows(
        &self,
        windows: &Windows<T::Weight>,
        source: &mut Source<'_, '_, T>,
        out: &mut [T],
        write: &mut Write<'_, T>,
    ) -> Result<()> {
        let len = if self.down_first { self.shape.source_row() } else { out.len() };
        let mut summed = vec![T::default(); if self.down_first { len } else { 0 }];
        let slots = windows.longest().max(1);
        let mut ring = vec![T::default(); slots * len];
        let mut sums = vec![T::START; len];
        let mut next = 0;
        for y in 0..windows.len() {
            let (first, weights) = windows.get(y);
            next = next.max(first);
            while next < first + weights.len() {
                let slot = &mut ring[next % slots * len..][..len];
                let row = source.row(next)?;
                if self.down_first {
                    slot.copy_from_slice(row)
                } else {
                    self.across(row, slot)
                }
                next += 1;
            }
            sums.fill(T::START);
            for (i, weight) in weights.iter().enumerate() {
                let row = &ring[(first + i) % slots * len..][..len];
                for (sum, sample) in sums.iter_mut().zip(row) {
                    *sum = T::add(*sum, *sample, *weight);
                }
            }
            let rounded = if self.down_first { &mut summed[..] } else { &mut *out };
            for (sample, sum) in rounded.iter_mut().zip(&sums) {
                *sample = T::end(*sum);
            }
            if self.down_first {
                self.across(&summed, out);
            }
            self.write(out, write)?;
        }
        Ok(())
    }

    fn write(&self, row: &mut [T], write: &mut Write<'_, T>) -> Result<()> {
        if self.straight_alpha {
            alpha::unpremultiply(row);
        }
        write(row)
    }

    /// The horizontal pass over one row.
    fn across(&self, from: &[T], to: &mut [T]) {
        // A constant number of channels lets the compiler keep one pixel's sums in a vector register.
        match self.shape.channels {
            1 => self.across_as::<1>(from, to),
            3 => self.across_as::<3>(from, to),
            4 => self.across_as::<4>(from, to),
            n => self.across_any(from, to, n),
        }
    }

    fn across_as<const N: usize>(&self, from: &[T], to: &mut [T]) {
        let (from, to) = (from.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
        match &self.across {
            Step::Keep => to.copy_from_slice(from),
            Step::Pick(pixels) => {
                for (to, x) in to.iter_mut().zip(pixels) {
                    *to = from[*x];
                }
            }
            Step::Sum(windows) => {
                for (x, to) in to.iter_mut().enumerate() {
                    let (first, weights) = windows.get(x);
                    let mut sums = [T::START; N];
                    for (pixel, weight) in from[first..].iter().zip(weights) {
                        for (sum, sample) in sums.iter_mut().zip(pixel) {
                            *sum = T::add(*sum, *sample, *weight);
                        }
                    }
                    *to = sums.map(T::end);
                }
            }
        }
    }

    fn across_any(&self, from: &[T], to: &mut [T], n: usize) {
        match &self.across {
            Step::Keep => to.copy_from_slice(from),
            Step::Pick(pixels) => {
                for (to, x) in to.chunks_exact_mut(n).zip(pixels) {
                    to.copy_from_slice(&from[x * n..][..n]);
                }
            }
            Step::Sum(windows) => {
                for (x, to) in to.chunks_exact_mut(n).enumerate() {
                    let (first, weights) = windows.get(x);
                    for (c, to) in to.iter_mut().enumerate() {
                        let samples = from[first * n..].iter().skip(c).step_by(n);
                        let sum = samples.zip(weights).fold(T::START, |sum, (s, w)| T::add(sum, *s, *w));
                        *to = T::end(sum);
                    }
                }
            }
        }
    }
}

/// Old rows, read in pieces, with alpha multiplied in when asked for.
struct Source<'r, 'f, T> {
    read: &'r mut Read<'f, T>,
    premultiply: bool,
    row: usize,
    height: usize,
    block: Vec<T>,
    block_rows: usize,
    /// Old row that the block begins with, and the number of rows in it.
    first: usize,
    count: usize,
}

impl<'r, 'f, T: Lane> Source<'r, 'f, T> {
    fn new(plan: &Plan<T>, read: &'r mut Read<'f, T>) -> Self {
        let row = plan.shape.source_row();
        let height = plan.shape.from.1;
        let block_rows = (READ_BYTES / (row * size_of::<T>()).max(1)).clamp(1, height);
        Self {
            read,
            premultiply: plan.straight_alpha,
            row,
            height,
            block: vec![T::default(); row * block_rows],
            block_rows,
            first: 0,
            count: 0,
        }
    }

    fn row(&mut self, y: usize) -> Result<&[T]> {
        if !(self.first..self.first + self.count).contains(&y) {
            self.first = y;
            self.count = self.block_rows.min(self.height - y);
            let rows = &mut self.block[..self.count * self.row];
            (self.read)(y, rows)?;
            if self.premultiply {
                alpha::premultiply(rows);
            }
        }
        Ok(&self.block[(y - self.first) * self.row..][..self.row])
    }
}
