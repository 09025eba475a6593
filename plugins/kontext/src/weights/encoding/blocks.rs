//! Blocks of 32 integers with one scale.
//!
//! Numbers `i` and `i + 16` of a block share byte `i`: its low and its high four bits.
//!
//! Source: `dequantize_row_q4_0` and its neighbours in
//! <https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-quants.c>.

use half::f16;

/// Applies a decoder of one block to all of them.
///
/// `B` bytes hold `N` numbers; the two lengths agree.
pub(super) fn decode<const B: usize, const N: usize>(
    bytes: &[u8],
    out: &mut [f32],
    block: impl Fn(&[u8; B], &mut [f32; N]),
) {
    let (bytes, _) = bytes.as_chunks::<B>();
    let (out, _) = out.as_chunks_mut::<N>();
    for (bytes, out) in bytes.iter().zip(out) {
        block(bytes, out);
    }
}

/// The half-precision number at a place in a block.
#[inline(always)]
pub(super) fn half_at(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// Scale, 32 × 4 bits minus 8.
pub(super) fn q4_0(b: &[u8; 18], out: &mut [f32; 32]) {
    let d = half_at(b, 0);
    for i in 0..16 {
        let q = b[2 + i];
        out[i] = d * f32::from((q & 15) as i8 - 8);
        out[i + 16] = d * f32::from((q >> 4) as i8 - 8);
    }
}

/// Scale, least value, 32 × 4 bits.
pub(super) fn q4_1(b: &[u8; 20], out: &mut [f32; 32]) {
    let (d, m) = (half_at(b, 0), half_at(b, 2));
    for i in 0..16 {
        let q = b[4 + i];
        out[i] = d * f32::from(q & 15) + m;
        out[i + 16] = d * f32::from(q >> 4) + m;
    }
}

/// Scale, 32 fifth bits, 32 × 4 bits; minus 16.
pub(super) fn q5_0(b: &[u8; 22], out: &mut [f32; 32]) {
    let d = half_at(b, 0);
    let high = u32::from_le_bytes([b[2], b[3], b[4], b[5]]);
    for i in 0..16 {
        let (low, up) = fifth_bits(b[6 + i], high, i);
        out[i] = d * f32::from(low as i8 - 16);
        out[i + 16] = d * f32::from(up as i8 - 16);
    }
}

/// Scale, least value, 32 fifth bits, 32 × 4 bits.
pub(super) fn q5_1(b: &[u8; 24], out: &mut [f32; 32]) {
    let (d, m) = (half_at(b, 0), half_at(b, 2));
    let high = u32::from_le_bytes([b[4], b[5], b[6], b[7]]);
    for i in 0..16 {
        let (low, up) = fifth_bits(b[8 + i], high, i);
        out[i] = d * f32::from(low) + m;
        out[i + 16] = d * f32::from(up) + m;
    }
}

/// Scale, 32 × 8 bits.
pub(super) fn q8_0(b: &[u8; 34], out: &mut [f32; 32]) {
    let d = half_at(b, 0);
    for (out, &q) in out.iter_mut().zip(&b[2..]) {
        *out = d * f32::from(q as i8);
    }
}

/// The two five-bit numbers of byte `i`.
#[inline(always)]
fn fifth_bits(q: u8, high: u32, i: usize) -> (u8, u8) {
    let low = (q & 15) | ((((high >> i) & 1) << 4) as u8);
    let up = (q >> 4) | ((((high >> (i + 16)) & 1) << 4) as u8);
    (low, up)
}
