//! One file of weights, and telling formats apart by their first bytes.

use std::fs::{File, Metadata};
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use memmap2::Mmap;

use crate::error::{Error, Result};
use crate::small_file;

/// A file that is read piece by piece, by all threads at once.
///
/// Numbers are never read through a map: where a file has been cut, a map ends the process, and reading is an error.
pub(super) struct WeightFile {
    path: PathBuf,
    format: Format,
    file: File,
    /// What the system is asked to read ahead; some file systems have no maps.
    map: Option<Mmap>,
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

impl WeightFile {
    pub(super) fn open(path: &Path) -> Result<Arc<Self>> {
        let (mut file, about) = small_file::open(path)?;
        let stamp = stamp(&about);
        let format = recognize(path, &mut file, stamp.0)?;
        let map = map(&file).ok();
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

    /// Length in bytes.
    pub(super) fn length(&self) -> u64 {
        self.stamp.0
    }

    /// The first bytes of the file, as many as there are.
    ///
    /// # Errors
    /// As [`WeightFile::read_at`].
    pub(super) fn head(&self, most: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; most.min(self.length()) as usize];
        self.read_at(0, &mut bytes)?;
        Ok(bytes)
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
        match self.file.metadata() {
            Ok(now) if stamp(&now) == self.stamp => Ok(()),
            Ok(_) => Err(changed(&self.path)),
            Err(source) => Err(Error::Io { path: self.path.clone(), source }),
        }
    }

    /// Fills `out` with the bytes from `offset` on.
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

fn stamp(about: &Metadata) -> Stamp {
    (about.len(), about.modified().ok())
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

/// Advice to the system; where it does not take it, nothing changes but speed.
impl WeightFile {
    /// Starts reading bytes that will be needed soon.
    #[cfg(unix)]
    pub(super) fn prefetch(&self, range: Range<usize>) {
        if let Some(map) = &self.map {
            let _ = map.advise_range(memmap2::Advice::WillNeed, range.start, range.len());
        }
    }

    /// Elsewhere the system decides alone.
    #[cfg(not(unix))]
    pub(super) fn prefetch(&self, _: Range<usize>) {
        let _ = &self.map;
    }
}

#[allow(unsafe_code, reason = "mapping a file cannot be checked by the compiler")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: no byte of the map is ever looked at; it only names ranges of the file to the system.
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
