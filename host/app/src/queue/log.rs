//! What the nodes of a run say, numbered and bounded.

use std::time::Duration;

use super::shapes::{Level, LogLine};

/// Lines of a run: a node that logs in a loop must not push everything else out of the stream and fill the disk.
const MOST_LINES: u32 = 1000;

/// Bytes of all its messages.
const MOST_BYTES: usize = 256 << 10;

/// Bytes of one message.
const MOST_MESSAGE: usize = 16 << 10;

/// What stands in place of everything beyond the limits.
const CUT: &str = "the run says more than is kept: further lines are left out";

/// The log of the run under way.
#[derive(Debug, Default)]
pub(super) struct Log {
    lines: u32,
    bytes: usize,
    cut: bool,
    unsaved: Vec<LogLine>,
}

impl Log {
    /// Takes a line that came `at` after the run's start; `node` is empty for the engine. Gives the line to tell; none
    /// once the log is cut.
    pub(super) fn add(&mut self, at: Duration, node: &str, level: Level, message: &str) -> Option<&LogLine> {
        if self.cut {
            return None;
        }
        let message = shortened(message);
        self.cut = self.lines + 1 >= MOST_LINES || self.bytes + message.len() > MOST_BYTES;
        let (node, level, message) =
            if self.cut { ("", Level::Warn, CUT.to_owned()) } else { (node, level, message) };
        self.bytes += message.len();
        let at_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        self.unsaved.push(LogLine { number: self.lines, at_ms, node: node.to_owned(), level, message });
        self.lines += 1;
        self.unsaved.last()
    }

    /// Lines that are not written down.
    pub(super) fn unsaved(&self) -> &[LogLine] {
        &self.unsaved
    }

    /// Says that those lines are written down now.
    pub(super) fn saved(&mut self) {
        self.unsaved.clear();
    }

    /// The lines that nobody has written down.
    pub(super) fn into_unsaved(self) -> Vec<LogLine> {
        self.unsaved
    }
}

/// Whether these lines of a run end because it said more than is kept.
pub(super) fn is_cut(lines: &[LogLine]) -> bool {
    lines.last().is_some_and(|line| line.node.is_empty() && line.message == CUT)
}

fn shortened(message: &str) -> String {
    if message.len() <= MOST_MESSAGE {
        return message.to_owned();
    }
    format!("{}…", &message[..message.floor_char_boundary(MOST_MESSAGE)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(messages: impl Iterator<Item = String>) -> (Vec<LogLine>, usize) {
        let mut log = Log::default();
        let told = messages.filter(|it| log.add(Duration::ZERO, "a", Level::Info, it).is_some()).count();
        (log.into_unsaved(), told)
    }

    #[test]
    fn a_run_that_logs_in_a_loop_is_cut_and_says_so_once() {
        let (lines, told) = filled((0..5000).map(|number| format!("line {number}")));
        assert_eq!((lines.len(), told), (1000, 1000));
        assert_eq!((lines[998].message.as_str(), lines[998].number), ("line 998", 998));
        assert_eq!((lines[999].message.as_str(), lines[999].level), (CUT, Level::Warn));
        assert!(is_cut(&lines) && !is_cut(&lines[..999]) && !is_cut(&[]));
    }

    #[test]
    fn long_messages_are_cut_at_a_whole_character_and_all_together_stay_small() {
        let (lines, _) = filled((0..100).map(|_| "ä".repeat(50_000)));
        assert!(is_cut(&lines));
        assert!(lines[0].message.ends_with("ä…") && lines[0].message.len() <= MOST_MESSAGE + "…".len());
        let bytes: usize = lines.iter().map(|line| line.message.len()).sum();
        assert!(bytes <= MOST_BYTES + CUT.len(), "{bytes}");
    }

    #[test]
    fn what_is_written_down_is_not_given_again() {
        let mut log = Log::default();
        log.add(Duration::from_millis(3), "a", Level::Info, "first");
        assert_eq!(log.unsaved()[0].at_ms, 3);
        log.saved();
        let second = log.add(Duration::from_millis(4), "", Level::Warn, "second").cloned().unwrap();
        assert_eq!((second.number, log.into_unsaved()), (1, vec![second]));
    }
}
