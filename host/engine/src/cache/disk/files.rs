//! The files of a disk cache and the table of what is there.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::format::{self, HEADER};
use crate::{Fingerprint, Runner, Value};

const EXTENSION: &str = "result";
const UNFINISHED: &str = ".unfinished-";

// Left behind by a process that died while writing; a living one is done long before.
const UNFINISHED_AGE: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
    budget: u64,
    /// `None` until somebody asks: looking through the directory costs microseconds a file.
    table: Mutex<Option<Table>>,
    warnings: Mutex<Vec<String>>,
}

#[derive(Debug, Default)]
struct Table {
    entries: HashMap<Fingerprint, Entry>,
    total: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    size: u64,
    used: SystemTime,
}

impl Files {
    pub(super) fn new(directory: PathBuf, budget: u64) -> Self {
        Self { directory, budget, table: Mutex::new(None), warnings: Mutex::default() }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.with_table(|table| table.total)
    }

    pub(super) fn contains(&self, key: &Fingerprint) -> bool {
        self.with_table(|table| table.entries.contains_key(key))
    }

    pub(super) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn load(&self, key: &Fingerprint, runner: &dyn Runner) -> Option<Vec<(String, Value)>> {
        if !self.contains(key) {
            return None;
        }
        let path = self.path(key);
        let now = SystemTime::now();
        let bytes = read_file(&path, now).ok();
        // Restoring a handle runs a plugin, which may panic.
        let read = |bytes| catch_unwind(AssertUnwindSafe(|| format::read(bytes, key, runner)));
        match bytes.map(read) {
            Some(Ok(Ok(values))) => {
                self.with_table(|table| {
                    if let Some(entry) = table.entries.get_mut(key) {
                        entry.used = now;
                    }
                });
                Some(values)
            }
            _ => {
                self.remove(key);
                None
            }
        }
    }

    /// Writes a file and makes room for it; failures are warnings, because the result itself is fine.
    pub(super) fn write(&self, key: &Fingerprint, names: &[Arc<str>], outputs: &[Value]) {
        // Saving a handle runs a plugin, which may panic.
        let written = catch_unwind(AssertUnwindSafe(|| self.write_file(key, names, outputs)));
        match written {
            Ok(Ok(Some(size))) => {
                let doomed = self.with_table(|table| {
                    table.forget(key);
                    table.entries.insert(*key, Entry { size, used: SystemTime::now() });
                    table.total += size;
                    table.make_room(self.budget)
                });
                for key in doomed {
                    let _ = fs::remove_file(self.path(&key));
                }
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => self.warn(format!("cannot write to {}: {error}", self.directory.display())),
            Err(_) => self.warn("a plugin panicked while it saved a handle".to_owned()),
        }
    }

    pub(super) fn remove(&self, key: &Fingerprint) {
        self.with_table(|table| table.forget(key));
        let _ = fs::remove_file(self.path(key));
    }

    pub(super) fn clear(&self) {
        let keys: Vec<Fingerprint> = self.with_table(|table| table.entries.keys().copied().collect());
        for key in keys {
            self.remove(&key);
        }
    }

    /// The size of the file, or `None` when the result cannot be saved or is larger than the budget.
    fn write_file(
        &self,
        key: &Fingerprint,
        names: &[Arc<str>],
        outputs: &[Value],
    ) -> io::Result<Option<u64>> {
        let plain = outputs.iter().filter(|value| !matches!(value, Value::Handle(_)));
        if plain.fold(0_u64, |sum, value| sum.saturating_add(value.size_bytes())) > self.budget {
            return Ok(None);
        }
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.directory)?;
        let mut body = Hashed { out: BufWriter::new(file.as_file_mut()), hasher: blake3::Hasher::new() };
        body.out.write_all(&[0; HEADER])?;
        if !format::write(&mut body, names, outputs)? {
            return Ok(None);
        }
        body.out.flush()?;
        let (length, hash) = (body.hasher.count(), body.hasher.finalize());
        drop(body);
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&format::header(key, length, hash.as_bytes()))?;
        let size = length + HEADER as u64;
        if size > self.budget {
            return Ok(None);
        }
        file.persist(self.path(key)).map_err(|error| error.error)?;
        Ok(Some(size))
    }

    fn path(&self, key: &Fingerprint) -> PathBuf {
        self.directory.join(format!("{key}.{EXTENSION}"))
    }

    fn warn(&self, warning: String) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk says the same for every result.
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    fn with_table<T>(&self, with: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        with(table.get_or_insert_with(|| Table::scan(&self.directory)))
    }
}

impl Table {
    fn scan(directory: &Path) -> Self {
        let mut table = Self::default();
        let now = SystemTime::now();
        for file in fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(metadata) = file.metadata() else { continue };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let name = file.file_name();
            let Some(name) = name.to_str() else { continue };
            if let Some(key) =
                name.strip_suffix(EXTENSION).and_then(|name| parse_key(name.strip_suffix('.')?))
            {
                table.entries.insert(key, Entry { size: metadata.len(), used });
                table.total += metadata.len();
            } else if name.starts_with(UNFINISHED)
                && now.duration_since(used).is_ok_and(|age| age > UNFINISHED_AGE)
            {
                let _ = fs::remove_file(file.path());
            }
        }
        table
    }

    fn forget(&mut self, key: &Fingerprint) {
        if let Some(entry) = self.entries.remove(key) {
            self.total -= entry.size;
        }
    }

    /// Forgets the oldest until a tenth of the budget is free, so that this need not happen for every file.
    fn make_room(&mut self, budget: u64) -> Vec<Fingerprint> {
        let mut doomed = Vec::new();
        if self.total <= budget {
            return doomed;
        }
        let mut by_age: Vec<(SystemTime, Fingerprint)> =
            self.entries.iter().map(|(key, entry)| (entry.used, *key)).collect();
        by_age.sort_unstable();
        // The newest stays in any case: it alone fits the budget.
        by_age.pop();
        for (_, key) in by_age {
            if self.total <= budget - budget / 10 {
                break;
            }
            self.forget(&key);
            doomed.push(key);
        }
        doomed
    }
}

fn read_file(path: &Path, now: SystemTime) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    // Keeps the order of use across restarts; a disk that refuses only makes the order worse.
    let _ = file.set_modified(now);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse_key(hex: &str) -> Option<Fingerprint> {
    let digits: &[u8; 64] = hex.as_bytes().try_into().ok()?;
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).map(|it| it as u8);
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(Fingerprint(key))
}

/// Writes and hashes in one go.
struct Hashed<W> {
    out: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
