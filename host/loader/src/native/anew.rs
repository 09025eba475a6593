//! Opens a library that has changed since it was last opened in this process.
//!
//! A library is never unloaded, and the system gives the old one again to who opens a path a second time. So a changed
//! file is opened as a copy under a name that was never used.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use wirebrush_abi::ModuleRef;

use crate::Error;

/// The hash of what was opened at each path.
static OPENED: Mutex<Option<HashMap<PathBuf, String>>> = Mutex::new(None);

/// Opens the library at `path`, whose hash is `sha256`; `check` says whether a file has it. Copies go to `copies`, or
/// to the system's folder for temporary files.
///
/// # Errors
/// Those of `check` and of [`open`](super::open); [`Error::Io`] when the copy cannot be made.
pub(crate) fn open_anew(
    path: &Path,
    sha256: &str,
    copies: Option<&Path>,
    check: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<ModuleRef, Error> {
    let first = {
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.get_or_insert_default().entry(path.to_owned()).or_insert(sha256.to_owned());
        known == sha256
    };
    if first {
        check(path)?;
        return super::open(path);
    }
    let copy = copy(path, copies)?;
    let module = check(&copy).and_then(|()| super::open(&copy));
    // What is open stays open without a name, but for Windows, where the file stays.
    let _ = std::fs::remove_file(&copy);
    module
}

fn copy(path: &Path, copies: Option<&Path>) -> Result<PathBuf, Error> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let folder = copies.map_or_else(std::env::temp_dir, Path::to_owned);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let copy = folder.join(format!("{}-{number}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::copy(path, &copy))
        .map_err(|source| Error::io(&copy, source))?;
    Ok(copy)
}
