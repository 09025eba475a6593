//! Reads the headers of GGUF files.
//!
//! Every length is checked against the bytes that are there before anything is read or kept. Dimensions are turned round: GGUF
//! writes the one whose elements lie side by side first.
//!
//! Source: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

mod cursor;
mod types;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::file::WeightFile;
use super::{Contents, Entry, Piece};
use crate::error::{Error, Result};

use cursor::{Cursor, Value};
pub(crate) use types::id_of as type_id;

/// More tensors than any model has; a header that claims more is no model.
const MOST_TENSORS: u64 = 1 << 16;
/// More keys than any writer makes.
const MOST_KEYS: u64 = 1 << 16;
/// Bytes that hold the header of most files.
const FIRST_READ: u64 = 1 << 20;
/// Longer than any header; those of T5 list its 32,000 tokens.
const MOST_HEADER: u64 = 64 << 20;
/// Most dimensions of a tensor.
const MOST_DIMENSIONS: u32 = 8;
/// Where nothing else is said, tensors begin at multiples of this.
pub(crate) const ALIGNMENT: u64 = 32;
/// Keys of shapes that a tensor had before its dimensions were regrouped.
const ORIGINAL_SHAPE: &str = "comfy.gguf.orig_shape.";

/// What a tensor's header says.
struct Info {
    name: String,
    shape: Vec<usize>,
    kind: &'static types::Kind,
    offset: u64,
    bytes: usize,
}

/// The tensors of a file; nothing but its header is read.
pub(super) fn read(file: &Arc<WeightFile>) -> Result<Contents> {
    let wrong = |problem: String| Error::file(file.name(), problem);
    let length = file.length();
    let (Header { metadata, shapes, alignment, mut infos }, header_end) = header(file)?;
    if let Some(refusal) = refuse_architecture(&metadata, &infos) {
        return Err(Error::unsupported(
            format!("{}: GGUF architecture `{refusal}`", file.name()),
            "the transformer comes as `flux`, its text encoder as `t5` or `t5encoder`; use the file of FLUX.1 Kontext [dev]",
        ));
    }
    if let Some(count) = metadata.get("split.count").filter(|count| *count != "1") {
        return Err(Error::unsupported(
            format!("{}: one of {count} files that a model was split into", file.name()),
            "join them first with `llama-gguf-split --merge`",
        ));
    }
    for info in &mut infos {
        restore_shape(info, &shapes);
    }

    let data_start = header_end.next_multiple_of(alignment);
    let mut entries = BTreeMap::new();
    let mut ranges: Vec<(Range<u64>, String)> = Vec::new();
    for Info { name, shape, kind, offset, bytes } in infos {
        if offset % alignment != 0 {
            return Err(wrong(format!(
                "places tensor `{name}` at {offset}, which is no multiple of {alignment}"
            )));
        }
        let place =
            data_start.checked_add(offset).and_then(|start| Some(start..start.checked_add(bytes as u64)?));
        let Some(place) = place else {
            return Err(wrong(format!("places tensor `{name}` at {offset}, beyond any file")));
        };
        if place.end > length {
            return Err(wrong(format!(
                "is cut short: tensor `{name}` ends at {}, the file has {length} bytes",
                place.end
            )));
        }
        let piece = Piece { file: file.clone(), bytes: place.start as usize..place.end as usize, scale: 1.0 };
        let entry = Entry { shape, stored: kind.stored, pieces: vec![piece] };
        if entries.insert(name.clone(), entry).is_some() {
            return Err(wrong(format!("holds tensor `{name}` twice")));
        }
        ranges.push((place, name));
    }
    ranges.sort_by_key(|(place, _)| (place.start, place.end));
    if let Some([(_, first), (_, second)]) = ranges.array_windows().find(|[a, b]| b.0.start < a.0.end) {
        return Err(wrong(format!("gives tensors `{first}` and `{second}` the same bytes")));
    }
    Ok(Contents { entries, metadata })
}

/// What stands before the numbers.
struct Header {
    metadata: HashMap<String, String>,
    /// Shapes of [`ORIGINAL_SHAPE`].
    shapes: HashMap<String, Vec<u64>>,
    alignment: u64,
    infos: Vec<Info>,
}

/// The header and where it ends. It does not say how long it is, so more is read until it is whole.
fn header(file: &WeightFile) -> Result<(Header, u64)> {
    let mut most = FIRST_READ;
    loop {
        let bytes = file.head(most)?;
        let mut cursor = Cursor::new(&bytes);
        match read_header(&mut cursor) {
            Ok(header) => return Ok((header, cursor.position())),
            Err(problem) if !cursor.wants_more() || file.length() <= most => {
                return Err(Error::file(file.name(), problem));
            }
            Err(_) if most >= MOST_HEADER => {
                let problem = format!("has a header of more than {} MiB", MOST_HEADER >> 20);
                return Err(Error::file(file.name(), problem));
            }
            Err(_) => most *= 8,
        }
    }
}

fn read_header(at: &mut Cursor<'_>) -> std::result::Result<Header, String> {
    at.take(4)?;
    match at.u32()? {
        2 | 3 => {}
        version if version.swap_bytes() == 3 => {
            return Err("is a GGUF file for big-endian machines; use the usual one".to_owned());
        }
        version => return Err(format!("is a GGUF file of version {version}; versions 2 and 3 are read")),
    }
    let (tensors, keys) = (at.u64()?, at.u64()?);
    if tensors == 0 {
        return Err("holds no tensors".to_owned());
    }
    if tensors > MOST_TENSORS || keys > MOST_KEYS {
        return Err(format!("claims {tensors} tensors and {keys} keys, more than any model has"));
    }
    let (mut metadata, mut shapes, mut alignment) = (HashMap::new(), HashMap::new(), ALIGNMENT);
    let mut seen = HashSet::new();
    for _ in 0..keys {
        let key = at.text("a key")?.to_owned();
        if !seen.insert(key.clone()) {
            return Err(format!("holds key `{key}` twice"));
        }
        match at.value(&key)? {
            Value::Number(n) if key == "general.alignment" => alignment = n,
            Value::Text(text) => {
                metadata.insert(key, text.to_owned());
            }
            Value::Numbers(shape) => {
                if let Some(name) = key.strip_prefix(ORIGINAL_SHAPE) {
                    shapes.insert(name.to_owned(), shape);
                }
            }
            Value::Number(n) => {
                metadata.insert(key, n.to_string());
            }
            Value::Other => {}
        }
    }
    if !alignment.is_power_of_two() || alignment > 1 << 20 {
        return Err(format!(
            "has general.alignment = {alignment}, expected a power of two up to {}",
            1 << 20
        ));
    }
    let infos = (0..tensors).map(|_| tensor(at)).collect::<std::result::Result<_, String>>()?;
    Ok(Header { metadata, shapes, alignment, infos })
}

fn tensor(at: &mut Cursor<'_>) -> std::result::Result<Info, String> {
    let name = at.text("a tensor's name")?.to_owned();
    let dimensions = at.u32()?;
    if dimensions > MOST_DIMENSIONS {
        return Err(format!(
            "gives tensor `{name}` {dimensions} dimensions, at most {MOST_DIMENSIONS} are possible"
        ));
    }
    let mut shape = (0..dimensions)
        .map(|_| {
            usize::try_from(at.u64()?).map_err(|_| format!("gives tensor `{name}` a dimension beyond memory"))
        })
        .collect::<std::result::Result<Vec<usize>, String>>()?;
    shape.reverse();
    let (id, offset) = (at.u32()?, at.u64()?);
    let Some(kind) = types::by_id(id) else {
        return Err(format!("stores tensor `{name}` as ggml type {id}, which is unknown"));
    };
    let elements = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    // The reader of the whole entry multiplies again, in the other direction: both must fit.
    let bytes = elements.filter(|_| shape.last().is_none_or(|row| row.is_multiple_of(kind.elements)));
    let bytes = bytes.and_then(|n| (n / kind.elements).checked_mul(kind.bytes));
    let Some(bytes) = bytes else {
        return Err(format!(
            "gives tensor `{name}` the shape {shape:?}, whose rows are no whole {} blocks of {}",
            kind.stored.name(),
            kind.elements
        ));
    };
    Ok(Info { name, shape, kind, offset, bytes })
}

/// Gives a tensor the shape it had before quantization, when it has as many elements and whole blocks a row.
fn restore_shape(info: &mut Info, shapes: &HashMap<String, Vec<u64>>) {
    let Some(shape) = shapes.get(&info.name) else { return };
    let shape: Option<Vec<usize>> = shape.iter().map(|&d| usize::try_from(d).ok()).collect();
    let count = |shape: &[usize]| shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    if let Some(shape) = shape.filter(|shape| count(shape).is_some() && count(shape) == count(&info.shape)) {
        info.shape = shape;
    }
}

/// The architecture of a file that holds another kind of model. FLUX files without one come from stable-diffusion.cpp.
fn refuse_architecture(metadata: &HashMap<String, String>, infos: &[Info]) -> Option<String> {
    const KNOWN: [&str; 5] = ["flux", "t5", "t5encoder", "pig", "cow"];
    let architecture = metadata.get("general.architecture")?;
    let is_flux =
        infos.iter().any(|i| i.name.contains("double_blocks.") || i.name.contains("transformer_blocks."));
    (!KNOWN.contains(&architecture.as_str()) && !is_flux).then(|| architecture.clone())
}
