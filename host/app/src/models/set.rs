//! A set as plugins get it: one file that says where each part lies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde_json::json;

use crate::results::write_atomically;

/// Writes down where the parts of a set are, unless the same is written already; gives the file.
///
/// # Errors
/// When the file cannot be written, or a part's path is no text.
pub(super) fn write(folder: &Path, name: &str, parts: &BTreeMap<String, PathBuf>) -> Result<PathBuf> {
    let mut places = serde_json::Map::new();
    for (part, path) in parts {
        let text = path.to_str().with_context(|| format!("{}: expected a path in UTF-8", path.display()))?;
        places.insert(part.clone(), text.into());
    }
    let document = json!({ "format": "wirebrush/model-set", "version": 1, "parts": places });
    let text = format!("{document:#}\n");
    super::check_name(name).map_err(|why| anyhow!(why))?;
    let file = folder.join(format!("{name}.json"));
    if std::fs::read_to_string(&file).is_ok_and(|known| known == text) {
        return Ok(file);
    }
    write_atomically(&file, text.as_bytes())?;
    Ok(file)
}
