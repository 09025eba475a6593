//! Writes what the sinks of a graph returned: atomically, PNGs with their graph inside.

use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wirebrush_engine::{Bytes, RunResult, Value};
use wirebrush_graph::{Graph, Input};

use crate::png;

/// Keyword of the PNG text chunk that holds the graph.
const KEYWORD: &str = "wirebrush";

/// Writes every `bytes` output of the run into `folder` and returns the files, in the order of the outputs.
///
/// A file is called as the node's literal `name` says, else like the node; its ending follows the media type.
pub(crate) fn write_all(result: &RunResult, graph: &Graph, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for output in &result.outputs {
        if let Value::Bytes(bytes) = &output.value {
            let stem = name_of(graph, &output.node).unwrap_or_else(|| output.node.replace('/', "-"));
            let path = folder.join(file_name(&stem, &bytes.media_type)?);
            write(&path, bytes, graph)?;
            files.push(path);
        }
    }
    Ok(files)
}

/// Writes one output to a path the user chose.
pub(crate) fn write(path: &Path, bytes: &Bytes, graph: &Graph) -> Result<()> {
    write_atomically(path, &with_graph(bytes, graph)?)
}

/// The bytes of a result; of a PNG, with the graph inside.
pub(crate) fn with_graph<'a>(bytes: &'a Bytes, graph: &Graph) -> Result<Cow<'a, [u8]>> {
    if &*bytes.media_type != "image/png" {
        return Ok(Cow::Borrowed(&bytes.data));
    }
    embed_graph(&bytes.data, graph).context("PNG from the graph").map(Cow::Owned)
}

/// A PNG with the graph inside, instead of the one it may have carried.
pub(crate) fn embed_graph(png: &[u8], graph: &Graph) -> Result<Vec<u8>> {
    png::embed_text(png, KEYWORD, &graph.to_json())
}

/// The graph that a PNG carries, as the text it was written as.
pub(crate) fn embedded_graph(png: &[u8]) -> Result<String> {
    match png::extract_text(png, KEYWORD)? {
        Some(text) => Ok(text),
        None => bail!("the picture carries no graph"),
    }
}

/// Writes under a temporary name in the same folder and renames: readers see the old file or the new one.
pub(crate) fn write_atomically(path: &Path, contents: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let at = || format!("cannot write {}", path.display());
    fs::create_dir_all(folder).with_context(at)?;
    let mut file = tempfile::Builder::new().prefix(".wirebrush-").tempfile_in(folder).with_context(at)?;
    file.write_all(contents).with_context(at)?;
    set_ordinary_permissions(file.as_file()).with_context(at)?;
    file.persist(path).with_context(at)?;
    Ok(())
}

/// The name that a node's literal `name` asks for.
pub(crate) fn name_of(graph: &Graph, node: &str) -> Option<String> {
    match graph.nodes.get(node)?.inputs.get("name")? {
        Input::Literal(name) => name.as_str().filter(|name| !name.is_empty()).map(str::to_owned),
        _ => None,
    }
}

// A graph may come from anywhere: its names choose a file inside the folder, never a way out of it.
fn file_name(stem: &str, media_type: &str) -> Result<String> {
    if let Err(why) = crate::file_name::check(stem) {
        bail!("{why}");
    }
    Ok(with_ending(stem, media_type))
}

/// A name with the ending of its media type, unless it has that already.
pub(crate) fn with_ending(stem: &str, media_type: &str) -> String {
    let ending = match media_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/webp" => "webp",
        "image/tiff" => "tiff",
        "application/json" => "json",
        "text/plain" => "txt",
        _ => "bin",
    };
    let has_it = Path::new(stem).extension().is_some_and(|it| it.eq_ignore_ascii_case(ending));
    if has_it { stem.to_owned() } else { format!("{stem}.{ending}") }
}

/// Temporary files are private; results are as readable as the user's other files.
#[cfg(unix)]
fn set_ordinary_permissions(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_ordinary_permissions(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gets_the_ending_of_its_media_type_once() {
        assert_eq!(file_name("cup", "image/png").unwrap(), "cup.png");
        assert_eq!(file_name("cup.PNG", "image/png").unwrap(), "cup.PNG");
        assert_eq!(file_name("cup.v2", "image/png").unwrap(), "cup.v2.png");
    }

    #[test]
    fn a_name_never_leaves_its_folder() {
        for name in ["../cup", "/etc/cup", "a/b", "a\\b", "C:cup", ".hidden", "..", "nul\0", "cup. "] {
            assert!(file_name(name, "image/png").is_err(), "{name}");
        }
    }
}
