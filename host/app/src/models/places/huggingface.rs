//! The cache that Hugging Face's programs share: `models--OWNER--NAME/snapshots/COMMIT`.
//! <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>

use std::fs;
use std::path::{Path, PathBuf};

use super::{PlaceModel, text, weights_below};
use crate::file_name;
use crate::models::role::Role;

/// The folder of Hugging Face's programs on this machine: `HF_HOME`, else `huggingface` in the user's cache folder.
/// <https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables>
pub(crate) fn home() -> Option<PathBuf> {
    let set = |variable| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache =
        || set("XDG_CACHE_HOME").or_else(|| Some(directories::BaseDirs::new()?.home_dir().join(".cache")));
    set("HF_HOME").or_else(|| Some(cache()?.join("huggingface")))
}

/// Where the cache is on this machine: `HF_HUB_CACHE`, else `hub` in [`home`].
pub(crate) fn default_cache() -> Option<PathBuf> {
    let set = std::env::var_os("HF_HUB_CACHE").filter(|value| !value.is_empty()).map(PathBuf::from);
    set.or_else(|| Some(home()?.join("hub")))
}

/// The repositories as models called `OWNER/NAME`, and the files of weights of those that are no whole model, called
/// `OWNER/NAME/FILE`.
pub(super) fn models(root: &Path) -> Vec<PlaceModel> {
    let mut found = Vec::new();
    for entry in fs::read_dir(hub(root)).into_iter().flatten().flatten() {
        let Some(name) = entry.file_name().to_str().and_then(repository) else { continue };
        let Some(path) = snapshot(&entry.path()) else { continue };
        if path.join("model_index.json").exists() || path.join("tokenizer_2").is_dir() {
            found.push(PlaceModel { name, path, role: Some(Role::Set) });
            continue;
        }
        for (file, path) in weights_below(&path) {
            found.push(PlaceModel { name: format!("{name}/{file}"), path, role: None });
        }
    }
    found
}

/// A file or folder inside a repository, `OWNER/NAME/FOLDER/FILE`.
pub(super) fn inside(root: &Path, name: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = name.split('/').collect();
    let [owner, repository, inner @ ..] = parts.as_slice() else { return None };
    if parts.iter().any(|part| file_name::check(part).is_err()) {
        return None;
    }
    let snapshot = snapshot(&hub(root).join(format!("models--{owner}--{repository}")))?;
    let path = inner.iter().fold(snapshot, |path, part| path.join(part));
    path.exists().then_some(path)
}

/// The folder of repositories: the one named, or `hub` in it.
fn hub(root: &Path) -> PathBuf {
    let inner = root.join("hub");
    if inner.is_dir() { inner } else { root.to_owned() }
}

fn repository(folder: &str) -> Option<String> {
    let (owner, name) = folder.strip_prefix("models--")?.split_once("--")?;
    Some(format!("{owner}/{name}"))
}

/// The commit that `main` is at, else the one that was fetched last.
fn snapshot(repository: &Path) -> Option<PathBuf> {
    let snapshots = repository.join("snapshots");
    let main = text(&repository.join("refs/main"));
    let main = main.map(|commit| commit.trim().to_owned()).filter(|commit| file_name::check(commit).is_ok());
    if let Some(path) = main.map(|commit| snapshots.join(commit)).filter(|path| path.is_dir()) {
        return Some(path);
    }
    let folders = fs::read_dir(&snapshots).into_iter().flatten().flatten().map(|entry| entry.path());
    folders
        .filter(|path| path.is_dir())
        .max_by_key(|path| (fs::metadata(path).and_then(|it| it.modified()).ok(), path.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, file: &str, contents: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    #[test]
    fn repositories_are_found_at_the_commit_of_their_main_branch() {
        let root = tempfile::tempdir().unwrap();
        let kontext = "hub/models--acme--kontext";
        put(root.path(), &format!("{kontext}/refs/main"), "bb\n");
        put(root.path(), &format!("{kontext}/snapshots/aa/model_index.json"), "{}");
        put(root.path(), &format!("{kontext}/snapshots/bb/model_index.json"), "{}");
        put(root.path(), &format!("{kontext}/snapshots/bb/tokenizer/tokenizer.json"), "{}");
        put(root.path(), "hub/models--acme--quants/snapshots/cc/k-Q4_0.gguf", "");
        put(root.path(), "hub/datasets--acme--cats/snapshots/dd/cats.safetensors", "");
        let names: Vec<_> = models(root.path()).into_iter().map(|model| model.name).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(names.contains(&"acme/kontext".to_owned()));
        assert!(names.contains(&"acme/quants/k-Q4_0.gguf".to_owned()));

        let tokenizer = inside(root.path(), "acme/kontext/tokenizer").unwrap();
        assert!(tokenizer.ends_with("snapshots/bb/tokenizer"));
        assert_eq!(inside(root.path(), "acme/kontext/../../../.."), None);
    }
}
