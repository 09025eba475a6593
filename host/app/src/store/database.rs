//! One SQLite file for everything with rows: opened, migrated, shared.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;

/// In order; `user_version` of a file says how many it has seen. Never edited once released.
const MIGRATIONS: &[&str] = &[include_str!("migrations/001.sql"), include_str!("migrations/002.sql")];

/// The database. Cloning shares the one connection: SQLite writes one at a time anyway, and every statement here takes
/// microseconds.
#[derive(Clone)]
pub(crate) struct Database(Arc<Mutex<Connection>>);

impl Database {
    /// Opens the file, made when missing, and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database, or was written by a newer Wirebrush.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let open = || -> Result<Connection> {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut connection = Connection::open(path)?;
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // With a write-ahead log this survives the death of the program, and a power cut without damage.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            migrate(&mut connection)?;
            Ok(connection)
        };
        let connection = open().with_context(|| format!("database {}", path.display()))?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Works with the connection on this thread, which must be one that may block.
    ///
    /// # Errors
    /// Those of `work`.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        // A panic elsewhere rolled its transaction back: the connection is sound.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Works with the connection on a thread that may block.
    ///
    /// # Errors
    /// Those of `work`.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let database = self.clone();
        tokio::task::spawn_blocking(move || database.with(work)).await.context("the database thread died")?
    }
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let seen: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let seen = usize::try_from(seen).unwrap_or(usize::MAX);
    ensure!(
        seen <= MIGRATIONS.len(),
        "expected version {} or older, found {seen}: a newer Wirebrush wrote it",
        MIGRATIONS.len()
    );
    for (done, migration) in MIGRATIONS.iter().enumerate().skip(seen) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(done + 1)?)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_made_once_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/wirebrush.sqlite");
        let set = "UPDATE counters SET value = 7 WHERE name = 'event'";
        Database::open(&path).unwrap().with(|it| Ok(it.execute(set, [])?)).unwrap();
        let get = "SELECT value FROM counters WHERE name = 'event'";
        let value: i64 =
            Database::open(&path).unwrap().with(|it| Ok(it.query_row(get, [], |row| row.get(0))?)).unwrap();
        assert_eq!(value, 7);
    }

    #[test]
    fn runs_of_the_first_version_are_found_by_their_nodes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wirebrush.sqlite");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.execute_batch(
            "INSERT INTO runs (id, status, title, created_at, ended_at, done, total, outputs, document)
                 VALUES ('a', 'finished', '', 1, 2, 0, 0, '[]', '{}'), ('b', 'finished', '', 1, 3, 0, 0, '[]', '{}');
             INSERT INTO run_nodes (run_id, node, state) VALUES ('a', 'photo', '{}'), ('a', 'save', '{}');
             PRAGMA user_version = 1",
        )
        .unwrap();
        drop(old);
        let names = Database::open(&path).unwrap().with(|connection| {
            let mut select = connection
                .prepare("SELECT names, wish FROM runs LEFT JOIN run_names ON run_id = id ORDER BY id")?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<Vec<(Option<String>, Option<String>)>>>()?)
        });
        assert_eq!(names.unwrap(), [(Some("photo\nsave".to_owned()), None), (None, None)]);
    }

    #[test]
    fn a_file_of_a_newer_program_is_refused_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wirebrush.sqlite");
        Database::open(&path).unwrap().with(|it| Ok(it.pragma_update(None, "user_version", 99)?)).unwrap();
        let error = Database::open(&path).err().unwrap();
        assert!(format!("{error:#}").contains("newer Wirebrush"), "{error:#}");
    }

    #[test]
    fn what_is_no_database_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wirebrush.sqlite");
        std::fs::write(&path, "not a database at all, but long enough to be looked at".repeat(40)).unwrap();
        let error = Database::open(&path).err().unwrap();
        assert!(format!("{error:#}").contains("wirebrush.sqlite"), "{error:#}");
    }
}
