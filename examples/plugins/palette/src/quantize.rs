//! Finds few colors for many: k-means, begun with colors far apart so that no chance is needed.

use wirebrush_sdk::prelude::*;

pub(crate) type Rgb = [f32; 3];

const ROUNDS: u64 = 12;
// The colors of a picture show in a few thousand of its pixels.
const SAMPLES: usize = 4096;

/// Pixels spread evenly over all frames.
pub(crate) fn samples(image: &Image) -> Result<Vec<Rgb>> {
    let info = image.info();
    let channels = info.channels as usize;
    let pixels = info.rows() * u64::from(info.width);
    let every = (pixels as f64 / SAMPLES as f64).sqrt().ceil() as usize;
    let mut samples = Vec::new();
    for row in (0..info.rows()).step_by(every) {
        let row = image.rows_f32(row, 1)?;
        let picked = row.chunks_exact(channels).step_by(every);
        samples.extend(picked.map(|pixel| match *pixel {
            [gray] => [gray; 3],
            ref color => [color[0], color[1], color[2]],
        }));
    }
    Ok(samples)
}

/// At most `count` colors, most frequent first.
pub(crate) fn quantize(samples: &[Rgb], count: usize, cx: &Context<'_>) -> Result<Vec<Rgb>> {
    let mut colors = far_apart(samples, count);
    let mut members = Vec::new();
    for round in 1..=ROUNDS {
        let mut sums = vec![[0.0; 3]; colors.len()];
        members = vec![0_u32; colors.len()];
        for sample in samples {
            let nearest = nearest(&colors, *sample);
            members[nearest] += 1;
            for (sum, value) in sums[nearest].iter_mut().zip(sample) {
                *sum += value;
            }
        }
        for ((color, sum), members) in colors.iter_mut().zip(sums).zip(&members) {
            if *members > 0 {
                *color = sum.map(|sum| sum / *members as f32);
            }
        }
        cx.progress(round, ROUNDS)?;
    }
    let mut counted: Vec<_> = members.into_iter().zip(colors).collect();
    counted.sort_by_key(|(members, _)| std::cmp::Reverse(*members));
    Ok(counted.into_iter().map(|(_, color)| color).collect())
}

/// Place of the color that is nearest to a pixel.
pub(crate) fn nearest(colors: &[Rgb], pixel: Rgb) -> usize {
    let distances = colors.iter().map(|color| distance(*color, pixel));
    distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(place, _)| place)
}

/// The first pixel, then always the one farthest from those taken, until all are taken or there are enough.
fn far_apart(samples: &[Rgb], count: usize) -> Vec<Rgb> {
    let mut colors: Vec<Rgb> = samples.first().copied().into_iter().collect();
    let mut left = vec![f32::INFINITY; samples.len()];
    while let Some(newest) = colors.last().copied().filter(|_| colors.len() < count) {
        for (left, sample) in left.iter_mut().zip(samples) {
            *left = left.min(distance(*sample, newest));
        }
        let farthest = left.iter().zip(samples).max_by(|a, b| a.0.total_cmp(b.0));
        match farthest {
            Some((distance, sample)) if *distance > 0.0 => colors.push(*sample),
            _ => break,
        }
    }
    colors
}

fn distance(a: Rgb, b: Rgb) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
