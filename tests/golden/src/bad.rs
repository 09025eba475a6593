//! What has to become of files that are not what they say.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use crate::memory;

/// Memory in bytes that an answer may take: files of tests are small, and what they claim must not count.
const MOST_MEMORY: u64 = 64 << 20;

/// Checks that a file is refused in one line that has its name and all of `parts`, and that the answer takes little memory.
///
/// # Panics
/// When it is otherwise.
#[track_caller]
pub fn check_refused<T, E: Display>(path: &Path, parts: &[&str], open: impl FnOnce(&Path) -> Result<T, E>) {
    let before = memory::mark();
    let outcome = open(path);
    let taken = before.zip(memory::peak()).map_or(0, |(before, peak)| peak.saturating_sub(before));
    let Err(error) = outcome else { panic!("{} was taken as good, expected {parts:?}", path.display()) };
    let message = error.to_string();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for part in parts.iter().copied().chain([&*name]) {
        assert!(message.contains(part), "expected `{part}` in `{message}`");
    }
    assert!(!message.contains(char::is_control), "{message:?}");
    assert!(message.len() < 3000, "{} characters: {message}", message.len());
    assert!(taken <= MOST_MEMORY, "{} MiB were taken for `{message}`", taken >> 20);
}

/// Lengths at which a file of `whole` bytes is cut: the first 64, and around each place that matters.
pub fn cuts(places: impl Iterator<Item = usize>, whole: usize) -> BTreeSet<usize> {
    let around = places.flat_map(|at| [at.saturating_sub(1), at, at + 1]);
    (0..64).chain(around).filter(|at| *at < whole).collect()
}
