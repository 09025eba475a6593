//! How long a number of operations takes on this machine, roughly.

use std::sync::OnceLock;
use std::time::Instant;

use candle_core::{Device, Tensor};

use crate::error::Result;

/// Sides of the matrices that are multiplied: 134 MFLOP, long enough to wake all threads, short enough not to be noticed.
const SIDE: usize = 512;

/// Billions of floating-point operations a second that matrix multiplication reaches on this machine: the best of three
/// multiplications, measured when first asked for. About 20 ms.
///
/// # Errors
/// [`Error::Candle`](crate::Error::Candle).
pub fn gflops() -> Result<f64> {
    static MEASURED: OnceLock<f64> = OnceLock::new();
    if let Some(measured) = MEASURED.get() {
        return Ok(*measured);
    }
    let matrix = Tensor::full(0.5_f32, (SIDE, SIDE), &Device::Cpu)?.contiguous()?;
    let mut best = 0.0_f64;
    for _ in 0..3 {
        let begin = Instant::now();
        std::hint::black_box(matrix.matmul(&matrix)?);
        best = best.max(2.0 * (SIDE as f64).powi(3) / begin.elapsed().as_secs_f64() / 1e9);
    }
    Ok(*MEASURED.get_or_init(|| best))
}

/// A time in words with one meaningful digit or two: `under a second`, `about 40 seconds`, `about 3 hours`.
pub fn duration(seconds: f64) -> String {
    let (count, unit) = match seconds {
        s if s < 1.0 => return "under a second".to_owned(),
        s if s < 100.0 => (s, "second"),
        s if s < 6000.0 => (s / 60.0, "minute"),
        s => (s / 3600.0, "hour"),
    };
    let count = if count < 10.0 { count.round() } else { (count / 5.0).round() * 5.0 };
    format!("about {count:.0} {unit}{}", if count == 1.0 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_round_numbers() {
        for (seconds, text) in [
            (0.2, "under a second"),
            (1.2, "about 1 second"),
            (43.0, "about 45 seconds"),
            (240.0, "about 4 minutes"),
            (10_000.0, "about 3 hours"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
