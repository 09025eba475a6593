//! Events as lines of plain text.

use wirebrush_engine::{Event, Reuse};
use wirebrush_schema::LogLevel;

use crate::output::plain;

/// The line for an event, or `None` when it is not worth one in a pipe.
pub(super) fn line(event: &Event) -> Option<String> {
    match event {
        Event::NodeStarted { node } => Some(format!("{node}: started")),
        Event::NodeProgress { node, step, total, message } => {
            // Ten lines a node tell enough; the last always shows.
            let tenth = (*total / 10).max(1);
            let due = *total > 0 && (step.is_multiple_of(tenth) || step == total);
            due.then(|| format!("{node}: {step}/{total} {}", plain(message)).trim_end().to_owned())
        }
        Event::NodeCached { node, from } => Some(format!("{node}: cached ({})", reuse(*from))),
        Event::NodeFinished { node, ms } => Some(format!("{node}: done in {}", duration(*ms))),
        other => important(other),
    }
}

/// The line for an event that must be seen whatever else is shown.
pub(super) fn important(event: &Event) -> Option<String> {
    match event {
        Event::NodeFailed { node, message, .. } => Some(format!("{node}: failed: {}", plain(message))),
        Event::NodeSkipped { node, because } => Some(format!("{node}: skipped, it needs {because}")),
        Event::NodeLog { node, level, message } if *level >= LogLevel::Info => {
            let warning = if *level >= LogLevel::Warn { "warning: " } else { "" };
            Some(format!("{node}: {warning}{}", plain(message)))
        }
        Event::RunWarning { message } => Some(format!("warning: {message}")),
        Event::RunFailed { ms, failed } => {
            let failed: Vec<_> = failed.iter().map(ToString::to_string).collect();
            Some(format!("failed after {}: {}", duration(*ms), failed.join(", ")))
        }
        Event::RunCancelled { .. } => Some("cancelled".to_owned()),
        Event::RunFinished { ms } => Some(format!("finished in {}", duration(*ms))),
        _ => None,
    }
}

pub(super) fn reuse(from: Reuse) -> &'static str {
    match from {
        Reuse::Memory => "memory",
        Reuse::Disk => "disk",
        Reuse::Twin => "same as another node",
    }
}

pub(super) fn duration(ms: f64) -> String {
    if ms < 1000.0 { format!("{ms:.1} ms") } else { format!("{:.2} s", ms / 1000.0) }
}
