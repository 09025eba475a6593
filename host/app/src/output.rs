//! Standard output, whose reader may leave before the end: `wirebrush nodes | head -1`.

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
