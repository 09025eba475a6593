//! What interrupted downloads and copies have left in the models folder.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::location::Location;

/// Where downloads are put together, inside the models folder so that a finished one is only renamed.
pub(crate) const DOWNLOADS: &str = ".pull";

/// How the folders are called that copies are put together in.
pub(crate) const COPY: &str = ".copy-";

/// Locked together by all who put something together, alone by who removes what they left. Nobody ever removes it.
const GUARD: &str = ".unfinished.guard";

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unfinished {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Whether some of it is of downloads, which can be gone on with.
    pub(crate) downloads: bool,
}

/// Keeps others from removing what is unfinished, until the answer is dropped or the process ends.
///
/// # Errors
/// When the models folder cannot be written to.
pub(crate) fn hold(models: &Path) -> Result<File> {
    let (guard, at) = open_guard(models)?;
    guard.lock_shared().with_context(|| at.display().to_string())?;
    Ok(guard)
}

/// What there is, also of downloads and copies under way.
pub(crate) fn find(models: &Path) -> Unfinished {
    let mut found = Unfinished::default();
    for root in roots(models) {
        let is_download = root.ends_with(DOWNLOADS);
        // One by one: folders are looked into only so deep.
        for entry in fs::read_dir(&root).into_iter().flatten().flatten() {
            for file in Location::Path(entry.path()).files() {
                found.files += 1;
                found.bytes = found.bytes.saturating_add(file.stamp.bytes);
                found.downloads |= is_download;
            }
        }
    }
    found
}

/// Removes it, and says how much it was.
///
/// # Errors
/// When a download or a copy is under way, or something cannot be removed.
pub(crate) fn remove(models: &Path) -> Result<Unfinished> {
    let (guard, at) = open_guard(models)?;
    match guard.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!(
            "{}: a download or a copy is under way and may go on with what is unfinished: nothing was removed",
            models.display()
        ),
        Err(TryLockError::Error(error)) => return Err(error).context(at.display().to_string()),
    }
    let found = find(models);
    for root in roots(models) {
        fs::remove_dir_all(&root).with_context(|| format!("cannot delete {}", root.display()))?;
    }
    Ok(found)
}

fn roots(models: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(models).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|it| it.is_dir()));
    let is_ours = |name: &str| name == DOWNLOADS || name.starts_with(COPY);
    folders
        .filter(|entry| entry.file_name().to_str().is_some_and(is_ours))
        .map(|entry| entry.path())
        .collect()
}

fn open_guard(models: &Path) -> Result<(File, PathBuf)> {
    let path = models.join(GUARD);
    let opened =
        fs::create_dir_all(models).and_then(|()| File::options().create(true).append(true).open(&path));
    let guard = opened.with_context(|| path.display().to_string())?;
    Ok((guard, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> tempfile::TempDir {
        let models = tempfile::tempdir().unwrap();
        for (file, bytes) in
            [(".pull/aa.part", 5), (".pull/mine/vae/ae.sft", 3), (".copy-x/model/t5/a", 2), ("whole.gguf", 9)]
        {
            let file = models.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, vec![0; bytes]).unwrap();
        }
        models
    }

    #[test]
    fn downloads_and_copies_are_unfinished_and_models_are_not() {
        let models = models();
        let all = Unfinished { files: 3, bytes: 10, downloads: true };
        assert_eq!(find(models.path()), all);
        assert_eq!(remove(models.path()).unwrap(), all);
        assert_eq!(find(models.path()), Unfinished::default());
        assert!(models.path().join("whole.gguf").is_file());
        assert_eq!(remove(models.path()).unwrap(), Unfinished::default());
    }

    #[test]
    fn nothing_is_removed_while_somebody_may_go_on_with_it() {
        let models = models();
        let (one, other) = (hold(models.path()).unwrap(), hold(models.path()).unwrap());
        drop(one);
        let why = remove(models.path()).unwrap_err().to_string();
        assert!(why.contains("under way"), "{why}");
        assert_eq!(find(models.path()).files, 3);
        drop(other);
        assert_eq!(remove(models.path()).unwrap().files, 3);
    }
}
