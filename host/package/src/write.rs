//! A package that is written: equal files give equal bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::contents::{CONTENTS, Contents, FileEntry};
use crate::error::Error;
use crate::hash::{Side, copy_hashed, entry_of_file};
use crate::key::SecretKey;
use crate::package::Package;
use crate::signature::{self, SIGNATURE};

/// Where a file of the package comes from.
pub(crate) enum Source {
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// What is to be packed.
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) files: BTreeMap<String, Source>,
}

/// Writes a package to `out`, or nothing: what was written is read and verified before it gets its name.
///
/// # Errors
/// [`Error::Io`]; [`Error::Package`] when it breaks a limit of packages.
pub(crate) fn write(plan: &Plan, key: Option<&SecretKey>, out: &Path) -> Result<(), Error> {
    let mut files = BTreeMap::new();
    for (path, source) in &plan.files {
        let entry = match source {
            Source::File(file) => entry_of_file(file)?,
            Source::Bytes(bytes) => copy(&mut bytes.as_slice(), &mut io::sink(), Path::new(path), out)?,
        };
        files.insert(path.clone(), entry);
    }
    let contents = Contents::new(plan.id.clone(), plan.version.clone(), files);

    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut temporary = temporary(folder).map_err(|source| Error::io(folder, source))?;
    archive(plan, &contents, key, temporary.as_file_mut(), out)?;
    temporary.as_file_mut().rewind().map_err(|source| Error::io(out, source))?;
    Package::read(io::BufReader::new(temporary.as_file_mut()), &out.display().to_string())?.verify()?;
    temporary.persist(out).map_err(|error| Error::io(out, error.error))?;
    Ok(())
}

fn archive(
    plan: &Plan,
    contents: &Contents,
    key: Option<&SecretKey>,
    file: &mut File,
    out: &Path,
) -> Result<(), Error> {
    // The default time is a fixed one, and so is the mode of files.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let failed = |error: zip::result::ZipError| Error::io(out, error.into());
    let mut zip = ZipWriter::new(io::BufWriter::new(file));
    let mut add = |path: &str, from: &mut dyn Read, origin: &Path| {
        zip.start_file(path, options).map_err(failed)?;
        copy(from, &mut zip, origin, out).map(|_| ())
    };
    let text = contents.to_json();
    add(CONTENTS, &mut text.as_bytes(), out)?;
    if let Some(key) = key {
        add(SIGNATURE, &mut signature::make(text.as_bytes(), key).as_bytes(), out)?;
    }
    for (path, source) in &plan.files {
        match source {
            Source::Bytes(bytes) => add(path, &mut bytes.as_slice(), out)?,
            Source::File(origin) => {
                let mut file = File::open(origin).map_err(|source| Error::io(origin, source))?;
                add(path, &mut file, origin)?;
            }
        }
    }
    let mut buffer = zip.finish().map_err(failed)?;
    buffer.flush().map_err(|source| Error::io(out, source))
}

fn copy(from: &mut dyn Read, to: &mut dyn Write, origin: &Path, out: &Path) -> Result<FileEntry, Error> {
    copy_hashed(from, to).map_err(|side| match side {
        Side::Read(source) => Error::io(origin, source),
        Side::Write(source) => Error::io(out, source),
    })
}

/// A temporary file that gets the mode of any other new file: packages are made to be given away.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
