//! The child process in which the tests probe native libraries, as `wirebrush probe-native` does.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args_os().nth(1) {
        Some(library) => wirebrush_loader::probe::probe_main(library.as_ref()),
        None => ExitCode::from(2),
    }
}
