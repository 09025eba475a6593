//! Notices what others do to the plugins of this data directory: `wirebrush plugin install` in a terminal, for example.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::{Context, Result};
use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};

use super::AppState;
use crate::plugins::Changes;
use crate::queue::Event;

/// One decision of the user's may be several writes.
const QUIET: Duration = Duration::from_millis(150);

/// Looks at the lock file until it is dropped.
pub(crate) struct Watch(
    #[expect(dead_code, reason = "dropping it ends the watching")] Debouncer<RecommendedWatcher>,
);

impl Watch {
    /// Loads the plugins anew whenever the lock file says something else, and tells all clients when that changes
    /// anything.
    ///
    /// # Errors
    /// When the system cannot watch.
    pub(crate) fn start(state: AppState) -> Result<Self> {
        let file = state.session.data.lock_file();
        let known = Mutex::new(contents(&file));
        let (folder, name) =
            (file.parent().unwrap_or(Path::new(".")).to_owned(), file.file_name().map(PathBuf::from));
        let on_change = move |events: DebounceEventResult| {
            // The folder has the database as well, which is written all the time.
            let is_ours = |path: &Path| path.file_name().map(Path::new) == name.as_deref();
            if !events.is_ok_and(|events| events.iter().any(|event| is_ours(&event.path))) {
                return;
            }
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            let now = contents(&file);
            if *known == now {
                return;
            }
            *known = now;
            // This server's own doing, mostly: then nothing is different.
            if state.session.reload() != Changes::default() {
                state.events.publish(&Event::PluginsChanged);
            }
        };
        let mut watcher = new_debouncer(QUIET, on_change).context("cannot watch files")?;
        let at = || format!("cannot watch {}", folder.display());
        watcher.watcher().watch(&folder, RecursiveMode::NonRecursive).with_context(at)?;
        Ok(Self(watcher))
    }
}

/// What the lock says; nothing while it is not there.
fn contents(file: &Path) -> Option<Vec<u8>> {
    fs::read(file).ok()
}
