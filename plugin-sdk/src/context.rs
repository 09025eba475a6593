use std::path::PathBuf;

use crate::storage::{Data, Folder, Scratch};
use crate::{Failure, Image, LogLevel, Result};

/// What the host does for a running node. Implemented by the glue of each binary interface and by [`crate::testing`].
pub trait Host {
    /// Takes note of progress; also resets the stall deadline of a component.
    fn progress(&self, step: u64, total: u64, message: &str);
    /// Shows an unfinished result.
    fn preview(&self, image: &Image);
    /// Writes a line to the run's log.
    fn log(&self, level: LogLevel, message: &str);
    /// Whether the user wants the run to stop.
    fn is_cancelled(&self) -> bool;
    /// Finds a model by name or path.
    ///
    /// # Errors
    /// `Failed` with where the host has looked; `Unsupported` inside a sandbox.
    fn find_model(&self, name: &str) -> Result<String>;
    /// Names of the files in a folder of the plugin's, sorted.
    ///
    /// # Errors
    /// `Unsupported` without the folder's permission, `Failed` when it cannot be read.
    fn list_files(&self, folder: Folder) -> Result<Vec<String>>;
    /// A file in a folder of the plugin's.
    ///
    /// # Errors
    /// As [`Host::list_files`]; `Failed` also when there is no such file.
    fn read_file(&self, folder: Folder, name: &str) -> Result<Vec<u8>>;
    /// Writes a file in the scratch folder, whole or not at all.
    ///
    /// # Errors
    /// As [`Host::list_files`]; `Failed` also beyond the quota.
    fn write_scratch(&self, name: &str, contents: &[u8]) -> Result<()>;
    /// Removes a file in the scratch folder.
    ///
    /// # Errors
    /// As [`Host::list_files`].
    fn remove_scratch(&self, name: &str) -> Result<()>;
}

/// A node's line to the host during one run: progress, previews, the log, whether to stop, the plugin's files.
///
/// ```
/// use wirebrush_sdk::prelude::*;
/// use wirebrush_sdk::testing::Recorder;
///
/// fn work(steps: u64, cx: &Context<'_>) -> Result<()> {
///     for step in 1..=steps {
///         cx.progress_with(step, steps, "polishing")?; // ends the run when the user has cancelled
///     }
///     cx.log(LogLevel::Info, "polished");
///     Ok(())
/// }
///
/// let host = Recorder::default();
/// work(3, &Context::new(&host))?;
/// assert_eq!(host.progress.borrow()[2], (3, 3, "polishing".to_owned()));
/// assert_eq!(host.log.borrow()[0], (LogLevel::Info, "polished".to_owned()));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, Copy)]
pub struct Context<'a> {
    host: &'a dyn Host,
}

impl<'a> Context<'a> {
    /// A context that speaks to `host`.
    pub fn new(host: &'a dyn Host) -> Self {
        Self { host }
    }

    /// Reports that `step` of `total` steps are done. Call it at least every 100 ms in long work.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] when the user wants the run to stop: pass it on with `?`.
    pub fn progress(&self, step: u64, total: u64) -> Result<()> {
        self.host.progress(step, total, "");
        self.check()
    }

    /// Like [`Context::progress`], with a word on what is being done.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] when the user wants the run to stop.
    pub fn progress_with(&self, step: u64, total: u64, message: &str) -> Result<()> {
        self.host.progress(step, total, message);
        self.check()
    }

    /// Shows an unfinished result, for example a denoised estimate. Keep it small (256 px or less).
    pub fn preview(&self, image: &Image) {
        self.host.preview(image);
    }

    /// Passes unless the user wants the run to stop.
    ///
    /// # Errors
    /// [`Failure::Cancelled`].
    pub fn check(&self) -> Result<()> {
        if self.host.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    }

    /// Whether the user wants the run to stop.
    pub fn is_cancelled(&self) -> bool {
        self.host.is_cancelled()
    }

    /// Writes a line to the run's log.
    pub fn log(&self, level: LogLevel, message: impl AsRef<str>) {
        self.host.log(level, message.as_ref());
    }

    /// Tells the user that something was done differently from what was asked.
    pub fn warn(&self, message: impl AsRef<str>) {
        self.host.log(LogLevel::Warn, message.as_ref());
    }

    /// Where the model of this name, or at this path, lies. Native plugins only.
    ///
    /// # Errors
    /// [`Failure::Failed`] naming the places the host has looked in; [`Failure::Unsupported`] in a component.
    pub fn find_model(&self, name: &str) -> Result<PathBuf> {
        self.host.find_model(name).map(PathBuf::from)
    }

    /// The files the plugin brought along, when it has the permission `data`.
    pub fn data(&self) -> Data<'a> {
        Data { host: self.host }
    }

    /// Files the plugin keeps between runs, when it has the permission `scratch`.
    pub fn scratch(&self) -> Scratch<'a> {
        Scratch { host: self.host }
    }
}
