//! Files named by their contents: BLAKE3 in hex, under a folder of its first two digits.
//!
//! A file is written under a temporary name and renamed, so that what is there is whole. Its contents never change; its
//! time says when somebody last brought them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use crate::reference::parse_hash;

/// A folder of such files. Cloning shares the path.
#[derive(Debug, Clone)]
pub(crate) struct Blobs(Arc<Path>);

impl Blobs {
    /// Blobs in a folder, which need not be there.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder.into())
    }

    /// Where the contents of this hash lie, if they are there.
    pub(crate) fn path(&self, hash: &blake3::Hash) -> PathBuf {
        let hex = hash.to_hex();
        self.0.join(&hex[..2]).join(hex.as_str())
    }

    /// Opens the contents of this hash.
    ///
    /// # Errors
    /// When they cannot be read; `None` when they are not there.
    pub(crate) fn open(&self, hash: &blake3::Hash) -> Result<Option<File>> {
        let path = self.path(hash);
        if_there(File::open(&path)).with_context(|| format!("cannot read {}", path.display()))
    }

    /// When somebody last brought the contents of this hash; `None` when they are not there.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn touched(&self, hash: &blake3::Hash) -> Result<Option<SystemTime>> {
        let path = self.path(hash);
        let time = if_there(fs::metadata(&path).and_then(|metadata| metadata.modified()));
        time.with_context(|| format!("cannot read {}", path.display()))
    }

    /// Everything that is there, in no order.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(crate) fn list(&self) -> Result<Vec<BlobFile>> {
        let mut files = Vec::new();
        self.visit(&mut files).with_context(|| format!("cannot read {}", self.0.display()))?;
        Ok(files)
    }

    fn visit(&self, files: &mut Vec<BlobFile>) -> io::Result<()> {
        for folder in if_there(fs::read_dir(&self.0))?.into_iter().flatten() {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                let hash = file.file_name().to_str().and_then(parse_hash);
                // Another program may work with the folder, so that files come and go.
                if let (Some(hash), Some(metadata)) = (hash, if_there(file.metadata())?) {
                    files.push(BlobFile { hash, bytes: metadata.len(), touched: metadata.modified()? });
                }
            }
        }
        Ok(())
    }

    /// Deletes the contents of this hash, if they are there.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn remove(&self, hash: &blake3::Hash) -> Result<()> {
        let path = self.path(hash);
        if_there(fs::remove_file(&path)).with_context(|| format!("cannot delete {}", path.display()))?;
        Ok(())
    }

    /// Starts a file whose contents come piece by piece.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub(crate) fn begin(&self) -> Result<NewBlob> {
        let begin = || {
            fs::create_dir_all(&self.0)?;
            tempfile::Builder::new().prefix(".new-").tempfile_in(&self.0)
        };
        let file = begin().with_context(|| format!("cannot write into {}", self.0.display()))?;
        Ok(NewBlob { blobs: self.clone(), file, hasher: blake3::Hasher::new(), bytes: 0, head: Vec::new() })
    }

    /// Removes what a program that died while writing left behind. Call before anything writes.
    pub(crate) fn clean(&self) {
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(b".new-") {
                // Whatever cannot be removed wastes space and harms nothing.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// A file that is there.
#[derive(Debug)]
pub(crate) struct BlobFile {
    /// Its name.
    pub(crate) hash: blake3::Hash,
    /// Its length.
    pub(crate) bytes: u64,
    /// When somebody last brought these contents.
    pub(crate) touched: SystemTime,
}

/// `None` instead of the error that says that something is not there.
fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

/// A file being written; dropped unfinished, it is gone.
pub(crate) struct NewBlob {
    blobs: Blobs,
    file: NamedTempFile,
    hasher: blake3::Hasher,
    bytes: u64,
    head: Vec<u8>,
}

/// How much of the beginning [`Stored::head`] keeps.
const HEAD: usize = 64;

/// A finished file.
pub(crate) struct Stored {
    /// Its name.
    pub(crate) hash: blake3::Hash,
    /// Its length.
    pub(crate) bytes: u64,
    /// Its first bytes, enough to tell formats apart.
    pub(crate) head: Vec<u8>,
}

impl NewBlob {
    /// Takes the next piece.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.file.write_all(piece).context("cannot write an asset")?;
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(&piece[..piece.len().min(missing)]);
        Ok(())
    }

    /// The contents so far, to look at before deciding; written behind where it was read.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub(crate) fn reopen(&self) -> Result<File> {
        self.file.reopen().context("cannot read what was just written")
    }

    /// The hash of the contents so far.
    pub(crate) fn hash(&self) -> blake3::Hash {
        self.hasher.finalize()
    }

    /// Gives the file its name. Contents that are there already are new from now on, so that nobody who brings them finds
    /// them cleaned away.
    ///
    /// # Errors
    /// When it cannot be synced to disk or renamed.
    pub(crate) fn finish(self) -> Result<Stored> {
        let hash = self.hash();
        let path = self.blobs.path(&hash);
        let touch = || File::options().write(true).open(&path)?.set_modified(SystemTime::now());
        let is_there = if_there(touch()).with_context(|| format!("cannot write {}", path.display()))?;
        if is_there.is_none() {
            let finish = || -> Result<()> {
                self.file.as_file().sync_data()?;
                fs::create_dir_all(path.parent().context("it lies in a folder")?)?;
                self.file.persist(&path)?;
                Ok(())
            };
            finish().with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(Stored { hash, bytes: self.bytes, head: self.head })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn add(blobs: &Blobs, contents: &[u8]) -> Stored {
        let mut new = blobs.begin().unwrap();
        for piece in contents.chunks(7) {
            new.write(piece).unwrap();
        }
        new.finish().unwrap()
    }

    #[test]
    fn contents_come_back_under_their_hash() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().join("assets"));
        let contents = [b"picture ".as_slice(); 20].concat();
        let stored = add(&blobs, &contents);
        assert_eq!(stored.hash, blake3::hash(&contents));
        assert_eq!(stored.bytes, 160);
        assert_eq!(stored.head, contents[..HEAD]);
        let mut read = Vec::new();
        blobs.open(&stored.hash).unwrap().unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, contents);
        assert_eq!(add(&blobs, &contents).hash, stored.hash, "again is no error");
        assert!(blobs.open(&blake3::hash(b"other")).unwrap().is_none());
    }

    #[test]
    fn a_file_is_as_new_as_the_last_time_somebody_brought_it() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().join("assets"));
        assert!(blobs.list().unwrap().is_empty(), "the folder is not there yet");
        let hash = add(&blobs, b"cup").hash;
        let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        File::options().write(true).open(blobs.path(&hash)).unwrap().set_modified(old).unwrap();
        assert_eq!(blobs.touched(&hash).unwrap(), Some(old));
        add(&blobs, b"cup");
        let listed = blobs.list().unwrap();
        assert!(
            listed.len() == 1 && listed[0].hash == hash && listed[0].bytes == 3 && listed[0].touched > old
        );
        blobs.remove(&hash).unwrap();
        blobs.remove(&hash).unwrap();
        assert!(blobs.list().unwrap().is_empty() && blobs.touched(&hash).unwrap().is_none());
    }

    #[test]
    fn what_was_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().to_owned());
        let mut new = blobs.begin().unwrap();
        new.write(b"half").unwrap();
        drop(new);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join(".new-dead"), "half").unwrap();
        blobs.clean();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
