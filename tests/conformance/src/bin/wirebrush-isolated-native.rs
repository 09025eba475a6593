//! The child process in which the tests run native libraries, as `wirebrush isolated-plugin` does.

use std::process::ExitCode;

fn main() -> ExitCode {
    wirebrush_loader::isolated_main()
}
