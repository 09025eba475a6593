use std::path::PathBuf;

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
}

/// A node's line to the host during one run.
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
}
