//! What the passes need to know about a sample type.

use half::f16;

// Pillow's PRECISION_BITS for 8-bit samples: 32 − 8 bits of the sample − 2 of overshoot.
const BITS: u32 = 22;

/// A sample type: its weights, its sums and how a sum is rounded.
pub(super) trait Lane: Copy + Default + 'static {
    /// A weight ready to multiply.
    type Weight: Copy;
    /// What products add up to.
    type Sum: Copy;
    /// What a sum begins with.
    const START: Self::Sum;

    fn weight(weight: f64) -> Self::Weight;
    fn add(sum: Self::Sum, sample: Self, weight: Self::Weight) -> Self::Sum;
    fn end(sum: Self::Sum) -> Self;

    /// The color of a pixel with `alpha` multiplied in.
    fn premultiply(self, alpha: Self) -> Self;
    /// Reverses [`Lane::premultiply`]; color without alpha stays.
    fn unpremultiply(self, alpha: Self) -> Self;
    /// An alpha without overshoot.
    fn clamp_alpha(self) -> Self;

    /// A sample from exactly its bytes.
    fn from_bytes(bytes: &[u8]) -> Self;
    fn put_bytes(self, bytes: &mut Vec<u8>);
}

impl Lane for u8 {
    type Weight = i32;
    type Sum = i32;
    const START: i32 = 1 << (BITS - 1);

    fn weight(weight: f64) -> i32 {
        // `f64::round` breaks ties away from zero, as Pillow's ±0.5 and truncation do.
        (weight * f64::from(1 << BITS)).round() as i32
    }

    // Wrapping: no filter gets near 2³¹, and a check in this loop costs a third of its speed.
    fn add(sum: i32, sample: u8, weight: i32) -> i32 {
        sum.wrapping_add(i32::from(sample).wrapping_mul(weight))
    }

    fn end(sum: i32) -> u8 {
        (sum >> BITS).clamp(0, 255) as u8
    }

    fn premultiply(self, alpha: u8) -> u8 {
        let product = u32::from(self) * u32::from(alpha) + 128;
        (((product >> 8) + product) >> 8) as u8
    }

    fn unpremultiply(self, alpha: u8) -> u8 {
        match alpha {
            0 | 255 => self,
            _ => (255 * u32::from(self) / u32::from(alpha)).min(255) as u8,
        }
    }

    fn clamp_alpha(self) -> u8 {
        self
    }

    fn from_bytes(bytes: &[u8]) -> u8 {
        bytes[0]
    }

    fn put_bytes(self, bytes: &mut Vec<u8>) {
        bytes.push(self);
    }
}

impl Lane for u16 {
    type Weight = f64;
    type Sum = f64;
    const START: f64 = 0.0;

    fn weight(weight: f64) -> f64 {
        weight
    }

    fn add(sum: f64, sample: u16, weight: f64) -> f64 {
        sum + f64::from(sample) * weight
    }

    fn end(sum: f64) -> u16 {
        sum.round() as u16
    }

    fn premultiply(self, alpha: u16) -> u16 {
        ((u64::from(self) * u64::from(alpha) + 32767) / 65535) as u16
    }

    fn unpremultiply(self, alpha: u16) -> u16 {
        match alpha {
            0 | u16::MAX => self,
            _ => {
                let alpha = u64::from(alpha);
                ((65535 * u64::from(self) + alpha / 2) / alpha).min(65535) as u16
            }
        }
    }

    fn clamp_alpha(self) -> u16 {
        self
    }

    fn from_bytes(bytes: &[u8]) -> u16 {
        u16::from_ne_bytes([bytes[0], bytes[1]])
    }

    fn put_bytes(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_ne_bytes());
    }
}

impl Lane for f32 {
    type Weight = f64;
    type Sum = f64;
    const START: f64 = 0.0;

    fn weight(weight: f64) -> f64 {
        weight
    }

    fn add(sum: f64, sample: f32, weight: f64) -> f64 {
        sum + f64::from(sample) * weight
    }

    fn end(sum: f64) -> f32 {
        sum as f32
    }

    fn premultiply(self, alpha: f32) -> f32 {
        self * alpha
    }

    fn unpremultiply(self, alpha: f32) -> f32 {
        if alpha > 0.0 { self / alpha } else { self }
    }

    fn clamp_alpha(self) -> f32 {
        self.clamp(0.0, 1.0)
    }

    fn from_bytes(bytes: &[u8]) -> f32 {
        f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    fn put_bytes(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_ne_bytes());
    }
}

impl Lane for f16 {
    type Weight = f64;
    type Sum = f64;
    const START: f64 = 0.0;

    fn weight(weight: f64) -> f64 {
        weight
    }

    fn add(sum: f64, sample: f16, weight: f64) -> f64 {
        sum + sample.to_f64() * weight
    }

    fn end(sum: f64) -> f16 {
        f16::from_f64(sum)
    }

    fn premultiply(self, alpha: f16) -> f16 {
        f16::from_f32(self.to_f32().premultiply(alpha.to_f32()))
    }

    fn unpremultiply(self, alpha: f16) -> f16 {
        f16::from_f32(self.to_f32().unpremultiply(alpha.to_f32()))
    }

    fn clamp_alpha(self) -> f16 {
        f16::from_f32(self.to_f32().clamp_alpha())
    }

    fn from_bytes(bytes: &[u8]) -> f16 {
        f16::from_ne_bytes([bytes[0], bytes[1]])
    }

    fn put_bytes(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_ne_bytes());
    }
}
