//! Results kept for later: in memory for as long as the budget allows, on disk beyond the process.

mod disk;
mod memory;

use std::sync::Arc;
use std::time::Duration;

use wirebrush_schema::Failure;

use crate::plan::NodeType;
use crate::{Fingerprint, Handle, Reuse, Runner, Value, check};

pub use disk::DiskCache;
pub use memory::MemoryCache;

/// What a node gave, in the order of its definition's outputs. Cloning shares it.
pub type Outputs = Arc<[Value]>;

/// Both caches as the engine uses them.
#[derive(Clone)]
pub(crate) struct Caches {
    pub(crate) memory: Arc<MemoryCache>,
    pub(crate) disk: Option<Arc<DiskCache>>,
    pub(crate) disk_worth: Duration,
}

impl Caches {
    /// Finds a result; one found on disk is in memory from then on.
    pub(crate) fn find(
        &self,
        key: &Fingerprint,
        ty: &NodeType,
        runner: &dyn Runner,
    ) -> Option<(Outputs, Reuse)> {
        if let Some(outputs) = self.memory.get(key) {
            return Some((outputs, Reuse::Memory));
        }
        let disk = self.disk.as_ref()?;
        let values = disk.load(key, runner)?;
        let Ok(outputs) = check::arrange(ty, values) else {
            disk.remove(key);
            return None;
        };
        self.memory.insert(*key, outputs.clone());
        Some((outputs, Reuse::Disk))
    }

    /// Keeps a result that took this long.
    pub(crate) fn keep(&self, key: &Fingerprint, ty: &NodeType, outputs: &Outputs, took: Duration) {
        self.memory.insert(*key, outputs.clone());
        if let Some(disk) = &self.disk
            && took >= self.disk_worth
        {
            let names = ty.outputs.iter().map(|port| port.name.clone()).collect();
            disk.store(*key, names, outputs.clone());
        }
    }

    /// Gives back what can be given back on a device that has no memory left, except the handles in `inputs`.
    pub(crate) fn relieve(&self, device: &str, inputs: &[(String, Value)]) {
        let spared: Vec<&Handle> = inputs.iter().filter_map(|(_, value)| handle(value)).collect();
        let dropped = self.memory.clear_device(device);
        let values = dropped.iter().flat_map(|outputs| outputs.iter());
        evict(values, |handle| !spared.iter().any(|other| same(handle, other)));
    }
}

/// Asks the handles among `values` that `which` picks to give back memory.
pub(crate) fn evict<'v>(values: impl IntoIterator<Item = &'v Value>, which: impl Fn(&Handle) -> bool) {
    for handle in values.into_iter().filter_map(handle).filter(|handle| which(handle)) {
        handle.evict();
    }
}

/// Whether two handles are the same object.
pub(crate) fn same(one: &Handle, other: &Handle) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(&one.0), Arc::as_ptr(&other.0))
}

pub(crate) fn handle(value: &Value) -> Option<&Handle> {
    match value {
        Value::Handle(handle) => Some(handle),
        _ => None,
    }
}

/// Why a stored result cannot be used.
pub(crate) fn corrupt(what: &str) -> Failure {
    Failure::failed(format!("cached result: {what}"))
}
