//! A ZIP archive from anybody, checked before anything in it is believed.

use std::io::{Read, Seek, SeekFrom};

use zip::read::{ArchiveOffset, Config};
use zip::{CompressionMethod, ZipArchive};

use crate::path::Paths;

/// Files of a package.
pub const MAX_FILES: usize = 4096;
/// Bytes of a package file.
pub const MAX_PACKED: u64 = 2 << 30;
/// Bytes of all files of a package together, unpacked.
pub const MAX_UNPACKED: u64 = 3 << 30;

/// A package may unpack to so many times its size ...
const MAX_RATIO: u64 = 100;
/// ... beyond this many bytes: small files of one repeated byte are no bombs.
const FREE: u64 = 16 << 20;

const REGULAR: u32 = 0o100_000;
const FILE_TYPE: u32 = 0o170_000;

/// Opens an archive in which every entry is a plain file with a harmless name, told the same in both of its headers.
///
/// # Errors
/// What was expected and found.
pub(crate) fn open<R: Read + Seek>(mut input: R) -> Result<ZipArchive<R>, String> {
    // The contents and the signature do not count.
    let packed = check_end(&mut input, MAX_FILES as u16 + 2)?;
    if packed > MAX_PACKED {
        return Err(format!("expected at most {MAX_PACKED} bytes, found {packed}"));
    }
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let mut archive =
        ZipArchive::with_config(config, input).map_err(|error| format!("no ZIP archive: {error}"))?;
    let mut paths = Paths::default();
    let mut unpacked: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(|error| format!("entry {index}: {error}"))?;
        let name = std::str::from_utf8(entry.name_raw())
            .map_err(|_| format!("entry {index}: expected a name in ASCII"))?;
        paths.add(name)?;
        let kind = entry.unix_mode().map_or(0, |mode| mode & FILE_TYPE);
        if entry.is_symlink() || !entry.is_file() || (kind != 0 && kind != REGULAR) {
            return Err(format!("{name}: expected a plain file, found a link, a folder or a device"));
        }
        if entry.encrypted() {
            return Err(format!("{name}: expected a plain file, found an encrypted one"));
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(format!(
                "{name}: expected no compression or deflate, found {:?}",
                entry.compression()
            ));
        }
        unpacked = unpacked.saturating_add(entry.size());
    }
    let most = MAX_UNPACKED.min(FREE + packed.saturating_mul(MAX_RATIO));
    if unpacked > most {
        return Err(format!("expected at most {most} bytes unpacked from {packed}, found {unpacked}"));
    }
    // Another reader might follow the local headers and see other files.
    archive.validate_header_consistency().map_err(|error| error.to_string())?;
    Ok(archive)
}

/// Looks at the end of a ZIP archive before a reader makes room for as many entries as it claims. Bytes in all; the
/// input stands at its beginning afterwards.
///
/// Only archives without a comment and without ZIP64 pass, as programs here write them. See the [format], 4.3.16.
///
/// # Errors
/// What was expected and found: an archive that is damaged, cut off, or claims more than `most` entries.
///
/// [format]: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
pub fn check_end(input: &mut (impl Read + Seek), most: u16) -> Result<u64, String> {
    let damaged = || "it does not end as a ZIP archive without comment: damaged or cut off".to_owned();
    // The locator of ZIP64, if there is one, and the end of the central directory.
    let mut end = [0; 42];
    let packed = input.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
    input.seek(SeekFrom::End(-42)).and_then(|_| input.read_exact(&mut end)).map_err(|_| damaged())?;
    if !end[20..].starts_with(b"PK\x05\x06") || end[40..] != [0, 0] {
        return Err(damaged());
    }
    if end.starts_with(b"PK\x06\x07") || u16::from_le_bytes([end[30], end[31]]) > most {
        return Err(format!("it has more than {most} entries"));
    }
    input.rewind().map_err(|error| error.to_string())?;
    Ok(packed)
}
