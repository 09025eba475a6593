use abi_stable::StableAbi;
use abi_stable::std_types::RString;

/// Why there is no result. The set is closed.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An input cannot be used.
    InvalidInput {
        /// Name of the input.
        port: RString,
        /// What was expected and what came.
        why: RString,
    },
    /// The user stopped the run.
    Cancelled,
    /// More memory than there is.
    OutOfMemory {
        /// Bytes that were asked for.
        needed: u64,
        /// Where, for example `cpu`.
        device: RString,
    },
    /// The node understands the wish but cannot fulfil it.
    Unsupported {
        /// What is not supported.
        what: RString,
    },
    /// Anything else.
    Failed {
        /// What happened.
        why: RString,
    },
}
