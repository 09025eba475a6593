//! The algebra of changes: what each form adds to which rows.

use std::ops::Range;

use crate::error::Result;
use crate::kernels::add_product;
use crate::weights::Weights;

/// A matrix in a LoRA file, read when it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Factor {
    pub(super) key: String,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// A matrix, whole or as a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Product {
    Whole(Factor),
    Of(Factor, Factor),
}

/// How a change is written down.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// scale · up·down.
    ///
    /// Source: <https://arxiv.org/abs/2106.09685>.
    LowRank { up: Factor, down: Factor },
    /// scale · (a₁·b₁) ∘ (a₂·b₂), element by element.
    ///
    /// Source: LoHa in <https://arxiv.org/abs/2309.14859>.
    Hadamard { first: [Factor; 2], second: [Factor; 2] },
    /// scale · first ⊗ second: each element of the first times the whole second.
    ///
    /// Source: LoKr in <https://arxiv.org/abs/2309.14859>.
    Kronecker { first: Product, second: Product },
    /// scale · difference.
    Difference(Factor),
    /// Another weight in place of the model's.
    Replacement(Factor),
}

/// A change to a whole layer, at strength 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) form: Form,
    /// alpha / rank.
    pub(super) scale: f32,
    /// Norms of the changed weight (DoRA).
    pub(super) magnitude: Option<Factor>,
    /// Whether it changes the layer's bias instead of its weight.
    pub(super) bias: bool,
}

impl Change {
    /// Its tensors.
    pub(super) fn factors(&self) -> impl Iterator<Item = &Factor> {
        self.form.factors().into_iter().chain(&self.magnitude)
    }

    /// Bytes that each use of it allocates besides a few copies of the rows it is asked for.
    pub(super) fn working_bytes(&self) -> u64 {
        (size_of::<f32>() * self.form.inner_elements()) as u64
    }
}

impl Factor {
    fn elements(&self) -> usize {
        self.rows * self.columns
    }

    fn read(&self, file: &Weights, rows: Range<usize>) -> Result<Vec<f32>> {
        let mut out = vec![0f32; rows.len() * self.columns];
        file.read_rows(&self.key, rows, &mut out)?;
        Ok(out)
    }

    /// All elements, whatever the shape.
    pub(super) fn values(&self, file: &Weights) -> Result<Vec<f32>> {
        Ok(file.get_any(&self.key)?.flatten_all()?.to_vec1()?)
    }
}

impl Product {
    /// The tensor that messages name.
    pub(super) fn key(&self) -> &str {
        let (Self::Whole(it) | Self::Of(it, _)) = self;
        &it.key
    }

    pub(super) fn size(&self) -> (usize, usize) {
        match self {
            Self::Whole(it) => (it.rows, it.columns),
            Self::Of(a, b) => (a.rows, b.columns),
        }
    }

    fn factors(&self) -> Vec<&Factor> {
        match self {
            Self::Whole(it) => vec![it],
            Self::Of(a, b) => vec![a, b],
        }
    }

    fn inner_elements(&self) -> usize {
        match self {
            Self::Whole(_) => 0,
            Self::Of(_, b) => b.elements(),
        }
    }

    fn rows(&self, file: &Weights, rows: Range<usize>) -> Result<Vec<f32>> {
        match self {
            Self::Whole(it) => it.read(file, rows),
            Self::Of(a, b) => {
                let mut out = vec![0f32; rows.len() * b.columns];
                product(file, a, b, rows, 1.0, &mut out)?;
                Ok(out)
            }
        }
    }
}

/// Adds `scale` times some rows of a·b.
fn product(
    file: &Weights,
    a: &Factor,
    b: &Factor,
    rows: Range<usize>,
    scale: f32,
    out: &mut [f32],
) -> Result<()> {
    let (a, inner) = (a.read(file, rows)?, b.read(file, 0..b.rows)?);
    add_product(out, &a, &inner, b.columns, scale);
    Ok(())
}

impl Form {
    /// Rows and columns of the change; `None` for more than can be counted.
    pub(super) fn size(&self) -> Option<(usize, usize)> {
        match self {
            Self::LowRank { up, down } => Some((up.rows, down.columns)),
            Self::Hadamard { first: [a, b], .. } => Some((a.rows, b.columns)),
            Self::Kronecker { first, second } => {
                let ((a, b), (c, d)) = (first.size(), second.size());
                Some((a.checked_mul(c)?, b.checked_mul(d)?))
            }
            Self::Difference(it) | Self::Replacement(it) => Some((it.rows, it.columns)),
        }
    }

    /// Its tensors.
    fn factors(&self) -> Vec<&Factor> {
        match self {
            Self::LowRank { up, down } => vec![up, down],
            Self::Hadamard { first: [a, b], second: [c, d] } => vec![a, b, c, d],
            Self::Kronecker { first, second } => [first.factors(), second.factors()].concat(),
            Self::Difference(it) | Self::Replacement(it) => vec![it],
        }
    }

    /// Elements that [`Form::add`] reads however few rows it is asked for.
    fn inner_elements(&self) -> usize {
        match self {
            Self::LowRank { down, .. } => down.elements(),
            Self::Hadamard { first: [_, b], second: [_, d] } => b.elements() + d.elements(),
            Self::Kronecker { first, second } => first.inner_elements() + second.inner_elements(),
            Self::Difference(_) | Self::Replacement(_) => 0,
        }
    }

    /// The rank, for forms that have one.
    pub(super) fn rank(&self) -> Option<usize> {
        match self {
            Self::LowRank { down, .. } => Some(down.rows),
            Self::Hadamard { first: [_, b], .. } => Some(b.rows),
            Self::Kronecker { first, second } => match (first, second) {
                (_, Product::Of(_, b)) | (Product::Of(_, b), _) => Some(b.rows),
                _ => None,
            },
            Self::Difference(_) | Self::Replacement(_) => None,
        }
    }

    /// Adds `factor` times the change of some rows to `out`; for a replacement, of what is there in its place, less `base`.
    pub(super) fn add(
        &self,
        file: &Weights,
        rows: Range<usize>,
        factor: f32,
        base: &[f32],
        out: &mut [f32],
    ) -> Result<()> {
        match self {
            Self::LowRank { up, down } => product(file, up, down, rows, factor, out)?,
            Self::Hadamard { first, second } => {
                let whole = |[a, b]: &[Factor; 2]| -> Result<Vec<f32>> {
                    let mut all = vec![0f32; out.len()];
                    product(file, a, b, rows.clone(), 1.0, &mut all)?;
                    Ok(all)
                };
                let (first, second) = (whole(first)?, whole(second)?);
                out.iter_mut().zip(first).zip(second).for_each(|((out, a), b)| *out += factor * (a * b));
            }
            Self::Kronecker { first, second } => add_kronecker(file, first, second, rows, factor, out)?,
            Self::Difference(it) => {
                let values = it.read(file, rows)?;
                out.iter_mut().zip(values).for_each(|(out, it)| *out += factor * it);
            }
            Self::Replacement(it) => {
                let values = it.read(file, rows)?;
                out.iter_mut()
                    .zip(values)
                    .zip(base)
                    .for_each(|((out, it), base)| *out += factor * (it - base));
            }
        }
        Ok(())
    }
}

/// Row i of a Kronecker product is row i / c of the first, each element times row i mod c of the second, c rows long.
fn add_kronecker(
    file: &Weights,
    first: &Product,
    second: &Product,
    rows: Range<usize>,
    factor: f32,
    out: &mut [f32],
) -> Result<()> {
    let ((_, b), (c, d)) = (first.size(), second.size());
    let mut done = rows.start;
    while done < rows.end {
        // Rows that share a row of the first.
        let block = done / c;
        let end = rows.end.min((block + 1) * c);
        let outer = first.rows(file, block..block + 1)?;
        let inner = second.rows(file, done % c..done % c + (end - done))?;
        let part = &mut out[(done - rows.start) * b * d..(end - rows.start) * b * d];
        for (out, inner) in part.chunks_exact_mut(b * d).zip(inner.chunks_exact(d)) {
            for (out, outer) in out.chunks_exact_mut(d).zip(&outer) {
                let scale = factor * outer;
                out.iter_mut().zip(inner).for_each(|(out, it)| *out += scale * it);
            }
        }
        done = end;
    }
    Ok(())
}
