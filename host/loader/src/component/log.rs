//! Log lines of a run: streams are cut into lines, floods are dammed.

use wirebrush_schema::LogLevel;

use super::context;

// A person reads some lines; a million of them would fill the run store.
const MAX_LINES: u64 = 1000;
const MAX_LINE_BYTES: usize = 4096;

/// Passes lines on to the run's context.
#[derive(Default)]
pub(super) struct Log {
    lines: u64,
    out: Vec<u8>,
    err: Vec<u8>,
}

/// An output stream of the standard library.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    /// Logged as information.
    Out,
    /// Logged as a warning.
    Err,
}

impl Log {
    /// Passes on one message; too long a one is cut, one too many is counted only.
    pub(super) fn line(&mut self, level: LogLevel, message: &str) {
        self.lines += 1;
        if self.lines > MAX_LINES {
            return;
        }
        context::current(|cx| match message.split_at_checked(message.floor_char_boundary(MAX_LINE_BYTES)) {
            Some((head, tail)) if !tail.is_empty() => cx.log(level, &format!("{head}…")),
            _ => cx.log(level, message),
        });
    }

    /// Passes on the whole lines among what was written, keeps the rest for later.
    pub(super) fn write(&mut self, stream: Stream, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let line = self.buffer(stream);
            let room = MAX_LINE_BYTES - line.len();
            match bytes.iter().take(room).position(|byte| *byte == b'\n') {
                Some(end) => {
                    line.extend_from_slice(&bytes[..end]);
                    bytes = &bytes[end + 1..];
                    self.flush(stream);
                }
                None => {
                    let (head, tail) = bytes.split_at(room.min(bytes.len()));
                    line.extend_from_slice(head);
                    bytes = tail;
                    if head.len() == room {
                        self.flush(stream);
                    }
                }
            }
        }
    }

    /// Passes on what is left, and how much was not.
    pub(super) fn finish(&mut self) {
        for stream in [Stream::Out, Stream::Err] {
            if !self.buffer(stream).is_empty() {
                self.flush(stream);
            }
        }
        let dropped = self.lines.saturating_sub(MAX_LINES);
        if dropped > 0 {
            let text = format!("{dropped} more lines dropped: a run may log {MAX_LINES}");
            context::current(|cx| cx.log(LogLevel::Warn, &text));
        }
        self.lines = 0;
    }

    fn flush(&mut self, stream: Stream) {
        let line = std::mem::take(self.buffer(stream));
        let level = match stream {
            Stream::Out => LogLevel::Info,
            Stream::Err => LogLevel::Warn,
        };
        self.line(level, &String::from_utf8_lossy(&line));
    }

    fn buffer(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }
}
