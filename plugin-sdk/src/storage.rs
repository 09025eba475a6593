//! A plugin's own files: what it brought along, and what it keeps between runs.

use crate::{Host, Result};

/// One of the two folders a plugin may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// What the plugin brought along: the folder that `data` in `plugin.json` names.
    Data,
    /// What it keeps between runs.
    Scratch,
}

/// The files a plugin brought along. Needs the permission `data`; see [`Context::data`](crate::Context::data).
///
/// Names are relative, with `/` between folders. The files are part of what the host knows a plugin by: results made
/// with other files are never reused.
///
/// ```
/// use std::path::PathBuf;
///
/// use wirebrush_sdk::prelude::*;
/// use wirebrush_sdk::testing::Recorder;
///
/// let folder = std::env::temp_dir().join(format!("data-of-a-plugin-{}", std::process::id()));
/// std::fs::create_dir_all(folder.join("luts")).unwrap();
/// std::fs::write(folder.join("luts/warm.bin"), [1, 2, 3]).unwrap();
///
/// let host = Recorder { data: Some(folder.clone()).into(), ..Recorder::default() };
/// let cx = Context::new(&host);
/// assert_eq!(cx.data().list()?, ["luts/warm.bin"]);
/// assert_eq!(cx.data().read("luts/warm.bin")?, [1, 2, 3]);
/// assert!(cx.data().read("luts/cold.bin").is_err());
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, Copy)]
pub struct Data<'a> {
    pub(crate) host: &'a dyn Host,
}

impl Data<'_> {
    /// Names of all files, sorted.
    ///
    /// # Errors
    /// `Unsupported` without the permission.
    pub fn list(&self) -> Result<Vec<String>> {
        self.host.list_files(Folder::Data)
    }

    /// A file. Costs one copy of it.
    ///
    /// # Errors
    /// `Unsupported` without the permission; `Failed` when there is no such file.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        self.host.read_file(Folder::Data, name)
    }
}

/// Files a plugin keeps between runs. Needs the permission `scratch`; see
/// [`Context::scratch`](crate::Context::scratch).
///
/// It is for what can be made again, as a table that takes long to compute: the user may empty it, and what a node
/// gives must not depend on it. Versions of a plugin share it. It holds 256 MiB.
///
/// ```
/// use wirebrush_sdk::prelude::*;
/// use wirebrush_sdk::testing::Recorder;
///
/// fn table(cx: &Context<'_>) -> Result<Vec<u8>> {
///     if let Ok(table) = cx.scratch().read("table@1.bin") {
///         return Ok(table);
///     }
///     let table: Vec<u8> = (0..=255).rev().collect();
///     cx.scratch().write("table@1.bin", &table)?;
///     Ok(table)
/// }
///
/// let host = Recorder { scratch: Some(Default::default()).into(), ..Recorder::default() };
/// let cx = Context::new(&host);
/// assert_eq!(table(&cx)?, table(&cx)?);
/// assert_eq!(cx.scratch().list()?, ["table@1.bin"]);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, Copy)]
pub struct Scratch<'a> {
    pub(crate) host: &'a dyn Host,
}

impl Scratch<'_> {
    /// Names of all files, sorted.
    ///
    /// # Errors
    /// `Unsupported` without the permission.
    pub fn list(&self) -> Result<Vec<String>> {
        self.host.list_files(Folder::Scratch)
    }

    /// A file. Costs one copy of it.
    ///
    /// # Errors
    /// `Unsupported` without the permission; `Failed` when there is no such file.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        self.host.read_file(Folder::Scratch, name)
    }

    /// Writes a file, in place of an older one; makes the folders it lies in. Whoever reads meanwhile, sees the old
    /// file or the new one.
    ///
    /// # Errors
    /// `Unsupported` without the permission; `Failed` beyond the quota, or when the disk is full.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<()> {
        self.host.write_scratch(name, contents)
    }

    /// Removes a file; fine when there is none.
    ///
    /// # Errors
    /// `Unsupported` without the permission.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.host.remove_scratch(name)
    }
}
