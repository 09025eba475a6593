//! The numbers on their way from the source to the new file.

use blake3::{Hash, Hasher};
use rayon::prelude::*;

use super::layout::{Item, Layout};
use super::part_file::PartFile;
use super::quantize::{self, LARGEST_FP8};
use crate::error::{Error, Result};
use crate::weights::{Encoding, Source, SourcePiece, Weights};

/// Numbers of a task: whole blocks of every encoding, and few enough to stay in the cache of a core.
const TASK: usize = 1 << 16;

/// Called with bytes done, bytes in all and the tensor at hand; its error ends the work.
pub(super) type Watch<'a> = dyn FnMut(u64, u64, &str) -> Result<()> + 'a;

/// Writes all items that are not finished yet; how many were.
pub(super) fn write(
    weights: &Weights,
    layout: &Layout,
    file: &mut PartFile,
    watch: &mut Watch<'_>,
) -> Result<usize> {
    file.write(0, &layout.header)?;
    let all = layout.items.iter().map(|item| item.bytes).sum();
    let (mut before, mut continued) = (0, 0);
    for (index, item) in layout.items.iter().enumerate() {
        let mut tell = |bytes: u64| watch(before + bytes, all, &item.name);
        tell(0)?;
        let kept = match file.finished(index) {
            Some(hash) => hash_of(file, item, &mut tell)? == hash,
            None => false,
        };
        if kept {
            continued += 1;
        } else {
            weights.check_unchanged()?;
            let hash = write_item(&weights.source(&item.name)?, item, file, &mut tell)
                .map_err(|error| of_tensor(error, weights, item))?;
            file.finish(index, hash)?;
        }
        before += item.bytes;
    }
    watch(all, all, "")?;
    Ok(continued)
}

/// Names the tensor that holds a number the target cannot.
fn of_tensor(error: Error, weights: &Weights, item: &Item) -> Error {
    match error {
        Error::Input { expected, found, .. } => Error::Tensor {
            file: weights.label().to_owned(),
            tensor: item.name.clone(),
            problem: format!("holds {found}, expected {expected}"),
        },
        other => other,
    }
}

/// The hash of what the file has for an item.
fn hash_of(file: &mut PartFile, item: &Item, tell: &mut dyn FnMut(u64) -> Result<()>) -> Result<Hash> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; (1 << 20).min(item.bytes as usize)];
    let mut at = 0;
    while at < item.bytes {
        let length = buffer.len().min((item.bytes - at) as usize);
        file.read_at(item.at + at, &mut buffer[..length])?;
        hasher.update(&buffer[..length]);
        at += length as u64;
        tell(at)?;
    }
    if let Some(scale_at) = item.scale_at {
        let mut scale = [0; 4];
        file.read_at(scale_at, &mut scale)?;
        hasher.update(&scale);
    }
    Ok(hasher.finalize())
}

/// Some numbers of a piece.
struct Task<'a> {
    piece: &'a SourcePiece<'a>,
    start: usize,
    length: usize,
}

fn write_item(
    source: &Source<'_>,
    item: &Item,
    file: &mut PartFile,
    tell: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<Hash> {
    let pieces: Vec<SourcePiece<'_>> = source.pieces().collect();
    let tasks: Vec<Task<'_>> = pieces
        .iter()
        .flat_map(|piece| {
            let all = piece.elements();
            let task = move |start| Task { piece, start, length: TASK.min(all - start) };
            (0..all).step_by(TASK).map(task)
        })
        .collect();
    let scale = match item.scale_at {
        Some(_) => Some(scale_for(source, &pieces, &tasks, tell)?),
        None => None,
    };
    let is_copy =
        source.encoding == item.encoding && pieces.iter().all(|piece| piece.scale() == scale.unwrap_or(1.0));
    let mut hasher = Hasher::new();
    let mut at = 0;
    for batch in tasks.chunks(batch()) {
        let encoded: Vec<Vec<u8>> = batch
            .par_iter()
            .map(|task| if is_copy { task.read() } else { task.encode(item.encoding, scale) })
            .collect::<Result<_>>()?;
        for bytes in encoded {
            hasher.update(&bytes);
            file.write(item.at + at, &bytes)?;
            at += bytes.len() as u64;
        }
        tell(at)?;
    }
    debug_assert_eq!(at, item.bytes);
    if let (Some(scale), Some(scale_at)) = (scale, item.scale_at) {
        hasher.update(&scale.to_le_bytes());
        file.write(scale_at, &scale.to_le_bytes())?;
    }
    Ok(hasher.finalize())
}

/// Tasks between two looks at whether to go on: a fraction of a second of the slowest encoding.
fn batch() -> usize {
    2 * rayon::current_num_threads()
}

/// What 8-bit floats are multiplied by: their own scale when they are copied, else what brings the largest number to the end
/// of the range.
fn scale_for(
    source: &Source<'_>,
    pieces: &[SourcePiece<'_>],
    tasks: &[Task<'_>],
    tell: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<f32> {
    if let [first, rest @ ..] = pieces
        && source.encoding == Encoding::F8E4M3
        && rest.iter().all(|piece| piece.scale() == first.scale())
    {
        return Ok(first.scale());
    }
    let mut largest = 0f32;
    for batch in tasks.chunks(batch()) {
        let found = batch.par_iter().map(Task::largest).try_reduce(|| 0f32, |a, b| Ok(a.max(b)))?;
        largest = largest.max(found);
        tell(0)?;
    }
    Ok(if largest > 0.0 { largest / LARGEST_FP8 } else { 1.0 })
}

impl Task<'_> {
    fn read(&self) -> Result<Vec<u8>> {
        self.piece.read(self.start, self.length)
    }

    fn encode(&self, encoding: Encoding, scale: Option<f32>) -> Result<Vec<u8>> {
        let mut numbers = self.piece.decode(self.start, self.length)?;
        if let Some(scale) = scale {
            numbers.iter_mut().for_each(|x| *x /= scale);
        }
        let blocks = self.length / encoding.block_elements();
        let mut out = Vec::with_capacity(blocks * encoding.block_bytes());
        quantize::encode(encoding, &numbers, &mut out)?;
        Ok(out)
    }

    /// The largest absolute value.
    fn largest(&self) -> Result<f32> {
        let numbers = self.piece.decode(self.start, self.length)?;
        match numbers.iter().find(|x| !x.is_finite()) {
            None => Ok(numbers.iter().fold(0f32, |largest, x| largest.max(x.abs()))),
            Some(x) => Err(Error::input("to", "finite numbers", x.to_string())),
        }
    }
}
