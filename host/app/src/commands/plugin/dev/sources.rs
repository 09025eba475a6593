//! The files a plugin is made of, and word of their changes.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};

use crate::exit::WrongUse;

/// An editor writes several files when it saves all.
const QUIET: Duration = Duration::from_millis(150);

/// Size and time of each file.
type State = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Files and folders under watch.
pub(super) struct Sources {
    paths: Vec<PathBuf>,
    known: State,
    words: Receiver<Word>,
    sender: Sender<Word>,
    _watcher: Debouncer<RecommendedWatcher>,
}

enum Word {
    /// Something happened near the sources.
    Look,
    /// Nobody is interested any more.
    Stop,
}

/// Ends the waiting for changes.
pub(super) struct Stopper(Sender<Word>);

impl Stopper {
    pub(super) fn stop(&self) {
        // Whoever has stopped waiting needs no word.
        let _ = self.0.send(Word::Stop);
    }
}

impl Sources {
    /// Watches files and folders, with everything below.
    ///
    /// # Errors
    /// [`WrongUse`] when one is not there; when the system cannot watch.
    pub(super) fn watch(paths: Vec<PathBuf>) -> Result<Self> {
        let (sender, words) = channel();
        let tell = sender.clone();
        let mut watcher = new_debouncer(QUIET, move |_: DebounceEventResult| {
            let _ = tell.send(Word::Look);
        })
        .context("cannot watch files")?;
        for path in &paths {
            let found = path
                .metadata()
                .map_err(|error| WrongUse(format!("build.json: watch: {}: {error}", path.display())))?;
            let (place, mode) = watched(path, &found);
            let at = || format!("cannot watch {}", place.display());
            watcher.watcher().watch(place, mode).with_context(at)?;
        }
        Ok(Self { known: state(&paths), paths, words, sender, _watcher: watcher })
    }

    /// What ends [`Sources::wait`] from another thread.
    pub(super) fn stopper(&self) -> Stopper {
        Stopper(self.sender.clone())
    }

    /// Takes note of how the files are now.
    pub(super) fn remember(&mut self) {
        self.known = state(&self.paths);
    }

    /// Waits until the files are not as they were when last remembered. `false` means stop.
    pub(super) fn wait(&self) -> bool {
        loop {
            match self.words.recv() {
                // The system tells of files that were only read, too.
                Ok(Word::Look) if state(&self.paths) == self.known => {}
                Ok(Word::Look) => return true,
                Ok(Word::Stop) | Err(_) => return false,
            }
        }
    }
}

/// What has to be watched to hear of a path: an editor replaces a file by another one, which only its folder tells.
fn watched<'a>(path: &'a Path, found: &Metadata) -> (&'a Path, RecursiveMode) {
    if found.is_dir() {
        return (path, RecursiveMode::Recursive);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    (folder.unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)
}

fn state(paths: &[PathBuf]) -> State {
    let mut state = State::new();
    for path in paths {
        add(path, &mut state);
    }
    state
}

/// Adds a file, or all files of a folder. What goes away meanwhile is not there.
fn add(path: &Path, state: &mut State) {
    let Ok(found) = path.metadata() else { return };
    if found.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| add(&entry.path(), state));
    } else {
        state.insert(path.to_owned(), (found.len(), found.modified().ok()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(folder: &Path) -> Sources {
        Sources::watch(vec![folder.join("src"), folder.join("plugin.json")]).unwrap()
    }

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("plugin.json"), "{}").unwrap();
        folder
    }

    #[test]
    fn new_changed_and_replaced_files_are_changes() {
        let folder = project();
        let mut sources = sources(folder.path());
        std::fs::write(folder.path().join("src/lib.rs"), "one").unwrap();
        assert!(sources.wait());
        sources.remember();
        std::fs::write(folder.path().join("src/lib.rs"), "two, longer").unwrap();
        assert!(sources.wait());
        sources.remember();
        std::fs::write(folder.path().join("plugin.json~"), "{ }").unwrap();
        std::fs::rename(folder.path().join("plugin.json~"), folder.path().join("plugin.json")).unwrap();
        assert!(sources.wait());
    }

    #[test]
    fn what_happens_beside_the_sources_is_no_change() {
        let folder = project();
        let sources = sources(folder.path());
        std::fs::write(folder.path().join("notes.txt"), "beside").unwrap();
        std::fs::read(folder.path().join("plugin.json")).unwrap();
        sources.sender.send(Word::Look).unwrap();
        sources.stopper().stop();
        assert!(!sources.wait());
    }

    #[test]
    fn a_path_that_is_not_there_is_refused_by_name() {
        let folder = project();
        let error = Sources::watch(vec![folder.path().join("data")]).err().unwrap();
        assert!(error.to_string().contains("watch:") && error.to_string().contains("data"), "{error}");
    }
}
