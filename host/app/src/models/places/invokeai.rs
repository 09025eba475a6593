//! InvokeAI: its database says what the files in its `models` folder are, whose names may be mere numbers.
//!
//! The database belongs to another program: it is opened read-only, and what is not understood is left out.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;

use super::{PlaceModel, weights_below};
use crate::file_name;
use crate::models::role::Role;

/// A row of the table `models`.
#[derive(Deserialize)]
struct Row {
    name: String,
    /// Relative to the `models` folder, or absolute for a file that was left where it was.
    path: PathBuf,
    #[serde(rename = "type")]
    kind: String,
    /// The family it belongs to: `flux`, `sdxl`, `any` and the like; older versions have none.
    base: Option<String>,
}

/// The models of InvokeAI's root folder.
pub(super) fn models(root: &Path) -> Vec<PlaceModel> {
    let folder = root.join("models");
    let rows = rows(&root.join("databases/invokeai.db")).unwrap_or_default();
    let known = rows.into_iter().filter_map(|row| {
        if row.base.is_some_and(|base| !["flux", "any"].contains(&base.as_str())) {
            return None;
        }
        let role = match row.kind.as_str() {
            "main" => Role::Transformer,
            "vae" => Role::Vae,
            "clip_embed" => Role::Clip,
            "t5_encoder" => Role::T5,
            "siglip" => Role::Siglip,
            "flux_redux" => Role::Redux,
            "lora" => Role::Lora,
            _ => return None,
        };
        let path = folder.join(row.path);
        let role = if path.join("model_index.json").exists() { Role::Set } else { role };
        let name = file_name::harmless(&row.name.replace(['/', '\\'], "_"));
        path.exists().then_some(PlaceModel { name, path, role: Some(role) })
    });
    let known: Vec<_> = known.collect();
    if !known.is_empty() {
        return known;
    }
    let files = weights_below(&folder).into_iter();
    files.map(|(name, path)| PlaceModel { name, path, role: None }).collect()
}

fn rows(database: &Path) -> rusqlite::Result<Vec<Row>> {
    let connection = open(database)?;
    let mut statement = connection.prepare("SELECT config FROM models")?;
    let configs = statement.query_map([], |row| row.get::<_, String>(0))?;
    Ok(configs.flatten().filter_map(|config| serde_json::from_str(&config).ok()).collect())
}

/// SQLite writes beside a database with a write-ahead log even to read it, unless it is told that nobody writes; which
/// nobody does while there is no log.
fn open(database: &Path) -> rusqlite::Result<Connection> {
    let mut log = database.to_owned().into_os_string();
    log.push("-wal");
    let path = database.to_str().filter(|path| !path.contains(['?', '#', '%']));
    match path {
        Some(path) if std::fs::metadata(&log).map_or(0, |log| log.len()) == 0 => {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)
        }
        _ => Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_names_the_files() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("databases")).unwrap();
        std::fs::create_dir_all(root.path().join("models/1234")).unwrap();
        std::fs::write(root.path().join("models/1234/m.safetensors"), "").unwrap();
        let database = Connection::open(root.path().join("databases/invokeai.db")).unwrap();
        // As InvokeAI 5 makes it, with the columns that count here.
        database
            .execute_batch(
                "CREATE TABLE models (id TEXT PRIMARY KEY, config TEXT NOT NULL,
                   name TEXT GENERATED ALWAYS AS (json_extract(config, '$.name')) VIRTUAL NOT NULL);",
            )
            .unwrap();
        database
            .execute_batch(
                "INSERT INTO models (id, config) VALUES
                   ('1', '{\"name\": \"Kontext / dev\", \"path\": \"1234/m.safetensors\", \"type\": \"main\", \"base\": \"flux\"}'),
                   ('2', '{\"name\": \"gone\", \"path\": \"9999/m.safetensors\", \"type\": \"vae\"}'),
                   ('4', '{\"name\": \"xl\", \"path\": \"1234/m.safetensors\", \"type\": \"main\", \"base\": \"sdxl\"}'),
                   ('3', '{\"name\": \"upscaler\", \"path\": \"1234/m.safetensors\", \"type\": \"spandrel\"}');",
            )
            .unwrap();
        let found = models(root.path());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].name.as_str(), found[0].role), ("Kontext _ dev", Some(Role::Transformer)));
    }

    #[test]
    fn without_a_database_the_files_have_their_own_names() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("models/flux")).unwrap();
        std::fs::write(root.path().join("models/flux/m.safetensors"), "").unwrap();
        assert_eq!(models(root.path())[0].name, "flux/m.safetensors");
    }
}
