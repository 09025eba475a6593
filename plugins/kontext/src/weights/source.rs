//! Reading stored bytes as they are, for work that writes them anew.

use std::path::Path;
use std::time::SystemTime;

use super::entry::{Entry, Piece, decode_scaled};
use super::file::WeightFile;
use super::{Encoding, Weights};
use crate::error::Result;

/// The stored bytes of one tensor.
pub(crate) struct Source<'a> {
    /// How the numbers are stored.
    pub(crate) encoding: Encoding,
    entry: &'a Entry,
}

/// Whole rows of a [`Source`].
pub(crate) struct SourcePiece<'a> {
    encoding: Encoding,
    piece: &'a Piece,
}

impl Source<'_> {
    /// Whole rows, in order.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = SourcePiece<'_>> {
        self.entry.pieces.iter().map(|piece| SourcePiece { encoding: self.encoding, piece })
    }
}

impl SourcePiece<'_> {
    /// Number of elements.
    pub(crate) fn elements(&self) -> usize {
        self.piece.bytes.len() / self.encoding.block_bytes() * self.encoding.block_elements()
    }

    /// What decoded numbers are multiplied by.
    pub(crate) fn scale(&self) -> f32 {
        self.piece.scale
    }

    /// The bytes of some elements, which are whole blocks.
    ///
    /// # Errors
    /// When the file cannot be read or has become too short.
    pub(crate) fn read(&self, start: usize, elements: usize) -> Result<Vec<u8>> {
        let bytes = |elements: usize| elements / self.encoding.block_elements() * self.encoding.block_bytes();
        let mut out = vec![0; bytes(elements)];
        self.piece.read_at(bytes(start), &mut out)?;
        Ok(out)
    }

    /// The same elements as f32, scaled.
    ///
    /// # Errors
    /// As [`SourcePiece::read`].
    pub(crate) fn decode(&self, start: usize, elements: usize) -> Result<Vec<f32>> {
        let mut out = vec![0.0; elements];
        decode_scaled(self.encoding, self.scale(), &self.read(start, elements)?, &mut out);
        Ok(out)
    }
}

impl Weights {
    /// The stored bytes of a tensor, to be read piece by piece.
    ///
    /// # Errors
    /// As [`Weights::encoding`].
    pub(crate) fn source(&self, name: &str) -> Result<Source<'_>> {
        Ok(Source { encoding: self.encoding(name)?, entry: self.entry(name)? })
    }

    /// Passes while all files are as they were when they were opened. Cost: one system call a file.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) naming one that was changed.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        self.opened().into_iter().try_for_each(WeightFile::check_unchanged)
    }

    /// Path, length and time of change of each file when it was opened, sorted.
    pub(crate) fn files_as_opened(&self) -> Vec<(&Path, u64, Option<SystemTime>)> {
        let files = self.opened().into_iter().map(|file| (file.path(), file.stamp()));
        files.map(|(path, (length, changed))| (path, length, changed)).collect()
    }

    fn opened(&self) -> Vec<&WeightFile> {
        let pieces = self.entries.values().flat_map(|entry| &entry.pieces);
        let mut files: Vec<&WeightFile> = pieces.map(|piece| &*piece.file).collect();
        files.sort_by_key(|file| file.path());
        files.dedup_by_key(|file| file.path());
        files
    }
}
