//! A package that is read: who made it, what is in it, and its files when they are what they should be.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

use wirebrush_schema::{Manifest, Target};
use zip::ZipArchive;

use crate::archive;
use crate::contents::{CONTENTS, Contents, FileEntry};
use crate::error::Error;
use crate::hash::{Side, copy_hashed};
use crate::key::PublicKey;
use crate::signature::{self, SIGNATURE};

/// The manifest's name in a package and in a plugin's folder.
pub(crate) const MANIFEST: &str = "plugin.json";

/// Bytes of a JSON document in a package.
const MAX_DOCUMENT: u64 = 4 << 20;

/// A package whose structure, signature and manifest were checked; its other files are when they are read.
pub struct Package<R> {
    file: String,
    archive: ZipArchive<R>,
    contents: Contents,
    manifest: Manifest,
    signer: Option<PublicKey>,
}

impl Package<BufReader<File>> {
    /// Opens a package file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Package`] when it is none or does not keep a rule, a wrong signature among them.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::io(path, source))?;
        Self::read(BufReader::new(file), &path.display().to_string())
    }
}

impl<R: Read + Seek> Package<R> {
    /// Reads a package; `name` is for messages.
    ///
    /// # Errors
    /// [`Error::Package`], as [`Package::open`].
    pub fn read(input: R, name: &str) -> Result<Self, Error> {
        Self::check(input, name).map_err(|why| Error::Package { file: name.to_owned(), why })
    }

    fn check(input: R, name: &str) -> Result<Self, String> {
        let mut archive = archive::open(input)?;
        let text = document(&mut archive, CONTENTS)?;
        let contents = Contents::parse(&text).map_err(|why| format!("{CONTENTS}: {why}"))?;
        let signer = match archive.index_for_name(SIGNATURE) {
            Some(_) => {
                let signed = document(&mut archive, SIGNATURE)?;
                Some(signature::check(&signed, &text).map_err(|why| format!("{SIGNATURE}: {why}"))?)
            }
            None => None,
        };
        check_listed(&archive, &contents)?;
        let manifest = read_manifest(&mut archive, &contents)?;
        Ok(Self { file: name.to_owned(), archive, contents, manifest, signer })
    }

    /// The plugin's manifest. Its id, version and artifacts agree with the contents; the rest is the loader's to check.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whose signature it has; `None` when nobody signed it.
    pub fn signer(&self) -> Option<PublicKey> {
        self.signer
    }

    /// Every file but the contents and the signature.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The targets of its native code, which runs with the user's rights; empty when it only has a component.
    pub fn native_targets(&self) -> Vec<&str> {
        let targets = self.manifest.artifacts.iter().map(|artifact| artifact.target.0.as_str());
        targets.filter(|target| *target != Target::COMPONENT).collect()
    }

    /// Reads every file and compares it with the contents. Costs about as much as unpacking to nowhere.
    ///
    /// # Errors
    /// [`Error::Package`] naming the first file that differs.
    pub fn verify(&mut self) -> Result<(), Error> {
        let files = self.contents.files.clone();
        files
            .iter()
            .try_for_each(|(path, expected)| self.copy(path, expected, &mut io::sink(), Path::new("")))
    }

    /// Writes every file below a folder, which is made when it is missing and may not have these files yet.
    ///
    /// # Errors
    /// [`Error::Package`] naming the first file that differs from the contents; [`Error::Io`]. What was written then
    /// stays, and is not to be used.
    pub fn unpack(&mut self, folder: &Path) -> Result<(), Error> {
        let files = self.contents.files.clone();
        for (path, expected) in &files {
            let target = folder.join(path);
            let parent = target.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).map_err(|source| Error::io(parent, source))?;
            let mut file = File::create_new(&target).map_err(|source| Error::io(&target, source))?;
            self.copy(path, expected, &mut file, &target)?;
        }
        Ok(())
    }

    fn copy(
        &mut self,
        path: &str,
        expected: &FileEntry,
        to: &mut dyn Write,
        target: &Path,
    ) -> Result<(), Error> {
        let refuse = |why: String| Error::Package { file: self.file.clone(), why: format!("{path}: {why}") };
        let entry = self.archive.by_name(path).map_err(|error| refuse(error.to_string()))?;
        // One byte more than there may be: a longer file is seen without being read.
        let mut entry = entry.take(expected.size.saturating_add(1));
        let found = copy_hashed(&mut entry, to).map_err(|side| match side {
            Side::Read(error) => refuse(error.to_string()),
            Side::Write(source) => Error::io(target, source),
        })?;
        if found != *expected {
            return Err(refuse("its contents are not those that contents.json lists".to_owned()));
        }
        Ok(())
    }
}

/// Reads a JSON document whole.
fn document<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<Vec<u8>, String> {
    let entry = archive.by_name(name).map_err(|_| format!("it has no readable {name}"))?;
    let mut bytes = Vec::new();
    entry.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(format!("{name}: expected at most {MAX_DOCUMENT} bytes"));
    }
    Ok(bytes)
}

/// Compares the archive's directory with the contents: nothing is missing, nothing came with it, no size lies.
fn check_listed<R: Read + Seek>(archive: &ZipArchive<R>, contents: &Contents) -> Result<(), String> {
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(|error| error.to_string())?;
        let name = entry.name().map_err(|error| error.to_string())?;
        match contents.files.get(&*name) {
            None if name == CONTENTS || name == SIGNATURE => {}
            None => return Err(format!("{name}: it is not listed in {CONTENTS}")),
            Some(listed) if listed.size != entry.size() => {
                return Err(format!("{name}: expected {} bytes, found {}", listed.size, entry.size()));
            }
            Some(_) => {}
        }
    }
    match contents.files.keys().find(|path| archive.index_for_name(path).is_none()) {
        Some(missing) => Err(format!("{missing}: it is listed in {CONTENTS} and missing")),
        None => Ok(()),
    }
}

fn read_manifest<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    contents: &Contents,
) -> Result<Manifest, String> {
    let text = document(archive, MANIFEST)?;
    let listed = contents.files.get(MANIFEST).ok_or_else(|| format!("{MANIFEST}: it is not listed"))?;
    match copy_hashed(&mut text.as_slice(), &mut io::sink()) {
        Ok(found) if found == *listed => {}
        _ => return Err(format!("{MANIFEST}: its contents are not those that {CONTENTS} lists")),
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| format!("{MANIFEST}: {error}"))?;
    if manifest.id != contents.id || manifest.version != contents.plugin {
        return Err(format!(
            "{MANIFEST}: expected {} {}, which {CONTENTS} names, found {} {}",
            contents.id,
            contents.plugin,
            manifest.id.escape_debug(),
            manifest.version.escape_debug()
        ));
    }
    for artifact in &manifest.artifacts {
        let file = artifact.file.as_str();
        match contents.files.get(file) {
            Some(listed) if listed.sha256 == artifact.sha256 => {}
            Some(_) => return Err(format!("{MANIFEST}: {file} has another hash than {CONTENTS} lists")),
            None => {
                return Err(format!("{MANIFEST}: artifact `{}` is not in the package", file.escape_debug()));
            }
        }
    }
    Ok(manifest)
}
