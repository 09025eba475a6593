use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Outputs, evict, handle};
use crate::{Fingerprint, Value};

/// Results in memory, up to a budget in bytes; what was not used for longest goes first.
///
/// Sizes are real and may change: a handle that grew or shrank is measured again. When the budget is exceeded the
/// handles of a result are evicted; only if it is still large then, the result goes. What somebody is using stays
/// until the next time room is made, because letting go of it would free nothing. One cache may serve several engines.
#[derive(Debug)]
pub struct MemoryCache {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    budget: u64,
    total: u64,
    clock: u64,
    entries: HashMap<Fingerprint, Entry, BuildHasherDefault<FingerprintHasher>>,
    by_age: BTreeMap<u64, Fingerprint>,
    /// Entries with handles, and how many entries came since those were measured.
    with_handles: usize,
    unmeasured: usize,
}

#[derive(Debug)]
struct Entry {
    outputs: Outputs,
    size: u64,
    age: u64,
    has_handles: bool,
}

/// What an entry costs beside its values: maps, keys, reference counts.
const ENTRY_BYTES: u64 = 256;

// A result evicted to less than this is worth keeping: rebuilding the handle is cheaper than running the node.
const SMALL: u64 = 64 * 1024;

impl MemoryCache {
    /// An empty cache that keeps at most `budget` bytes; with 0 it keeps nothing.
    pub fn new(budget: u64) -> Self {
        Self {
            state: Mutex::new(State {
                budget,
                total: 0,
                clock: 0,
                entries: HashMap::default(),
                by_age: BTreeMap::new(),
                with_handles: 0,
                unmeasured: 0,
            }),
        }
    }

    /// Bytes the results keep alive, as far as they were measured.
    pub fn size_bytes(&self) -> u64 {
        self.lock().total
    }

    /// The number of results.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Changes the budget and makes room at once.
    pub fn set_budget(&self, budget: u64) {
        self.lock().budget = budget;
        self.trim();
    }

    /// The result under a key; it counts as used. One that has lost a handle goes.
    pub fn get(&self, key: &Fingerprint) -> Option<Outputs> {
        let mut state = self.lock();
        let state = &mut *state;
        state.clock += 1;
        let entry = state.entries.get_mut(key)?;
        if entry.has_handles && entry.outputs.iter().filter_map(handle).any(|handle| handle.is_lost()) {
            state.take(key);
            return None;
        }
        state.by_age.remove(&entry.age);
        entry.age = state.clock;
        state.by_age.insert(entry.age, *key);
        Some(entry.outputs.clone())
    }

    /// Keeps a result, and makes room for it.
    pub fn insert(&self, key: Fingerprint, outputs: Outputs) {
        let over = {
            let mut state = self.lock();
            state.take(&key);
            // Plain values never shrink, so one beyond the budget is not worth starting with.
            let plain = outputs.iter().filter(|value| handle(value).is_none());
            if state.budget == 0 || measure(plain) > state.budget {
                return;
            }
            state.add(key, outputs);
            if state.unmeasured > state.with_handles || state.total > state.budget {
                state.measure_handles();
            }
            state.total > state.budget
        };
        if over {
            self.trim();
        }
    }

    /// Measures handles again and makes room when they grew.
    pub fn trim(&self) {
        self.lock().measure_handles();
        // First pass: the handles of a result shrink, or else it goes.
        let mut looked_at = None;
        while let Some((age, key, handles)) = self.next_over_budget(looked_at) {
            looked_at = Some(age);
            // Outside the lock: a plugin may take its time, and other workers need the cache.
            match handles {
                Some(outputs) => {
                    evict(outputs.iter(), |_| true);
                    drop(outputs);
                    self.lock().drop_unless_small(&key);
                }
                None => self.remove(&key),
            }
        }
        // Second pass, for a great many small ones: it goes.
        looked_at = None;
        while let Some((age, key, handles)) = self.next_over_budget(looked_at) {
            looked_at = Some(age);
            drop(handles);
            self.remove(&key);
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        drop(self.clear_device("cpu"));
    }

    /// Takes out what lies on a device: on `cpu` everything, elsewhere the results with handles there.
    pub(super) fn clear_device(&self, device: &str) -> Vec<Outputs> {
        let mut state = self.lock();
        let on_device = |entry: &Entry| {
            entry.has_handles
                && entry.outputs.iter().filter_map(handle).any(|handle| handle.device() == device)
        };
        let mut keys: Vec<Fingerprint> = Vec::new();
        if device != "cpu" {
            keys.extend(state.entries.iter().filter(|(_, entry)| on_device(entry)).map(|(key, _)| *key));
        }
        // Also when nothing names the device: `cuda` and `cuda:0` may be the same.
        if keys.is_empty() {
            keys.extend(state.entries.keys());
        }
        keys.iter().filter_map(|key| state.take(key)).collect()
    }

    /// The oldest unused entry behind `after` while the budget is exceeded, with its outputs when it has handles.
    fn next_over_budget(&self, after: Option<u64>) -> Option<(u64, Fingerprint, Option<Outputs>)> {
        let state = self.lock();
        if state.total <= state.budget {
            return None;
        }
        let first = after.map_or(0, |age| age + 1);
        state.by_age.range(first..).find_map(|(age, key)| {
            let entry = &state.entries[key];
            let unused = Arc::strong_count(&entry.outputs) == 1;
            unused.then(|| (*age, *key, entry.has_handles.then(|| entry.outputs.clone())))
        })
    }

    fn remove(&self, key: &Fingerprint) {
        let removed = self.lock().take(key);
        // Freeing takes its time too.
        drop(removed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, key: Fingerprint, outputs: Outputs) {
        self.clock += 1;
        let age = self.clock;
        let has_handles = outputs.iter().any(|value| handle(value).is_some());
        let size = measure(outputs.iter());
        self.total += size;
        self.by_age.insert(age, key);
        self.entries.insert(key, Entry { outputs, size, age, has_handles });
        self.with_handles += usize::from(has_handles);
        self.unmeasured += 1;
    }

    fn take(&mut self, key: &Fingerprint) -> Option<Outputs> {
        let entry = self.entries.remove(key)?;
        self.by_age.remove(&entry.age);
        self.total -= entry.size;
        self.with_handles -= usize::from(entry.has_handles);
        Some(entry.outputs)
    }

    /// Measures every entry whose size can change. Called so that it costs a constant per insertion.
    fn measure_handles(&mut self) {
        self.unmeasured = 0;
        if self.with_handles == 0 {
            return;
        }
        for entry in self.entries.values_mut().filter(|entry| entry.has_handles) {
            let size = measure(entry.outputs.iter());
            self.total = self.total - entry.size + size;
            entry.size = size;
        }
    }

    fn drop_unless_small(&mut self, key: &Fingerprint) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let size = measure(entry.outputs.iter());
        self.total = self.total - entry.size + size;
        entry.size = size;
        if size > SMALL {
            self.take(key);
        }
    }
}

fn measure<'v>(values: impl Iterator<Item = &'v Value>) -> u64 {
    let sizes = values.map(|value| value.size_bytes().saturating_add(size_of::<Value>() as u64));
    // A handle may say anything; cut like this, sums of sizes cannot overflow.
    sizes.fold(ENTRY_BYTES, u64::saturating_add).min(u64::MAX >> 24)
}

/// Fingerprints are hashes already.
#[derive(Debug, Default)]
struct FingerprintHasher(u64);

impl Hasher for FingerprintHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 ^= u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
