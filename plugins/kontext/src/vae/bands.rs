//! Residual blocks in bands of rows, where a second feature of the whole picture would be too much.
//!
//! Between its convolutions a block has a norm, which must have seen all rows before it can do one. So a first pass through the bands
//! measures what comes out of the first convolution and drops it, and a second pass computes it again. The result is that of
//! the whole, the price the first convolution once more.

use std::ops::Range;
use std::slice;

use super::conv::{Conv, Sampling};
use super::feature::{Feature, Span};
use super::layers::{Residual, Run};
use super::norm::Sums;
use crate::error::Result;

/// Bytes of a band's input. Smaller ones repeat more of their neighbors' rows.
const BAND_BYTES: usize = 48 << 20;

/// Rows of the whole in bands, for an input of so many columns and channels.
pub(super) fn bands(rows: Span, columns: Span, channels: usize) -> Vec<Range<usize>> {
    let height = (BAND_BYTES / (4 * columns.len() * channels).max(1)).max(16);
    (0..rows.whole).step_by(height).map(|start| start..(start + height).min(rows.whole)).collect()
}

/// The rows of a picture that it takes to make `rows` of the picture twice as large.
pub(super) fn halved(rows: Span) -> Span {
    let whole = rows.whole / 2;
    Span { start: rows.start.saturating_sub(1) / 2, end: ((rows.end + 2) / 2).min(whole), whole }
}

/// A block that keeps the number of channels, in the place of its input.
pub(super) fn in_place(block: &Residual, mut x: Feature, run: &mut Run<'_>) -> Result<Feature> {
    let (whole, columns) = (x.rows.whole, x.columns);
    let bands = bands(x.rows, columns, x.channels);
    let norm1 = run.norms.next(&block.norm1, slice::from_ref(&x));
    let inner = |x: &Feature| block.conv1.forward(x, Some(&norm1), Sampling::Same, run.progress);
    let mut sums: Option<Sums> = None;
    for band in &bands {
        measure(&mut sums, &inner(&x.part(Span::around(band, 1, whole), columns))?);
    }
    let norm2 = sums.map(|sums| run.norms.known(&block.norm2, &sums));
    // The end of the band before, as it was: this band's convolutions look at it.
    let mut before: Option<Feature> = None;
    for band in &bands {
        let mut sum = x.part(Span::around(band, 2, whole), columns);
        if let Some(before) = &before {
            sum.paste(before);
        }
        let inner = inner(&sum)?;
        before = Some(sum.part(Span { start: band.end.saturating_sub(2), end: band.end, whole }, columns));
        block.conv2.add_to(&mut sum, &inner, norm2.as_ref(), run.progress)?;
        x.paste(&sum);
    }
    Ok(x)
}

/// A block behind a doubling of the size: what `double` gives is never there as a whole either.
pub(super) fn doubled(block: &Residual, double: &Conv, x: &Feature, run: &mut Run<'_>) -> Result<Feature> {
    let (rows, columns) = (x.rows.times(2), x.columns.times(2));
    let whole = rows.whole;
    let progress = run.progress;
    let read = |rows: Span| -> Result<Feature> {
        let mut band = double.forward(&x.part(halved(rows), x.columns), None, Sampling::Double, progress)?;
        band.crop(rows, columns);
        Ok(band)
    };
    let bands = bands(rows, columns, double.outputs());
    let (mut sums1, mut sums2) = (None, None);
    for band in &bands {
        measure(&mut sums1, &read(Span::around(band, 0, whole))?);
    }
    let norm1 = sums1.map(|sums| run.norms.known(&block.norm1, &sums));
    let inner = |x: &Feature| block.conv1.forward(x, norm1.as_ref(), Sampling::Same, progress);
    for band in &bands {
        measure(&mut sums2, &inner(&read(Span::around(band, 1, whole))?)?);
    }
    let norm2 = sums2.map(|sums| run.norms.known(&block.norm2, &sums));
    let mut out = Feature::zeros(rows, columns, block.conv2.outputs());
    for band in &bands {
        let mut sum = read(Span::around(band, 2, whole))?;
        let inner = inner(&sum)?;
        if let Some(shortcut) = &block.shortcut {
            sum = shortcut.forward_pointwise(sum, progress)?;
        }
        block.conv2.add_to(&mut sum, &inner, norm2.as_ref(), progress)?;
        out.paste(&sum);
    }
    Ok(out)
}

fn measure(sums: &mut Option<Sums>, x: &Feature) {
    let found = Sums::of_all(slice::from_ref(x));
    match sums {
        Some(sums) => sums.add(&found),
        None => *sums = Some(found),
    }
}
