//! Assets: files by their contents, and what is known of them.

mod clean;
mod uses;

use std::fs::File;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::blobs::{Blobs, NewBlob, Stored};
use super::database::{Database, now};
use crate::{file_name, media_type};

pub(crate) use clean::{Deleted, Storage};
pub(crate) use uses::AssetUse;

/// How many assets a list has at most.
const LISTED: usize = 1000;

/// A file named by its contents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Asset {
    /// BLAKE3 in hex.
    pub(crate) hash: String,
    /// The name it came with; in lists the one it was given first.
    pub(crate) name: String,
    /// What it is, such as `image/png`.
    pub(crate) media_type: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    /// What a `file` input of a graph holds to use it: `asset:HASH/name.png`.
    pub(crate) reference: String,
}

/// Where an asset comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Somebody brought it along; it is listed.
    Upload,
    /// A run or the program itself made it.
    Program,
}

/// The assets. Cloning shares them.
#[derive(Clone)]
pub(crate) struct AssetStore {
    blobs: Blobs,
    database: Database,
    /// Many write files and their rows at a time; who deletes is alone, so that nobody finds a file there which then
    /// goes.
    writers: Arc<RwLock<()>>,
}

impl AssetStore {
    /// Assets in a folder, which need not be there.
    pub(crate) fn new(blobs: Blobs, database: Database) -> Self {
        blobs.clean();
        Self { blobs, database, writers: Arc::default() }
    }

    /// Keeps files from being deleted between [`NewBlob::finish`] and [`AssetStore::record`]. Blocks.
    pub(crate) fn writing(&self) -> RwLockReadGuard<'_, ()> {
        self.writers.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files, without what is known of them.
    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Keeps bytes. Blocks.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn add(&self, name: &str, media_type: &str, bytes: &[u8], origin: Origin) -> Result<Asset> {
        let mut new = self.blobs.begin()?;
        new.write(bytes)?;
        self.finish(new, name, Some(media_type), origin)
    }

    /// Keeps what was written piece by piece. Blocks.
    ///
    /// `declared` is what somebody says it is; common pictures are recognized whatever that says. The name is made
    /// harmless. An asset that is there already is listed by its first name and time, unless the program made it and
    /// now somebody brings it along; what is returned has the name given here.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(
        &self,
        new: NewBlob,
        name: &str,
        declared: Option<&str>,
        origin: Origin,
    ) -> Result<Asset> {
        let _writing = self.writing();
        self.record(&new.finish()?, name, declared, origin)
    }

    /// Notes what is known of contents that are there already, as [`AssetStore::finish`] does. The file was finished
    /// under the same [`AssetStore::writing`].
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn record(
        &self,
        stored: &Stored,
        name: &str,
        declared: Option<&str>,
        origin: Origin,
    ) -> Result<Asset> {
        let Stored { hash, bytes, head } = stored;
        let name = file_name::harmless(name);
        let declared =
            declared.filter(|it| *it != "application/octet-stream" && media_type::is_well_formed(it));
        let media_type = media_type::by_contents(head)
            .or(declared)
            .unwrap_or_else(|| media_type::by_name(&name))
            .to_ascii_lowercase();
        let hash = hash.to_hex().to_string();
        self.database.with(|connection| {
            let mut insert = connection.prepare_cached(
                "INSERT INTO assets (hash, name, media_type, bytes, created_at, uploaded)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (hash) DO UPDATE SET
                     uploaded = max(uploaded, excluded.uploaded),
                     name = iif(uploaded < excluded.uploaded, excluded.name, name),
                     created_at = iif(uploaded < excluded.uploaded, excluded.created_at, created_at)
                 RETURNING hash, name, media_type, bytes, created_at",
            )?;
            let uploaded = origin == Origin::Upload;
            let length = i64::try_from(*bytes)?;
            let known = insert.query_row(params![hash, name, media_type, length, now(), uploaded], asset)?;
            Ok(Asset { reference: reference(&known.hash, &name), name, ..known })
        })
    }

    /// What is known of an asset, and its contents. Blocks.
    ///
    /// # Errors
    /// When it cannot be read; `None` when there is none.
    pub(crate) fn open(&self, hash: &blake3::Hash) -> Result<Option<(Asset, File)>> {
        match self.database.with(|connection| known(connection, hash))? {
            Some(asset) => Ok(self.blobs.open(hash)?.map(|file| (asset, file))),
            None => Ok(None),
        }
    }

    /// What was uploaded, newest first. Blocks.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn uploads(&self) -> Result<Vec<Asset>> {
        self.database.with(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT hash, name, media_type, bytes, created_at FROM assets WHERE uploaded = 1
                 ORDER BY created_at DESC, hash LIMIT ?1",
            )?;
            let rows = select.query_map([i64::try_from(LISTED)?], asset)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn known(connection: &Connection, hash: &blake3::Hash) -> Result<Option<Asset>> {
    let mut select = connection
        .prepare_cached("SELECT hash, name, media_type, bytes, created_at FROM assets WHERE hash = ?1")?;
    Ok(select.query_row([hash.to_hex().as_str()], asset).optional()?)
}

fn asset(row: &Row<'_>) -> rusqlite::Result<Asset> {
    let (hash, name): (String, String) = (row.get(0)?, row.get(1)?);
    let bytes: i64 = row.get(3)?;
    Ok(Asset {
        reference: reference(&hash, &name),
        hash,
        name,
        media_type: row.get(2)?,
        bytes: bytes.unsigned_abs(),
        created_at: row.get(4)?,
    })
}

fn reference(hash: &str, name: &str) -> String {
    format!("asset:{hash}/{name}")
}
