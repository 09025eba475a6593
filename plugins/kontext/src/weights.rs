//! Model weights, memory-mapped and named once.
//!
//! [`Weights::open`] maps one safetensors file, a sharded index or a folder; [`Weights::part`] picks one model out of it and
//! gives its tensors canonical names, whatever names the file uses. A canonical tensor is a list of byte ranges joined along the
//! first dimension (split q, k, v; swapped halves), so nothing is read before [`Weights::get`] widens it to f32.
//!
//! Invariant: every name and shape used outside this module is canonical.

mod backend;
mod file;
mod names;
mod quant;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{Device, Tensor};
use half::{bf16, f16};
use rayon::prelude::*;

use crate::error::{Error, Result};

pub use names::Part;
pub use quant::Quantization;
pub use safetensors::Dtype;

use file::MappedFile;

/// A set of named tensors in memory-mapped files.
///
/// Cheap to clone; the files stay mapped until the last clone is dropped. `Send + Sync`.
#[derive(Clone)]
pub struct Weights {
    label: String,
    entries: Arc<BTreeMap<String, Entry>>,
    metadata: Arc<HashMap<String, String>>,
}

/// One tensor: byte ranges joined along the first dimension.
#[derive(Clone)]
struct Entry {
    shape: Vec<usize>,
    dtype: Dtype,
    pieces: Vec<Piece>,
}

#[derive(Clone)]
struct Piece {
    file: Arc<MappedFile>,
    bytes: Range<usize>,
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("label", &self.label).field("tensors", &self.entries.len()).finish()
    }
}

impl Weights {
    /// Maps a safetensors file, a `*.safetensors.index.json` with its shards, or the one model in a folder.
    ///
    /// In a folder the index comes first, then `model.safetensors` or `diffusion_pytorch_model.safetensors`, then a single
    /// `.safetensors` file of any name. Cost: reads the headers only.
    ///
    /// # Errors
    /// [`Error::Io`] when a file cannot be opened, [`Error::File`] when it is damaged, cut short or incomplete,
    /// [`Error::Unsupported`] for GGUF and pickle files.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            return Self::open_dir(path);
        }
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
            return file::open_index(path);
        }
        Self::open_files(&[path])
    }

    /// Maps the one model in a folder; see [`Weights::open`].
    ///
    /// # Errors
    /// As [`Weights::open`]; [`Error::File`] when the folder holds no weights or several candidates.
    pub fn open_dir(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        let found = file::find_in_dir(dir)?;
        if found.extension().is_some_and(|e| e == "json") {
            file::open_index(&found)
        } else {
            Self::open_files(&[found])
        }
    }

    /// Maps several safetensors files as one set of tensors.
    ///
    /// # Errors
    /// As [`Weights::open`]; [`Error::File`] when two files hold a tensor of the same name.
    pub fn open_files<P: AsRef<Path>>(paths: &[P]) -> Result<Self> {
        let mut entries = BTreeMap::new();
        let mut metadata = HashMap::new();
        for path in paths {
            let (file, header) = MappedFile::open(path.as_ref())?;
            metadata.extend(header.metadata().clone().unwrap_or_default());
            for (name, info) in header.tensors() {
                let (start, end) = info.data_offsets;
                let bytes = file.data_start() + start..file.data_start() + end;
                let entry = Entry {
                    shape: info.shape.clone(),
                    dtype: info.dtype,
                    pieces: vec![Piece { file: file.clone(), bytes }],
                };
                if entries.insert(name.clone(), entry).is_some() {
                    return Err(Error::file(
                        file.name(),
                        format!("tensor `{name}` is also in another shard"),
                    ));
                }
            }
        }
        let label = match paths {
            [one] => one.as_ref().display().to_string(),
            [first, ..] => first.as_ref().parent().unwrap_or(first.as_ref()).display().to_string(),
            [] => return Err(Error::input("paths", "at least one file", "none")),
        };
        Ok(Self { label, entries: Arc::new(entries), metadata: Arc::new(metadata) })
    }

    /// The tensors of one model in this set, under their canonical names.
    ///
    /// Prefixes of all-in-one checkpoints are stripped, diffusers names become BFL names (q, k and v joined, the two halves of
    /// the last modulation swapped), and old attention names of the VAE become the present ones. Cost: no tensor is read.
    ///
    /// # Errors
    /// [`Error::File`] when the set holds no such model (naming what it does hold), [`Error::Unsupported`] when the model is
    /// quantized.
    pub fn part(&self, part: Part) -> Result<Self> {
        let tensors = names::select(self, part)?;
        if let Some(quantization) = quant::detect(&tensors) {
            return Err(quantization.refusal(&self.label));
        }
        let tensors = names::rename(&self.label, tensors, part)?;
        Ok(Self { label: self.label.clone(), entries: Arc::new(tensors), metadata: self.metadata.clone() })
    }

    /// Whether the set holds this model, in any naming.
    pub fn has_part(&self, part: Part) -> bool {
        self.prefix_of(part).is_some()
    }

    /// What stands before every name of a part, when it is there; empty for a file of its own.
    pub fn prefix_of(&self, part: Part) -> Option<&'static str> {
        names::locate(self, part)
    }

    /// One tensor as f32 on the CPU.
    ///
    /// Cost: reads the tensor from the map and allocates its f32 form; nothing is kept.
    ///
    /// # Errors
    /// [`Error::Tensor`] when it is missing (with the nearest name) or has another shape, [`Error::Unsupported`] when its
    /// dtype is not F32, F16 or BF16.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        self.check_shape(name, shape)?;
        self.read(name, shape)
    }

    /// One tensor as f32 in whatever shape the file gives it.
    ///
    /// # Errors
    /// As [`Weights::get`], except for the shape.
    pub fn get_any(&self, name: &str) -> Result<Tensor> {
        let shape = self.entry(name)?.shape.clone();
        self.read(name, &shape)
    }

    /// Checks that a tensor is there, in this shape and in a dtype that [`Weights::get`] reads, without reading it.
    ///
    /// A 2-D weight and a 4-D weight with two trailing ones (a 1×1 convolution) count as the same shape.
    ///
    /// # Errors
    /// As [`Weights::get`].
    pub fn check_shape(&self, name: &str, shape: &[usize]) -> Result<()> {
        let entry = self.entry(name)?;
        if trim_ones(&entry.shape) != trim_ones(shape) {
            return Err(self.tensor_error(name, format!("has shape {:?}, expected {shape:?}", entry.shape)));
        }
        entry.element_size(&self.label, name).map(|_| ())
    }

    /// Whether a tensor of this name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The shape of a tensor.
    ///
    /// # Errors
    /// [`Error::Tensor`] when it is missing.
    pub fn shape(&self, name: &str) -> Result<&[usize]> {
        Ok(&self.entry(name)?.shape)
    }

    /// The dtype of a tensor on disk.
    ///
    /// # Errors
    /// [`Error::Tensor`] when it is missing.
    pub fn dtype(&self, name: &str) -> Result<Dtype> {
        Ok(self.entry(name)?.dtype)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no tensors.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of elements of all tensors.
    pub fn parameter_count(&self) -> u64 {
        self.entries.values().map(Entry::elements).sum()
    }

    /// Number of elements by dtype, largest share first.
    pub fn dtypes(&self) -> Vec<(Dtype, u64)> {
        let mut counts: BTreeMap<Dtype, u64> = BTreeMap::new();
        for entry in self.entries.values() {
            *counts.entry(entry.dtype).or_default() += entry.elements();
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
        counts
    }

    /// Free-form text from the files' headers.
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.metadata
    }

    /// The file or folder, as messages name it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The files that hold the tensors, each once, sorted.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            self.entries.values().flat_map(|e| e.pieces.iter().map(|p| p.file.path().to_owned())).collect();
        files.sort();
        files.dedup();
        files
    }

    /// The quantization scheme of the set, when it has one.
    pub fn quantization(&self) -> Option<Quantization> {
        quant::detect(&self.entries)
    }

    fn entry(&self, name: &str) -> Result<&Entry> {
        self.entries.get(name).ok_or_else(|| {
            let problem = match nearest(name, self.names()) {
                Some(near) => format!("is missing; the nearest name there is `{near}`"),
                None => "is missing".to_owned(),
            };
            self.tensor_error(name, problem)
        })
    }

    fn tensor_error(&self, name: &str, problem: String) -> Error {
        Error::Tensor { file: self.label.clone(), tensor: name.to_owned(), problem }
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let entry = self.entry(name)?;
        let size = entry.element_size(&self.label, name)?;
        let mut values = vec![0f32; entry.elements() as usize];
        let mut rest = values.as_mut_slice();
        for piece in &entry.pieces {
            let bytes = piece.file.slice(piece.bytes.clone());
            let (out, tail) = rest.split_at_mut(bytes.len() / size);
            rest = tail;
            widen(entry.dtype, bytes, out);
        }
        Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
    }
}

impl Entry {
    fn elements(&self) -> u64 {
        self.shape.iter().map(|&d| d as u64).product()
    }

    fn element_size(&self, label: &str, name: &str) -> Result<usize> {
        match self.dtype {
            Dtype::F32 => Ok(4),
            Dtype::F16 | Dtype::BF16 => Ok(2),
            other => Err(Error::unsupported(
                format!("{label}: tensor `{name}` of type {other:?}"),
                "weights must be F32, F16 or BF16",
            )),
        }
    }

    /// Rows `start..end` of a tensor that is one piece.
    fn rows(&self, rows: Range<usize>) -> Self {
        let piece = &self.pieces[0];
        let row_bytes = piece.bytes.len() / self.shape[0].max(1);
        let bytes = piece.bytes.start + rows.start * row_bytes..piece.bytes.start + rows.end * row_bytes;
        let mut shape = self.shape.clone();
        shape[0] = rows.len();
        Self { shape, dtype: self.dtype, pieces: vec![Piece { file: piece.file.clone(), bytes }] }
    }
}

/// Values of a safetensors byte range as f32; the range may be unaligned.
fn widen(dtype: Dtype, bytes: &[u8], out: &mut [f32]) {
    // Pieces of 64 Ki elements: large enough to hide the scheduling, small enough to use every core on one layer.
    const CHUNK: usize = 1 << 16;
    match dtype {
        Dtype::F32 => out.par_chunks_mut(CHUNK).zip(bytes.par_chunks(4 * CHUNK)).for_each(|(out, bytes)| {
            for (o, b) in out.iter_mut().zip(bytes.chunks_exact(4)) {
                *o = f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
            }
        }),
        Dtype::BF16 => out.par_chunks_mut(CHUNK).zip(bytes.par_chunks(2 * CHUNK)).for_each(|(out, bytes)| {
            for (o, b) in out.iter_mut().zip(bytes.chunks_exact(2)) {
                *o = bf16::from_le_bytes([b[0], b[1]]).to_f32();
            }
        }),
        _ => out.par_chunks_mut(CHUNK).zip(bytes.par_chunks(2 * CHUNK)).for_each(|(out, bytes)| {
            for (o, b) in out.iter_mut().zip(bytes.chunks_exact(2)) {
                *o = f16::from_le_bytes([b[0], b[1]]).to_f32();
            }
        }),
    }
}

/// The most similar name, when one is similar enough to be a likely rename.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|candidate| (strsim::normalized_levenshtein(name, candidate), candidate))
        .filter(|&(score, _)| score > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// A shape without the two trailing ones of a 1×1 convolution.
fn trim_ones(shape: &[usize]) -> &[usize] {
    match shape {
        [rest @ .., 1, 1] if rest.len() == 2 => rest,
        shape => shape,
    }
}
