//! Runs: the queue, the one under way, the history. All of it survives the death of the program.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use wirebrush_engine::NodeKey;

use super::database::{Database, now};
use crate::queue::shapes::{LogLine, NodeRun, RunStatus, RunSummary};

mod history;
mod log;

pub(crate) use history::Filter;

/// How many runs that are over are kept.
const KEPT: i64 = 10_000;

/// Why a run is interrupted.
pub(crate) const INTERRUPTED: &str = "the server ended before the run did";

const SUMMARY: &str = "id, status, title, graph_id, created_at, started_at, ended_at, done, total, error, outputs, \
                       retry_of";

/// The runs. Everything here blocks. Cloning shares them.
#[derive(Clone)]
pub(crate) struct RunStore(Database);

/// What was there when the program started.
#[derive(Debug)]
pub(crate) struct Found {
    /// Whether the queue was paused.
    pub(crate) paused: bool,
    /// The runs that wait, in their order.
    pub(crate) queued: Vec<RunSummary>,
    /// When the last run was over; 0 when there is none.
    pub(crate) last_end: i64,
}

/// A run as it was asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Its graph as canonical text.
    pub(crate) document: String,
    /// The wanted nodes and outputs; `None` for the graph's ends.
    pub(crate) wanted: Option<Vec<String>>,
    /// Equal for equal wishes; `None` for one of a time when nobody wrote that down.
    pub(crate) wish: Option<String>,
    /// Names of its nodes, one a line.
    pub(crate) node_names: String,
}

impl RunStore {
    /// The runs of a database.
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    /// Takes over what an earlier program left: what ran then is interrupted, what waited still waits.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn recover(&self) -> Result<Found> {
        self.0.with(|connection| {
            let transaction = connection.transaction()?;
            let last_end = "SELECT ifnull(max(ended_at), 0) FROM runs";
            let mut last_end: i64 = transaction.query_row(last_end, [], |row| row.get(0))?;
            for id in ids(&transaction, "SELECT id FROM runs WHERE status = 'running' ORDER BY started_at")? {
                last_end = now().max(last_end + 1);
                interrupt(&transaction, &id, last_end)?;
            }
            let sql = format!("SELECT {SUMMARY} FROM runs WHERE status = 'queued' ORDER BY position");
            let queued =
                transaction.prepare(&sql)?.query_map([], summary)?.collect::<rusqlite::Result<_>>()?;
            let paused = transaction.query_row("SELECT paused FROM queue", [], |row| row.get(0))?;
            transaction.commit()?;
            Ok(Found { paused, queued, last_end })
        })
    }

    /// Adds a run at the end of the queue; `false` when there is one of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn insert(&self, run: &RunSummary, asked: &Asked) -> Result<bool> {
        let wanted = asked.wanted.as_ref().map(serde_json::to_string).transpose()?;
        self.0.with(|connection| {
            let transaction = connection.transaction()?;
            let added = transaction
                .prepare_cached(
                    "INSERT INTO runs (id, status, title, graph_id, created_at, position, done, total, outputs,
                                       retry_of, wanted, document, wish)
                     VALUES (:id, 'queued', :title, :graph_id, :created_at,
                             (SELECT ifnull(max(position), -1) + 1 FROM runs WHERE status = 'queued'),
                             0, :total, '[]', :retry_of, :wanted, :document, :wish)
                     ON CONFLICT (id) DO NOTHING",
                )?
                .execute(named_params! {
                    ":id": run.id, ":title": run.title, ":graph_id": run.graph_id,
                    ":created_at": run.created_at, ":total": i64::try_from(run.total)?,
                    ":retry_of": run.retry_of, ":wanted": wanted, ":document": asked.document,
                    ":wish": asked.wish,
                })?;
            if added == 1 {
                let sql = "INSERT INTO run_names (run_id, names) VALUES (?1, ?2)";
                transaction.prepare_cached(sql)?.execute([&run.id, &asked.node_names])?;
            }
            transaction.commit()?;
            Ok(added == 1)
        })
    }

    /// Writes down that a run's turn has come.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn begin(&self, id: &str, started_at: i64) -> Result<()> {
        self.0.with(|connection| {
            let sql = "UPDATE runs SET status = 'running', started_at = ?2, position = NULL WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, started_at])?;
            Ok(())
        })
    }

    /// Writes down what became of nodes.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn save_nodes(&self, id: &str, nodes: &[(NodeKey, NodeRun)]) -> Result<()> {
        if nodes.is_empty() {
            return Ok(());
        }
        self.0.with(|connection| {
            let transaction = connection.transaction()?;
            save_nodes(&transaction, id, nodes)?;
            Ok(transaction.commit()?)
        })
    }

    /// Writes down how a run ended, with what its nodes became and said since the last time, and gives the ids of the
    /// old runs that are forgotten for it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn end(
        &self,
        run: &RunSummary,
        nodes: &[(NodeKey, NodeRun)],
        lines: &[LogLine],
    ) -> Result<Vec<String>> {
        let outputs = serde_json::to_string(&run.outputs)?;
        self.0.with(|connection| {
            let transaction = connection.transaction()?;
            save_nodes(&transaction, &run.id, nodes)?;
            log::save(&transaction, &run.id, lines)?;
            transaction
                .prepare_cached(
                    "UPDATE runs SET status = :status, started_at = :started_at, ended_at = :ended_at,
                            position = NULL, done = :done, total = :total, error = :error, outputs = :outputs
                     WHERE id = :id",
                )?
                .execute(named_params! {
                    ":id": run.id, ":status": run.status.as_str(),
                    ":started_at": run.started_at, ":ended_at": run.ended_at,
                    ":done": i64::try_from(run.done)?, ":total": i64::try_from(run.total)?,
                    ":error": run.error, ":outputs": outputs,
                })?;
            let forgotten = ids(
                &transaction,
                &format!(
                    "DELETE FROM runs WHERE ended_at <=
                         (SELECT ended_at FROM runs WHERE ended_at IS NOT NULL
                          ORDER BY ended_at DESC LIMIT 1 OFFSET {KEPT})
                     RETURNING id"
                ),
            )?;
            transaction.commit()?;
            Ok(forgotten)
        })
    }

    /// A run.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn summary(&self, id: &str) -> Result<Option<RunSummary>> {
        self.0.with(|connection| {
            let sql = format!("SELECT {SUMMARY} FROM runs WHERE id = ?1");
            Ok(connection.prepare_cached(&sql)?.query_row([id], summary).optional()?)
        })
    }

    /// What a run was asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn asked(&self, id: &str) -> Result<Option<Asked>> {
        self.0.with(|connection| {
            let sql = "SELECT document, wanted, wish, ifnull(names, '')
                       FROM runs LEFT JOIN run_names ON run_id = id WHERE id = ?1";
            let mut select = connection.prepare_cached(sql)?;
            let asked = |row: &Row<'_>| {
                let wanted: Option<String> = row.get(1)?;
                let wanted = wanted.map(|text| json(1, &text)).transpose()?;
                Ok(Asked { document: row.get(0)?, wanted, wish: row.get(2)?, node_names: row.get(3)? })
            };
            Ok(select.query_row([id], asked).optional()?)
        })
    }

    /// What became of each node of a run.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn nodes(&self, id: &str) -> Result<BTreeMap<String, NodeRun>> {
        self.0.with(|connection| {
            let mut select =
                connection.prepare_cached("SELECT node, state FROM run_nodes WHERE run_id = ?1")?;
            let node = |row: &Row<'_>| Ok((row.get(0)?, json(1, &row.get::<_, String>(1)?)?));
            Ok(select.query_map([id], node)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Forgets a run; `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn delete(&self, id: &str) -> Result<bool> {
        self.0.with(|connection| {
            Ok(connection.prepare_cached("DELETE FROM runs WHERE id = ?1")?.execute([id])? == 1)
        })
    }

    /// Writes down the order of the queue.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn reorder<'a>(&self, queued: impl IntoIterator<Item = &'a str>) -> Result<()> {
        self.0.with(|connection| {
            let transaction = connection.transaction()?;
            {
                let mut update = transaction
                    .prepare_cached("UPDATE runs SET position = ?2 WHERE id = ?1 AND position <> ?2")?;
                for (position, id) in queued.into_iter().enumerate() {
                    update.execute(params![id, i64::try_from(position)?])?;
                }
            }
            Ok(transaction.commit()?)
        })
    }

    /// Writes down whether the queue is paused.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn set_paused(&self, paused: bool) -> Result<()> {
        self.0.with(|connection| {
            connection.execute("UPDATE queue SET paused = ?1", [paused])?;
            Ok(())
        })
    }
}

fn ids(connection: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn interrupt(connection: &Connection, id: &str, ended_at: i64) -> Result<()> {
    connection.execute(
        "UPDATE runs SET status = 'interrupted', ended_at = ?2, error = ?3 WHERE id = ?1",
        params![id, ended_at, INTERRUPTED],
    )?;
    connection.execute(
        "UPDATE run_nodes SET state = json_set(state, '$.state', 'cancelled')
         WHERE run_id = ?1 AND state ->> '$.state' IN ('queued', 'running')",
        [id],
    )?;
    Ok(())
}

fn save_nodes(connection: &Connection, id: &str, nodes: &[(NodeKey, NodeRun)]) -> Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO run_nodes (run_id, node, state) VALUES (?1, ?2, ?3)")?;
    for (node, state) in nodes {
        insert.execute(params![id, node.as_str(), serde_json::to_string(state)?])?;
    }
    Ok(())
}

/// A row of the columns [`SUMMARY`]. The place in the queue is left out: it is known only beside the others.
fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let status: String = row.get(1)?;
    let status =
        RunStatus::parse(&status).context("no status of a run").map_err(|error| unreadable(1, error))?;
    let count = |column: usize| row.get::<_, i64>(column).map(|it| usize::try_from(it).unwrap_or_default());
    Ok(RunSummary {
        id: row.get(0)?,
        status,
        title: row.get(2)?,
        graph_id: row.get(3)?,
        created_at: row.get(4)?,
        started_at: row.get(5)?,
        ended_at: row.get(6)?,
        position: None,
        done: count(7)?,
        total: count(8)?,
        error: row.get(9)?,
        outputs: json(10, &row.get::<_, String>(10)?)?,
        retry_of: row.get(11)?,
    })
}

fn json<T: serde::de::DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(column, error.into()))
}

/// The failure of a column whose text is none that this program writes.
fn unreadable(column: usize, why: anyhow::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}

#[cfg(test)]
mod tests;
