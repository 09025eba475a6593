//! One run: a fresh store, a fresh instance, and an orderly end.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::{Store, UpdateDeadline};
use wirebrush_engine::Value;
use wirebrush_schema::Failure;

use super::bindings::exports::wirebrush::node::node::Handle;
use super::bindings::{Plugin, PluginPre};
use super::engine::Ticking;
use super::failure::{self, Stop};
use super::state::{Bounds, State};
use super::{context, convert, handle};
use crate::plugin::Fault;
use crate::storage::Storage;

// One call may hand over at most this much, lest a list that names the same bytes again and again fills the host's
// memory. Smaller limits of memory lower nothing: an image band or a log line has to fit.
const MIN_CALL_BYTES: u64 = 128 << 20;

/// A component, alive for one call.
pub(super) struct Instance {
    store: Store<State>,
    plugin: Plugin,
    _ticking: Ticking,
}

impl Instance {
    /// Instantiates a component. With the call and its values about 60 µs for one of 300 kB.
    ///
    /// # Errors
    /// `OutOfMemory` when it wants more than `bounds` from the start, `Failed` when its start function traps.
    pub(super) fn new(
        pre: &PluginPre<State>,
        bounds: Bounds,
        storage: Arc<Storage>,
    ) -> Result<Self, Failure> {
        let ticking = Ticking::start();
        let mut store = Store::new(pre.engine(), State::new(bounds, storage));
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(bounds.memory_bytes.max(MIN_CALL_BYTES) as usize);
        if bounds.counting {
            // Never used up: the clock is what stops a run.
            store.set_fuel(u64::MAX).map_err(|error| failure::from_error(&error, store.data_mut()))?;
        }
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| {
            let state = store.data();
            if context::current(|cx| cx.is_cancelled()) {
                return Err(Stop::Cancelled.into());
            }
            if state.moved.elapsed() > state.bounds.stall {
                return Err(Stop::Stalled(state.bounds.stall).into());
            }
            Ok(UpdateDeadline::Continue(1))
        });
        match pre.instantiate(&mut store) {
            Ok(plugin) => Ok(Self { store, plugin, _ticking: ticking }),
            Err(error) => Err(failure::from_error(&error, store.data_mut())),
        }
    }

    /// Runs the node at a place in the description.
    pub(super) fn run(
        mut self,
        plugin: &Arc<str>,
        node: u32,
        inputs: Vec<(String, Value)>,
    ) -> Result<Vec<(String, Value)>, Fault> {
        let inputs = convert::inputs(&mut self.store.data_mut().table, plugin, inputs)?;
        self.store.data_mut().moved = Instant::now();
        let result = self.plugin.wirebrush_node_node().call_run(&mut self.store, node, &inputs);
        let outputs = self.finish(result)?.map_err(Failure::from)?;
        convert::outputs(&mut self.store.data_mut().table, plugin, outputs).map_err(Fault::Crash)
    }

    /// Lets the component read saved bytes and write them anew.
    pub(super) fn restore(mut self, plugin: &Arc<str>, kind: &str, bytes: &[u8]) -> Result<Value, Fault> {
        let saved = Handle { kind: kind.to_owned(), saved: bytes.to_owned() };
        let result = self.plugin.wirebrush_node_node().call_restore(&mut self.store, &saved);
        let restored = self.finish(result)?.map_err(Failure::from)?;
        if restored.kind != kind {
            let why = format!("restored {} from saved {kind}", restored.kind);
            return Err(Fault::Crash(Failure::failed(why)));
        }
        Ok(Value::Handle(handle::take(plugin, restored)))
    }

    fn finish<T>(&mut self, result: wasmtime::Result<T>) -> Result<T, Fault> {
        if self.store.data().bounds.counting
            && let Ok(left) = self.store.get_fuel()
        {
            context::current(|cx| cx.instructions(u64::MAX - left));
        }
        let state = self.store.data_mut();
        state.log.finish();
        context::current(|cx| cx.memory(state.memory.used));
        result.map_err(|error| match failure::from_error(&error, state) {
            crash @ Failure::Failed { .. } => Fault::Crash(crash),
            // Cancelled, or more memory than there is: the plugin need not be wrong.
            other => Fault::Said(other),
        })
    }
}

/// Asks a component what it is.
///
/// # Errors
/// `Failed` when it traps or takes longer than `bounds.stall`.
pub(super) fn describe(pre: &PluginPre<State>, bounds: Bounds) -> Result<String, Failure> {
    context::with(&context::Deaf, || {
        let mut instance = Instance::new(pre, bounds, Arc::new(Storage::none()))?;
        let result = instance.plugin.wirebrush_node_node().call_describe(&mut instance.store);
        instance.finish(result).map_err(Failure::from)
    })
}
