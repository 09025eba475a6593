//! What a set of tensors is, from the headers of its files.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::Weights;
use super::entry::{Entry, Stored};
use super::file::Format;
use crate::error::{Error, Result};

/// Key of the configuration in the header of a converted file.
pub(crate) const CONFIG_KEY: &str = "wirebrush.config";

impl Weights {
    /// Whether a tensor of this name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The shape of a tensor.
    ///
    /// # Errors
    /// [`Error::Tensor`] when it is missing.
    pub fn shape(&self, name: &str) -> Result<&[usize]> {
        Ok(&self.entry(name)?.shape)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no tensors.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of elements of all tensors.
    pub fn parameter_count(&self) -> u64 {
        self.entries.values().map(Entry::elements).sum()
    }

    /// Bytes of all tensors in the files, and of changes to them in theirs.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes_of("")
    }

    /// Number of elements by encoding, largest share first; types that cannot be read are named too.
    pub fn encodings(&self) -> Vec<(&'static str, u64)> {
        let mut counts: BTreeMap<Stored, u64> = BTreeMap::new();
        for entry in self.entries.values() {
            *counts.entry(entry.stored).or_default() += entry.elements();
        }
        let mut counts: Vec<_> = counts.into_iter().map(|(stored, n)| (stored.name(), n)).collect();
        counts.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
        counts
    }

    /// Whether tensors are multiplied by factors when they are widened, as scaled 8-bit floats are.
    pub fn is_scaled(&self) -> bool {
        self.entries.values().flat_map(|e| &e.pieces).any(|p| p.scale != 1.0)
    }

    /// The tensors whose names begin so, under the names of the file.
    pub fn under(&self, prefix: &str) -> Self {
        let own = self.entries.iter().filter(|(name, _)| name.starts_with(prefix));
        Self { entries: Arc::new(own.map(|(n, e)| (n.clone(), e.clone())).collect()), ..self.clone() }
    }

    /// The format of the files: `safetensors` or `GGUF`.
    pub fn format(&self) -> &'static str {
        let first = self.entries.values().find_map(|e| e.pieces.first());
        first.map_or(Format::Safetensors, |p| p.file.format()).name()
    }

    /// Free-form text from the files' headers.
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.metadata
    }

    /// The `config.json` that a converted file carries, because there is none beside it.
    ///
    /// # Errors
    /// [`Error::File`] when it is no JSON.
    pub fn config(&self) -> Result<Option<Value>> {
        let Some(text) = self.metadata.get(CONFIG_KEY) else { return Ok(None) };
        let config = serde_json::from_str(text);
        config.map(Some).map_err(|error| {
            Error::file(&self.label, format!("has a `{CONFIG_KEY}` that is not valid JSON: {error}"))
        })
    }

    /// The file or folder, as messages name it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The files that hold the tensors, each once, sorted.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            self.entries.values().flat_map(|e| e.pieces.iter().map(|p| p.file.path().to_owned())).collect();
        files.sort();
        files.dedup();
        files
    }
}
