//! Making a smaller file of a model: any file that [`Weights`] reads becomes GGUF or safetensors.
//!
//! Numbers stream: a piece of a tensor is read, widened, quantized on all threads and written, so that memory holds a few
//! megabytes whatever the file has. The new file grows beside its final name as `NAME.part` and gets the name when it is whole.
//! The same source and target give the same bytes on every machine, in one go or in several.

mod facts;
mod gguf;
mod layout;
mod part_file;
mod quantize;
mod rules;
mod stream;
mod target;

use std::collections::BTreeMap;
use std::path::Path;

pub use part_file::unfinished;
pub use target::Target;

use crate::error::{Error, Result};
use crate::lora::is_lora;
use crate::model::{self, ModelFiles};
use crate::transformer::config::read_json_of;
use crate::weights::{Encoding, Part, Weights};
use layout::Layout;
use part_file::PartFile;

/// Changes when the same source would become other bytes, so that no conversion goes on with those of an older version.
const VERSION: u32 = 2;

/// More bytes than the configuration of any model.
const MOST_CONFIG: usize = 1 << 16;

/// What is to be converted.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// A weights file, an index of shards, or a folder.
    pub from: &'a Path,
    /// The file to write; its ending chooses the format.
    pub to: &'a Path,
    /// What matrices become.
    pub target: Target,
    /// Which model of the source; needed when it holds several.
    pub part: Option<Part>,
    /// Whether a file that is there may be replaced.
    pub replace: bool,
}

/// What a conversion has written.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Which model the file holds.
    pub part: Part,
    /// Its length in bytes.
    pub bytes: u64,
    /// Bytes of the same tensors in the source.
    pub source_bytes: u64,
    /// Number of tensors.
    pub tensors: usize,
    /// Tensors that an earlier conversion had finished.
    pub continued: usize,
    /// Number of elements by encoding, largest share first.
    pub encodings: Vec<(Encoding, u64)>,
}

/// Converts a model.
///
/// `watch(done, all, tensor)` is called several times a second with bytes of the new file; its error ends the work.
///
/// A conversion that was stopped leaves `NAME.part`; the same request goes on with it. Cost: reads the source once (twice for
/// fp8, which needs the largest number of each matrix first); Q4_K takes about 0.1 s a million numbers on one core of 2020.
///
/// # Errors
/// [`Error::Input`] for `name` (of the new file), `to` (the target) and `part`; [`Error::File`] and [`Error::Tensor`] when the source is damaged, was changed
/// meanwhile or holds what the target cannot; [`Error::Io`] when a file cannot be read or written; whatever `watch` gives.
pub fn convert(request: &Request<'_>, watch: &mut stream::Watch<'_>) -> Result<Summary> {
    let container = request.target.container(request.to)?;
    let (weights, part) = source(request)?;
    check_destination(request, &weights)?;
    rules::check(part, request.target, container)?;
    let config = config(&weights, part)?;
    let layout = layout::plan(&weights, part, request.target, container, config.as_deref())?;
    let mut file = PartFile::open(request.to, job(&weights, &layout), layout.length, layout.items.len())?;
    let done = stream::write(&weights, &layout, &mut file, watch).and_then(|continued| {
        weights.check_unchanged()?;
        Ok(continued)
    });
    let continued = match done {
        Ok(continued) => continued,
        Err(error) => {
            // Stopped and full disks can be gone on with; a source that cannot be converted never can.
            if !matches!(error, Error::Cancelled | Error::Io { .. }) {
                file.discard();
            }
            return Err(error);
        }
    };
    // Hours may have passed: what somebody else put there meanwhile is not replaced unasked.
    check_destination(request, &weights)?;
    file.complete(request.to)?;
    Ok(summary(part, &weights, &layout, continued))
}

/// The source's tensors and which model they are.
fn source(request: &Request<'_>) -> Result<(Weights, Part)> {
    let weights = open(request)?;
    if is_lora(&weights) {
        let what = format!("{}: a LoRA in another format", weights.label());
        return Err(Error::unsupported(what, "it is small, and goes on a model of any format as it is"));
    }
    let held: Vec<Part> = Part::ALL.into_iter().filter(|part| weights.has_part(*part)).collect();
    let part = match (request.part, held.as_slice()) {
        (Some(part), _) => part,
        (None, [only]) => *only,
        (None, []) => {
            return Err(Error::file(weights.label(), "holds no model that can be converted"));
        }
        (None, several) => return Err(ambiguous(several)),
    };
    Ok((weights.part(part)?, part))
}

fn open(request: &Request<'_>) -> Result<Weights> {
    let opened = Weights::open(request.from);
    let (Err(problem), true) = (&opened, request.from.is_dir()) else { return opened };
    // A folder of a whole model: its parts are in files and folders of their own.
    let Ok(files) = ModelFiles::find(request.from) else { return opened };
    let in_weights = |wanted: Part| files.get(in_model(wanted)?);
    match request.part {
        Some(part) => in_weights(part).map_or_else(
            || Err(Error::file(request.from.display().to_string(), format!("holds no {}", part.name()))),
            Weights::open,
        ),
        None if Part::ALL.into_iter().any(|part| in_weights(part).is_some()) => {
            let held: Vec<Part> = Part::ALL.into_iter().filter(|part| in_weights(*part).is_some()).collect();
            Err(ambiguous(&held))
        }
        None => Err(Error::file(request.from.display().to_string(), problem.to_string())),
    }
}

/// Names the parts by the words they are chosen with.
fn ambiguous(held: &[Part]) -> Error {
    let keys =
        model::Part::ALL.into_iter().filter(|part| part.in_weights().is_some_and(|it| held.contains(&it)));
    let keys: Vec<_> = keys.map(model::Part::key).collect();
    let expected = match keys.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        keys => keys.join(", "),
    };
    Error::input("part", expected, "none: there are several models")
}

fn in_model(part: Part) -> Option<model::Part> {
    model::Part::ALL.into_iter().find(|it| it.in_weights() == Some(part))
}

/// The source's configuration, which has no place beside a single file and goes into it.
fn config(weights: &Weights, part: Part) -> Result<Option<String>> {
    let Some(first) = weights.files().into_iter().next() else { return Ok(None) };
    let config = read_json_of(&first, weights)?;
    let own = config.filter(|config| in_model(part).is_some_and(|part| part.is_described_by(config)));
    Ok(own.map(|config| config.to_string()).filter(|text| text.len() <= MOST_CONFIG))
}

fn check_destination(request: &Request<'_>, weights: &Weights) -> Result<()> {
    let to = request.to;
    let found = |what: &str| format!("`{}`, {what}", to.display());
    let Ok(there) = to.canonicalize() else { return Ok(()) };
    if weights.files().iter().any(|file| file.canonicalize().is_ok_and(|file| file == there)) {
        return Err(Error::input("name", "another file than the source", found("the source itself")));
    }
    if there.is_dir() {
        return Err(Error::input("name", "the name of a file", found("a folder")));
    }
    if !request.replace {
        return Err(Error::input("name", "a new name, as `replace` is off", found("which exists")));
    }
    Ok(())
}

/// What the bytes of the new file depend on.
fn job(weights: &Weights, layout: &Layout) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&VERSION.to_le_bytes());
    hasher.update(&layout.header);
    for (path, length, changed) in weights.files_as_opened() {
        let changed = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        hasher.update(path.canonicalize().as_deref().unwrap_or(path).as_os_str().as_encoded_bytes());
        hasher.update(&length.to_le_bytes());
        hasher.update(&changed.unwrap_or_default().as_nanos().to_le_bytes());
    }
    hasher.finalize()
}

fn summary(part: Part, weights: &Weights, layout: &Layout, continued: usize) -> Summary {
    let mut elements: BTreeMap<Encoding, u64> = BTreeMap::new();
    for item in &layout.items {
        let blocks = item.bytes / item.encoding.block_bytes() as u64;
        *elements.entry(item.encoding).or_default() += blocks * item.encoding.block_elements() as u64;
    }
    let mut encodings: Vec<_> = elements.into_iter().collect();
    encodings.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    Summary {
        part,
        bytes: layout.length,
        source_bytes: weights.stored_bytes(),
        tensors: layout.items.len(),
        continued,
        encodings,
    }
}
