//! Whether a download fits where it goes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::progress::bytes::size;

/// Refuses what does not fit into the folder: files by the path of their unfinished part, with the bytes each will have.
///
/// # Errors
/// When more is still to come than is free.
pub(super) fn check(folder: &Path, files: &BTreeMap<PathBuf, u64>) -> Result<()> {
    // A file system that does not tell is tried.
    let Ok(free) = fs4::available_space(folder) else { return Ok(()) };
    let needed = to_come(files);
    if needed > free {
        let folder = folder.display();
        bail!("{} are still to come, {} are free in {folder}: nothing was fetched", size(needed), size(free));
    }
    Ok(())
}

fn to_come(files: &BTreeMap<PathBuf, u64>) -> u64 {
    let missing = files.iter().map(|(part, bytes)| {
        let here = fs::metadata(part).map_or(0, |metadata| metadata.len());
        bytes.saturating_sub(here)
    });
    // Sizes are what a server says.
    missing.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_unfinished_part_holds_need_not_come_again() {
        let folder = tempfile::tempdir().unwrap();
        let part = |name: &str| folder.path().join(name);
        fs::write(part("begun"), [0; 30]).unwrap();
        fs::write(part("too long"), [0; 30]).unwrap();
        let files = [(part("begun"), 100), (part("too long"), 20), (part("new"), 7)];
        assert_eq!(to_come(&files.into()), 77);
    }

    #[test]
    fn only_more_than_is_free_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let one = |bytes| check(folder.path(), &[(folder.path().join("a"), bytes)].into());
        assert!(one(1).is_ok());
        let why = one(u64::MAX).unwrap_err().to_string();
        assert!(why.contains("still to come") && why.contains(&*folder.path().to_string_lossy()), "{why}");
    }
}
