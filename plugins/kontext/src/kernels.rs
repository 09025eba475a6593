//! The operations that are slow or wasteful as chains of tensor operations, each one parallel pass over contiguous f32.
//!
//! Products of whole tensors stay with candle. Every function takes and gives CPU tensors; loops are compiled for the widest SIMD unit of the machine
//! and chosen at run time.

mod attention;
mod elementwise;
pub(crate) mod gemm;
mod math;
mod product;
mod rope;

use candle_core::{CpuStorage, Device, InplaceOp1, Layout, Storage, Tensor};
use rayon::prelude::*;

use crate::error::Result;

pub(crate) use attention::{ColumnBias, SCORE_BYTES, attention, attention_bytes};
pub(crate) use elementwise::{add_gated, add_row, gelu, layer_norm_modulate, silu};
pub(crate) use math::silu as silu_scalar;
pub(crate) use product::add_product;
pub(crate) use rope::{RopeTable, split_qkv};

/// Elements below which one thread is faster than handing out work.
const SERIAL: usize = 1 << 14;

/// Runs `f` on the elements of a tensor, row-major.
pub(crate) fn with_slice<T>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    let (start, end) = layout.contiguous_offsets().expect("the tensor was made contiguous above");
    match &*storage {
        Storage::Cpu(CpuStorage::F32(values)) => f(&values[start..end]),
        _ => Err(candle_core::Error::Msg("expected an f32 tensor on the CPU".into()).into()),
    }
}

/// Changes the elements of a tensor that nothing else refers to, row-major.
pub(crate) fn in_place(tensor: &Tensor, f: impl Fn(&mut [f32])) -> Result<()> {
    struct Op<F>(F);
    impl<F: Fn(&mut [f32])> InplaceOp1 for Op<F> {
        fn name(&self) -> &'static str {
            "in-place"
        }
        fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
            match (storage, layout.contiguous_offsets()) {
                (CpuStorage::F32(values), Some((start, end))) => {
                    (self.0)(&mut values[start..end]);
                    Ok(())
                }
                _ => candle_core::bail!("expected a contiguous f32 tensor on the CPU"),
            }
        }
    }
    Ok(tensor.inplace_op1(&Op(f))?)
}

/// A tensor from its elements.
pub(crate) fn tensor(values: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

/// Calls `f(row, out)` for every row of `out`, in parallel when there is enough to do.
pub(crate) fn for_rows(out: &mut [f32], width: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    if out.is_empty() {
        return;
    }
    let rows = out.len() / width;
    let arch = pulp::Arch::new();
    if out.len() < SERIAL {
        arch.dispatch(|| out.chunks_exact_mut(width).enumerate().for_each(|(row, out)| f(row, out)));
        return;
    }
    let per_task = rows.div_ceil(4 * rayon::current_num_threads()).clamp(1, (1 << 18) / width.min(1 << 18));
    out.par_chunks_mut(per_task * width).enumerate().for_each(|(task, out)| {
        arch.dispatch(|| {
            for (i, out) in out.chunks_exact_mut(width).enumerate() {
                f(task * per_task + i, out);
            }
        });
    });
}
