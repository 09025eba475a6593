//! Reading ahead: the system brings tensors into its cache while others are computed with.
//!
//! What is read stays the system's memory, which it takes back when programs need it. This is advice and changes no value.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use super::Weights;
use super::entry::{Entry, Piece};

// Less is not worth a call: a page or more that is read at once anyway.
const LEAST_BYTES: usize = 1 << 16;

/// Asks the system for tensors in the order in which they will be used.
///
/// It has a thread of its own, because asking waits where a disk has much to do. Dropping it ends the thread soon, also with
/// much still to be asked, and waits for nothing.
pub(crate) struct ReadAhead {
    /// Beginnings of names.
    asked: Sender<String>,
    stop: Arc<AtomicBool>,
}

impl ReadAhead {
    /// Begins with nothing asked. Where there is no thread to be had, tensors are read when they are used.
    pub(crate) fn new(weights: &Weights) -> Self {
        let (asked, names) = mpsc::channel::<String>();
        let stop = Arc::new(AtomicBool::new(false));
        let work = {
            let (weights, stop) = (weights.clone(), stop.clone());
            move || names.iter().try_for_each(|prefix| weights.prefetch(&prefix, &stop)).unwrap_or_default()
        };
        let _ = thread::Builder::new().name("read-ahead".to_owned()).spawn(work);
        Self { asked, stop }
    }

    /// Asks for the tensors whose names begin with `prefix`. Returns at once.
    pub(crate) fn ask(&self, prefix: String) {
        // Nobody listens where there is no thread.
        let _ = self.asked.send(prefix);
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

impl Weights {
    /// Asks the system to read the tensors whose names begin with `prefix`; `None` when it was stopped.
    fn prefetch(&self, prefix: &str, stop: &AtomicBool) -> Option<()> {
        let pieces = self.with_prefix(prefix).flat_map(|(_, entry)| &entry.pieces);
        for piece in pieces.filter(|piece| piece.bytes.len() >= LEAST_BYTES) {
            piece.prefetch(stop)?;
        }
        Some(())
    }

    /// Bytes in the files of the tensors whose names begin with `prefix`, and of their changes.
    pub(crate) fn stored_bytes_of(&self, prefix: &str) -> u64 {
        self.with_prefix(prefix).map(|(_, entry)| entry.bytes()).sum::<u64>()
            + self.patches_with_prefix(prefix).map(|patch| patch.stored_bytes()).sum::<u64>()
    }

    fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a String, &'a Entry)> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.entries.range::<str, _>(from).take_while(move |(name, _)| name.starts_with(prefix))
    }
}

impl Piece {
    fn prefetch(&self, stop: &AtomicBool) -> Option<()> {
        // Linux reads no more for one call than its window for reading ahead, which is 128 KiB unless somebody set it.
        const ONE_CALL: usize = 128 << 10;
        for start in self.bytes.clone().step_by(ONE_CALL) {
            if stop.load(Ordering::Acquire) {
                return None;
            }
            self.file.prefetch(start..self.bytes.end.min(start + ONE_CALL));
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use safetensors::Dtype;
    use safetensors::tensor::TensorView;

    use super::*;

    fn weights(path: &Path) -> Weights {
        let bytes: Vec<u8> = (0..1 << 20).map(|at: u32| (at / 4 % 64) as u8).collect();
        let view = || TensorView::new(Dtype::F32, vec![512, 512], &bytes).unwrap();
        let tensors = ["a.0.weight", "a.1.weight", "b.0.weight"].map(|name| (name, view()));
        safetensors::serialize_to_file(tensors, None, path).unwrap();
        Weights::open(path).unwrap()
    }

    fn row(weights: &Weights, name: &str) -> Vec<f32> {
        let mut row = vec![0.0; 512 * 512];
        weights.read_rows(name, 0..512, &mut row).unwrap();
        row
    }

    #[test]
    fn values_are_the_same_whether_they_were_asked_for_ahead_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let weights = weights(&folder.path().join("weights.safetensors"));
        let before = row(&weights, "a.1.weight");
        let ahead = ReadAhead::new(&weights);
        ahead.ask("a.".to_owned());
        assert_eq!(row(&weights, "a.1.weight"), before);
        assert_eq!(weights.stored_bytes_of("a."), 2 << 20);
        assert_eq!(weights.stored_bytes_of("a.1"), 1 << 20);
        assert_eq!(weights.stored_bytes_of("c"), 0);
    }

    #[test]
    fn its_thread_ends_with_much_still_to_be_asked() {
        let folder = tempfile::tempdir().unwrap();
        let weights = weights(&folder.path().join("weights.safetensors"));
        assert_eq!(weights.prefetch("a.", &AtomicBool::new(true)), None);
        let ahead = ReadAhead::new(&weights);
        (0..1 << 16).for_each(|_| ahead.ask("a.".to_owned()));
        let stop = Arc::downgrade(&ahead.stop);
        drop(ahead);
        while stop.strong_count() > 0 {
            thread::yield_now();
        }
    }

    /// Bytes of the file that count as this process's memory.
    #[cfg(target_os = "linux")]
    fn resident(path: &Path) -> u64 {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut lines = maps.lines().skip_while(|line| !line.ends_with(path.to_str().unwrap()));
        let rss = lines.find_map(|line| line.strip_prefix("Rss:")).expect("the file is mapped");
        rss.trim_end_matches("kB").trim().parse::<u64>().unwrap() << 10
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_asked_for_ahead_and_read_stays_the_systems_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("weights.safetensors");
        let weights = weights(&path);
        assert_eq!(weights.prefetch("a.", &AtomicBool::new(false)), Some(()));
        row(&weights, "a.0.weight");
        weights.get("b.0.weight", &[512, 512]).unwrap();
        assert_eq!(resident(&path), 0);
    }
}
