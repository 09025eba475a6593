//! Changes to tensors that take effect when rows are widened: the files stay as they are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::Weights;
use crate::error::Result;

/// A change to some rows of one tensor.
///
/// Changes of one tensor add up, each computed from the tensor in the file, so their order does not matter.
pub(crate) trait Patch: Send + Sync {
    /// The rows it changes.
    fn rows(&self) -> Range<usize>;

    /// Whether [`Patch::add`] looks at `base`.
    fn needs_base(&self) -> bool;

    /// Adds the change of `rows` to `out`; both slices hold these rows, `base` as the file has them.
    ///
    /// `rows` lie within [`Patch::rows`]. `base` is empty unless [`Patch::needs_base`].
    ///
    /// # Errors
    /// When the change cannot be read from its file.
    fn add(&self, rows: Range<usize>, base: &[f32], out: &mut [f32]) -> Result<()>;

    /// Bytes of the change in its file.
    fn stored_bytes(&self) -> u64;

    /// Bytes that [`Patch::add`] allocates besides a few copies of the rows.
    fn working_bytes(&self) -> u64;
}

/// The changes of a set of tensors, by canonical name.
pub(super) type Patches = BTreeMap<String, Vec<Arc<dyn Patch>>>;

impl Weights {
    /// The same tensors with changes, on top of those they have.
    ///
    /// Whoever reads rows gets them changed; [`Weights::encoded`] gives what the file says. Merging happens row by row while
    /// they are widened, so that whether a matrix is kept or streamed changes no bit of it.
    pub(crate) fn patched(&self, changes: impl IntoIterator<Item = (String, Arc<dyn Patch>)>) -> Self {
        let mut patches = (*self.patches).clone();
        for (name, patch) in changes {
            patches.entry(name).or_default().push(patch);
        }
        Self { patches: Arc::new(patches), ..self.clone() }
    }

    /// The same tensors as their files have them.
    pub(crate) fn unpatched(&self) -> Self {
        Self { patches: Arc::default(), ..self.clone() }
    }

    /// Whether reading a tensor gives something else than its file says.
    pub(crate) fn is_patched(&self, name: &str) -> bool {
        self.patches.contains_key(name)
    }

    /// The changes of the tensors whose names begin with `prefix`.
    pub(super) fn patches_with_prefix(&self, prefix: &str) -> impl Iterator<Item = &dyn Patch> {
        let fitting = self.patches.iter().filter(move |(name, _)| name.starts_with(prefix));
        fitting.flat_map(|(_, patches)| patches.iter().map(|patch| &**patch))
    }

    /// Bytes that changes allocate on a thread, besides a few copies of the rows that are read; `None` without changes.
    pub(crate) fn patch_working_bytes(&self) -> Option<u64> {
        self.patches_with_prefix("").map(Patch::working_bytes).max()
    }

    /// Adds the changes of `rows` to `out`, which holds them as the file has them.
    pub(super) fn patch_rows(&self, name: &str, rows: Range<usize>, out: &mut [f32]) -> Result<()> {
        let Some(patches) = self.patches.get(name) else { return Ok(()) };
        let width = out.len().checked_div(rows.len()).unwrap_or(0);
        let needs_base =
            |patch: &Arc<dyn Patch>| patch.needs_base() && overlap(&rows, &patch.rows()).is_some();
        let base = if patches.iter().any(needs_base) { out.to_vec() } else { Vec::new() };
        for patch in patches {
            let Some(part) = overlap(&rows, &patch.rows()) else { continue };
            let at = (part.start - rows.start) * width..(part.end - rows.start) * width;
            let base = if patch.needs_base() { &base[at.clone()] } else { &[] };
            patch.add(part, base, &mut out[at])?;
        }
        Ok(())
    }

    /// [`Weights::patch_rows`] for a whole tensor, on all threads.
    pub(super) fn patch_all(&self, name: &str, row_elements: usize, out: &mut [f32]) -> Result<()> {
        // Rows of a task: enough of them that reading a change's factors is little beside applying it.
        const ROWS: usize = 64;
        if !self.is_patched(name) || row_elements == 0 {
            return Ok(());
        }
        out.par_chunks_mut(ROWS * row_elements).enumerate().try_for_each(|(chunk, out)| {
            let first = chunk * ROWS;
            self.patch_rows(name, first..first + out.len() / row_elements, out)
        })
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> Option<Range<usize>> {
    let both = a.start.max(b.start)..a.end.min(b.end);
    (!both.is_empty()).then_some(both)
}
