//! What the host keeps for one run of a component.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;

use super::log::Log;
use crate::storage::Storage;

// Far beyond what a toolchain produces; a bound on what a hostile component costs.
const TABLE_ELEMENTS: usize = 1 << 20;
const INSTANCES: usize = 64;
const RESOURCES: usize = 1 << 16;

/// What a run may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Linear memory, all memories together.
    pub memory_bytes: u64,
    /// Images the host keeps for the run.
    pub image_bytes: u64,
    /// Longest time without progress.
    pub stall: Duration,
    /// Whether instructions are counted: the engine must do so.
    pub counting: bool,
}

/// The data of a run's store.
pub(super) struct State {
    pub bounds: Bounds,
    pub table: ResourceTable,
    pub memory: Memory,
    pub log: Log,
    /// When the node last reported progress, or started.
    pub moved: Instant,
    /// The message of the panic that is about to trap.
    pub panic: Option<String>,
    /// Bytes of images written so far and not let go of.
    pub image_bytes: Arc<AtomicU64>,
    /// The plugin's own files.
    pub storage: Arc<Storage>,
}

impl State {
    pub(super) fn new(bounds: Bounds, storage: Arc<Storage>) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        Self {
            bounds,
            table,
            memory: Memory { limit: bounds.memory_bytes, used: 0, denied: None },
            log: Log::default(),
            moved: Instant::now(),
            panic: None,
            image_bytes: Arc::default(),
            storage,
        }
    }
}

/// Counts linear memory and refuses what exceeds the limit.
pub(super) struct Memory {
    limit: u64,
    /// Bytes of linear memory now, which never shrinks.
    pub used: u64,
    /// Bytes that were asked for when a growth was last refused.
    pub denied: Option<u64>,
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self.used + (desired - current) as u64;
        if wanted > self.limit {
            self.denied = Some(wanted);
            return Ok(false);
        }
        self.used = wanted;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        INSTANCES
    }

    fn memories(&self) -> usize {
        INSTANCES
    }
}

/// A share of a run's image bytes, given back when dropped.
pub(super) struct Reserved {
    bytes: u64,
    total: Arc<AtomicU64>,
}

impl Reserved {
    /// Takes `bytes`, or nothing when that would exceed `limit`.
    pub(super) fn new(bytes: u64, limit: u64, total: &Arc<AtomicU64>) -> Option<Self> {
        let add = |held: u64| held.checked_add(bytes).filter(|held| *held <= limit);
        total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()?;
        Some(Self { bytes, total: total.clone() })
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
