//! Deletes assets: one that nobody names, or all of those.
//!
//! The row goes before the file. A crash between the two leaves a file without a row, which the next cleaning takes
//! along; the other way round it would leave an asset that is listed and cannot be opened.

use std::sync::PoisonError;
use std::time::SystemTime;

use anyhow::Result;
use rusqlite::Connection;
use serde::Serialize;
use utoipa::ToSchema;

use super::uses::{self, AssetUse};
use super::{AssetStore, known};
use crate::store::blobs::BlobFile;

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Storage {
    /// Files.
    pub(crate) files: u64,
    /// Their length together.
    pub(crate) bytes: u64,
}

impl Storage {
    fn of<'a>(files: impl IntoIterator<Item = &'a BlobFile>) -> Self {
        files
            .into_iter()
            .fold(Self::default(), |all, file| Self { files: all.files + 1, bytes: all.bytes + file.bytes })
    }
}

/// What became of the wish to delete an asset.
#[derive(Debug, PartialEq)]
pub(crate) enum Deleted {
    /// It is gone.
    Done,
    /// There is none.
    Missing,
    /// These name it.
    InUse(Vec<AssetUse>),
    /// It came or was used after the given time, and who does not name it yet may be about to.
    TooNew,
}

impl AssetStore {
    /// How much there is of everything, uploaded or made. Blocks.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn storage(&self) -> Result<Storage> {
        Ok(Storage::of(&self.blobs.list()?))
    }

    /// Deletes an asset that nobody names, unless it came or was used `since` then. Blocks.
    ///
    /// # Errors
    /// When the database fails, or the file cannot be deleted.
    pub(crate) fn delete(&self, hash: &blake3::Hash, since: SystemTime) -> Result<Deleted> {
        let _alone = self.writers.write().unwrap_or_else(PoisonError::into_inner);
        let deleted = self.database.with(|connection| {
            if known(connection, hash)?.is_none() {
                return Ok(Deleted::Missing);
            }
            let uses = uses::of(connection, hash)?;
            if !uses.is_empty() {
                return Ok(Deleted::InUse(uses));
            }
            if self.blobs.touched(hash)?.is_some_and(|at| at >= since) {
                return Ok(Deleted::TooNew);
            }
            forget(connection, hash)?;
            Ok(Deleted::Done)
        })?;
        if deleted == Deleted::Done {
            self.blobs.remove(hash)?;
        }
        Ok(deleted)
    }

    /// Deletes what nobody names and what neither came nor was used `since` then; or, `dry`, only says how much that is.
    /// Gives what goes and what stays. Blocks.
    ///
    /// # Errors
    /// When the database fails or a file cannot be deleted; then the rest is still there.
    pub(crate) fn clean(&self, since: SystemTime, dry: bool) -> Result<(Storage, Storage)> {
        let _alone = self.writers.write().unwrap_or_else(PoisonError::into_inner);
        let files = self.blobs.list()?;
        let (go, stay): (Vec<_>, Vec<_>) = self.database.with(|connection| {
            let used = uses::all(connection)?;
            let goes = |file: &BlobFile| !used.contains(&file.hash) && file.touched < since;
            let (go, stay): (Vec<_>, Vec<_>) = files.into_iter().partition(goes);
            if !dry {
                let transaction = connection.transaction()?;
                for file in &go {
                    forget(&transaction, &file.hash)?;
                }
                transaction.commit()?;
            }
            Ok((go, stay))
        })?;
        if !dry {
            for file in &go {
                self.blobs.remove(&file.hash)?;
            }
        }
        Ok((Storage::of(&go), Storage::of(&stay)))
    }
}

fn forget(connection: &Connection, hash: &blake3::Hash) -> Result<()> {
    connection.prepare_cached("DELETE FROM assets WHERE hash = ?1")?.execute([hash.to_hex().as_str()])?;
    Ok(())
}
