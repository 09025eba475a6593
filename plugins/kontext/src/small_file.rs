//! Reads files that are small by nature: settings, indexes of shards, tokenizers.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// Largest file that is read whole, in bytes; tokenizers have a few millions.
const MOST_BYTES: u64 = 32 << 20;

/// Opens what is a file. Opening a pipe would wait for somebody to write to it, and devices never end.
///
/// # Errors
/// [`Error::Io`] when it cannot be opened, [`Error::File`] when it is something else than a file.
pub(crate) fn open(path: &Path) -> Result<(File, Metadata)> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let about = std::fs::metadata(path).map_err(io)?;
    if !about.is_file() {
        let what = if about.is_dir() { "a folder" } else { "a pipe or a device" };
        return Err(Error::file(path.display().to_string(), format!("is {what}, expected a file")));
    }
    let file = File::open(path).map_err(io)?;
    let about = file.metadata().map_err(io)?;
    Ok((file, about))
}

/// The bytes of a file of at most 32 MiB.
///
/// # Errors
/// As [`open`]; [`Error::File`] when it is larger.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let (file, _) = open(path)?;
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|source| Error::Io { path: path.to_owned(), source })?;
    if bytes.len() as u64 > MOST_BYTES {
        let problem = format!("has more than {} MiB, expected settings or a tokenizer", MOST_BYTES >> 20);
        return Err(Error::file(path.display().to_string(), problem));
    }
    Ok(bytes)
}
