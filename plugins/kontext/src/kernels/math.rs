//! Scalar functions written so that a loop over them vectorizes.

/// e^x within 2 units in the last place for x in `[-87, 88]`; smaller arguments give 0.
///
/// Cephes `expf`: x = n·ln 2 + r, a polynomial in r, and n added to the exponent.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let clamped = x.clamp(-87.0, 88.0);
    // Adding and subtracting 1.5·2²³ rounds to an integer without a call; it stays vectorizable on every target.
    const ROUND: f32 = 12_582_912.0;
    let n = (clamped * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = clamped - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5.000_000_3e-1;
    let value = p * r * r + r + 1.0;
    let scale = f32::from_bits((((n as i32) + 127) << 23) as u32);
    let result = value * scale;
    if x < -87.0 {
        0.0
    } else if x.is_nan() {
        x
    } else {
        result
    }
}

/// x·sigmoid(x).
#[inline(always)]
pub(crate) fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// The tanh form of GELU: x/2·(1 + tanh(√(2/π)(x + 0.044715x³))) = x·sigmoid(2·…).
#[inline(always)]
pub(crate) fn gelu_tanh(x: f32) -> f32 {
    const TWICE_SQRT_2_OVER_PI: f32 = 1.595_769;
    let inner = TWICE_SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x);
    x / (1.0 + exp(-inner))
}

/// Sum in eight lanes, so that it vectorizes and rounds less than one running sum.
#[inline(always)]
pub(crate) fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 8];
    let chunks = values.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().map(|&v| f(v)).sum();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane += f(v);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_standard_library() {
        for i in -870..=880 {
            let x = i as f32 / 10.0;
            let (ours, std) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((ours / std - 1.0).abs() < 2.5e-7, "exp({x}) = {ours}, expected {std}");
        }
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-200.0), 0.0);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn gelu_agrees_with_its_definition() {
        for i in -100..=100 {
            let x = f64::from(i) / 10.0;
            let expected =
                0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh());
            assert!((f64::from(gelu_tanh(x as f32)) - expected).abs() < 2e-6, "gelu({x})");
        }
    }
}
