//! ComfyUI: a folder for each kind of model, and `extra_model_paths.yaml` with more of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{PlaceModel, text, weights_below};
use crate::models::role::Role;

/// A folder's name and what is in it.
type Kind = (&'static str, Option<Role>);

/// ComfyUI's folders, newest name first, and what is in them. Text encoders of both kinds share one.
/// <https://github.com/comfyanonymous/ComfyUI/blob/master/folder_paths.py>
const FOLDERS: [Kind; 11] = [
    ("diffusion_models", Some(Role::Transformer)),
    ("unet", Some(Role::Transformer)),
    ("text_encoders", None),
    ("clip", None),
    ("vae", Some(Role::Vae)),
    ("clip_vision", Some(Role::Siglip)),
    ("style_models", Some(Role::Redux)),
    ("loras", Some(Role::Lora)),
    ("vae_approx", Some(Role::Taef1)),
    ("checkpoints", Some(Role::Set)),
    ("diffusers", Some(Role::Set)),
];

/// The models of ComfyUI's folder, or of a `models` folder like its own. Of equal names for the same purpose the first wins,
/// as there; for another purpose the folder is part of the name.
pub(super) fn models(root: &Path) -> Vec<PlaceModel> {
    let inner = root.join("models");
    let models = if inner.is_dir() { inner } else { root.to_owned() };
    let mut folders: Vec<(Kind, PathBuf)> = FOLDERS.iter().map(|kind| (*kind, models.join(kind.0))).collect();
    for file in [root.join("extra_model_paths.yaml"), models.join("../extra_model_paths.yaml")] {
        if let Some(text) = text(&file) {
            folders.extend(extra_folders(&text, file.parent().unwrap_or(root)));
            break;
        }
    }
    let mut found: BTreeMap<String, PlaceModel> = BTreeMap::new();
    for ((kind, role), folder) in folders {
        for (name, path) in weights_below(&folder) {
            let name = match found.get(&name) {
                None => name,
                Some(known) if known.role == role => continue,
                Some(_) => format!("{kind}/{name}"),
            };
            found.entry(name.clone()).or_insert(PlaceModel { name, path, role });
        }
    }
    found.into_values().collect()
}

/// The folders that an `extra_model_paths.yaml` adds: sections of `kind: folder`, or `kind: |` with a folder a line, below
/// the section's `base_path`. Of YAML no more is read than such files use.
fn extra_folders(text: &str, beside: &Path) -> Vec<(Kind, PathBuf)> {
    let mut found = Vec::new();
    let mut base = beside.to_owned();
    // The kind whose folders follow, and how far its own line is indented.
    let mut block: Option<(Kind, usize)> = None;
    for line in text.lines() {
        let content = line.split(" #").next().unwrap_or_default().trim_end();
        let indent = content.len() - content.trim_start().len();
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if let Some((kind, outer)) = block {
            if indent > outer {
                found.push((kind, below(&base, unquoted(content))));
                continue;
            }
            block = None;
        }
        if indent == 0 {
            base = beside.to_owned();
            continue;
        }
        let Some((key, value)) = content.split_once(':') else { continue };
        let (key, value) = (key.trim(), unquoted(value.trim()));
        if key == "base_path" {
            base = below(beside, value);
        } else if let Some(kind) = FOLDERS.iter().find(|(name, _)| *name == key) {
            match value {
                "|" | ">" | "|-" => block = Some((*kind, indent)),
                "" => {}
                folder => found.push((*kind, below(&base, folder))),
            }
        }
    }
    found
}

/// A folder that is named from another one, or from the user's home as `~/folder`.
fn below(base: &Path, folder: &str) -> PathBuf {
    let home = folder
        .strip_prefix("~/")
        .and_then(|inner| Some(directories::BaseDirs::new()?.home_dir().join(inner)));
    // Written anew, so that `./` vanishes.
    home.unwrap_or_else(|| base.join(folder)).components().collect()
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After the example that ComfyUI brings along.
    const EXTRA: &str = "\
#Rename this to extra_model_paths.yaml and ComfyUI will load it
a111:
    base_path: /home/me/webui/
    checkpoints: models/Stable-diffusion
    loras: |
         models/Lora
         models/LyCORIS
    vae: models/VAE # shared
    configs: models/Stable-diffusion

other:
    text_encoders: \"/data/text\"
here:
    base_path: .
    clip: ./clip/
";

    #[test]
    fn folders_of_other_programs_are_read_from_the_extra_paths() {
        let found = extra_folders(EXTRA, Path::new("/comfy"));
        let expected = [
            (("checkpoints", Some(Role::Set)), "/home/me/webui/models/Stable-diffusion"),
            (("loras", Some(Role::Lora)), "/home/me/webui/models/Lora"),
            (("loras", Some(Role::Lora)), "/home/me/webui/models/LyCORIS"),
            (("vae", Some(Role::Vae)), "/home/me/webui/models/VAE"),
            (("text_encoders", None), "/data/text"),
            (("clip", None), "/comfy/clip"),
        ];
        assert_eq!(found, expected.map(|(kind, path)| (kind, PathBuf::from(path))));
    }

    #[test]
    fn files_are_named_as_comfyui_names_them() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "loras/ae.sft",
            "loras/styles/ink.safetensors",
            "unet/kontext.gguf",
            "vae/ae.sft",
            "vae/readme.md",
            "unet/old.ckpt",
        ] {
            let path = root.path().join("models").join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let mut found: Vec<_> =
            models(root.path()).into_iter().map(|model| (model.name, model.role)).collect();
        found.sort();
        let expected = [
            ("ae.sft", Some(Role::Vae)),
            ("kontext.gguf", Some(Role::Transformer)),
            ("loras/ae.sft", Some(Role::Lora)),
            ("styles/ink.safetensors", Some(Role::Lora)),
        ];
        assert_eq!(found, expected.map(|(name, role)| (name.to_owned(), role)));
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_and_pipes_are_passed_by() {
        let root = tempfile::tempdir().unwrap();
        let loras = root.path().join("models/loras");
        std::fs::create_dir_all(&loras).unwrap();
        std::fs::write(loras.join("ink.safetensors"), "").unwrap();
        std::os::unix::fs::symlink("..", loras.join("up")).unwrap();
        std::os::unix::fs::symlink("gone", loras.join("gone.safetensors")).unwrap();
        for pipe in [root.path().join("extra_model_paths.yaml"), loras.join("pipe.safetensors")] {
            let made = std::process::Command::new("mkfifo").arg(pipe).status().unwrap();
            assert!(made.success());
        }
        let names: Vec<_> = models(root.path()).into_iter().map(|model| model.name).collect();
        assert_eq!(names, ["ink.safetensors"]);
    }
}
