//! What is to be installed: a package file, or a folder as `plugin pack` takes it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use tempfile::TempDir;
use wirebrush_package::Package;
use wirebrush_schema::Manifest;

use crate::{Error, manifest};

/// A plugin that can be installed. Its manifest has passed all checks; its files are checked while they are unpacked.
pub struct Source {
    package: Package<BufReader<File>>,
    /// SHA-256 of the package; `None` for a folder.
    sha256: Option<String>,
    _packed: Option<TempDir>,
}

impl Source {
    /// Opens a package, or packs a folder to somewhere temporary. Runs nothing of it.
    ///
    /// # Errors
    /// [`Error::Package`] when it is no package or breaks a rule, [`Error::Manifest`], [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let (package, sha256, packed) = if path.is_dir() {
            let packed = tempfile::tempdir().map_err(|source| Error::io(&std::env::temp_dir(), source))?;
            let file = packed.path().join("folder.wbplugin");
            wirebrush_package::pack(path, &file, None)?;
            (Package::open(&file)?, None, Some(packed))
        } else {
            (Package::open(path)?, Some(manifest::sha256_file(path)?), None)
        };
        manifest::check_manifest(&path.join(manifest::FILE), package.manifest())?;
        Ok(Self { package, sha256, _packed: packed })
    }

    /// The plugin's manifest.
    pub fn manifest(&self) -> &Manifest {
        self.package.manifest()
    }

    /// The key that the package was signed with, `ed25519:BASE64`.
    pub fn signer(&self) -> Option<String> {
        self.package.signer().map(|key| key.to_string())
    }

    /// SHA-256 of the package file; `None` for a folder.
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    pub(super) fn unpack(&mut self, folder: &Path) -> Result<(), Error> {
        Ok(self.package.unpack(folder)?)
    }
}
