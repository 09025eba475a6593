//! From changes to what is added to the rows of a model's tensors.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::change::{Change, Form};
use super::target::Segment;
use super::{Lora, Patches, refuse};
use crate::error::{Error, Result};
use crate::weights::{Part, Patch, Weights};

/// A change that fits its tensor.
struct Fitted {
    file: Weights,
    change: Change,
    /// The model's tensors without changes.
    base: Weights,
    tensor: String,
    segments: Vec<Segment>,
    width: usize,
    strength: f32,
    magnitude: Option<Magnitude>,
}

/// What DoRA scales the changed weight to.
struct Magnitude {
    values: Vec<f32>,
    per: Per,
    /// Norms of the columns of the changed weight, computed once.
    columns: OnceLock<Vec<f32>>,
}

/// What has a norm.
#[derive(Clone, Copy, PartialEq)]
enum Per {
    Row,
    Column,
}

/// The rows of a change that lie together in its tensor.
struct Run {
    fitted: Arc<Fitted>,
    segment: Segment,
}

pub(super) fn bind(lora: &Lora, part: Part, base: &Weights, strength: f32) -> Result<Patches> {
    let mut patches = Patches { changes: Vec::new(), absent: Vec::new() };
    if strength == 0.0 {
        return Ok(patches);
    }
    for layer in lora.layers.iter().filter(|layer| layer.target.part == part) {
        let matrix = &layer.target.tensor;
        let tensor = if layer.change.bias { layer.target.bias() } else { Some(matrix.clone()) };
        let Some(tensor) = tensor.filter(|tensor| base.contains(tensor) && base.contains(matrix)) else {
            patches.absent.push(if layer.change.bias {
                format!("{matrix} (its bias)")
            } else {
                matrix.clone()
            });
            continue;
        };
        let size = |name: &str| -> Result<(usize, usize)> {
            let shape = base.shape(name)?;
            Ok((shape.first().copied().unwrap_or(0), shape.iter().skip(1).product()))
        };
        let (rows, columns) = size(matrix)?;
        let Some(segments) = layer.target.window.segments(rows, columns) else {
            let problem = format!("has shape {:?}, in which there are no such rows", base.shape(matrix)?);
            return Err(Error::Tensor {
                file: base.label().to_owned(),
                tensor: matrix.clone(),
                problem: format!("{problem} as `{}` changes", key(&layer.change.form)),
            });
        };
        let width = size(&tensor)?.1;
        let fitted = Fitted::new(lora, &layer.change, base, tensor.clone(), segments, width, strength)?;
        let fitted = Arc::new(fitted);
        for segment in fitted.segments.clone() {
            let run: Arc<dyn Patch> = Arc::new(Run { fitted: fitted.clone(), segment });
            patches.changes.push((tensor.clone(), run));
        }
    }
    patches.absent.sort();
    patches.absent.dedup();
    Ok(patches)
}

/// The tensor that messages about a change name.
fn key(form: &Form) -> &str {
    match form {
        Form::LowRank { up: it, .. }
        | Form::Hadamard { first: [it, _], .. }
        | Form::Difference(it)
        | Form::Replacement(it) => &it.key,
        Form::Kronecker { first, .. } => first.key(),
    }
}

impl Fitted {
    fn new(
        lora: &Lora,
        change: &Change,
        base: &Weights,
        tensor: String,
        segments: Vec<Segment>,
        width: usize,
        strength: f32,
    ) -> Result<Self> {
        let rows: usize = segments.iter().map(|it| it.to.len()).sum();
        let error = |key: &str, found: String, expected: String| {
            let at: Vec<_> = segments.iter().map(|it| format!("{}..{}", it.to.start, it.to.end)).collect();
            Error::Tensor {
                file: lora.file.label().to_owned(),
                tensor: key.to_owned(),
                problem: format!(
                    "makes a change of shape {found}, expected {expected} for rows {} of `{tensor}` in {}",
                    at.join(" and "),
                    base.label()
                ),
            }
        };
        // A vector may be written as a matrix of one row.
        let is_vector = width == 1 && change.form.size() == Some((1, rows));
        if change.form.size() != Some((rows, width)) && !is_vector {
            if tensor == "img_in.weight" && change.form.size().is_some_and(|(_, columns)| columns > width) {
                return Err(refuse::widened(&lora.file));
            }
            let found = change.form.size().map_or("beyond counting".to_owned(), |it| format!("{it:?}"));
            return Err(error(key(&change.form), found, format!("{:?}", (rows, width))));
        }
        let magnitude = match &change.magnitude {
            None => None,
            Some(it) => {
                let per = match (it.rows, it.columns) {
                    (1, columns) if columns == width && rows != 1 => Per::Column,
                    (n, 1) if n == rows => Per::Row,
                    found => {
                        let expected = format!("{:?} or {:?}", (1, width), (rows, 1));
                        return Err(error(&it.key, format!("{found:?}"), expected));
                    }
                };
                Some(Magnitude { values: it.values(&lora.file)?, per, columns: OnceLock::new() })
            }
        };
        let (file, base, change) = (lora.file.clone(), base.unpatched(), change.clone());
        Ok(Self { file, change, base, tensor, segments, width, strength, magnitude })
    }

    /// Adds the change of rows `from..` to `out`; `base` holds the same rows without it.
    fn add(&self, from: Range<usize>, factor: f32, base: &[f32], out: &mut [f32]) -> Result<()> {
        let Self { file, change, .. } = self;
        if let Form::Difference(it) | Form::Replacement(it) = &change.form
            && it.rows == 1
            && self.width == 1
        {
            // A vector written as a matrix of one row: rows of it cannot be taken alone.
            let values = it.values(file)?;
            let values = &values[from];
            let less = if matches!(change.form, Form::Replacement(_)) { 1.0 } else { 0.0 };
            for (i, out) in out.iter_mut().enumerate() {
                *out += factor * (values[i] - less * base.get(i).copied().unwrap_or(0.0));
            }
            return Ok(());
        }
        change.form.add(file, from, factor, base, out)
    }

    /// The weight at strength 1 without DoRA's scaling.
    fn changed(&self, from: Range<usize>, base: &[f32]) -> Result<Vec<f32>> {
        let mut changed = base.to_vec();
        self.add(from, self.change.scale, base, &mut changed)?;
        Ok(changed)
    }

    /// Norms of the columns of the changed weight. On the calling thread: others wait for it.
    fn column_norms(&self) -> Result<Vec<f32>> {
        const ROWS: usize = 64;
        let mut squares = vec![0f64; self.width];
        for segment in &self.segments {
            for start in (0..segment.to.len()).step_by(ROWS) {
                let count = ROWS.min(segment.to.len() - start);
                let to = segment.to.start + start;
                let mut base = vec![0f32; count * self.width];
                self.base.read_rows(&self.tensor, to..to + count, &mut base)?;
                let from = segment.from + start;
                for row in self.changed(from..from + count, &base)?.chunks_exact(self.width) {
                    squares.iter_mut().zip(row).for_each(|(sum, v)| *sum += f64::from(*v) * f64::from(*v));
                }
            }
        }
        Ok(squares.into_iter().map(|sum| sum.sqrt() as f32).collect())
    }
}

impl Magnitude {
    /// Scales the rows `from..` of a changed weight to the norms it was trained to have.
    ///
    /// Source: <https://arxiv.org/abs/2402.09353>, equation 5.
    fn apply(&self, fitted: &Fitted, from: Range<usize>, changed: &mut [f32]) -> Result<()> {
        // Nothing has norm 0 but zeros, which stay zeros.
        let factor = |magnitude: f32, norm: f32| if norm > 0.0 { magnitude / norm } else { 0.0 };
        match self.per {
            Per::Row => {
                for (row, magnitude) in changed.chunks_exact_mut(fitted.width).zip(&self.values[from]) {
                    let squares: f64 = row.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
                    let factor = factor(*magnitude, squares.sqrt() as f32);
                    row.iter_mut().for_each(|v| *v *= factor);
                }
            }
            Per::Column => {
                let norms = match self.columns.get() {
                    Some(norms) => norms,
                    None => {
                        let norms = fitted.column_norms()?;
                        self.columns.get_or_init(|| norms)
                    }
                };
                for row in changed.chunks_exact_mut(fitted.width) {
                    let scales = self.values.iter().zip(norms);
                    row.iter_mut()
                        .zip(scales)
                        .for_each(|(v, (magnitude, norm))| *v *= factor(*magnitude, *norm));
                }
            }
        }
        Ok(())
    }
}

impl Patch for Run {
    fn rows(&self) -> Range<usize> {
        self.segment.to.clone()
    }

    fn needs_base(&self) -> bool {
        self.fitted.magnitude.is_some() || matches!(self.fitted.change.form, Form::Replacement(_))
    }

    fn add(&self, rows: Range<usize>, base: &[f32], out: &mut [f32]) -> Result<()> {
        let Fitted { change, strength, .. } = &*self.fitted;
        let first = rows.start - self.segment.to.start + self.segment.from;
        let from = first..first + rows.len();
        let Some(magnitude) = &self.fitted.magnitude else {
            return self.fitted.add(from, strength * change.scale, base, out);
        };
        let mut changed = self.fitted.changed(from.clone(), base)?;
        magnitude.apply(&self.fitted, from, &mut changed)?;
        let pairs = changed.iter().zip(base);
        out.iter_mut().zip(pairs).for_each(|(out, (changed, base))| *out += strength * (changed - base));
        Ok(())
    }

    fn stored_bytes(&self) -> u64 {
        let Fitted { file, change, .. } = &*self.fitted;
        // The factors of a change with several segments are there once.
        if self.segment.from > 0 {
            return 0;
        }
        change.factors().map(|factor| file.stored_bytes_of(&factor.key)).sum()
    }

    fn working_bytes(&self) -> u64 {
        self.fitted.change.working_bytes()
    }
}
