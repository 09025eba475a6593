//! How much of a run is done.

use std::cell::Cell;

use crate::error::Result;
use crate::transformer::OnBlock;

/// Thousandths are what the caller is told.
const PARTS: usize = 1000;

/// Counts multiplications and tells the caller's hook after each band of a convolution, a fraction of a second.
pub(super) struct Progress<'a> {
    done: Cell<u64>,
    total: u64,
    hook: OnBlock<'a>,
}

impl<'a> Progress<'a> {
    /// Tells the hook of the start.
    pub(super) fn start(total: u64, hook: OnBlock<'a>) -> Result<Self> {
        hook(0, PARTS)?;
        Ok(Self { done: Cell::new(0), total: total.max(1), hook })
    }

    /// Tells of work done, and gives the hook's answer.
    pub(super) fn advance(&self, work: u64) -> Result<()> {
        let done = self.done.get() + work;
        self.done.set(done);
        // The end is told by `finish`, when the result is there.
        (self.hook)(((PARTS as u64 * done / self.total) as usize).min(PARTS - 1), PARTS)
    }

    /// Tells of the end.
    pub(super) fn finish(self) -> Result<()> {
        (self.hook)(PARTS, PARTS)
    }
}
