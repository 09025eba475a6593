//! One memory-mapped file, and telling formats apart by their first bytes.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use memmap2::Mmap;

use crate::error::{Error, Result};

/// A file in memory, page by page as it is read.
pub(super) struct MappedFile {
    path: PathBuf,
    format: Format,
    map: Mmap,
    file: File,
    stamp: Stamp,
}

/// What changes when a file is written: its length, and when that was.
type Stamp = (u64, Option<SystemTime>);

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Safetensors,
    Gguf,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Gguf => "GGUF",
        }
    }
}

impl MappedFile {
    pub(super) fn open(path: &Path) -> Result<Arc<Self>> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let stamp = stamp(&file).map_err(io)?;
        let format = recognize(path, &mut file, stamp.0)?;
        let map = map(&file).map_err(io)?;
        // Shortened since its length was asked for; the map may then end in pages that are not there.
        if map.len() as u64 != stamp.0 {
            return Err(changed(path));
        }
        Ok(Arc::new(Self { path: path.to_owned(), format, map, file, stamp }))
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &[u8] {
        &self.map[range]
    }

    /// Length and time of change when the file was opened.
    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Passes while the file is as it was when it was opened. Cost: one system call.
    ///
    /// # Errors
    /// [`Error::File`] when it was written, lengthened or shortened.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        match stamp(&self.file) {
            Ok(now) if now == self.stamp => Ok(()),
            Ok(_) => Err(changed(&self.path)),
            Err(source) => Err(Error::Io { path: self.path.clone(), source }),
        }
    }

    /// Fills `out` from the file instead of from the map: what is no longer there is an error, where a map would fault.
    ///
    /// # Errors
    /// [`Error::File`] when the file has become shorter, [`Error::Io`] when it cannot be read.
    pub(super) fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        read_exact_at(&self.file, offset, out).map_err(|source| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => changed(&self.path),
            _ => Error::Io { path: self.path.clone(), source },
        })
    }
}

fn stamp(file: &File) -> std::io::Result<Stamp> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

fn changed(path: &Path) -> Error {
    Error::file(path.display().to_string(), "was changed while it was in use; load it again")
}

#[cfg(unix)]
fn read_exact_at(file: &File, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut offset: u64, mut out: &mut [u8]) -> std::io::Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, offset)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => {
                offset += read as u64;
                out = &mut out[read..];
            }
        }
    }
    Ok(())
}

/// Advice to the system; one that it does not take changes nothing but speed.
#[cfg(unix)]
impl MappedFile {
    /// Starts reading bytes that will be needed soon.
    pub(super) fn prefetch(&self, range: Range<usize>) {
        let _ = self.map.advise_range(memmap2::Advice::WillNeed, range.start, range.len());
    }

    /// Gives back the pages of bytes that will not be needed soon.
    #[allow(unsafe_code, reason = "memmap2 marks this advice so because it clears memory that no file backs")]
    pub(super) fn release(&self, range: Range<usize>) {
        let unneeded = memmap2::UncheckedAdvice::DontNeed;
        // SAFETY: the map is shared and read-only, so a page that was given back has the file's bytes again when it is read.
        let _ = unsafe { self.map.unchecked_advise_range(unneeded, range.start, range.len()) };
    }
}

/// Elsewhere the system decides alone.
#[cfg(not(unix))]
impl MappedFile {
    pub(super) fn prefetch(&self, _: Range<usize>) {}

    pub(super) fn release(&self, _: Range<usize>) {}
}

#[allow(unsafe_code, reason = "mapping a file cannot be checked by the compiler")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the map is only read, through bounds-checked slices of bytes whose every value is valid. Reading pages that the
    // file has lost since ends the process with SIGBUS; tensors are read only after `check_unchanged`, so that this takes a
    // program that shortens the file in the microseconds between.
    unsafe { Mmap::map(file) }
}

/// The format by the first bytes; others are refused by name.
fn recognize(path: &Path, file: &mut File, length: u64) -> Result<Format> {
    let name = path.display().to_string();
    let mut start = Vec::new();
    file.by_ref()
        .take(64)
        .read_to_end(&mut start)
        .map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&start);
    let trimmed = text.trim_start().to_ascii_lowercase();
    if start.is_empty() {
        return Err(Error::file(name, "is empty"));
    }
    if start.starts_with(b"GGUF") {
        return Ok(Format::Gguf);
    }
    // The length of a safetensors header may be any number, also one that begins like a pickle.
    let is_safetensors = matches!(start[..], [_, _, _, _, 0, 0, 0, 0, b'{', ..]);
    // A zip archive of torch.save, or a bare pickle of protocol 1 to 5.
    let is_pickle = start.starts_with(b"PK\x03\x04") || matches!(start[..], [0x80, 1..=5, ..]);
    if is_pickle && !is_safetensors {
        return Err(Error::unsupported(
            format!("{name}: the pickle format (.ckpt, .pt, .bin)"),
            "it can run code when opened; use the safetensors or GGUF file of the same model",
        ));
    }
    if trimmed.starts_with("version https://git-lfs") {
        return Err(Error::file(name, "is a Git LFS pointer, not the weights; run `git lfs pull`"));
    }
    if trimmed.starts_with("<!doctype") || trimmed.starts_with("<html") {
        return Err(Error::file(name, "is a web page, not weights; the download was probably refused"));
    }
    if length < 10 {
        return Err(Error::file(name, format!("is not a safetensors file: it has only {length} bytes")));
    }
    Ok(Format::Safetensors)
}
