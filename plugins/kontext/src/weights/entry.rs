//! Where a tensor's bytes are and how they become numbers.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::Encoding;
use super::file::WeightFile;
use crate::error::Result;
use crate::interrupt;

/// One tensor: byte ranges joined along the first dimension.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) shape: Vec<usize>,
    pub(super) stored: Stored,
    pub(super) pieces: Vec<Piece>,
}

/// Rows of a tensor, whole and in order.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) file: Arc<WeightFile>,
    pub(super) bytes: Range<usize>,
    /// What decoded numbers are multiplied by: the scale of a tensor of 8-bit floats, else 1.
    pub(super) scale: f32,
}

/// What a file says its numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stored {
    /// An encoding that can be read.
    As(Encoding),
    /// Another type, by its name. A file may hold such tensors as long as no model needs them.
    Other(&'static str),
}

impl Stored {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::As(encoding) => encoding.name(),
            Self::Other(name) => name,
        }
    }
}

impl Piece {
    /// All stored bytes.
    pub(super) fn read(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.bytes.len()];
        self.read_at(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills `out` with stored bytes from `start` on; see [`WeightFile::read_at`].
    pub(super) fn read_at(&self, start: usize, out: &mut [u8]) -> Result<()> {
        debug_assert!(start + out.len() <= self.bytes.len());
        self.file.read_at((self.bytes.start + start) as u64, out)
    }
}

impl Entry {
    pub(super) fn elements(&self) -> u64 {
        // An empty tensor may have dimensions beyond memory.
        if self.shape.contains(&0) { 0 } else { self.shape.iter().map(|&d| d as u64).product() }
    }

    /// Passes while all files are as they were when they were opened.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        let mut last = None;
        for piece in &self.pieces {
            if !last.replace(&piece.file).is_some_and(|last| Arc::ptr_eq(last, &piece.file)) {
                piece.file.check_unchanged()?;
            }
        }
        Ok(())
    }

    /// Bytes in the files.
    pub(super) fn bytes(&self) -> u64 {
        self.pieces.iter().map(|p| p.bytes.len() as u64).sum()
    }

    /// Elements of one step along the first dimension.
    pub(super) fn row_elements(&self) -> usize {
        // An empty tensor may have dimensions beyond memory.
        self.shape.iter().skip(1).fold(1, |n, &d| n.saturating_mul(d))
    }

    /// Bytes of a row; `None` when rows are no whole blocks, so that none can be taken alone.
    pub(super) fn row_bytes(&self) -> Option<usize> {
        match self.stored {
            Stored::As(encoding) => encoding.bytes(self.row_elements()),
            Stored::Other(_) => None,
        }
    }

    /// Some of the rows as a tensor of its own; `None` as in [`Entry::row_bytes`].
    pub(super) fn rows(&self, rows: Range<usize>) -> Option<Self> {
        let row_bytes = self.row_bytes()?;
        let mut pieces = Vec::new();
        let mut first = 0;
        for piece in &self.pieces {
            let count = piece.bytes.len().checked_div(row_bytes).unwrap_or(0);
            let (start, end) = (rows.start.max(first), rows.end.min(first + count));
            if start < end {
                let at = piece.bytes.start + (start - first) * row_bytes;
                pieces.push(Piece { bytes: at..at + (end - start) * row_bytes, ..piece.clone() });
            }
            first += count;
        }
        let mut shape = self.shape.clone();
        *shape.first_mut()? = rows.len();
        Some(Self { shape, stored: self.stored, pieces })
    }

    /// Decodes all elements on all threads.
    ///
    /// # Errors
    /// When the file has become shorter or cannot be read, or the work is cancelled.
    pub(super) fn decode(&self, encoding: Encoding, out: &mut [f32]) -> Result<()> {
        // Tasks between two looks at whether to go on: about 10 ms, more when the file must be read from disk.
        const ROUND: usize = 128;
        let mut rest = out;
        for piece in &self.pieces {
            let elements = piece.bytes.len() / encoding.block_bytes() * encoding.block_elements();
            let (out, tail) = rest.split_at_mut(elements);
            rest = tail;
            for (round, out) in out.chunks_mut(ROUND * TASK).enumerate() {
                interrupt::check()?;
                out.par_chunks_mut(TASK)
                    .enumerate()
                    .try_for_each(|(task, out)| piece.decode(encoding, (round * ROUND + task) * TASK, out))?;
            }
        }
        Ok(())
    }

    /// Decodes rows on the calling thread; the rows are there and are whole blocks.
    ///
    /// # Errors
    /// When the file has become shorter or cannot be read.
    pub(super) fn decode_rows(&self, encoding: Encoding, rows: Range<usize>, out: &mut [f32]) -> Result<()> {
        let width = self.row_elements();
        let row_bytes = width / encoding.block_elements() * encoding.block_bytes();
        if row_bytes == 0 {
            return Ok(());
        }
        let (mut first, mut rest) = (0, out);
        for piece in &self.pieces {
            let count = piece.bytes.len() / row_bytes;
            let (start, end) = (rows.start.max(first), rows.end.min(first + count));
            if start < end {
                let (out, tail) = std::mem::take(&mut rest).split_at_mut((end - start) * width);
                rest = tail;
                for (task, out) in out.chunks_mut(TASK).enumerate() {
                    piece.decode(encoding, (start - first) * width + task * TASK, out)?;
                }
            }
            first += count;
        }
        Ok(())
    }
}

/// Elements that are read and widened at once: whole blocks of every encoding, few enough to stay in the cache of a core, and
/// enough to hide what a system call costs.
const TASK: usize = 1 << 16;

thread_local! {
    /// Stored bytes on their way to numbers, kept because every tile of every layer needs them.
    static STORED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Piece {
    /// Decodes the elements from `first` on; both ends are those of blocks.
    fn decode(&self, encoding: Encoding, first: usize, out: &mut [f32]) -> Result<()> {
        let bytes = |elements: usize| elements / encoding.block_elements() * encoding.block_bytes();
        STORED.with_borrow_mut(|stored| {
            stored.resize(bytes(out.len()), 0);
            self.read_at(bytes(first), stored)?;
            decode_scaled(encoding, self.scale, stored, out);
            Ok(())
        })
    }
}

/// Widens stored blocks to f32 and multiplies by their scale.
pub(super) fn decode_scaled(encoding: Encoding, scale: f32, bytes: &[u8], out: &mut [f32]) {
    encoding.decode(bytes, out);
    if scale != 1.0 {
        out.iter_mut().for_each(|v| *v *= scale);
    }
}
