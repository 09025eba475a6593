//! Matrix products that write into a part of their result, which tensor operations cannot.

use gemm::Parallelism;

/// A row-major matrix, or some columns of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    /// From the first element on.
    pub(crate) values: &'a [f32],
    /// Number of rows.
    pub(crate) rows: usize,
    /// Number of columns.
    pub(crate) columns: usize,
    /// Elements from one row to the next.
    pub(crate) stride: usize,
}

impl<'a> Matrix<'a> {
    /// All of a contiguous matrix.
    pub(crate) fn new(values: &'a [f32], columns: usize) -> Self {
        Self { values, rows: values.len().checked_div(columns).unwrap_or(0), columns, stride: columns }
    }

    /// Some of the columns.
    pub(crate) fn columns(self, first: usize, count: usize) -> Self {
        assert!(first + count <= self.columns, "columns {first}..{} of {}", first + count, self.columns);
        let values = self.values.get(first..).unwrap_or_default();
        Self { values, columns: count, ..self }
    }

    fn check(&self) {
        check(self.values.len(), self.rows, self.columns, self.stride);
    }
}

fn check(len: usize, rows: usize, columns: usize, stride: usize) {
    let last = rows.checked_sub(1).map_or(0, |rows| rows * stride + columns);
    assert!(columns <= stride && last <= len, "{rows} rows of {columns} every {stride} in {len} elements");
}

/// Writes `x·wᵀ` into columns of `out` from `first` on, or adds it to what is there.
///
/// Shapes: `x` `(L, K)`, `w` `(N, K)`; rows of `out` are `stride` long, and N of their columns change. Runs on all threads.
///
/// # Panics
/// When the shapes do not fit one another.
pub(crate) fn multiply_transposed(
    x: Matrix<'_>,
    w: Matrix<'_>,
    out: &mut [f32],
    first: usize,
    stride: usize,
    add: bool,
) {
    x.check();
    w.check();
    assert_eq!(x.columns, w.columns, "inner dimensions");
    let target = out.get_mut(first..).unwrap_or_default();
    check(target.len(), x.rows, w.rows, stride);
    let threads = rayon::current_num_threads();
    let parallelism = if threads > 1 { Parallelism::Rayon(threads) } else { Parallelism::None };
    #[allow(unsafe_code, reason = "the library takes pointers")]
    // SAFETY: the three checks above say that every element of `rows` × `columns` at these strides lies in its slice, and
    // `target` is borrowed for writing, so the inputs do not overlap it.
    unsafe {
        gemm::gemm(
            x.rows,
            w.rows,
            x.columns,
            target.as_mut_ptr(),
            1,
            stride as isize,
            add,
            x.values.as_ptr(),
            1,
            x.stride as isize,
            w.values.as_ptr(),
            w.stride as isize,
            1,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small whole numbers, so that every order of adding gives the same.
    fn numbers(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7 + seed * 13) % 11) as f32 - 5.0).collect()
    }

    #[test]
    fn product_fills_its_columns_and_leaves_the_others() {
        for (l, n, k) in [(1, 1, 1), (1, 40, 65), (5, 3, 7), (70, 33, 129)] {
            let (x, w) = (numbers(l * k, 1), numbers(n * k, 2));
            let (first, stride) = (2, n + 5);
            let mut out = numbers(l * stride, 3);
            let before = out.clone();
            multiply_transposed(Matrix::new(&x, k), Matrix::new(&w, k), &mut out, first, stride, false);
            for row in 0..l {
                for column in 0..stride {
                    let at = row * stride + column;
                    let expected = match column.checked_sub(first).filter(|c| *c < n) {
                        Some(c) => (0..k).map(|i| x[row * k + i] * w[c * k + i]).sum(),
                        None => before[at],
                    };
                    assert_eq!(out[at], expected, "({row}, {column}) of {l}×{k}·{k}×{n}");
                }
            }
        }
    }

    #[test]
    fn products_of_column_ranges_add_up() {
        let (l, n, k) = (9, 17, 30);
        let (x, w) = (numbers(l * k, 1), numbers(n * k, 2));
        let (x, w) = (Matrix::new(&x, k), Matrix::new(&w, k));
        let (mut whole, mut parts) = (vec![0.0; l * n], vec![f32::NAN; l * n]);
        multiply_transposed(x, w, &mut whole, 0, n, false);
        multiply_transposed(x.columns(0, 12), w.columns(0, 12), &mut parts, 0, n, false);
        multiply_transposed(x.columns(12, 18), w.columns(12, 18), &mut parts, 0, n, true);
        assert_eq!(whole, parts);
    }

    #[test]
    #[should_panic(expected = "rows of")]
    fn a_result_that_is_too_small_is_refused() {
        let x = [0.0; 6];
        multiply_transposed(Matrix::new(&x, 3), Matrix::new(&x, 3), &mut [0.0; 3], 0, 2, false);
    }
}
