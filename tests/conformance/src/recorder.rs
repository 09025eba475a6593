use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use wirebrush_engine::{Image, NodeContext};
use wirebrush_schema::{Failure, ImageInfo, LogLevel};

/// What a node told its host.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Progress: step, total, message.
    Progress(u64, u64, String),
    /// A preview: description and pixels.
    Preview(ImageInfo, Vec<u8>),
    /// A log line.
    Log(LogLevel, String),
}

impl Event {
    /// A log line.
    pub fn log(level: LogLevel, text: impl Into<String>) -> Self {
        Self::Log(level, text.into())
    }
}

/// A host that notes everything, and cancels when told to.
#[derive(Debug, Default)]
pub struct Recorder {
    events: Mutex<Vec<Event>>,
    reports: AtomicUsize,
    cancelled: AtomicBool,
    cancel_after: Option<usize>,
}

impl Recorder {
    /// A host that cancels once this many progress reports came.
    pub fn cancel_after(reports: Option<usize>) -> Self {
        Self { cancel_after: reports, cancelled: AtomicBool::new(reports == Some(0)), ..Self::default() }
    }

    /// Cancels the run.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    /// Everything so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().expect("no test panics while it holds the lock").clone()
    }

    /// The texts of the log lines so far.
    pub fn log_lines(&self) -> Vec<String> {
        let events = self.events().into_iter();
        events.filter_map(|event| if let Event::Log(_, text) = event { Some(text) } else { None }).collect()
    }

    fn note(&self, event: Event) {
        self.events.lock().expect("no test panics while it holds the lock").push(event);
    }
}

impl NodeContext for Recorder {
    fn progress(&self, step: u64, total: u64, message: &str) {
        self.note(Event::Progress(step, total, message.to_owned()));
        let reports = self.reports.fetch_add(1, Ordering::SeqCst) + 1;
        if self.cancel_after.is_some_and(|limit| reports >= limit) {
            self.cancel();
        }
    }

    fn preview(&self, image: Image) {
        self.note(Event::Preview(image.info, image.data.to_vec()));
    }

    fn log(&self, level: LogLevel, message: &str) {
        self.note(Event::Log(level, message.to_owned()));
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        Err(Failure::failed(format!("model `{name}`: this host has none")))
    }
}
