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
    bands_of((BAND_BYTES / (4 * columns.len() * channels).max(1)).max(16), rows.whole)
}

fn bands_of(height: usize, rows: usize) -> Vec<Range<usize>> {
    (0..rows).step_by(height).map(|start| start..(start + height).min(rows)).collect()
}

/// The rows of a picture that it takes to make `rows` of the picture twice as large.
pub(super) fn halved(rows: Span) -> Span {
    let whole = rows.whole / 2;
    Span { start: rows.start.saturating_sub(1) / 2, end: ((rows.end + 2) / 2).min(whole), whole }
}

/// A block that keeps the number of channels, in the place of its input.
pub(super) fn in_place(block: &Residual, x: Feature, run: &mut Run<'_>) -> Result<Feature> {
    let bands = bands(x.rows, x.columns, x.channels);
    in_place_by(&bands, block, x, run)
}

fn in_place_by(
    bands: &[Range<usize>],
    block: &Residual,
    mut x: Feature,
    run: &mut Run<'_>,
) -> Result<Feature> {
    let (whole, columns) = (x.rows.whole, x.columns);
    let norm1 = run.norms.next(&block.norm1, slice::from_ref(&x));
    let inner = |x: &Feature| block.conv1.forward(x, Some(&norm1), Sampling::Same, run.progress);
    let mut sums: Option<Sums> = None;
    for band in bands {
        measure(&mut sums, &inner(&x.part(Span::around(band, 1, whole), columns))?, band);
    }
    let norm2 = sums.map(|sums| run.norms.known(&block.norm2, &sums));
    // The end of the band before, as it was: this band's convolutions look at it.
    let mut before: Option<Feature> = None;
    for band in bands {
        let mut sum = x.part(Span::around(band, 2, whole), columns);
        if let Some(before) = &before {
            sum.paste(before);
        }
        let inner = inner(&sum)?;
        before = Some(sum.part(Span { start: band.end.saturating_sub(2), end: band.end, whole }, columns));
        block.conv2.add_to(&mut sum, &inner, norm2.as_ref(), run.progress)?;
        // Near the picture's end there are more rows than the band's, and the next band needs those as they were.
        sum.crop(Span::around(band, 0, whole), columns);
        x.paste(&sum);
    }
    Ok(x)
}

/// A block behind a doubling of the size: what `double` gives is never there as a whole either.
pub(super) fn doubled(block: &Residual, double: &Conv, x: &Feature, run: &mut Run<'_>) -> Result<Feature> {
    let bands = bands(x.rows.times(2), x.columns.times(2), double.outputs());
    doubled_by(&bands, block, double, x, run)
}

fn doubled_by(
    bands: &[Range<usize>],
    block: &Residual,
    double: &Conv,
    x: &Feature,
    run: &mut Run<'_>,
) -> Result<Feature> {
    let (rows, columns) = (x.rows.times(2), x.columns.times(2));
    let whole = rows.whole;
    let progress = run.progress;
    let read = |rows: Span| -> Result<Feature> {
        let mut band = double.forward(&x.part(halved(rows), x.columns), None, Sampling::Double, progress)?;
        band.crop(rows, columns);
        Ok(band)
    };
    let (mut sums1, mut sums2) = (None, None);
    for band in bands {
        measure(&mut sums1, &read(Span::around(band, 0, whole))?, band);
    }
    let norm1 = sums1.map(|sums| run.norms.known(&block.norm1, &sums));
    let inner = |x: &Feature| block.conv1.forward(x, norm1.as_ref(), Sampling::Same, progress);
    for band in bands {
        measure(&mut sums2, &inner(&read(Span::around(band, 1, whole))?)?, band);
    }
    let norm2 = sums2.map(|sums| run.norms.known(&block.norm2, &sums));
    let mut out = Feature::zeros(rows, columns, block.conv2.outputs());
    for band in bands {
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

/// Adds what these rows of `x` hold.
fn measure(sums: &mut Option<Sums>, x: &Feature, rows: &Range<usize>) {
    let found = Sums::of(x, rows.clone(), x.columns.start..x.columns.end);
    match sums {
        Some(sums) => sums.add(&found),
        None => *sums = Some(found),
    }
}

#[cfg(test)]
mod tests {
    use super::super::norm::{Norm, Norms, Statistics};
    use super::super::progress::Progress;
    use super::*;
    use crate::kernels::tensor;

    fn values(seed: f32, count: usize, scale: f32) -> Vec<f32> {
        (0..count).map(|i| ((i as f32 + seed) * 12.9898).sin() * scale).collect()
    }

    fn conv(seed: f32, inputs: usize, outputs: usize, kernel: usize) -> Conv {
        let count = outputs * inputs * kernel * kernel;
        let scale = 1.0 / ((inputs * kernel * kernel) as f32).sqrt();
        let weight = tensor(values(seed, count, scale), &[outputs, inputs, kernel, kernel]).unwrap();
        Conv::new(&weight, values(seed + 0.5, outputs, 0.1)).unwrap()
    }

    fn block(inputs: usize, outputs: usize) -> Residual {
        let norm = |seed, channels| Norm {
            groups: 2,
            weight: values(seed, channels, 1.0),
            bias: values(seed + 0.5, channels, 0.2),
        };
        Residual {
            norm1: norm(1.0, inputs),
            conv1: conv(2.0, inputs, outputs, 3),
            norm2: norm(3.0, outputs),
            conv2: conv(4.0, outputs, outputs, 3),
            shortcut: (inputs != outputs).then(|| conv(5.0, inputs, outputs, 1)),
        }
    }

    fn feature(height: usize, width: usize, channels: usize) -> Feature {
        let values = values(6.0, height * width * channels, 2.0);
        Feature { values, ..Feature::zeros(Span::all(height), Span::all(width), channels) }
    }

    /// Runs both ways; sums of the norms are added in another order, which is some roundings of numbers near 1.
    #[track_caller]
    fn compare(
        whole: impl Fn(&mut Run<'_>) -> Result<Feature>,
        banded: impl Fn(&[Range<usize>], &mut Run<'_>) -> Result<Feature>,
        rows: usize,
    ) {
        let quiet = |_: usize, _: usize| Ok(());
        let progress = Progress::start(1 << 60, &quiet).unwrap();
        let new = || Run { norms: Norms::new(Statistics::Measured), progress: &progress };
        let expected = whole(&mut new()).unwrap();
        for height in [2, 3, 7, rows - 1, rows] {
            let found = banded(&bands_of(height, rows), &mut new()).unwrap();
            assert_eq!((found.rows, found.columns), (expected.rows, expected.columns));
            let worst =
                found.values.iter().zip(&expected.values).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
            assert!(worst < 2e-5, "bands of {height} rows differ by {worst:e}");
        }
    }

    #[test]
    fn a_block_in_bands_is_the_block() {
        let block = block(6, 6);
        let whole = |run: &mut Run<'_>| Ok(block.forward(vec![feature(17, 5, 6)], run)?.remove(0));
        compare(whole, |bands, run| in_place_by(bands, &block, feature(17, 5, 6), run), 17);
    }

    #[test]
    fn a_doubled_block_in_bands_is_the_doubling_and_the_block() {
        for outputs in [4, 6, 8] {
            let (block, double) = (block(6, outputs), conv(7.0, 6, 6, 3));
            let x = feature(9, 4, 6);
            let whole = |run: &mut Run<'_>| {
                let doubled = double.forward(&x, None, Sampling::Double, run.progress)?;
                Ok(block.forward(vec![doubled], run)?.remove(0))
            };
            compare(whole, |bands, run| doubled_by(bands, &block, &double, &x, run), 18);
        }
    }
}
