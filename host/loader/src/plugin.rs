//! What a loaded plugin does, whichever interface it came over.

use serde::{Deserialize, Serialize};
use wirebrush_engine::{NodeContext, Value};
use wirebrush_schema::{Description, Failure};

/// A plugin that is ready to run nodes: a native library or a compiled component.
pub(crate) trait LoadedPlugin: Send + Sync {
    /// What the plugin itself declares.
    fn description(&self) -> &Description;

    /// Runs a node to its end on this thread; a list input is the same name several times, in order.
    ///
    /// # Errors
    /// What the node says, or what the plugin did wrong; the registry puts the node's name before it.
    fn run(
        &self,
        node: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Fault>;

    /// Rebuilds a handle from what its `save` gave.
    ///
    /// # Errors
    /// `Unsupported` when the plugin cannot restore this kind.
    fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Fault>;
}

/// Why a call gave nothing.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// The node says so, or the host stopped it for a reason that is not the plugin's.
    Said(Failure),
    /// The plugin trapped, panicked, hung or gave what it may not give.
    Crash(Failure),
    /// What the call needed went with the plugin's process, for which another call is to blame.
    Lost(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Said(failure)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Said(failure) | Fault::Crash(failure) | Fault::Lost(failure) => failure,
        }
    }
}
