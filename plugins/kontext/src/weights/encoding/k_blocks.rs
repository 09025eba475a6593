//! Superblocks of 256 integers: groups of 16 or 32 with small integer scales, which share one or two half-precision scales.
//!
//! Source: `dequantize_row_q2_K` and its neighbours in
//! <https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-quants.c>.

use super::blocks::half_at;

/// 16 × (4-bit scale, 4-bit least value), 256 × 2 bits, scale of the scales, scale of the least values.
pub(super) fn q2_k(b: &[u8; 84], out: &mut [f32; 256]) {
    let (d, least) = (half_at(b, 80), half_at(b, 82));
    for (group, out) in out.chunks_exact_mut(16).enumerate() {
        let (scale, min) = (d * f32::from(b[group] & 15), least * f32::from(b[group] >> 4));
        let (quants, shift) = two_bits(group);
        for (out, &q) in out.iter_mut().zip(&b[16 + quants..]) {
            *out = scale * f32::from((q >> shift) & 3) - min;
        }
    }
}

/// 256 third bits, 256 × 2 bits, 16 scales of 6 bits, scale of the scales.
///
/// A third bit that is not set means minus 4.
pub(super) fn q3_k(b: &[u8; 110], out: &mut [f32; 256]) {
    let d = half_at(b, 108);
    for (group, out) in out.chunks_exact_mut(16).enumerate() {
        let scale = d * f32::from(q3_scale(&b[96..108], group) - 32);
        let (quants, shift) = two_bits(group);
        let (high, bit) = (16 * (group % 2), 1u8 << (group / 2));
        for (i, out) in out.iter_mut().enumerate() {
            let low = ((b[32 + quants + i] >> shift) & 3) as i8;
            let q = if b[high + i] & bit == 0 { low - 4 } else { low };
            *out = scale * f32::from(q);
        }
    }
}

/// Scale of the scales, scale of the least values, 8 × (6-bit scale, 6-bit least value), 256 × 4 bits.
pub(super) fn q4_k(b: &[u8; 144], out: &mut [f32; 256]) {
    let (d, least) = (half_at(b, 0), half_at(b, 2));
    for (group, out) in out.chunks_exact_mut(32).enumerate() {
        let (scale, min) = scale_and_min(&b[4..16], group);
        let (scale, min) = (d * f32::from(scale), least * f32::from(min));
        let quants = &b[16 + 32 * (group / 2)..];
        let shift = 4 * (group % 2);
        for (out, &q) in out.iter_mut().zip(quants) {
            *out = scale * f32::from((q >> shift) & 15) - min;
        }
    }
}

/// As [`q4_k`], with 256 fifth bits before the others.
pub(super) fn q5_k(b: &[u8; 176], out: &mut [f32; 256]) {
    let (d, least) = (half_at(b, 0), half_at(b, 2));
    for (group, out) in out.chunks_exact_mut(32).enumerate() {
        let (scale, min) = scale_and_min(&b[4..16], group);
        let (scale, min) = (d * f32::from(scale), least * f32::from(min));
        let quants = &b[48 + 32 * (group / 2)..];
        let shift = 4 * (group % 2);
        for ((out, &q), &high) in out.iter_mut().zip(quants).zip(&b[16..48]) {
            *out = scale * f32::from(((q >> shift) & 15) | (((high >> group) & 1) << 4)) - min;
        }
    }
}

/// 256 × 4 low bits, 256 × 2 high bits, 16 signed scales, scale of the scales; minus 32.
pub(super) fn q6_k(b: &[u8; 210], out: &mut [f32; 256]) {
    let d = half_at(b, 208);
    for (group, out) in out.chunks_exact_mut(16).enumerate() {
        let scale = d * f32::from(b[192 + group] as i8);
        // Eight groups a half; each quarter of a half takes other bits of the same bytes.
        let (half, quarter, first) = (group / 8, group % 8 / 2, 16 * (group % 2));
        let low = &b[64 * half + 32 * (quarter % 2) + first..];
        let high = &b[128 + 32 * half + first..];
        for ((out, &low), &high) in out.iter_mut().zip(low).zip(high) {
            let low = (low >> (4 * (quarter / 2))) & 15;
            let high = (high >> (2 * quarter)) & 3;
            *out = scale * f32::from((low | (high << 4)) as i8 - 32);
        }
    }
}

/// First byte and shift of a group of 16 two-bit numbers: 128 numbers share 32 bytes, 32 of them a pair of bits.
#[inline(always)]
fn two_bits(group: usize) -> (usize, usize) {
    (32 * (group / 8) + 16 * (group % 2), 2 * (group % 8 / 2))
}

/// One of 16 scales of 6 bits: the low four lie in eight bytes, the upper two in the last four.
#[inline(always)]
fn q3_scale(scales: &[u8], group: usize) -> i8 {
    let low = (scales[group % 8] >> (4 * (group / 8))) & 15;
    let high = (scales[8 + group % 4] >> (2 * (group / 4))) & 3;
    (low | (high << 4)) as i8
}

/// Scale and least value of one of eight groups, 6 bits each in 12 bytes: the first four whole, the others split.
#[inline(always)]
fn scale_and_min(packed: &[u8], group: usize) -> (u8, u8) {
    if group < 4 {
        (packed[group] & 63, packed[group + 4] & 63)
    } else {
        let (both, scale, min) = (packed[group + 4], packed[group - 4], packed[group]);
        ((both & 15) | ((scale >> 6) << 4), (both >> 4) | ((min >> 6) << 4))
    }
}
