use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::{names, place, refusal, set};
use crate::error::Result;
use crate::lora::is_lora;
use crate::small_file;
use crate::weights::{self, Weights};

// A folder of downloads may hold hundreds of files; headers of this many with unknown names are read.
const MOST_UNKNOWN: usize = 32;

/// One of the parts a model consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The flow transformer.
    Transformer,
    /// The image autoencoder.
    Vae,
    /// The CLIP text encoder.
    Clip,
    /// CLIP's tokenizer.
    ClipTokenizer,
    /// The T5 text encoder.
    T5,
    /// T5's tokenizer.
    T5Tokenizer,
    /// The SigLIP vision tower.
    Vision,
    /// The Redux adapter.
    Redux,
    /// The small autoencoder for previews.
    Taef1,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 9] = [
        Self::Transformer,
        Self::Vae,
        Self::Clip,
        Self::ClipTokenizer,
        Self::T5,
        Self::T5Tokenizer,
        Self::Vision,
        Self::Redux,
        Self::Taef1,
    ];

    /// Key in reports.
    pub fn key(self) -> &'static str {
        match self {
            Self::Transformer => "transformer",
            Self::Vae => "vae",
            Self::Clip => "clip",
            Self::ClipTokenizer => "clip_tokenizer",
            Self::T5 => "t5",
            Self::T5Tokenizer => "t5_tokenizer",
            Self::Vision => "siglip",
            Self::Redux => "redux",
            Self::Taef1 => "taef1",
        }
    }

    /// The part's tensors, unless it is a tokenizer.
    pub fn in_weights(self) -> Option<weights::Part> {
        match self {
            Self::Transformer => Some(weights::Part::Transformer),
            Self::Vae => Some(weights::Part::Vae),
            Self::Clip => Some(weights::Part::Clip),
            Self::T5 => Some(weights::Part::T5),
            Self::Vision => Some(weights::Part::Siglip),
            Self::Redux => Some(weights::Part::Redux),
            Self::Taef1 => Some(weights::Part::Taef1),
            Self::ClipTokenizer | Self::T5Tokenizer => None,
        }
    }

    /// The tokenizer of a text encoder.
    pub fn tokenizer(self) -> Option<Self> {
        match self {
            Self::T5 => Some(Self::T5Tokenizer),
            Self::Clip => Some(Self::ClipTokenizer),
            _ => None,
        }
    }

    /// Whether a `config.json` may be this part's, by the class or model type it names.
    pub(crate) fn is_described_by(self, config: &Json) -> bool {
        let (class, model): (&str, &[&str]) = match self {
            Self::Transformer => ("Transformer", &[]),
            Self::Vae => ("AutoencoderKL", &[]),
            Self::Taef1 => ("AutoencoderTiny", &[]),
            Self::Redux => ("Redux", &[]),
            Self::Clip => ("", &["clip_text_model", "clip"]),
            Self::T5 => ("", &["t5"]),
            Self::Vision => ("", &["siglip_vision_model", "siglip"]),
            Self::ClipTokenizer | Self::T5Tokenizer => return false,
        };
        let text = |key: &str| config.get(key).and_then(Json::as_str);
        match (text("_class_name"), text("model_type")) {
            (Some(found), _) => !class.is_empty() && found.contains(class),
            (None, Some(found)) => model.contains(&found),
            (None, None) => true,
        }
    }

    /// Whether the part is a tokenizer rather than weights.
    pub fn is_tokenizer(self) -> bool {
        matches!(self, Self::ClipTokenizer | Self::T5Tokenizer)
    }

    /// The files people have this part in, for messages.
    pub fn provided_by(self) -> &'static str {
        match self {
            Self::Transformer => {
                "flux1-kontext-dev.safetensors or .gguf, or the folder transformer of a diffusers model"
            }
            Self::Vae => "ae.safetensors, or the folder vae of a diffusers model",
            Self::Clip => "clip_l.safetensors, or the folder text_encoder of a diffusers model",
            Self::ClipTokenizer => {
                "the folder tokenizer of a diffusers model (tokenizer.json, or vocab.json with merges.txt); `wirebrush model \
                 pull tokenizers` gets it"
            }
            Self::T5 => {
                "t5xxl_fp16.safetensors or t5-v1_1-xxl-encoder-Q8_0.gguf, or the folder text_encoder_2 of a diffusers model"
            }
            Self::T5Tokenizer => {
                "the folder tokenizer_2 of a diffusers model (tokenizer.json); `wirebrush model pull tokenizers` gets it"
            }
            Self::Vision => {
                "sigclip_vision_patch14_384.safetensors, or the folder image_encoder of a diffusers Redux model"
            }
            Self::Redux => {
                "flux1-redux-dev.safetensors, or the folder image_embedder of a diffusers Redux model"
            }
            Self::Taef1 => "taef1_decoder.safetensors, or the folder of madebyollin/taef1",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transformer => "transformer",
            Self::Vae => "VAE",
            Self::Clip => "CLIP text encoder",
            Self::ClipTokenizer => "CLIP tokenizer",
            Self::T5 => "T5 text encoder",
            Self::T5Tokenizer => "T5 tokenizer",
            Self::Vision => "SigLIP vision tower",
            Self::Redux => "Redux adapter",
            Self::Taef1 => "TAEF1 autoencoder",
        })
    }
}

/// How a model lies on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `model_index.json` and a folder a part.
    Diffusers,
    /// Single files in one folder, or in ComfyUI's folders.
    Files,
    /// One file, with what lies beside it.
    SingleFile,
}

impl Layout {
    /// Key in reports.
    pub fn key(self) -> &'static str {
        match self {
            Self::Diffusers => "diffusers",
            Self::Files => "files",
            Self::SingleFile => "single-file",
        }
    }
}

/// Which file plays which part of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    /// The folder or file that was named.
    pub path: PathBuf,
    /// The folder that settings are read from.
    pub folder: PathBuf,
    /// How the model lies on disk.
    pub layout: Layout,
    parts: BTreeMap<Part, PathBuf>,
}

impl ModelFiles {
    /// Looks at a folder or file.
    ///
    /// A single file plays the parts its tensors say, or its name when it cannot be opened; the other parts are looked
    /// for beside it. Cost: lists folders, and reads the headers of files whose names say nothing.
    ///
    /// # Errors
    /// When the path does not exist, a folder holds no part of a model, or a file is no part of one.
    pub fn find(path: &Path) -> Result<Self> {
        let path = place(path)?;
        if path.is_dir() {
            return Self::in_folder(&path);
        }
        small_file::open(&path)?;
        let parent = path.parent().unwrap_or(Path::new(""));
        if path.file_name().is_some_and(|name| name == "model_index.json") {
            return Self::in_folder(parent);
        }
        if set::is_set(&path) {
            return Self::in_set(path);
        }
        // Some of a LoRA's names are those of the layers that it changes.
        if Weights::open(&path).is_ok_and(|weights| is_lora(&weights)) {
            return Err(refusal(&path, "is a LoRA, no model: Load LoRA puts it on one"));
        }
        let mut held = parts_in(&path);
        if held.is_empty() {
            held.extend(names::weights(&path));
        }
        if held.is_empty() {
            // Says what is wrong with the file, if something is.
            Weights::open(&path)?;
            return Err(refusal(
                &path,
                "neither the tensors nor the name say which part of a model this file is",
            ));
        }
        let root = if names::is_comfy_folder(parent) { parent.parent().unwrap_or(parent) } else { parent };
        let mut parts = find_parts(root);
        for part in held {
            // A tokenizer right beside a text encoder is that encoder's.
            if let Some(tokenizer) = part.tokenizer()
                && let Some(beside) = names::tokenizer_beside(tokenizer, parent)
            {
                parts.insert(tokenizer, beside);
            }
            parts.insert(part, path.clone());
        }
        Ok(Self { folder: parent.to_owned(), layout: Layout::SingleFile, parts, path })
    }

    fn in_set(path: PathBuf) -> Result<Self> {
        let parts = set::read(&path)?;
        // Settings lie beside the transformer, if anywhere.
        let first = parts.get(&Part::Transformer).or(parts.values().next());
        let folder = first.and_then(|file| file.parent()).unwrap_or(Path::new("")).to_owned();
        Ok(Self { path, folder, layout: Layout::Files, parts })
    }

    /// Takes the tokenizers that a text encoder of this model lacks from another folder, which is asked for only then.
    pub fn with_tokenizers(mut self, other: impl FnOnce() -> Option<PathBuf>) -> Self {
        let lacks = |encoder: &Part| {
            encoder.tokenizer().filter(|it| self.parts.contains_key(encoder) && !self.parts.contains_key(it))
        };
        let missing: Vec<Part> = Part::ALL.iter().filter_map(lacks).collect();
        if !missing.is_empty()
            && let Some(other) = other()
        {
            for part in missing {
                if let Some(found) = names::find(part, &other) {
                    self.parts.insert(part, found);
                }
            }
        }
        self
    }

    fn in_folder(folder: &Path) -> Result<Self> {
        let mut root = folder.to_owned();
        let mut parts = find_parts(&root);
        // ComfyUI's own folder, or that of any program that keeps its models in `models`.
        if parts.is_empty() && folder.join("models").is_dir() {
            root = folder.join("models");
            parts = find_parts(&root);
        }
        if !parts.contains_key(&Part::Transformer) {
            for path in
                names::list(&root).into_iter().filter(|path| names::is_unknown(path)).take(MOST_UNKNOWN)
            {
                for part in parts_in(&path) {
                    parts.entry(part).or_insert_with(|| path.clone());
                }
            }
        }
        if parts.is_empty() {
            return Err(refusal(
                folder,
                "no part of a model is in this folder: expected model_index.json with a folder a part, or files such \
                 as flux1-kontext-dev.safetensors, ae.safetensors, clip_l.safetensors and t5xxl_fp16.safetensors",
            ));
        }
        let diffusers = folder.join("model_index.json").exists()
            || parts
                .iter()
                .any(|(_, path)| path.parent().is_some_and(|parent| parent.ends_with("transformer")));
        let layout = if diffusers { Layout::Diffusers } else { Layout::Files };
        Ok(Self { path: folder.to_owned(), folder: root, layout, parts })
    }

    /// The file (an index for sharded weights) or tokenizer folder that plays a part, if there is one.
    pub fn get(&self, part: Part) -> Option<&Path> {
        self.parts.get(&part).map(PathBuf::as_path)
    }

    /// Like [`ModelFiles::get`].
    ///
    /// # Errors
    /// When there is none; the message names what would provide it.
    pub fn require(&self, part: Part) -> Result<&Path> {
        self.get(part).ok_or_else(|| {
            refusal(&self.path, format!("the model has no {part}: it comes as {}", part.provided_by()))
        })
    }

    /// The configuration of a part: the `config.json` beside it, else what its file carries; `null` when it has none, as
    /// single files have.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn config(&self, part: Part) -> Result<Json> {
        let Some(file) = self.get(part) else { return Ok(Json::Null) };
        let Some(folder) = file.parent() else { return Ok(Json::Null) };
        let config = read_json(&folder.join("config.json"))?;
        // Where files of several parts share a folder, a `config.json` may be another part's.
        if !config.is_null() && part.is_described_by(&config) {
            return Ok(config);
        }
        Ok(Weights::open(file)?.config()?.unwrap_or_default())
    }

    /// Why the transformer may be another FLUX.1 than Kontext, by the names of its files: the tensors are the same.
    ///
    /// # Errors
    /// When `model_index.json` cannot be read.
    pub fn doubt(&self) -> Result<Option<String>> {
        let Some(file) = self.get(Part::Transformer) else { return Ok(None) };
        if self.layout == Layout::Diffusers {
            let index = read_json(&self.folder.join("model_index.json"))?;
            let class = index.get("_class_name").and_then(Json::as_str);
            return Ok(class
                .filter(|class| *class == "FluxPipeline")
                .map(|class| format!("{} is a {class}, not a FluxKontextPipeline", self.path.display())));
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let is_other = name.contains("flux") && !name.contains("kontext");
        Ok(is_other.then(|| format!("the name of {} does not say Kontext", file.display())))
    }

    /// `scheduler_config.json`, or `null`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn scheduler(&self) -> Result<Json> {
        self.beside(&["scheduler/scheduler_config.json", "scheduler_config.json"])
    }

    /// `preprocessor_config.json` of the vision tower, or `null`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn preprocessor(&self) -> Result<Json> {
        self.beside(&[
            "feature_extractor/preprocessor_config.json",
            "image_encoder/preprocessor_config.json",
            "preprocessor_config.json",
        ])
    }

    /// Every file whose change makes this another model: path, length and time of change.
    pub(super) fn stamp(&self) -> Vec<(PathBuf, u64, Option<std::time::SystemTime>)> {
        let mut folders: Vec<&Path> = vec![&self.folder];
        folders.extend(
            self.parts
                .values()
                .filter_map(|path| if path.is_dir() { Some(path.as_path()) } else { path.parent() }),
        );
        let scheduler = self.folder.join("scheduler");
        folders.push(&scheduler);
        folders.sort_unstable();
        folders.dedup();
        let mut stamp: Vec<_> = folders
            .into_iter()
            .flat_map(names::list)
            .chain(self.path.is_file().then(|| self.path.clone()))
            .filter_map(|path| {
                let about = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some((path, about.len(), about.modified().ok()))
            })
            .collect();
        stamp.sort_unstable();
        stamp
    }

    fn beside(&self, names: &[&str]) -> Result<Json> {
        let found = names.iter().map(|name| self.folder.join(name)).find(|path| path.exists());
        found.map_or(Ok(Json::Null), |path| read_json(&path))
    }
}

/// The parts whose tensors a file holds; none when it cannot be opened.
fn parts_in(path: &Path) -> Vec<Part> {
    let Ok(weights) = Weights::open(path) else { return Vec::new() };
    if is_lora(&weights) {
        return Vec::new();
    }
    let mut parts: Vec<Part> = Part::ALL
        .into_iter()
        .filter(|part| part.in_weights().is_some_and(|part| weights.has_part(part)))
        .collect();
    // A whole SigLIP model has a text tower that looks like CLIP's.
    if parts.contains(&Part::Vision) {
        parts.retain(|part| *part != Part::Clip);
    }
    parts
}

fn find_parts(root: &Path) -> BTreeMap<Part, PathBuf> {
    Part::ALL.into_iter().filter_map(|part| Some((part, names::find(part, root)?))).collect()
}

fn read_json(path: &Path) -> Result<Json> {
    if !path.exists() {
        return Ok(Json::Null);
    }
    serde_json::from_slice(&small_file::read(path)?).map_err(|error| refusal(path, error.to_string()))
}
