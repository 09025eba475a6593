//! Model weights, named once and read where they lie.
//!
//! [`Weights::open`] reads the header of one file, a sharded index or a folder; [`Weights::part`] picks one model out of it and
//! gives its tensors canonical names, whatever names the file uses. A canonical tensor is a list of byte ranges joined along the
//! first dimension (split q, k, v; swapped halves), so nothing is read before [`Weights::get`] or [`Weights::read_rows`] widens
//! it to f32.
//!
//! Invariant: every name and shape used outside this module is canonical.

mod backend;
mod encoding;
mod entry;
mod facts;
mod file;
mod folder;
mod fp8;
mod gguf;
mod names;
mod patch;
mod prefetch;
mod quant;
mod safetensors;
mod scalar;
mod source;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor};

use crate::error::{Error, Result};

pub use encoding::Encoding;
pub(crate) use facts::CONFIG_KEY;
pub(crate) use gguf::{ALIGNMENT as GGUF_ALIGNMENT, type_id as gguf_type_id};
pub use names::Part;
pub(crate) use names::{diffusers_layer, diffusers_layers, t5_llama_name};
pub(crate) use patch::Patch;
pub(crate) use prefetch::ReadAhead;
pub(crate) use source::{Source, SourcePiece};

use entry::{Entry, Piece, Stored};
use file::{Format, WeightFile};

/// A set of named tensors in files.
///
/// Cheap to clone; the files stay open until the last clone is dropped. `Send + Sync`.
#[derive(Clone)]
pub struct Weights {
    label: String,
    entries: Arc<BTreeMap<String, Entry>>,
    metadata: Arc<HashMap<String, String>>,
    /// Formats by layer that the files name and that are not read.
    declared: Arc<fp8::Declared>,
    /// What is added to rows when they are widened.
    patches: Arc<patch::Patches>,
}

/// What one file holds.
struct Contents {
    entries: BTreeMap<String, Entry>,
    metadata: HashMap<String, String>,
}

/// A tensor as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded<'a> {
    /// Dimensions, the one whose elements lie side by side last.
    pub shape: &'a [usize],
    /// How the numbers are stored.
    pub encoding: Encoding,
    /// Whole rows, in order.
    pub pieces: Vec<EncodedPiece>,
}

/// Rows of an [`Encoded`] tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedPiece {
    /// The stored blocks.
    pub bytes: Vec<u8>,
    /// What decoded numbers are multiplied by; 1 except for scaled 8-bit floats.
    pub scale: f32,
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("label", &self.label).field("tensors", &self.entries.len()).finish()
    }
}

impl Weights {
    /// Opens a safetensors or GGUF file, a `*.safetensors.index.json` with its shards, or the one model in a folder.
    ///
    /// In a folder the index comes first, then `model.safetensors` or `diffusion_pytorch_model.safetensors`, then a single
    /// file of any name. Factors of scaled 8-bit floats are read and become part of their tensors. Cost: reads the headers.
    ///
    /// # Errors
    /// [`Error::Io`] when a file cannot be opened, [`Error::File`] when it is damaged, cut short or incomplete,
    /// [`Error::Tensor`] for a factor that is no positive number, [`Error::Unsupported`] for pickle files and for GGUF files of
    /// other architectures.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            return Self::open_dir(path);
        }
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
            return folder::open_index(path);
        }
        Self::open_files(&[path])
    }

    /// Opens the one model in a folder; see [`Weights::open`].
    ///
    /// # Errors
    /// As [`Weights::open`]; [`Error::File`] when the folder holds no weights or several candidates.
    pub fn open_dir(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        let found = folder::find_in_dir(dir)?;
        if found.extension().is_some_and(|e| e == "json") {
            folder::open_index(&found)
        } else {
            Self::open_files(&[found])
        }
    }

    /// Opens several files as one set of tensors.
    ///
    /// # Errors
    /// As [`Weights::open`]; [`Error::File`] when two files hold a tensor of the same name.
    pub fn open_files<P: AsRef<Path>>(paths: &[P]) -> Result<Self> {
        let mut entries = BTreeMap::new();
        let mut metadata = HashMap::new();
        for path in paths {
            let file = WeightFile::open(path.as_ref())?;
            let contents = match file.format() {
                Format::Safetensors => safetensors::read(&file)?,
                Format::Gguf => gguf::read(&file)?,
            };
            metadata.extend(contents.metadata);
            for (name, entry) in contents.entries {
                if entries.contains_key(&name) {
                    return Err(Error::file(
                        file.name(),
                        format!("tensor `{name}` is also in another shard"),
                    ));
                }
                entries.insert(name, entry);
            }
        }
        let label = match paths {
            [one] => one.as_ref().display().to_string(),
            [first, ..] => first.as_ref().parent().unwrap_or(first.as_ref()).display().to_string(),
            [] => return Err(Error::input("paths", "at least one file", "none")),
        };
        let declared = Arc::new(fp8::fold(&label, &mut entries, &metadata)?);
        Ok(Self {
            label,
            entries: Arc::new(entries),
            metadata: Arc::new(metadata),
            declared,
            patches: Arc::default(),
        })
    }

    /// The tensors of one model in this set, under their canonical names.
    ///
    /// Prefixes of all-in-one checkpoints are stripped, diffusers names become BFL names (q, k and v joined, the two halves of
    /// the last modulation swapped), and old attention names of the VAE become the present ones. Cost: no tensor is read.
    ///
    /// # Errors
    /// [`Error::File`] when the set holds no such model (naming what it does hold), [`Error::Unsupported`] when its numbers are
    /// in a format that is not read.
    pub fn part(&self, part: Part) -> Result<Self> {
        let tensors = names::select(self, part)?;
        let prefix = self.prefix_of(part).unwrap_or_default();
        let declared = self.declared.iter().filter(|(layer, _)| layer.starts_with(prefix));
        if let Some(quantization) = quant::detect(&tensors, declared.map(|(_, format)| format.as_str())) {
            return Err(quantization.refusal(&self.label));
        }
        let tensors = names::rename(&self.label, tensors, part)?;
        Ok(Self { entries: Arc::new(tensors), declared: Arc::default(), ..self.clone() })
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
    /// Cost: reads the tensor from the file and allocates its f32 form; nothing is kept.
    ///
    /// # Errors
    /// [`Error::Tensor`] when it is missing (with the nearest name) or has another shape, [`Error::Unsupported`] when its
    /// numbers are in none of [`Encoding::ALL`], [`Error::File`] when its file was changed since it was opened,
    /// [`Error::Cancelled`].
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

    /// Some rows of a tensor (steps along its first dimension) as f32, on the calling thread.
    ///
    /// `out` has as many elements as the rows. Cost: reads these rows from the file and allocates nothing, but for the factors of
    /// a patch.
    ///
    /// # Errors
    /// As [`Weights::get_any`]; [`Error::Tensor`] when the rows are not there, are no whole blocks of the encoding, or do not
    /// fill `out`.
    pub fn read_rows(&self, name: &str, rows: Range<usize>, out: &mut [f32]) -> Result<()> {
        let entry = self.entry(name)?;
        let encoding = self.encoding(name)?;
        let count = entry.shape.first().copied().unwrap_or(0);
        if rows.start > rows.end || rows.end > count {
            return Err(self.tensor_error(name, format!("has {count} rows, {rows:?} were asked for")));
        }
        if rows.is_empty() && out.is_empty() {
            return Ok(());
        }
        if entry.row_bytes().is_none() {
            let (width, block) = (entry.row_elements(), encoding.block_elements());
            let problem =
                format!("has rows of {width} elements, which are no whole {encoding} blocks of {block}");
            return Err(self.tensor_error(name, problem));
        }
        if Some(out.len()) != rows.len().checked_mul(entry.row_elements()) {
            let problem =
                format!("has rows of {} elements, {} do not hold {rows:?}", entry.row_elements(), out.len());
            return Err(self.tensor_error(name, problem));
        }
        entry.check_unchanged()?;
        entry.decode_rows(encoding, rows.clone(), out)?;
        self.patch_rows(name, rows, out)
    }

    /// How the numbers of a tensor are stored.
    ///
    /// # Errors
    /// [`Error::Tensor`] when it is missing, [`Error::Unsupported`] when its numbers are in none of [`Encoding::ALL`].
    pub fn encoding(&self, name: &str) -> Result<Encoding> {
        match self.entry(name)?.stored {
            Stored::As(encoding) => Ok(encoding),
            Stored::Other(other) => Err(Error::unsupported(
                format!("{}: tensor `{name}` of type {other}", self.label),
                "weights must be F32, F16, BF16, F8_E4M3, F8_E5M2 or one of GGUF's Q2_K to Q8_0",
            )),
        }
    }

    /// A tensor as it is stored. Cost: reads all of it.
    ///
    /// # Errors
    /// As [`Weights::encoding`]; [`Error::File`] when a file was changed since it was opened.
    pub fn encoded(&self, name: &str) -> Result<Encoded<'_>> {
        let encoding = self.encoding(name)?;
        let entry = self.entry(name)?;
        entry.check_unchanged()?;
        let pieces = entry
            .pieces
            .iter()
            .map(|p| Ok(EncodedPiece { bytes: p.read()?, scale: p.scale }))
            .collect::<Result<_>>()?;
        Ok(Encoded { shape: &entry.shape, encoding, pieces })
    }

    /// Checks that a tensor is there, in this shape and in an encoding that [`Weights::get`] reads, without reading it.
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
        self.encoding(name).map(|_| ())
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
        let encoding = self.encoding(name)?;
        let entry = self.entry(name)?;
        entry.check_unchanged()?;
        let mut values = vec![0f32; entry.elements() as usize];
        entry.decode(encoding, &mut values)?;
        self.patch_all(name, entry.row_elements(), &mut values)?;
        Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
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
