//! Hashes of models: read once, then known as long as the files stay as they are.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use wirebrush_engine::CancelToken;

use super::location::{Location, ModelFile, Stamp};
use super::register::{Register, RegisterFile};
use crate::exit::Cancelled;

/// Bytes read between two looks at the switch: some milliseconds.
const CHUNK: usize = 1 << 20;

/// Both hashes of one file, as lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hashes {
    /// What Wirebrush knows files by.
    pub(crate) blake3: String,
    /// What Hugging Face and others publish.
    pub(crate) sha256: String,
}

/// Takes the bytes of a file piece by piece.
#[derive(Default)]
pub(crate) struct Hasher {
    blake3: blake3::Hasher,
    sha256: Sha256,
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.blake3.update(bytes);
        self.sha256.update(bytes);
    }

    pub(crate) fn finish(self) -> Hashes {
        let sha256 = self.sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Hashes { blake3: self.blake3.finalize().to_hex().to_string(), sha256 }
    }
}

/// Reads a whole file; `tell` hears of every piece.
///
/// # Errors
/// When it cannot be read or changes meanwhile; [`Cancelled`].
pub(crate) fn hash_file(
    path: &Path,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> Result<(Stamp, Hashes)> {
    let at = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(at)?;
    let before = Stamp::of(&file.metadata().with_context(at)?);
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; CHUNK];
    loop {
        if cancel.is_cancelled() {
            return Err(Cancelled.into());
        }
        match file.read(&mut buffer).with_context(at)? {
            0 => break,
            read => {
                hasher.update(&buffer[..read]);
                tell(read as u64);
            }
        }
    }
    if Stamp::of(&file.metadata().with_context(at)?) != before {
        bail!("{} changed while it was read", path.display());
    }
    Ok((before, hasher.finish()))
}

/// Hashes every file of a model that has no known hash, and remembers them.
///
/// # Errors
/// As [`hash_file`], and when they cannot be remembered.
pub(crate) fn hash_model(
    location: &Location,
    register: &RegisterFile,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> Result<()> {
    let known = register.read()?;
    for file in location.files() {
        if is_known(&known, &file) {
            continue;
        }
        let (stamp, hashes) = hash_file(&file.path, cancel, tell)?;
        remember(register, &file.path, stamp, hashes)?;
    }
    Ok(())
}

/// Remembers the hashes of a file.
///
/// # Errors
/// When they cannot be written down.
pub(crate) fn remember(register: &RegisterFile, path: &Path, stamp: Stamp, hashes: Hashes) -> Result<()> {
    register.update(|register| {
        if let Some(facts) = register.facts_mut(path, stamp) {
            facts.blake3 = Some(hashes.blake3);
            facts.sha256 = Some(hashes.sha256);
        }
        Ok(())
    })
}

/// Bytes that [`hash_model`] would read.
pub(crate) fn bytes_to_hash(location: &Location, register: &Register) -> u64 {
    let unknown = location.files().into_iter().filter(|file| !is_known(register, file));
    unknown.map(|file| file.stamp.bytes).sum()
}

fn is_known(register: &Register, file: &ModelFile) -> bool {
    register.facts(&file.path, file.stamp).is_some_and(|facts| facts.blake3.is_some())
}

/// The BLAKE3 of a model, when all its files are known: of a file, that of its contents; of several, over their names and
/// hashes in the order of their names.
pub(crate) fn known(location: &Location, register: &Register) -> Option<String> {
    let files = location.files();
    let hash = |file: &ModelFile| register.facts(&file.path, file.stamp)?.blake3.clone();
    if let [file] = files.as_slice()
        && file.name.is_empty()
    {
        return hash(file);
    }
    let mut hasher = blake3::Hasher::new();
    for file in &files {
        hasher.update(&(file.name.len() as u64).to_le_bytes());
        hasher.update(file.name.as_bytes());
        hasher.update(blake3::Hash::from_hex(hash(file)?).ok()?.as_bytes());
    }
    (!files.is_empty()).then(|| hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From FIPS 180-4's examples, and `b3sum` on the same three bytes.
    #[test]
    fn both_hashes_are_those_of_the_published_examples() {
        let mut hasher = Hasher::default();
        hasher.update(b"a");
        hasher.update(b"bc");
        let hashes = hasher.finish();
        assert_eq!(hashes.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hashes.blake3, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    }

    #[test]
    fn a_thrown_switch_stops_the_reading() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let cancel = CancelToken::new();
        cancel.cancel();
        let error = hash_file(file.path(), &cancel, &mut |_| panic!("something was read")).unwrap_err();
        assert!(error.is::<Cancelled>());
    }

    #[test]
    fn a_folder_is_known_by_the_names_and_contents_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let register = RegisterFile::new(folder.path().join("models.json"));
        let model = |name: &str, file: &str, contents: &str| {
            let model = folder.path().join(name);
            std::fs::create_dir_all(&model).unwrap();
            std::fs::write(model.join(file), contents).unwrap();
            let location = Location::Path(model);
            assert_eq!(known(&location, &register.read().unwrap()), None);
            hash_model(&location, &register, &CancelToken::new(), &mut |_| ()).unwrap();
            known(&location, &register.read().unwrap()).unwrap()
        };
        let first = model("a", "x", "1");
        assert_eq!(first, model("b", "x", "1"));
        assert_ne!(first, model("c", "y", "1"));
        assert_ne!(first, model("d", "x", "2"));
    }
}
