//! A file in the making: `NAME.part`, with a record of what is finished behind its end.
//!
//! The record names the job and holds a hash for each finished item. A conversion that was stopped, by whatever, goes on with
//! the items whose bytes have their hash; nothing has to be forced to disk for that. Only a whole file gets its name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use blake3::Hash;

use crate::error::{Error, Result};

const MAGIC: &[u8; 16] = b"wirebrush part 1";
const SLOTS_AT: u64 = (MAGIC.len() + blake3::OUT_LEN) as u64;
const NOT_FINISHED: [u8; blake3::OUT_LEN] = [0; blake3::OUT_LEN];

/// What a file is called until it is whole.
pub fn unfinished(to: &Path) -> PathBuf {
    let mut path = to.as_os_str().to_owned();
    path.push(".part");
    PathBuf::from(path)
}

/// The unfinished file of one conversion; no other has it open.
pub(super) struct PartFile {
    path: PathBuf,
    file: File,
    /// Length of the file when it is whole; the record begins there.
    length: u64,
    finished: Vec<Option<Hash>>,
}

impl PartFile {
    /// Goes on with the file of the same job, or begins it anew.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written, [`Error::File`] when another conversion writes it.
    pub(super) fn open(to: &Path, job: Hash, length: u64, items: usize) -> Result<Self> {
        let path = unfinished(to);
        let io = |source| Error::Io { path: path.clone(), source };
        let refuse = |problem| Err(Error::file(path.display().to_string(), problem));
        // Through a link, a file that is no conversion's would be emptied.
        if fs::symlink_metadata(&path).is_ok_and(|about| !about.is_file()) {
            return refuse("is no plain file: remove it, or choose another name");
        }
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        // File systems without locks are taken as they are.
        let is_locked = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        // Another conversion may have given the file its final name since it was opened here.
        if is_locked || !is_still_at(&file, &path) {
            return refuse("is being written by another conversion");
        }
        let mut part = Self { file, path, length, finished: vec![None; items] };
        if !part.read_record(job)? {
            part.begin(job)?;
        }
        Ok(part)
    }

    /// Whether there is a record of this job; takes what it says.
    fn read_record(&mut self, job: Hash) -> Result<bool> {
        let record_length = SLOTS_AT + (self.finished.len() * blake3::OUT_LEN) as u64;
        let found = self.file.metadata().map_err(|source| self.io(source))?.len();
        if found != self.length + record_length {
            return Ok(false);
        }
        let mut record = vec![0; record_length as usize];
        self.read_at(self.length, &mut record)?;
        let (head, slots) = record.split_at(SLOTS_AT as usize);
        if head != [MAGIC.as_slice(), job.as_bytes()].concat() {
            return Ok(false);
        }
        for (finished, slot) in self.finished.iter_mut().zip(slots.as_chunks::<{ blake3::OUT_LEN }>().0) {
            *finished = (*slot != NOT_FINISHED).then(|| Hash::from_bytes(*slot));
        }
        Ok(true)
    }

    fn begin(&mut self, job: Hash) -> Result<()> {
        let record_length = SLOTS_AT + (self.finished.len() * blake3::OUT_LEN) as u64;
        // Emptied first, so that nothing of another job is left between.
        self.file.set_len(0).map_err(|source| self.io(source))?;
        self.file.set_len(self.length + record_length).map_err(|source| self.io(source))?;
        self.write(self.length, &[MAGIC.as_slice(), job.as_bytes()].concat())
    }

    /// The hash an item had when it was finished.
    pub(super) fn finished(&self, item: usize) -> Option<Hash> {
        self.finished[item]
    }

    /// Takes note that an item is written.
    pub(super) fn finish(&mut self, item: usize, hash: Hash) -> Result<()> {
        self.finished[item] = Some(hash);
        self.write(self.length + SLOTS_AT + (item * blake3::OUT_LEN) as u64, hash.as_bytes())
    }

    /// Writes somewhere in the file.
    pub(super) fn write(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let written = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.write_all(bytes));
        written.map_err(|source| self.io(source))
    }

    /// Reads what was written somewhere in the file.
    pub(super) fn read_at(&mut self, at: u64, out: &mut [u8]) -> Result<()> {
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.read_exact(out));
        read.map_err(|source| self.io(source))
    }

    /// Gives the whole file its name: cuts off the record, brings everything to disk, renames.
    pub(super) fn complete(self, to: &Path) -> Result<()> {
        self.file
            .set_len(self.length)
            .and_then(|()| self.file.sync_all())
            .map_err(|source| self.io(source))?;
        // Locked until it has its name: nobody else takes it for an unfinished one.
        fs::rename(&self.path, to).map_err(|source| Error::Io { path: to.to_owned(), source })?;
        // The new name is on disk when its folder is. Only Unix opens folders as files.
        #[cfg(unix)]
        if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        }
        Ok(())
    }

    /// Removes the file: going on with it would come to nothing.
    pub(super) fn discard(self) {
        // What remains is taken for unfinished, so a failure here does no harm.
        let _ = fs::remove_file(&self.path);
    }

    fn io(&self, source: std::io::Error) -> Error {
        Error::Io { path: self.path.clone(), source }
    }
}

/// Whether a path still leads to this file.
#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |about: fs::Metadata| (about.dev(), about.ino());
    file.metadata().ok().map(place) == fs::metadata(path).ok().map(place)
}

/// Elsewhere a file that is open under its first name cannot be told from another.
#[cfg(not(unix))]
fn is_still_at(_file: &File, path: &Path) -> bool {
    path.exists()
}
