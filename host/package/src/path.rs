//! Which names may become files: on every system a file inside its folder, never a way out of it.

use std::collections::BTreeSet;

/// Bytes of a whole path; with the folder it is unpacked into it stays below what Windows takes.
const MAX_PATH: usize = 160;
const MAX_NAME: usize = 100;

/// Checks the path of a file inside a folder: names joined by `/`.
///
/// Only ASCII: other letters have several spellings that one system takes for the same file and another does not.
///
/// # Errors
/// What is wrong, as a sentence: `` `../a` cannot be the path of a file: … ``.
pub fn check_path(path: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("`{}` cannot be the path of a file: {why}", path.escape_debug()));
    if path.len() > MAX_PATH {
        return wrong(&format!("it has more than {MAX_PATH} bytes"));
    }
    if !path.is_ascii() {
        return wrong("it has a character beyond ASCII");
    }
    match path.split('/').find_map(reason) {
        Some(why) => wrong(why),
        None => Ok(()),
    }
}

fn reason(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("a name in it is empty");
    }
    if name.len() > MAX_NAME {
        return Some("a name in it has more than 100 bytes");
    }
    if name.contains(['/', '\\', ':']) {
        return Some("it has a backslash or a colon in it");
    }
    if name.contains(['<', '>', '"', '|', '?', '*']) || name.contains(char::is_control) {
        return Some("it has a character that not every system allows");
    }
    if name.starts_with(['.', ' ']) || name.ends_with(['.', ' ']) {
        return Some("a name in it begins or ends with a dot or a space");
    }
    is_device(name).then_some("on Windows it is a device")
}

/// Whether a name is a device on Windows, which opens it whatever folder and ending it has.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        let number = stem.strip_prefix(prefix).map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str())
        || numbered("COM")
        || numbered("LPT")
}

/// The paths of one folder, in which no two are the same file on any system.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Paths {
    /// Adds a path that [`check_path`] takes.
    ///
    /// # Errors
    /// What is wrong with it, or with it beside the others.
    pub(crate) fn add(&mut self, path: &str) -> Result<(), String> {
        check_path(path)?;
        let path = path.to_ascii_lowercase();
        if self.folders.contains(&path) {
            return Err(format!("`{path}` is a file and a folder"));
        }
        for (end, _) in path.match_indices('/') {
            if self.files.contains(&path[..end]) {
                return Err(format!("`{}` is a file and a folder", &path[..end]));
            }
            self.folders.insert(path[..end].to_owned());
        }
        if !self.files.insert(path.clone()) {
            return Err(format!("`{path}` is there twice, case ignored"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_elsewhere_on_some_system_are_refused() {
        for path in [
            "",
            "/",
            "/etc/passwd",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "a\\b",
            "..\\a",
            "C:a",
            "a:stream",
            ".hidden",
            "a/.hidden",
            "a.",
            "a ",
            " a",
            "a\0b",
            "a\nb",
            "con",
            "lib/NUL.txt",
            "Com1.wasm",
            "what?",
            "größe.bin",
        ] {
            assert!(check_path(path).is_err(), "{path:?}");
        }
        assert!(check_path(&"a/".repeat(90)).is_err());
    }

    #[test]
    fn ordinary_paths_are_taken() {
        for path in
            ["plugin.json", "artifacts/wasm32-component/tone.wasm", "data/3d lut (warm).cube", "console"]
        {
            assert_eq!(check_path(path), Ok(()));
        }
    }

    #[track_caller]
    fn check_together(paths: &[&str], last: Result<(), &str>) {
        let mut together = Paths::default();
        let (end, first) = paths.split_last().unwrap();
        for path in first {
            together.add(path).unwrap();
        }
        assert_eq!(together.add(end), last.map_err(str::to_owned));
    }

    #[test]
    fn two_paths_are_never_one_file_on_another_system() {
        check_together(&["a", "b", "lib/a", "lib/b"], Ok(()));
        check_together(&["data/lut", "data/LUT"], Err("`data/lut` is there twice, case ignored"));
        check_together(&["data", "Data/lut"], Err("`data` is a file and a folder"));
        check_together(&["Data/lut", "data"], Err("`data` is a file and a folder"));
    }
}
