//! Errors of the library as failures of a node.

use wirebrush_sdk::Failure;

use crate::error::Error;

/// Turns an [`Error`] into a [`Failure`] at one of the node's inputs.
pub(super) trait OrFail<T> {
    /// Names the input that is to blame when the error is not the program's own.
    fn or_fail(self, port: &str) -> Result<T, Failure>;
}

impl<T> OrFail<T> for Result<T, Error> {
    fn or_fail(self, port: &str) -> Result<T, Failure> {
        self.map_err(|error| match error {
            Error::Cancelled => Failure::Cancelled,
            Error::OutOfMemory { needed, .. } => Failure::OutOfMemory { needed, device: "cpu".to_owned() },
            Error::Unsupported { .. } => Failure::unsupported(strip(&error)),
            Error::Input { what, expected, found } if what == port => {
                Failure::invalid(port, format!("expected {expected}, found {found}"))
            }
            Error::Input { .. } | Error::File { .. } | Error::Tensor { .. } | Error::Io { .. } => {
                Failure::invalid(port, error.to_string())
            }
            _ => Failure::failed(error.to_string()),
        })
    }
}

// The failure's own message begins with "unsupported".
fn strip(error: &Error) -> String {
    error.to_string().replacen(" is not supported: ", ": ", 1)
}
