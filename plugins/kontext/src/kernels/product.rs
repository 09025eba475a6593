//! Adding a product of narrow matrices.

/// `out += scale · a·b` for row-major `out` `(n, width)`, `a` `(n, rank)`, `b` `(rank, width)`, on the calling thread.
///
/// Each element sums in the order of the rank whatever `n` is, so that a matrix may be done in any number of pieces.
pub(crate) fn add_product(out: &mut [f32], a: &[f32], b: &[f32], width: usize, scale: f32) {
    if width == 0 || out.is_empty() {
        return;
    }
    let rank = b.len() / width;
    debug_assert_eq!((a.len(), b.len()), (out.len() / width * rank, rank * width));
    pulp::Arch::new().dispatch(|| {
        for (out, a) in out.chunks_exact_mut(width).zip(a.chunks_exact(rank.max(1))) {
            let (fours, _) = a.as_chunks::<4>();
            for (a, b) in fours.iter().zip(b.chunks_exact(4 * width)) {
                let (b0, b) = b.split_at(width);
                let (b1, b) = b.split_at(width);
                let (b2, b3) = b.split_at(width);
                let [a0, a1, a2, a3] = a.map(|a| scale * a);
                let b = b0.iter().zip(b1).zip(b2).zip(b3);
                for (out, (((b0, b1), b2), b3)) in out.iter_mut().zip(b) {
                    *out += (a0 * b0 + a1 * b1) + (a2 * b2 + a3 * b3);
                }
            }
            let done = 4 * fours.len();
            for (a, b) in a[done..].iter().zip(b[done * width..].chunks_exact(width)) {
                let a = scale * a;
                out.iter_mut().zip(b).for_each(|(out, b)| *out += a * b);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_over_the_rank_for_every_rank_and_in_any_pieces() {
        let (n, width) = (5, 7);
        for rank in 0..10 {
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
