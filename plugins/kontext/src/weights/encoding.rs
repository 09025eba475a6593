//! How numbers are stored: floats of 8 to 32 bits, and blocks of integers that share scales.

mod blocks;
mod float8;
mod k_blocks;

use half::{bf16, f16};

/// A way of storing the numbers of a tensor.
///
/// Numbers lie in blocks of [`Encoding::block_elements`]; a float is a block of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// The upper half of a single.
    BF16,
    /// Eight bits with four of exponent, without infinities (`float8_e4m3fn`).
    F8E4M3,
    /// Eight bits with five of exponent (`float8_e5m2`).
    F8E5M2,
    /// Blocks of 32 × 4 bits with a scale.
    Q4_0,
    /// Blocks of 32 × 4 bits with a scale and a least value.
    Q4_1,
    /// Blocks of 32 × 5 bits with a scale.
    Q5_0,
    /// Blocks of 32 × 5 bits with a scale and a least value.
    Q5_1,
    /// Blocks of 32 × 8 bits with a scale.
    Q8_0,
    /// Superblocks of 256 × 2 bits, 2.625 bits a number.
    Q2K,
    /// Superblocks of 256 × 3 bits, 3.4375 bits a number.
    Q3K,
    /// Superblocks of 256 × 4 bits, 4.5 bits a number.
    Q4K,
    /// Superblocks of 256 × 5 bits, 5.5 bits a number.
    Q5K,
    /// Superblocks of 256 × 6 bits, 6.5625 bits a number.
    Q6K,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 15] = [
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::F8E4M3,
        Self::F8E5M2,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q2K,
        Self::Q3K,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
    ];

    /// Numbers in a block.
    pub const fn block_elements(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::BF16 | Self::F8E4M3 | Self::F8E5M2 => 1,
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 => 32,
            Self::Q2K | Self::Q3K | Self::Q4K | Self::Q5K | Self::Q6K => 256,
        }
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::F8E4M3 | Self::F8E5M2 => 1,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q8_0 => 34,
            Self::Q2K => 84,
            Self::Q3K => 110,
            Self::Q4K => 144,
            Self::Q5K => 176,
            Self::Q6K => 210,
        }
    }

    /// The name its users know, such as `Q4_K`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::F8E4M3 => "F8_E4M3",
            Self::F8E5M2 => "F8_E5M2",
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
            Self::Q5_0 => "Q5_0",
            Self::Q5_1 => "Q5_1",
            Self::Q8_0 => "Q8_0",
            Self::Q2K => "Q2_K",
            Self::Q3K => "Q3_K",
            Self::Q4K => "Q4_K",
            Self::Q5K => "Q5_K",
            Self::Q6K => "Q6_K",
        }
    }

    /// Bytes of `elements` numbers; `None` when they are no whole blocks or too many to count.
    pub fn bytes(self, elements: usize) -> Option<usize> {
        let whole = elements.is_multiple_of(self.block_elements());
        whole.then(|| (elements / self.block_elements()).checked_mul(self.block_bytes())).flatten()
    }

    /// Widens whole blocks to f32. Runs on the calling thread.
    ///
    /// # Panics
    /// When `bytes` are not exactly the blocks of `out`.
    pub fn decode(self, bytes: &[u8], out: &mut [f32]) {
        assert_eq!(self.bytes(out.len()), Some(bytes.len()), "{} numbers of {}", out.len(), self.name());
        match self {
            Self::F32 => floats(bytes, out, f32::from_le_bytes),
            Self::F16 => floats(bytes, out, |b| f16::from_le_bytes(b).to_f32()),
            Self::BF16 => floats(bytes, out, |b| bf16::from_le_bytes(b).to_f32()),
            Self::F8E4M3 => float8::decode_e4m3(bytes, out),
            Self::F8E5M2 => float8::decode_e5m2(bytes, out),
            Self::Q4_0 => blocks::decode(bytes, out, blocks::q4_0),
            Self::Q4_1 => blocks::decode(bytes, out, blocks::q4_1),
            Self::Q5_0 => blocks::decode(bytes, out, blocks::q5_0),
            Self::Q5_1 => blocks::decode(bytes, out, blocks::q5_1),
            Self::Q8_0 => blocks::decode(bytes, out, blocks::q8_0),
            Self::Q2K => blocks::decode(bytes, out, k_blocks::q2_k),
            Self::Q3K => blocks::decode(bytes, out, k_blocks::q3_k),
            Self::Q4K => blocks::decode(bytes, out, k_blocks::q4_k),
            Self::Q5K => blocks::decode(bytes, out, k_blocks::q5_k),
            Self::Q6K => blocks::decode(bytes, out, k_blocks::q6_k),
        }
    }
}

impl std::fmt::Display for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

fn floats<const N: usize>(bytes: &[u8], out: &mut [f32], widen: impl Fn([u8; N]) -> f32) {
    let (chunks, _) = bytes.as_chunks::<N>();
    for (out, chunk) in out.iter_mut().zip(chunks) {
        *out = widen(*chunk);
    }
}
