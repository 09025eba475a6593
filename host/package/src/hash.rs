//! Both hashes of a file in one pass: SHA-256 because manifests and locks have it, BLAKE3 because assets have it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::contents::FileEntry;
use crate::error::Error;

/// SHA-256 of a file as 64 lower-case hexadecimal digits. Costs about a millisecond a megabyte.
///
/// # Errors
/// [`Error::Io`].
pub fn sha256_file(path: &Path) -> Result<String, Error> {
    entry_of_file(path).map(|entry| entry.sha256)
}

pub(crate) fn entry_of_file(path: &Path) -> Result<FileEntry, Error> {
    let mut file = File::open(path).map_err(|source| Error::io(path, source))?;
    copy_hashed(&mut file, &mut io::sink()).map_err(|side| match side {
        Side::Read(source) | Side::Write(source) => Error::io(path, source),
    })
}

/// Which side of a copy failed.
pub(crate) enum Side {
    Read(io::Error),
    Write(io::Error),
}

/// Copies everything, and says what it was.
pub(crate) fn copy_hashed(from: &mut dyn Read, to: &mut dyn Write) -> Result<FileEntry, Side> {
    let (mut sha256, mut blake3, mut size) = (Sha256::new(), blake3::Hasher::new(), 0);
    let mut piece = vec![0; 256 << 10];
    loop {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(len) => {
                sha256.update(&piece[..len]);
                blake3.update(&piece[..len]);
                size += len as u64;
                to.write_all(&piece[..len]).map_err(Side::Write)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Side::Read(error)),
        }
    }
    let sha256 = sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(FileEntry { size, sha256, blake3: blake3.finalize().to_hex().to_string() })
}

/// Whether a text is a hash as written here.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
