//! Standard output, whose reader may leave before the end: `wirebrush nodes | head -1`.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::{Write, stdout};

use crate::exit::Exit;

/// Prints a line as `println!` does; when nobody can read it, the program ends instead of panicking.
macro_rules! outln {
    ($($line:tt)*) => {
        $crate::output::line(format_args!($($line)*))
    };
}

pub(crate) use outln;

/// Behind [`outln!`].
pub(crate) fn line(line: Arguments<'_>) {
    if writeln!(stdout().lock(), "{line}").is_err() {
        std::process::exit(Exit::Failed as i32);
    }
}

/// Text from files and plugins as a terminal may get it: what would move its cursor or change its colors is escaped.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let is_plain = |it: char| !it.is_control() || matches!(it, '\n' | '\t');
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let escaped = |it: char| if is_plain(it) { it.to_string() } else { it.escape_debug().to_string() };
    Cow::Owned(text.chars().map(escaped).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_commands_from_foreign_text() {
        assert_eq!(plain("ünï\n\t😀"), "ünï\n\t😀");
        assert_eq!(plain("a\x1b[31mred\x07\r"), "a\\u{1b}[31mred\\u{7}\\r");
    }
}
