//! Files a plugin keeps between runs: bounded in size, written whole or not at all.
//!
//! Below the plugin's home lie `files`, the file being written, and a lock that writers hold one after the other, in
//! whichever process they are. What a crash leaves of an unfinished file is overwritten by the next one.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use cap_fs_ext::DirExt;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use wirebrush_schema::Failure;

use super::folder::{Folder, parent};
use super::{MAX_FILES, check, failed};

const QUOTA_BYTES: u64 = 256 << 20;

const FILES: &str = "files";
const UNFINISHED: &str = "unfinished";
const LOCK: &str = "lock";

/// The scratch folder of one plugin.
pub(super) struct Scratch {
    home: PathBuf,
    files: Folder,
    quota: u64,
}

impl Scratch {
    pub(super) fn new(home: PathBuf) -> Self {
        let files = Folder::new("scratch", &home, FILES);
        Self { home, files, quota: QUOTA_BYTES }
    }

    pub(super) fn list(&self) -> Result<Vec<String>, Failure> {
        self.files.list()
    }

    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        self.files.read(name)
    }

    pub(super) fn write(&self, name: &str, contents: &[u8]) -> Result<(), Failure> {
        check(name)?;
        let (home, _lock) = self.lock().map_err(|error| failed(name, error))?;
        self.check_room(name, contents.len() as u64)?;
        replace(&home, name, contents).map_err(|error| {
            let _ = home.remove_file(UNFINISHED);
            failed(name, error)
        })
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), Failure> {
        check(name)?;
        match self.lock().and_then(|(home, _lock)| remove(&home, name)) {
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Err(failed(name, error))
            }
            _ => Ok(()),
        }
    }

    /// Whether a file of this size may be written in place of what is there.
    fn check_room(&self, name: &str, bytes: u64) -> Result<(), Failure> {
        let found = self.files.find()?;
        let others = || found.iter().filter(|found| found.name != name);
        let used = others().map(|found| found.bytes).sum::<u64>();
        if used.saturating_add(bytes) > self.quota {
            return Err(failed(
                name,
                format_args!(
                    "{bytes} bytes beside {used} are more than the {} that the scratch folder holds",
                    self.quota
                ),
            ));
        }
        if others().count() >= MAX_FILES {
            return Err(failed(name, format_args!("the scratch folder holds at most {MAX_FILES} files")));
        }
        Ok(())
    }

    /// The plugin's home, to be written to while the lock is held.
    fn lock(&self) -> io::Result<(Dir, fs::File)> {
        fs::create_dir_all(self.home.join(FILES))?;
        let lock = fs::OpenOptions::new().create(true).append(true).open(self.home.join(LOCK))?;
        lock.lock()?;
        Ok((Dir::open_ambient_dir(&self.home, ambient_authority())?, lock))
    }
}

fn replace(home: &Dir, name: &str, contents: &[u8]) -> io::Result<()> {
    let mut unfinished = home.create(UNFINISHED)?;
    unfinished.write_all(contents)?;
    drop(unfinished);
    let mut folder = home.open_dir_nofollow(FILES)?;
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        match folder.create_dir(part) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => folder = folder.open_dir_nofollow(part)?,
        }
    }
    home.rename(UNFINISHED, &folder, file)
}

/// Removes a file, and the folders that are empty without it.
fn remove(home: &Dir, name: &str) -> io::Result<()> {
    let files = home.open_dir_nofollow(FILES)?;
    let (folder, file) = parent(&files, name)?;
    folder.remove_file(file)?;
    let mut rest = name;
    while let Some((folders, _)) = rest.rsplit_once('/') {
        let (above, last) = parent(&files, folders)?;
        if above.remove_dir(last).is_err() {
            break;
        }
        rest = folders;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(quota: u64) -> (tempfile::TempDir, Scratch) {
        let temp = tempfile::tempdir().unwrap();
        let home = temp.path().join("acme.tone");
        let scratch = Scratch { quota, ..Scratch::new(home) };
        (temp, scratch)
    }

    #[test]
    fn the_quota_counts_all_files_and_what_is_replaced_no_more() {
        let (_temp, scratch) = scratch(10);
        scratch.write("a", &[0; 6]).unwrap();
        let why = scratch.write("b/c", &[0; 5]).unwrap_err().to_string();
        assert_eq!(why, "`b/c`: 5 bytes beside 6 are more than the 10 that the scratch folder holds");
        scratch.write("b/c", &[0; 4]).unwrap();
        scratch.write("a", &[1; 2]).unwrap();
        scratch.write("d", &[0; 4]).unwrap();
        assert_eq!(scratch.list().unwrap(), ["a", "b/c", "d"]);
        assert_eq!(scratch.read("a").unwrap(), [1; 2], "what did not fit changed nothing");
    }

    #[test]
    fn a_file_and_a_folder_of_one_name_are_a_failure_that_changes_nothing() {
        let (_temp, scratch) = scratch(100);
        scratch.write("a/b", b"1").unwrap();
        assert!(matches!(scratch.write("a", b"2"), Err(Failure::Failed { .. })));
        assert!(matches!(scratch.write("a/b/c", b"3"), Err(Failure::Failed { .. })));
        assert!(matches!(scratch.read("a"), Err(Failure::Failed { .. })));
        scratch.remove("a").unwrap_err();
        scratch.remove("a/b/c").unwrap();
        assert_eq!(scratch.read("a/b").unwrap(), b"1");
        assert!(!scratch.home.join(UNFINISHED).exists(), "nothing unfinished is left");
    }

    #[test]
    fn removing_the_last_file_of_a_folder_removes_the_folder() {
        let (_temp, scratch) = scratch(100);
        scratch.write("a/b/c", b"1").unwrap();
        scratch.write("a/d", b"2").unwrap();
        scratch.remove("a/b/c").unwrap();
        assert!(!scratch.home.join("files/a/b").exists());
        assert_eq!(scratch.list().unwrap(), ["a/d"]);
        scratch.write("a/b", b"3").unwrap();
    }

    #[test]
    fn what_a_crash_left_unfinished_is_no_file_and_in_nobodys_way() {
        let (_temp, scratch) = scratch(10);
        scratch.write("a", b"1").unwrap();
        std::fs::write(scratch.home.join(UNFINISHED), [0; 100]).unwrap();
        assert_eq!(scratch.list().unwrap(), ["a"]);
        scratch.write("b", b"2").unwrap();
        assert_eq!(scratch.read("b").unwrap(), b"2");
    }

    #[test]
    fn of_concurrent_writers_each_file_is_whole_and_the_quota_holds() {
        const BYTES: usize = 1000;
        let (_temp, scratch) = scratch(3 * BYTES as u64);
        scratch.write("shared", &[0; BYTES]).unwrap();
        std::thread::scope(|scope| {
            for writer in 1..=4_u8 {
                let scratch = &scratch;
                scope.spawn(move || {
                    for _ in 0..20 {
                        scratch.write("shared", &[writer; BYTES]).unwrap();
                        // Beside `shared` there is room for two of the four.
                        let _ = scratch.write(&format!("own/{writer}"), &[writer; BYTES]);
                        let shared = scratch.read("shared").unwrap();
                        assert!(shared.len() == BYTES && shared.iter().all(|byte| *byte == shared[0]));
                        let total: u64 = scratch.files.find().unwrap().iter().map(|file| file.bytes).sum();
                        assert!(total <= scratch.quota, "{total}");
                        scratch.remove(&format!("own/{writer}")).unwrap();
                    }
                });
            }
        });
        assert_eq!(scratch.list().unwrap(), ["shared"]);
    }
}
