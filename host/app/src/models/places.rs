//! Folders of other programs, whose models are used where they lie. Nothing is ever written there.

mod comfyui;
mod huggingface;
mod invokeai;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::role::Role;

pub(crate) use huggingface::{default_cache, home as hugging_face_home};

/// How deep below one of its own folders a program's models lie.
const DEPTH: usize = 4;

/// A folder of another program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) kind: PlaceKind,
    pub(crate) path: PathBuf,
}

/// Whose folder it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PlaceKind {
    ComfyUi,
    HuggingFace,
    InvokeAi,
}

/// A model in such a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlaceModel {
    /// What nodes call it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// As far as the folder it lies in says it.
    pub(crate) role: Option<Role>,
}

impl Place {
    /// What is there now, in order of the names. Cost: lists folders.
    pub(crate) fn models(&self) -> Vec<PlaceModel> {
        let mut models = match self.kind {
            PlaceKind::ComfyUi => comfyui::models(&self.path),
            PlaceKind::HuggingFace => huggingface::models(&self.path),
            PlaceKind::InvokeAi => invokeai::models(&self.path),
        };
        models.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
        models
    }

    /// Where the model of this name is. A name without the ending of its file is enough.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        let models = self.models();
        let exact = models.iter().find(|model| model.name == name);
        let found = exact.or_else(|| models.iter().find(|model| without_ending(&model.name) == name));
        found.map(|model| model.path.clone()).or_else(|| match self.kind {
            PlaceKind::HuggingFace => huggingface::inside(&self.path, name),
            _ => None,
        })
    }
}

impl fmt::Display for PlaceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ComfyUi => "ComfyUI",
            Self::HuggingFace => "Hugging Face cache",
            Self::InvokeAi => "InvokeAI",
        })
    }
}

/// Whether a file may hold weights, by its ending. Files that can run code when they are read are never among them.
pub(crate) fn is_weights(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["safetensors", "sft", "gguf"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// A name without the ending of a file of weights.
pub(crate) fn without_ending(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if is_weights(Path::new(name)) => stem,
        _ => name,
    }
}

/// The files of weights below a folder, each with its name relative to it, `/` between folders.
fn weights_below(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    walk(folder, "", &mut Vec::new(), &mut found);
    found.sort();
    found
}

/// `above` are the folders on the way here, as they are without links: a link that leads back to one is not followed.
fn walk(folder: &Path, prefix: &str, above: &mut Vec<PathBuf>, found: &mut Vec<(String, PathBuf)>) {
    let Ok(real) = std::fs::canonicalize(folder) else { return };
    if above.len() > DEPTH || above.iter().any(|it| it.starts_with(&real)) {
        return;
    }
    above.push(real);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        // What cannot be written as a line of text cannot be named in a graph.
        let name = entry.file_name().into_string().ok().filter(|name| !name.contains(char::is_control));
        let Some(name) = name.map(|name| format!("{prefix}{name}")) else { continue };
        if path.is_dir() {
            walk(&path, &format!("{name}/"), above, found);
        } else if is_weights(&path) && path.is_file() {
            found.push((name, path));
        }
    }
    above.pop();
}

/// A text that another program wrote beside its models; none when it is no file or longer than such texts are.
fn text(path: &Path) -> Option<String> {
    const MOST: u64 = 1 << 20;
    let about = std::fs::metadata(path).ok()?;
    if !about.is_file() || about.len() > MOST {
        return None;
    }
    std::fs::read_to_string(path).ok()
}
