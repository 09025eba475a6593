//! What nodes of a run said, line by line.

use anyhow::{Context, Result};
use rusqlite::{Connection, Row, params};

use super::{RunStore, unreadable};
use crate::queue::shapes::{Level, LogLine};

impl RunStore {
    /// Writes down lines of a run. A line that is there already stays.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn save_log(&self, id: &str, lines: &[LogLine]) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        self.0.with(|connection| {
            let transaction = connection.transaction()?;
            save(&transaction, id, lines)?;
            Ok(transaction.commit()?)
        })
    }

    /// The lines of a run in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn log(&self, id: &str) -> Result<Vec<LogLine>> {
        self.0.with(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT number, at_ms, node, level, message FROM run_log WHERE run_id = ?1 ORDER BY number",
            )?;
            Ok(select.query_map([id], line)?.collect::<rusqlite::Result<_>>()?)
        })
    }
}

pub(super) fn save(connection: &Connection, id: &str, lines: &[LogLine]) -> Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO run_log (run_id, number, at_ms, node, level, message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for line in lines {
        let at = i64::try_from(line.at_ms)?;
        insert.execute(params![id, line.number, at, line.node, line.level.as_str(), line.message])?;
    }
    Ok(())
}

fn line(row: &Row<'_>) -> rusqlite::Result<LogLine> {
    let level: String = row.get(3)?;
    Ok(LogLine {
        number: row.get(0)?,
        at_ms: row.get::<_, i64>(1)?.unsigned_abs(),
        node: row.get(2)?,
        level: Level::parse(&level)
            .context("no level of a log line")
            .map_err(|error| unreadable(3, error))?,
        message: row.get(4)?,
    })
}
