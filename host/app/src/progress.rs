//! What a user sees while a graph runs: bars on a terminal, lines in a pipe, JSON lines for programs.

mod bars;
pub(crate) mod bytes;
mod lines;

use std::io::IsTerminal;
use std::io::Write;

use wirebrush_engine::Report;

use self::bars::Bars;

/// Where the events of a run go.
pub(crate) enum Progress {
    /// One line a node at the foot of the terminal.
    Bars(Bars),
    /// One line for each thing worth telling.
    Lines,
    /// Every event as a JSON object on standard output.
    Json,
}

impl Progress {
    /// The fitting one for this standard error and `--json`.
    pub(crate) fn new(json: bool) -> Self {
        if json {
            Self::Json
        } else if std::io::stderr().is_terminal() {
            Self::Bars(Bars::default())
        } else {
            Self::Lines
        }
    }

    /// Shows an event.
    pub(crate) fn show(&self, report: &Report) {
        match self {
            Self::Bars(bars) => bars.show(&report.event),
            Self::Lines => {
                if let Some(line) = lines::line(&report.event) {
                    // A closed pipe is no reason to stop a run.
                    let _ = writeln!(std::io::stderr(), "{line}");
                }
            }
            Self::Json => {
                if let Ok(line) = serde_json::to_string(report) {
                    let _ = writeln!(std::io::stdout(), "{line}");
                }
            }
        }
    }
}
