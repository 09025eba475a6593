//! Files below a folder, by name. No link is followed, whatever lies there.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirEntry, File, OpenOptions};
use wirebrush_schema::Failure;

use super::{MAX_FILE_BYTES, MAX_FILES, check, failed};

/// A folder of files.
pub(super) struct Folder {
    /// What messages call it.
    name: &'static str,
    base: PathBuf,
    inside: String,
}

/// A file that was found.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) bytes: u64,
}

impl Folder {
    /// The folder `inside` below `base`; no part of `inside` may be a link.
    pub(super) fn new(name: &'static str, base: &Path, inside: &str) -> Self {
        Self { name, base: base.to_owned(), inside: inside.to_owned() }
    }

    /// Names of all files, sorted.
    pub(super) fn list(&self) -> Result<Vec<String>, Failure> {
        let mut names: Vec<String> = self.find()?.into_iter().map(|found| found.name).collect();
        names.sort();
        Ok(names)
    }

    /// All files, in no particular order; none when there is no folder. Files whose names break the rule, links and
    /// devices are left out: they cannot be read either.
    pub(super) fn find(&self) -> Result<Vec<Found>, Failure> {
        let mut found = Vec::new();
        match self.open() {
            Ok(root) => {
                walk(&root, "", &mut found).map_err(|error| self.failed(&error))?;
                Ok(found)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(found),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// A file's contents.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let (mut file, size) = self.file(name)?;
        let mut contents = Vec::new();
        let wanted = usize::try_from(size).unwrap_or(usize::MAX);
        contents
            .try_reserve_exact(wanted)
            .map_err(|_| Failure::OutOfMemory { needed: size, device: "cpu".to_owned() })?;
        // A file that grows meanwhile is cut: nobody else than the user writes here.
        file.by_ref().take(size).read_to_end(&mut contents).map_err(|error| failed(name, error))?;
        Ok(contents)
    }

    /// BLAKE3 over names and contents of all files, as hexadecimal digits.
    pub(super) fn digest(&self) -> Result<String, Failure> {
        let mut hasher = blake3::Hasher::new();
        for name in self.list()? {
            let (file, size) = self.file(&name)?;
            hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
            hasher.update(&size.to_le_bytes());
            hasher.update_reader(file.take(size)).map_err(|error| failed(&name, error))?;
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Opens a file and says how long it is.
    fn file(&self, name: &str) -> Result<(File, u64), Failure> {
        check(name)?;
        let absent = |error: &io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                failed(name, format_args!("no such file in the {} folder", self.name))
            }
            _ => failed(name, error),
        };
        let file = self.open().and_then(|root| open(&root, name)).map_err(|error| absent(&error))?;
        let metadata = file.metadata().map_err(|error| failed(name, error))?;
        if !metadata.is_file() {
            return Err(failed(name, "expected a file"));
        }
        if metadata.len() > MAX_FILE_BYTES {
            let limit = MAX_FILE_BYTES >> 20;
            return Err(failed(
                name,
                format_args!("{} bytes, at most {limit} MiB can be read", metadata.len()),
            ));
        }
        Ok((file, metadata.len()))
    }

    fn open(&self) -> io::Result<Dir> {
        let base = Dir::open_ambient_dir(&self.base, ambient_authority())?;
        let (above, last) = parent(&base, &self.inside)?;
        above.open_dir_nofollow(last)
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::failed(format!("{} folder: {error}", self.name))
    }
}

fn open(root: &Dir, name: &str) -> io::Result<File> {
    let (folder, file) = parent(root, name)?;
    let mut options = OpenOptions::new();
    // Without `nonblock` a named pipe would keep whoever opens it waiting.
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    folder.open_with(file, &options)
}

/// The folder a file lies in, and its name there.
pub(super) fn parent<'n>(root: &Dir, name: &'n str) -> io::Result<(Dir, &'n str)> {
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    let mut folder = root.try_clone()?;
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        folder = folder.open_dir_nofollow(part)?;
    }
    Ok((folder, file))
}

fn walk(folder: &Dir, before: &str, found: &mut Vec<Found>) -> io::Result<()> {
    for entry in folder.entries()? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let name = format!("{before}{name}");
        // The rule bounds the length and with it the depth.
        if check(&name).is_err() {
            continue;
        }
        match look(folder, &entry, name, found) {
            // Somebody has removed it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

fn look(folder: &Dir, entry: &DirEntry, name: String, found: &mut Vec<Found>) -> io::Result<()> {
    let kind = entry.file_type()?;
    if kind.is_dir() {
        walk(&folder.open_dir_nofollow(entry.file_name())?, &format!("{name}/"), found)?;
    } else if kind.is_file() {
        if found.len() == MAX_FILES {
            return Err(io::Error::other(format!("more than {MAX_FILES} files")));
        }
        found.push(Found { name, bytes: entry.metadata()?.len() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(temp.path().join("plugin/data/luts")).unwrap();
        std::fs::write(temp.path().join("secret"), "secret").unwrap();
        std::fs::write(temp.path().join("plugin/data/luts/warm"), [1, 2]).unwrap();
        let folder = Folder::new("data", &temp.path().join("plugin"), "data");
        (temp, folder)
    }

    #[track_caller]
    fn check_refused(folder: &Folder, name: &str, why: &str) {
        let error = folder.read(name).unwrap_err().to_string();
        assert!(error.contains(why), "expected `…{why}…`, found `{error}`");
        assert!(error.len() < 500 && !error.contains('\n'), "{error}");
    }

    #[test]
    fn files_are_found_by_name() {
        let (_temp, folder) = folder();
        assert_eq!(folder.list().unwrap(), ["luts/warm"]);
        assert_eq!(folder.read("luts/warm").unwrap(), [1, 2]);
        check_refused(&folder, "luts/cold", "`luts/cold`: no such file in the data folder");
        check_refused(&folder, "luts/warm/x", "no such file in the data folder");
        check_refused(&folder, "luts", "`luts`: expected a file");
    }

    #[test]
    fn names_that_mean_another_place_are_refused() {
        let (temp, folder) = folder();
        let absolute = temp.path().join("secret").to_string_lossy().into_owned();
        for name in ["../secret", "luts/../../secret", "..", ".", "", "luts//warm", "luts/", &absolute] {
            check_refused(&folder, name, "cannot be the path of a file");
        }
        for name in ["luts\\warm", "C:secret", "CON", "luts/nul.txt", "a\0b", "gr\u{fc}n"] {
            check_refused(&folder, name, "cannot be the path of a file");
        }
    }

    #[test]
    fn huge_names_are_refused_with_a_short_message() {
        let (_temp, folder) = folder();
        check_refused(&folder, &"x".repeat(10_000_000), "xxx…");
        check_refused(&folder, &"x/".repeat(100_000), "x/x…");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_wherever_they_lead() {
        use std::os::unix::fs::symlink;

        let (temp, folder) = folder();
        let data = temp.path().join("plugin/data");
        symlink(temp.path().join("secret"), data.join("out")).unwrap();
        symlink("../../secret", data.join("up")).unwrap();
        symlink(temp.path(), data.join("dir")).unwrap();
        symlink("luts/warm", data.join("within")).unwrap();
        symlink("/dev/zero", data.join("zero")).unwrap();
        for name in ["out", "up", "dir/secret", "within", "zero"] {
            assert!(matches!(folder.read(name), Err(Failure::Failed { .. })), "{name}");
        }
        assert_eq!(folder.list().unwrap(), ["luts/warm"]);

        std::fs::rename(&data, temp.path().join("elsewhere")).unwrap();
        symlink(temp.path().join("elsewhere"), &data).unwrap();
        folder.read("luts/warm").unwrap_err();
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_pipes_are_refused_without_waiting() {
        let (temp, folder) = folder();
        let pipe = temp.path().join("plugin/data/pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        check_refused(&folder, "pipe", "`pipe`: expected a file");
        assert_eq!(folder.list().unwrap(), ["luts/warm"]);
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let (temp, folder) = folder();
        let file = std::fs::File::create(temp.path().join("plugin/data/large")).unwrap();
        file.set_len(MAX_FILE_BYTES + 1).unwrap();
        check_refused(&folder, "large", "at most 256 MiB can be read");
    }

    #[test]
    fn the_digest_changes_with_any_name_or_content() {
        let (temp, folder) = folder();
        let data = temp.path().join("plugin/data");
        let mut digests = vec![folder.digest().unwrap()];
        assert_eq!(folder.digest().unwrap(), digests[0]);
        std::fs::write(data.join("luts/warm"), [1, 3]).unwrap();
        digests.push(folder.digest().unwrap());
        std::fs::rename(data.join("luts/warm"), data.join("warm")).unwrap();
        digests.push(folder.digest().unwrap());
        std::fs::write(data.join("empty"), []).unwrap();
        digests.push(folder.digest().unwrap());
        let different: std::collections::HashSet<_> = digests.iter().collect();
        assert_eq!(different.len(), digests.len(), "{digests:?}");
    }
}
