//! Who names an asset: versions and drafts of graphs; runs with what they gave.
//!
//! Texts are searched when somebody wants to delete. A table of references would make every save slower, and one that
//! forgets a reference loses a picture; deleting is rare, and a hash that stands somewhere by chance only keeps a file.

use std::collections::HashSet;

use anyhow::Result;
use rusqlite::Connection;
use serde::Serialize;
use utoipa::ToSchema;

/// How many uses are named at most.
const NAMED: i64 = 20;

/// Digits of a hash.
const HEX: usize = 64;

/// Something that names an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AssetUse {
    /// What it is.
    pub(crate) kind: AssetUser,
    /// Its id; of a draft that of its graph.
    pub(crate) id: String,
    /// What people call it; may be empty.
    pub(crate) name: String,
    /// Of a graph: the newest version that names the asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<i64>,
}

/// What can name an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AssetUser {
    /// A version of a saved graph.
    Graph,
    /// The autosaved state of a graph.
    Draft,
    /// A run, queued, under way or over.
    Run,
}

impl std::fmt::Display for AssetUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, name) = match self.kind {
            AssetUser::Graph => ("graph", &self.name),
            AssetUser::Draft => ("the draft of graph", &self.name),
            AssetUser::Run => ("run", if self.name.is_empty() { &self.id } else { &self.name }),
        };
        write!(f, "{kind} `{}`", name.escape_debug())?;
        self.version.map_or(Ok(()), |version| write!(f, " (version {version})"))
    }
}

/// Who names this asset, at most 20.
pub(super) fn of(connection: &Connection, hash: &blake3::Hash) -> Result<Vec<AssetUse>> {
    let mut select = connection.prepare_cached(
        "SELECT 'graph', graphs.id, graphs.name, max(graph_versions.version)
             FROM graph_versions JOIN graphs ON graphs.id = graph_id WHERE instr(document, ?1) GROUP BY graphs.id
         UNION ALL SELECT 'draft', graphs.id, graphs.name, NULL
             FROM drafts JOIN graphs ON graphs.id = graph_id WHERE instr(document, ?1)
         UNION ALL SELECT 'run', id, title, NULL
             FROM runs WHERE instr(document, ?1) OR instr(outputs, ?1)
         LIMIT ?2",
    )?;
    let rows = select.query_map((hash.to_hex().as_str(), NAMED), |row| {
        let kind = match row.get_ref(0)?.as_str()? {
            "graph" => AssetUser::Graph,
            "draft" => AssetUser::Draft,
            _ => AssetUser::Run,
        };
        Ok(AssetUse { kind, id: row.get(1)?, name: row.get(2)?, version: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The hashes of all assets that anybody names.
pub(super) fn all(connection: &Connection) -> Result<HashSet<blake3::Hash>> {
    let mut found = HashSet::new();
    for sql in [
        "SELECT document FROM graph_versions",
        "SELECT document FROM drafts",
        "SELECT document FROM runs",
        "SELECT outputs FROM runs",
    ] {
        let mut select = connection.prepare(sql)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            hashes_in(row.get_ref(0)?.as_str()?, &mut found);
        }
    }
    Ok(found)
}

fn hashes_in(text: &str, found: &mut HashSet<blake3::Hash>) {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    for digits in text.as_bytes().split(|byte| !is_digit(byte)) {
        // Whatever stands directly before or behind a hash must not hide it.
        for window in digits.windows(HEX) {
            found.extend(blake3::Hash::from_hex(window));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_found_wherever_they_stand() {
        let (cup, pot) = (blake3::hash(b"cup"), blake3::hash(b"pot"));
        let text = format!(
            r#"{{"a":"asset:{}/cup.png","note":"f00{}beef","c":"asset:123"}}"#,
            cup.to_hex(),
            pot.to_hex()
        );
        let mut found = HashSet::new();
        hashes_in(&text, &mut found);
        assert!(found.contains(&cup) && found.contains(&pot));
        found.clear();
        hashes_in(&text.to_uppercase(), &mut found);
        assert!(found.is_empty(), "a hash has one spelling");
    }
}
