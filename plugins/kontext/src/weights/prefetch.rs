//! Reading ahead: the system brings tensors into its cache while others are computed with.
//!
//! What is read stays the system's memory, which it takes back when programs need it. This is advice and changes no value.

use std::ops::Bound;

use super::Weights;
use super::entry::Entry;

// Less is not worth a call: a page more or less.
const LEAST_BYTES: usize = 1 << 16;

impl Weights {
    /// Asks the system to read the tensors whose names begin with `prefix` ahead of their use.
    pub(crate) fn prefetch(&self, prefix: &str) {
        self.with_prefix(prefix).for_each(|(_, entry)| entry.prefetch());
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

impl Entry {
    fn prefetch(&self) {
        for piece in self.pieces.iter().filter(|piece| piece.bytes.len() >= LEAST_BYTES) {
            piece.file.prefetch(piece.bytes.clone());
        }
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
        weights.prefetch("a.");
        assert_eq!(row(&weights, "a.1.weight"), before);
        assert_eq!(weights.stored_bytes_of("a."), 2 << 20);
        assert_eq!(weights.stored_bytes_of("a.1"), 1 << 20);
        assert_eq!(weights.stored_bytes_of("c"), 0);
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
        weights.prefetch("a.");
        row(&weights, "a.0.weight");
        weights.get("b.0.weight", &[512, 512]).unwrap();
        assert_eq!(resident(&path), 0);
    }
}
