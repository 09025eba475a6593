//! Saved graphs with their versions, and the drafts on top of them.
//!
//! A save names the version it is based on; when another came between, it is refused, never merged or overwritten.

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

use super::database::now;

/// How many versions of a graph are kept.
const KEPT: i64 = 50;

/// A saved graph without its contents.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct GraphInfo {
    /// Chosen by the server.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    /// Newest version, from 1.
    pub(crate) version: i64,
    /// When that was saved, in milliseconds since 1970.
    pub(crate) saved_at: i64,
    /// Whether there is an autosaved state that is newer.
    pub(crate) has_draft: bool,
}

/// An older state of a graph.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphVersion {
    /// From 1.
    pub(crate) version: i64,
    /// Milliseconds since 1970.
    pub(crate) saved_at: i64,
    /// Length of its text.
    pub(crate) bytes: i64,
}

/// An autosaved state.
pub(crate) struct Draft {
    /// Its text.
    pub(crate) document: String,
    /// The version it was made from.
    pub(crate) base_version: i64,
    /// Milliseconds since 1970.
    pub(crate) saved_at: i64,
}

/// What became of a write that names the version it is based on.
#[derive(Debug, PartialEq)]
pub(crate) enum Saved {
    /// It is there.
    Done(GraphInfo),
    /// This version is there instead of the one named.
    Conflict(i64),
    /// There is no such graph.
    Missing,
}

const INFO: &str = "SELECT id, name, version, saved_at,
    EXISTS (SELECT 1 FROM drafts WHERE graph_id = graphs.id) FROM graphs";

/// All graphs, newest first.
pub(crate) fn list(connection: &Connection) -> Result<Vec<GraphInfo>> {
    let mut select = connection.prepare_cached(&format!("{INFO} ORDER BY saved_at DESC, id"))?;
    let rows = select.query_map([], info)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One graph without its contents.
pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<GraphInfo>> {
    let mut select = connection.prepare_cached(&format!("{INFO} WHERE id = ?1"))?;
    Ok(select.query_row([id], info).optional()?)
}

/// Text of one version, with the time when it was saved.
pub(crate) fn version(connection: &Connection, id: &str, version: i64) -> Result<Option<(String, i64)>> {
    let mut select = connection.prepare_cached(
        "SELECT document, saved_at FROM graph_versions WHERE graph_id = ?1 AND version = ?2",
    )?;
    Ok(select.query_row(params![id, version], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// The versions that are kept, newest first.
pub(crate) fn versions(connection: &Connection, id: &str) -> Result<Vec<GraphVersion>> {
    let mut select = connection.prepare_cached(
        "SELECT version, saved_at, length(CAST(document AS BLOB)) FROM graph_versions
         WHERE graph_id = ?1 ORDER BY version DESC",
    )?;
    let rows = select.query_map([id], |row| {
        Ok(GraphVersion { version: row.get(0)?, saved_at: row.get(1)?, bytes: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The autosaved state.
pub(crate) fn draft(connection: &Connection, id: &str) -> Result<Option<Draft>> {
    let mut select = connection
        .prepare_cached("SELECT document, base_version, saved_at FROM drafts WHERE graph_id = ?1")?;
    let draft =
        |row: &Row<'_>| Ok(Draft { document: row.get(0)?, base_version: row.get(1)?, saved_at: row.get(2)? });
    Ok(select.query_row([id], draft).optional()?)
}

/// Saves a new graph as version 1.
pub(crate) fn create(connection: &mut Connection, name: &str, document: &str) -> Result<GraphInfo> {
    let info =
        GraphInfo { id: new_id()?, name: name.to_owned(), version: 1, saved_at: now(), has_draft: false };
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO graphs (id, name, version, saved_at) VALUES (?1, ?2, ?3, ?4)",
        params![info.id, info.name, info.version, info.saved_at],
    )?;
    transaction.execute(
        "INSERT INTO graph_versions (graph_id, version, document, saved_at) VALUES (?1, ?2, ?3, ?4)",
        params![info.id, info.version, document, info.saved_at],
    )?;
    transaction.commit()?;
    Ok(info)
}

/// Saves the next version on top of `base`; the draft it came from is gone.
pub(crate) fn save(
    connection: &mut Connection,
    id: &str,
    base: i64,
    name: Option<&str>,
    document: &str,
) -> Result<Saved> {
    let transaction = connection.transaction()?;
    let Some(mut info) = find(&transaction, id)? else { return Ok(Saved::Missing) };
    if info.version != base {
        return Ok(Saved::Conflict(info.version));
    }
    info.version += 1;
    info.saved_at = now();
    info.has_draft = false;
    if let Some(name) = name {
        name.clone_into(&mut info.name);
    }
    transaction.execute(
        "UPDATE graphs SET name = ?2, version = ?3, saved_at = ?4 WHERE id = ?1",
        params![id, info.name, info.version, info.saved_at],
    )?;
    transaction.execute(
        "INSERT INTO graph_versions (graph_id, version, document, saved_at) VALUES (?1, ?2, ?3, ?4)",
        params![id, info.version, document, info.saved_at],
    )?;
    transaction.execute(
        "DELETE FROM graph_versions WHERE graph_id = ?1 AND version <= ?2",
        params![id, info.version - KEPT],
    )?;
    transaction.execute("DELETE FROM drafts WHERE graph_id = ?1", [id])?;
    transaction.commit()?;
    Ok(Saved::Done(info))
}

/// Keeps an autosaved state on top of `base`.
pub(crate) fn save_draft(connection: &mut Connection, id: &str, base: i64, document: &str) -> Result<Saved> {
    let transaction = connection.transaction()?;
    let Some(mut info) = find(&transaction, id)? else { return Ok(Saved::Missing) };
    if info.version != base {
        return Ok(Saved::Conflict(info.version));
    }
    transaction.execute(
        "INSERT OR REPLACE INTO drafts (graph_id, document, base_version, saved_at) VALUES (?1, ?2, ?3, ?4)",
        params![id, document, base, now()],
    )?;
    transaction.commit()?;
    info.has_draft = true;
    Ok(Saved::Done(info))
}

/// Throws the autosaved state away; the graph as it is then, and whether there was one.
pub(crate) fn delete_draft(connection: &Connection, id: &str) -> Result<Option<(GraphInfo, bool)>> {
    let deleted = connection.execute("DELETE FROM drafts WHERE graph_id = ?1", [id])?;
    Ok(find(connection, id)?.map(|info| (info, deleted > 0)))
}

/// Removes a graph with its versions and draft; whether it was there.
pub(crate) fn delete(connection: &Connection, id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM graphs WHERE id = ?1", [id])? > 0)
}

fn info(row: &Row<'_>) -> rusqlite::Result<GraphInfo> {
    Ok(GraphInfo {
        id: row.get(0)?,
        name: row.get(1)?,
        version: row.get(2)?,
        saved_at: row.get(3)?,
        has_draft: row.get(4)?,
    })
}

/// 80 random bits as hex: nobody's guess, and short in an address.
fn new_id() -> Result<String> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).ok().context("the system gives no random numbers")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
