//! The fixture plugin `acme.tone` in two versions, of which the second has renamed the first one's node.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::{Wirebrush, component};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// `acme.tone/Shout` from `text` to `file`, which begins with `one`.
    One,
    /// `acme.tone/Announce` from `words` to `paper`, which begins with `two`; and `acme.tone/Stumble`, which panics.
    Two,
}

impl Tone {
    /// A plugin's folder inside `parent`; `change` changes its manifest.
    ///
    /// # Panics
    /// When the component was not built.
    pub fn write(self, parent: &Path, change: impl FnOnce(&mut Json)) -> PathBuf {
        let (number, nodes) = match self {
            Self::One => (1, json!(["acme.tone/Shout"])),
            Self::Two => (2, json!(["acme.tone/Announce", "acme.tone/Stumble"])),
        };
        let built = component(&format!("wirebrush_fixture_tone_{number}"));
        assert!(built.is_file(), "{} is missing: run `cargo xtask test`", built.display());
        let component = std::fs::read(&built).expect("the component can be read");
        let sha256: String = Sha256::digest(&component).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut manifest = json!({
            "id": "acme.tone", "version": format!("{number}.0.0"), "abi": "1.0", "title": "Tone",
            "publisher": "Acme", "nodes": nodes,
            "artifacts": [{ "target": "wasm32-component", "file": "tone.wasm", "sha256": sha256 }],
        });
        change(&mut manifest);
        let folder =
            parent.join(format!("tone-{}", manifest["version"].as_str().expect("versions are text")));
        std::fs::create_dir_all(&folder).expect("temporary folders take folders");
        std::fs::write(folder.join("tone.wasm"), component).expect("the component can be written");
        std::fs::write(folder.join("plugin.json"), manifest.to_string()).expect("and the manifest written");
        folder
    }
}

impl Wirebrush {
    /// Packs a plugin's folder into a file beside it, signed with a key of [`Wirebrush::keygen`].
    #[track_caller]
    pub fn pack(&self, folder: &Path, key: Option<&Path>) -> PathBuf {
        let package = folder.with_extension("wbplugin");
        let mut pack = self.command();
        pack.args(["plugin", "pack"]).arg(folder).arg("-o").arg(&package);
        if let Some(key) = key {
            pack.arg("--key").arg(key);
        }
        crate::Ran(pack.output().expect("the staged program starts")).ends_with(0);
        package
    }

    /// A new key: its file, and its public half.
    #[track_caller]
    pub fn keygen(&self, file: PathBuf) -> (PathBuf, String) {
        let ran = self.run([
            "--json".as_ref(),
            "plugin".as_ref(),
            "keygen".as_ref(),
            "-o".as_ref(),
            file.as_os_str(),
        ]);
        let answer: Json = serde_json::from_str(&ran.ends_with(0).stdout()).expect("an answer in JSON");
        (file, answer["key"].as_str().expect("the key").to_owned())
    }
}
