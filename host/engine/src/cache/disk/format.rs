//! The file of one result: a header with checksum, then output names and values.
//!
//! Header, 128 bytes: magic (8), version (u32), byte order mark (u32), fingerprint (32), length of the rest (u64),
//! BLAKE3 of the rest (32), zeros. Numbers are in the machine's byte order, because the samples of images are; a file
//! of another order is refused. Big payloads start at multiples of 64 from the start of the file.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use wirebrush_schema::{Failure, ImageInfo};

use crate::cache::corrupt;
use crate::{Buffer, Bytes, Fingerprint, Image, Runner, Tensor, Value};

const MAGIC: &[u8; 8] = b"WBRESULT";
const VERSION: u32 = 1;
const BYTE_ORDER: u32 = 0x0102_0304;

/// Length of the header.
pub(super) const HEADER: usize = 128;
const ALIGN: usize = 64;

/// The header for a body of this length and hash.
pub(super) fn header(key: &Fingerprint, length: u64, hash: &[u8; 32]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_ne_bytes());
    header[12..16].copy_from_slice(&BYTE_ORDER.to_ne_bytes());
    header[16..48].copy_from_slice(&key.0);
    header[48..56].copy_from_slice(&length.to_ne_bytes());
    header[56..88].copy_from_slice(hash);
    header
}

/// Writes the part behind the header. `false` when a handle cannot be saved: then the file is of no use.
pub(super) fn write(out: &mut impl Write, names: &[Arc<str>], outputs: &[Value]) -> io::Result<bool> {
    let mut out = Counted { out, written: HEADER };
    out.number(outputs.len() as u64)?;
    for (name, value) in names.iter().zip(outputs) {
        out.bytes(name.as_bytes())?;
        if !write_value(&mut out, value)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write_value<W: Write>(out: &mut Counted<'_, W>, value: &Value) -> io::Result<bool> {
    match value {
        Value::None => out.raw(b"n")?,
        Value::Bool(it) => out.raw(&[b'b', u8::from(*it)])?,
        Value::Int(it) => {
            out.raw(b"i")?;
            out.raw(&it.to_ne_bytes())?;
        }
        Value::Float(it) => {
            out.raw(b"f")?;
            out.raw(&it.to_bits().to_ne_bytes())?;
        }
        Value::Text(it) => {
            out.raw(b"t")?;
            out.bytes(it.as_bytes())?;
        }
        Value::Choice(it) => {
            out.raw(b"c")?;
            out.bytes(it.as_bytes())?;
        }
        Value::Bytes(it) => {
            out.raw(b"B")?;
            out.bytes(it.media_type.as_bytes())?;
            out.payload(&it.data)?;
        }
        Value::Image(it) => write_image(out, b"I", it)?,
        Value::Mask(it) => write_image(out, b"M", it)?,
        Value::Tensor(it) => {
            out.raw(b"T")?;
            out.bytes(it.dtype.as_bytes())?;
            out.number(it.shape.len() as u64)?;
            for axis in it.shape.iter() {
                out.number(*axis)?;
            }
            out.payload(&it.data)?;
        }
        Value::Handle(it) => {
            let Ok(Some(saved)) = it.save() else { return Ok(false) };
            out.raw(b"H")?;
            out.bytes(it.kind().as_bytes())?;
            out.payload(&saved)?;
        }
    }
    Ok(true)
}

fn write_image<W: Write>(out: &mut Counted<'_, W>, tag: &[u8; 1], image: &Image) -> io::Result<()> {
    out.raw(tag)?;
    out.bytes(&serde_json::to_vec(&image.info)?)?;
    out.payload(&image.data)
}

/// A writer that knows how far from the start of the file it is.
struct Counted<'w, W> {
    out: &'w mut W,
    written: usize,
}

impl<W: Write> Counted<'_, W> {
    fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len();
        self.out.write_all(bytes)
    }

    fn number(&mut self, number: u64) -> io::Result<()> {
        self.raw(&number.to_ne_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.number(bytes.len() as u64)?;
        self.raw(bytes)
    }

    fn payload(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.number(bytes.len() as u64)?;
        self.raw(&[0; ALIGN][..padding(self.written)])?;
        self.raw(bytes)
    }
}

fn padding(offset: usize) -> usize {
    offset.wrapping_neg() % ALIGN
}

/// Reads a whole file. Payloads share its memory, handles are restored by `runner`.
///
/// # Errors
/// `Failed` when it is not the file of `key`, whole and as it was written; what a plugin says to a handle.
pub(super) fn read(
    file: Vec<u8>,
    key: &Fingerprint,
    runner: &dyn Runner,
) -> Result<Vec<(String, Value)>, Failure> {
    let body = file.get(HEADER..).ok_or_else(|| corrupt("shorter than its header"))?;
    // One comparison checks magic, version, byte order, fingerprint, length and contents.
    if file[..HEADER] != header(key, body.len() as u64, blake3::hash(body).as_bytes()) {
        return Err(corrupt("not whole, or of another version"));
    }
    let mut reader = Reader { file: Arc::new(file), at: HEADER };
    let count = reader.number()?;
    let mut values = Vec::new();
    for _ in 0..count {
        let name = reader.text()?;
        values.push((name, reader.value(runner)?));
    }
    Ok(values)
}

struct Reader {
    file: Arc<Vec<u8>>,
    at: usize,
}

impl Reader {
    fn value(&mut self, runner: &dyn Runner) -> Result<Value, Failure> {
        Ok(match self.take(1)?[0] {
            b'n' => Value::None,
            b'b' => Value::Bool(self.take(1)?[0] != 0),
            b'i' => Value::Int(self.number()?.cast_signed()),
            b'f' => Value::Float(f64::from_bits(self.number()?)),
            b't' => Value::Text(self.text()?.into()),
            b'c' => Value::Choice(self.text()?.into()),
            b'B' => Value::Bytes(Bytes { media_type: self.text()?.into(), data: self.payload()? }),
            b'I' => Value::Image(self.image()?),
            b'M' => Value::Mask(self.image()?),
            b'T' => {
                let dtype = self.text()?.into();
                let axes = self.number()?;
                let shape = (0..axes).map(|_| self.number()).collect::<Result<_, _>>()?;
                Value::Tensor(Tensor { dtype, shape, data: self.payload()? })
            }
            b'H' => {
                let kind = self.text()?;
                let saved = self.payload()?;
                runner.restore(&kind, &saved)?
            }
            _ => return Err(corrupt("a value of unknown kind")),
        })
    }

    fn image(&mut self) -> Result<Image, Failure> {
        let length = self.length()?;
        let info: ImageInfo =
            serde_json::from_slice(self.take(length)?).map_err(|_| corrupt("an image without size"))?;
        Ok(Image { info, data: self.payload()? })
    }

    fn payload(&mut self) -> Result<Buffer, Failure> {
        let length = self.length()?;
        self.take(padding(self.at))?;
        let start = self.at;
        self.take(length)?;
        Ok(Buffer::new(Part { file: self.file.clone(), range: start..self.at }))
    }

    fn text(&mut self) -> Result<String, Failure> {
        let length = self.length()?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| corrupt("text that is not UTF-8"))
    }

    fn number(&mut self) -> Result<u64, Failure> {
        let bytes = self.take(8)?;
        Ok(u64::from_ne_bytes(bytes.try_into().map_err(|_| corrupt("ends too early"))?))
    }

    fn length(&mut self) -> Result<usize, Failure> {
        usize::try_from(self.number()?).map_err(|_| corrupt("ends too early"))
    }

    fn take(&mut self, length: usize) -> Result<&[u8], Failure> {
        let end = self.at.checked_add(length).ok_or_else(|| corrupt("ends too early"))?;
        let bytes = self.file.get(self.at..end).ok_or_else(|| corrupt("ends too early"))?;
        self.at = end;
        Ok(bytes)
    }
}

/// A stretch of a file in memory.
struct Part {
    file: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.file[self.range.clone()]
    }
}
