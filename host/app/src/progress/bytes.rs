//! Progress of what is counted in bytes: hashing, copying, downloading.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

/// Shows how far a file is: a bar on a terminal, a line each tenth in a pipe, JSON lines for programs.
pub(crate) struct Bytes {
    shown: Shown,
    what: String,
    total: u64,
    done: u64,
}

enum Shown {
    Bar(ProgressBar),
    /// Tenths that were told.
    Lines(u64),
    /// When the last line was written.
    Json(Option<Instant>),
}

/// How often a program hears of progress.
const PACE: Duration = Duration::from_millis(200);

impl Bytes {
    /// Begins; `what` is a few words such as `reading ae.safetensors`.
    pub(crate) fn new(what: &str, total: u64, json: bool) -> Self {
        let shown = if json {
            Shown::Json(None)
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total).with_message(what.to_owned());
            bar.set_style(
                ProgressStyle::with_template(
                    "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
                )
                .expect("the template is a constant"),
            );
            Shown::Bar(bar)
        } else {
            Shown::Lines(0)
        };
        Self { shown, what: what.to_owned(), total, done: 0 }
    }

    /// So many bytes more are done.
    pub(crate) fn advance(&mut self, bytes: u64) {
        self.set(self.done + bytes);
    }

    /// So many bytes are done in all.
    pub(crate) fn set(&mut self, done: u64) {
        self.done = done;
        match &mut self.shown {
            Shown::Bar(bar) => bar.set_position(done),
            Shown::Lines(told) => {
                let tenths = (u128::from(done) * 10 / u128::from(self.total.max(1))) as u64;
                if tenths > *told {
                    *told = tenths;
                    // A closed pipe is no reason to stop.
                    let _ = writeln!(std::io::stderr(), "{}: {} %", self.what, tenths.min(10) * 10);
                }
            }
            Shown::Json(last) => {
                if done < self.total && last.is_some_and(|last| last.elapsed() < PACE) {
                    return;
                }
                *last = Some(Instant::now());
                let line =
                    json!({ "event": "progress", "what": self.what, "bytes": done, "total": self.total });
                let _ = writeln!(std::io::stdout(), "{line}");
            }
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// How much files are, for people.
pub(crate) fn amount(files: u64, bytes: u64) -> String {
    format!("{files} file{}, {}", if files == 1 { "" } else { "s" }, size(bytes))
}

/// A size for people.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}
