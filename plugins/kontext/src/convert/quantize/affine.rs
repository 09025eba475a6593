//! Q4_K and Q5_K: 256 values share two f16 factors; each 32 of them have a 6-bit scale and a 6-bit minimum.
//!
//! `x ≈ d·scale·level − dmin·minimum`. Scale and minimum of 32 values are the weighted least squares fit that is best over a
//! range of roundings, the search of `make_qkx2_quants` in
//! <https://github.com/ggml-org/llama.cpp/blob/b6000/ggml/src/ggml-quants.c>. candle's plain search leaves 7 % (Q4_K) to 12 %
//! (Q5_K) more error than that, and its search for importance matrices takes five times as long.

use half::f16;

const SUB_BLOCK: usize = 32;
const SUB_BLOCKS: usize = 8;
const SUPER_BLOCK: usize = SUB_BLOCK * SUB_BLOCKS;
const LARGEST_SIX_BITS: f32 = 63.0;

// Sums run in this many lanes whatever the machine has, so that every machine writes the same bytes.
const LANES: usize = 8;

/// Writes Q4_K blocks of 144 bytes for `x`, whose length is a multiple of 256.
#[inline(always)]
pub(super) fn q4_k(x: &[f32], out: &mut Vec<u8>) {
    let search = Search { top: 15.0, first: -1.0, tries: 20 };
    for block in x.as_chunks::<SUPER_BLOCK>().0 {
        let Fit { factors, scales, levels } = fit_block(block, search);
        out.extend(factors.into_iter().flat_map(f16::to_le_bytes));
        out.extend(scales);
        for pair in levels.as_chunks::<{ 2 * SUB_BLOCK }>().0 {
            let (low, high) = pair.split_at(SUB_BLOCK);
            out.extend(low.iter().zip(high).map(|(low, high)| low | (high << 4)));
        }
    }
}

/// Writes Q5_K blocks of 176 bytes for `x`, whose length is a multiple of 256.
#[inline(always)]
pub(super) fn q5_k(x: &[f32], out: &mut Vec<u8>) {
    let search = Search { top: 31.0, first: -0.5, tries: 15 };
    for block in x.as_chunks::<SUPER_BLOCK>().0 {
        let Fit { factors, scales, levels } = fit_block(block, search);
        out.extend(factors.into_iter().flat_map(f16::to_le_bytes));
        out.extend(scales);
        // The fifth bits of the eight sub-blocks, one bit each.
        for column in 0..SUB_BLOCK {
            let bit = |sub: usize| (levels[sub * SUB_BLOCK + column] >> 4) << sub;
            out.push((0..SUB_BLOCKS).fold(0, |bits, sub| bits | bit(sub)));
        }
        for pair in levels.as_chunks::<{ 2 * SUB_BLOCK }>().0 {
            let (low, high) = pair.split_at(SUB_BLOCK);
            out.extend(low.iter().zip(high).map(|(low, high)| (low & 15) | (high << 4)));
        }
    }
}

/// Which roundings are tried: those of `top + first + 0.1·n` levels, n up to `tries`.
#[derive(Clone, Copy)]
struct Search {
    top: f32,
    first: f32,
    tries: u8,
}

struct Fit {
    /// `d` and `dmin`.
    factors: [f16; 2],
    scales: [u8; 12],
    levels: [u8; SUPER_BLOCK],
}

#[inline(always)]
fn fit_block(x: &[f32; SUPER_BLOCK], search: Search) -> Fit {
    let (mut scales, mut minimums) = ([0f32; SUB_BLOCKS], [0f32; SUB_BLOCKS]);
    for (sub, x) in x.as_chunks::<SUB_BLOCK>().0.iter().enumerate() {
        (scales[sub], minimums[sub]) = fit_sub_block(x, search);
    }
    let largest = |values: &[f32]| values.iter().copied().fold(0f32, f32::max);
    let (scale_max, minimum_max) = (largest(&scales), largest(&minimums));
    let six_bits = |value: f32, max: f32| {
        if max > 0.0 { round(LARGEST_SIX_BITS / max * value).clamp(0.0, LARGEST_SIX_BITS) as u8 } else { 0 }
    };
    let scales = scales.map(|scale| six_bits(scale, scale_max));
    let minimums = minimums.map(|minimum| six_bits(minimum, minimum_max));
    let factors = [scale_max, minimum_max].map(|max| f16::from_f32(max / LARGEST_SIX_BITS));
    let mut levels = [0u8; SUPER_BLOCK];
    for (sub, (x, levels)) in
        x.as_chunks::<SUB_BLOCK>().0.iter().zip(levels.as_chunks_mut::<SUB_BLOCK>().0).enumerate()
    {
        let scale = factors[0].to_f32() * f32::from(scales[sub]);
        let minimum = factors[1].to_f32() * f32::from(minimums[sub]);
        if scale > 0.0 {
            for (x, level) in x.iter().zip(levels) {
                *level = round((x + minimum) / scale).clamp(0.0, search.top) as u8;
            }
        }
    }
    Fit { factors, scales: pack(scales, minimums), levels }
}

/// Scale and negated minimum, both at least 0, of values that become `scale·level − minimum`.
#[inline(always)]
fn fit_sub_block(x: &[f32; SUB_BLOCK], search: Search) -> (f32, f32) {
    let low = x.iter().copied().fold(0f32, f32::min);
    let high = x.iter().copied().fold(f32::MIN, f32::max);
    if high <= low {
        return (0.0, -low);
    }
    // Large values count more: they do more in a product.
    let mean = (sum(|i| x[i] * x[i]) / SUB_BLOCK as f32).sqrt();
    let weights = x.map(|x| mean + x.abs());
    let of_weights = sum(|i| weights[i]);
    let of_x = sum(|i| weights[i] * x[i]);
    let of_xx = sum(|i| weights[i] * x[i] * x[i]);

    let mut best = (f32::INFINITY, (high - low) / search.top, low);
    for attempt in 0..=search.tries {
        let per_value = (search.top + search.first + 0.1 * f32::from(attempt)) / (high - low);
        let level = |i: usize| round(per_value * (x[i] - low)).clamp(0.0, search.top);
        let [of_level, of_level_squared, of_level_x] = sums(|i| {
            let (level, weight) = (level(i), weights[i]);
            [weight * level, weight * level * level, weight * level * x[i]]
        });
        let determinant = of_weights * of_level_squared - of_level * of_level;
        if determinant <= 0.0 {
            continue;
        }
        let mut scale = (of_weights * of_level_x - of_x * of_level) / determinant;
        let mut minimum = (of_level_squared * of_x - of_level * of_level_x) / determinant;
        if minimum > 0.0 {
            (scale, minimum) = (of_level_x / of_level_squared, 0.0);
        }
        // Σ w·(scale·level + minimum − x)², multiplied out.
        let error = of_xx
            + scale * (scale * of_level_squared + 2.0 * (minimum * of_level - of_level_x))
            + minimum * (minimum * of_weights - 2.0 * of_x);
        if error < best.0 {
            best = (error, scale, minimum);
        }
    }
    (best.1.max(0.0), -best.2)
}

/// Sum over a sub-block.
#[inline(always)]
fn sum(term: impl Fn(usize) -> f32) -> f32 {
    sums(|i| [term(i)])[0]
}

/// Several sums over a sub-block at once.
#[inline(always)]
fn sums<const N: usize>(terms: impl Fn(usize) -> [f32; N]) -> [f32; N] {
    let mut lanes = [[0f32; LANES]; N];
    for start in (0..SUB_BLOCK).step_by(LANES) {
        for lane in 0..LANES {
            let terms = terms(start + lane);
            for (lanes, term) in lanes.iter_mut().zip(terms) {
                lanes[lane] += term;
            }
        }
    }
    lanes.map(|lanes| lanes.into_iter().sum())
}

/// The nearest integer, ties to even, for values below 2²².
#[inline(always)]
fn round(value: f32) -> f32 {
    // Adding 1.5·2²³ leaves no bits for fractions. `round_ties_even` is a call where the machine has no instruction for it.
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT) - SHIFT
}

/// Eight 6-bit scales and eight 6-bit minimums in twelve bytes: the first four of each whole, the others in the bits left over.
fn pack(scales: [u8; SUB_BLOCKS], minimums: [u8; SUB_BLOCKS]) -> [u8; 12] {
    let mut packed = [0u8; 12];
    for i in 0..4 {
        packed[i] = scales[i] | (scales[i + 4] >> 4) << 6;
        packed[i + 4] = minimums[i] | (minimums[i + 4] >> 4) << 6;
        packed[i + 8] = (scales[i + 4] & 15) | (minimums[i + 4] & 15) << 4;
    }
    packed
}
