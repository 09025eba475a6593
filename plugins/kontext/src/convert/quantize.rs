//! Numbers into the blocks of an encoding.
//!
//! candle's quantizers where they give what the tools people use give: Q8_0, Q5_0 and Q5_1 are the same bit for bit, Q6_K is
//! 3 % worse at most. Q4_K and Q5_K are ours.

mod affine;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use float8::F8E4M3;
use half::{bf16, f16};

use crate::error::{Error, Result};
use crate::weights::Encoding;

/// The largest number of `float8_e4m3fn`.
pub(super) const LARGEST_FP8: f32 = 448.0;

/// Appends whole blocks of `x` to `out`. Runs on the calling thread.
///
/// # Errors
/// [`Error::Input`] for a number that the encoding cannot hold, and for an encoding that is only read.
pub(super) fn encode(encoding: Encoding, x: &[f32], out: &mut Vec<u8>) -> Result<()> {
    check(encoding, x)?;
    match encoding {
        Encoding::F32 => out.extend(x.iter().flat_map(|x| x.to_le_bytes())),
        Encoding::F16 => out.extend(x.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes())),
        Encoding::BF16 => out.extend(x.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes())),
        // Rounds to the nearest, ties to even; what is beyond the range becomes its end.
        Encoding::F8E4M3 => out.extend(x.iter().map(|x| F8E4M3::from_f32(*x).to_bits())),
        Encoding::Q4K => pulp::Arch::new().dispatch(|| affine::q4_k(x, out)),
        Encoding::Q5K => pulp::Arch::new().dispatch(|| affine::q5_k(x, out)),
        Encoding::Q5_0 => with_candle(GgmlDType::Q5_0, x, out)?,
        Encoding::Q5_1 => with_candle(GgmlDType::Q5_1, x, out)?,
        Encoding::Q8_0 => with_candle(GgmlDType::Q8_0, x, out)?,
        Encoding::Q6K => {
            // All values count alike; with weights candle searches for the best scales, without it takes the first.
            let weights = vec![1.0; x.len()];
            let quantized = QTensor::quantize_imatrix(&tensor(x)?, &weights, GgmlDType::Q6K)?;
            out.extend_from_slice(&quantized.data()?);
        }
        other => return Err(Error::input("to", "an encoding that is written", other.name())),
    }
    Ok(())
}

fn with_candle(dtype: GgmlDType, x: &[f32], out: &mut Vec<u8>) -> Result<()> {
    out.extend_from_slice(&QTensor::quantize(&tensor(x)?, dtype)?.data()?);
    Ok(())
}

fn tensor(x: &[f32]) -> Result<Tensor> {
    Ok(Tensor::from_slice(x, x.len(), &Device::Cpu)?)
}

/// Scales of blocks are f16, so that a larger number would make its whole block infinite.
fn check(encoding: Encoding, x: &[f32]) -> Result<()> {
    let largest = match encoding {
        Encoding::F32 | Encoding::F8E4M3 => f32::MAX,
        Encoding::BF16 => bf16::MAX.to_f32(),
        _ => f16::MAX.to_f32(),
    };
    match x.iter().find(|x| x.is_nan() || x.abs() > largest) {
        None => Ok(()),
        Some(x) => {
            Err(Error::input("to", format!("numbers up to {largest:e} for {encoding}"), x.to_string()))
        }
    }
}
