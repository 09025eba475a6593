//! What the server keeps: rows in SQLite, contents as files beside it.
//!
//! Functions here block; the server calls them through [`database::Database::call`] or on a blocking thread.

pub(crate) mod assets;
pub(crate) mod blobs;
pub(crate) mod database;
pub(crate) mod graphs;
pub(crate) mod runs;
