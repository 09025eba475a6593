//! Adding a product of narrow matrices.

/// Columns that are summed up in registers at once.
const COLUMNS: usize = 32;

/// `out += scale · a·b` for row-major `out` `(n, width)`, `a` `(n, rank)`, `b` `(rank, width)`, on the calling thread.
///
/// Each element sums in the order of the rank whatever `n` is, so that a matrix may be done in any number of pieces. A library's
/// product promises no order: for a single row it usually takes another way.
pub(crate) fn add_product(out: &mut [f32], a: &[f32], b: &[f32], width: usize, scale: f32) {
    if width == 0 || out.is_empty() || b.is_empty() {
        return;
    }
    let rank = b.len() / width;
    debug_assert_eq!((a.len(), b.len()), (out.len() / width * rank, rank * width));
    let mut panel = vec![[0f32; COLUMNS]; rank];
    pulp::Arch::new().dispatch(|| {
        for first in (0..width).step_by(COLUMNS) {
            let count = COLUMNS.min(width - first);
            // Rows of `b` often lie a multiple of a page apart, so that caches would hold few of them.
            for (panel, b) in panel.iter_mut().zip(b.chunks_exact(width)) {
                panel[..count].copy_from_slice(&b[first..first + count]);
            }
            for (out, a) in out.chunks_exact_mut(width).zip(a.chunks_exact(rank)) {
                let out = &mut out[first..first + count];
                let mut sums = [0f32; COLUMNS];
                sums[..count].copy_from_slice(out);
                add_row(&mut sums, a, &panel, scale);
                out.copy_from_slice(&sums[..count]);
            }
        }
    });
}

#[inline(always)]
fn add_row(sums: &mut [f32; COLUMNS], a: &[f32], b: &[[f32; COLUMNS]], scale: f32) {
    let ((a, last_a), (b, last_b)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    for (a, [b0, b1, b2, b3]) in a.iter().zip(b) {
        let [a0, a1, a2, a3] = a.map(|a| scale * a);
        for i in 0..COLUMNS {
            sums[i] += (a0 * b0[i] + a1 * b1[i]) + (a2 * b2[i] + a3 * b3[i]);
        }
    }
    for (a, b) in last_a.iter().zip(last_b) {
        let a = scale * a;
        sums.iter_mut().zip(b).for_each(|(sum, b)| *sum += a * b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_over_the_rank_for_every_rank_and_in_any_pieces() {
        let n = 5;
        for (rank, width) in (0..10).flat_map(|rank| [7, 32, 71].map(|width| (rank, width))) {
            let a: Vec<f32> = (0..n * rank).map(|i| (i as f32 * 0.7).sin()).collect();
            let b: Vec<f32> = (0..rank * width).map(|i| (i as f32 * 1.3).cos()).collect();
            let mut whole = vec![1f32; n * width];
            add_product(&mut whole, &a, &b, width, 0.5);
            for (i, found) in whole.iter().enumerate() {
                let (row, column) = (i / width, i % width);
                let sum: f64 =
                    (0..rank).map(|k| f64::from(a[row * rank + k]) * f64::from(b[k * width + column])).sum();
                // Ten additions of numbers below 1 in f32.
                assert!((f64::from(*found) - (1.0 + 0.5 * sum)).abs() < 1e-6, "rank {rank}, {i}: {found}");
            }
            let mut pieces = vec![1f32; n * width];
            let (head, tail) = pieces.split_at_mut(2 * width);
            add_product(head, &a[..2 * rank], &b, width, 0.5);
            add_product(tail, &a[2 * rank..], &b, width, 0.5);
            assert_eq!(pieces, whole);
        }
    }
}
