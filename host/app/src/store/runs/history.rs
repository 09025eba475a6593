//! Runs that are over: listed in pages, searched, forgotten.

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::{Row, params};

use super::{RunStore, SUMMARY, summary};
use crate::queue::shapes::{RunStatus, RunSummary};

/// Which runs are meant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only those of this status.
    pub(crate) status: Option<RunStatus>,
    /// Words in lower case, each of which must occur.
    words: Vec<String>,
}

impl Filter {
    /// Runs of a status in which every word of `search` occurs: in title, id, status, error or the name of a node.
    pub(crate) fn new(status: Option<RunStatus>, search: &str) -> Self {
        Self { status, words: search.split_whitespace().map(str::to_lowercase).collect() }
    }

    /// Whether names of nodes decide.
    pub(crate) fn needs_names(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether a run is meant; `names` are those of its nodes.
    pub(crate) fn takes(&self, run: &RunSummary, names: &str) -> bool {
        let error = run.error.as_deref().unwrap_or_default();
        self.status.is_none_or(|it| it == run.status)
            && self.finds(&[&run.title, &run.id, run.status.as_str(), error, names])
    }

    fn finds(&self, texts: &[&str]) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let text = texts.join("\n").to_lowercase();
        self.words.iter().all(|word| text.contains(word))
    }

    /// Whether every word occurs in a row of [`SEARCHED`].
    fn finds_row(&self, row: &Row<'_>) -> Result<bool> {
        let mut texts = [""; SEARCHED.len()];
        for (text, column) in texts.iter_mut().zip(SEARCHED) {
            *text = row.get_ref(column)?.as_str_or_null()?.unwrap_or_default();
        }
        Ok(self.finds(&texts))
    }
}

/// The columns that are searched.
const SEARCHED: [&str; 5] = ["title", "id", "status", "error", "names"];

impl RunStore {
    /// Runs that are over, newest first, at most `limit`; only those that were over before the time `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn ended(
        &self,
        limit: usize,
        before: Option<i64>,
        filter: &Filter,
    ) -> Result<Vec<RunSummary>> {
        self.0.with(|connection| {
            let sql = format!(
                "SELECT {SUMMARY}, names FROM runs LEFT JOIN run_names ON run_id = id
                 WHERE ended_at < ifnull(?1, {}) AND (?2 IS NULL OR status = ?2)
                 ORDER BY ended_at DESC",
                i64::MAX
            );
            let mut select = connection.prepare_cached(&sql)?;
            // No search in SQL: SQLite knows upper and lower case of English letters only. Rows are read one by one, so
            // that what lies behind the last one wanted costs nothing.
            let mut rows = select.query(params![before, filter.status.map(RunStatus::as_str)])?;
            let mut found = Vec::new();
            while found.len() < limit
                && let Some(row) = rows.next()?
            {
                if filter.finds_row(row)? {
                    found.push(summary(row)?);
                }
            }
            Ok(found)
        })
    }

    /// Names of the nodes of each run that is not over, one name a line.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn names_of_open(&self) -> Result<HashMap<String, String>> {
        self.0.with(|connection| {
            let sql = "SELECT id, names FROM runs JOIN run_names ON run_id = id
                       WHERE status IN ('queued', 'running')";
            let mut select = connection.prepare_cached(sql)?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Forgets the runs that are over and meant, and gives their ids.
    ///
    /// # Errors
    /// When the database fails; then all are still there.
    pub(crate) fn forget(&self, filter: &Filter) -> Result<Vec<String>> {
        let ids: Vec<_> = self.ended(usize::MAX, None, filter)?.into_iter().map(|run| run.id).collect();
        self.0.with(|connection| {
            let transaction = connection.transaction()?;
            for id in &ids {
                transaction.prepare_cached("DELETE FROM runs WHERE id = ?1")?.execute([id])?;
            }
            transaction.commit()?;
            Ok(ids)
        })
    }
}
