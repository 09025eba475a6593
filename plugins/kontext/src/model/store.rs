use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value as Json;

use super::patched::{self, Patched};
use super::{KONTEXT_SIZES, ModelFiles, ModelSettings, Part};
use crate::error::Result;
use crate::memory::{Budget, Residency, Stage, trim};
use crate::sampling::{Preview, Schedule};
use crate::text::{ClipConfig, ClipEncoder, T5Config, T5Encoder, Tokenizer};
use crate::transformer::{self, Transformer};
use crate::vae::{self, Taef1, Vae};
use crate::vision::{Redux, SiglipConfig, SiglipVision};
use crate::weights::Weights;

// Weights stay in their files, so a model that nobody uses costs its widened parts only; two are enough to compare models.
const MOST_MODELS: usize = 2;

// T5's length where neither the tokenizer nor the user names one; FLUX.1 Kontext was released with it.
const T5_LENGTH: usize = 512;

// Width of the real model's residual stream: a model of at least this width has learned the real model's sizes.
const FULL_WIDTH: usize = 3072;

/// A model: its files, its settings, and those of its parts that have been asked for.
///
/// One copy is shared by all nodes that name the same files; see [`Model::open`].
pub struct Model {
    files: ModelFiles,
    settings: ModelSettings,
    t5: Slot<T5Encoder>,
    t5_tokenizer: Slot<Tokenizer>,
    clip: Slot<ClipEncoder>,
    clip_tokenizer: Slot<Tokenizer>,
    vision: Slot<SiglipVision>,
    redux: Slot<Redux>,
    transformer: Slot<Transformer>,
    vae: Slot<Vae>,
    taef1: Slot<Taef1>,
    preview: Slot<Preview>,
    /// What makes it another model than its files say.
    pub(super) patched: Option<Patched>,
}

impl Model {
    /// The model at a path: a folder or a file.
    ///
    /// The same path gives the same model again as long as none of its files changes; the two used last are kept.
    /// Cost: lists folders; no tensor is read before its part is asked for.
    ///
    /// # Errors
    /// When nothing there is a model; the message says what was expected.
    pub fn open(path: &Path) -> Result<Arc<Self>> {
        Self::open_with(path, || None)
    }

    /// Like [`Model::open`], with tokenizers from another folder when the model brings none.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn open_with(path: &Path, tokenizers: impl FnOnce() -> Option<PathBuf>) -> Result<Arc<Self>> {
        let files = ModelFiles::find(path)?.with_tokenizers(tokenizers);
        let key = Key { path: files.path.clone(), stamp: files.stamp() };
        let mut store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = store.iter().position(|(known, _)| *known == key) {
            let found = store.remove(at);
            let model = found.1.clone();
            store.insert(0, found);
            return Ok(model);
        }
        let model = Arc::new(Self::new(files, None)?);
        store.retain(|(known, _)| known.path != key.path);
        store.insert(0, (key, model.clone()));
        store.truncate(MOST_MODELS);
        Ok(model)
    }

    pub(super) fn new(files: ModelFiles, patched: Option<Patched>) -> Result<Self> {
        let settings = ModelSettings::read(&files.folder)?;
        Ok(Self {
            files,
            settings,
            t5: Slot::default(),
            t5_tokenizer: Slot::default(),
            clip: Slot::default(),
            clip_tokenizer: Slot::default(),
            vision: Slot::default(),
            redux: Slot::default(),
            transformer: Slot::default(),
            vae: Slot::default(),
            taef1: Slot::default(),
            preview: Slot::default(),
            patched,
        })
    }

    /// Which file plays which part.
    pub fn files(&self) -> &ModelFiles {
        &self.files
    }

    /// What the model's `wirebrush.json` says.
    pub fn settings(&self) -> &ModelSettings {
        &self.settings
    }

    /// The tensors of a part.
    ///
    /// # Errors
    /// When the model has no such part or its file cannot be used.
    pub fn weights(&self, part: Part) -> Result<Weights> {
        if let Some(patched) = &self.patched {
            return patched.weights(part);
        }
        let file = self.files.require(part)?;
        let tensors = part.in_weights().expect("only weights are asked for here");
        Weights::open(file)?.part(tensors)
    }

    /// The T5 text encoder, with its weights where they shall be.
    ///
    /// # Errors
    /// As [`Model::weights`]; likewise for the parts below. [`Error::Cancelled`](crate::Error::Cancelled) when loading was stopped.
    pub fn t5(&self, residency: Residency) -> Result<Arc<T5Encoder>> {
        self.owner(Part::T5).t5.get_as(residency, || {
            let config = T5Config::from_json(&self.files.config(Part::T5)?)?;
            let weights = self.weights(Part::T5)?;
            Ok((f32_bytes(&weights), T5Encoder::load(weights, config, residency)?))
        })
    }

    /// T5's tokenizer.
    ///
    /// # Errors
    /// When the model has none, or one that cannot be read.
    pub fn t5_tokenizer(&self) -> Result<Arc<Tokenizer>> {
        self.owner(Part::T5Tokenizer)
            .t5_tokenizer
            .get(|| Ok((0, Tokenizer::t5(self.files.require(Part::T5Tokenizer)?)?)))
    }

    /// Tokens that a prompt for T5 is filled up or cut to: the tokenizer's `model_max_length`, else 512.
    ///
    /// # Errors
    /// As [`Model::t5_tokenizer`].
    pub fn t5_length(&self) -> Result<usize> {
        Ok(self.t5_tokenizer()?.model_max_length().unwrap_or(T5_LENGTH))
    }

    /// The CLIP text encoder.
    ///
    /// # Errors
    /// As [`Model::weights`].
    pub fn clip(&self) -> Result<Arc<ClipEncoder>> {
        self.owner(Part::Clip).clip.get(|| {
            let config = ClipConfig::from_json(&self.files.config(Part::Clip)?)?;
            let weights = self.weights(Part::Clip)?;
            Ok((f32_bytes(&weights), ClipEncoder::new(&weights, &config)?))
        })
    }

    /// CLIP's tokenizer.
    ///
    /// # Errors
    /// When the model has none, or one that cannot be read.
    pub fn clip_tokenizer(&self) -> Result<Arc<Tokenizer>> {
        self.owner(Part::ClipTokenizer)
            .clip_tokenizer
            .get(|| Ok((0, Tokenizer::clip(self.files.require(Part::ClipTokenizer)?)?)))
    }

    /// The SigLIP vision tower.
    ///
    /// # Errors
    /// As [`Model::weights`].
    pub fn vision(&self) -> Result<Arc<SiglipVision>> {
        self.owner(Part::Vision).vision.get(|| {
            let config =
                SiglipConfig::from_json(&self.files.config(Part::Vision)?, &self.files.preprocessor()?)?;
            let weights = self.weights(Part::Vision)?;
            Ok((f32_bytes(&weights), SiglipVision::new(&weights, config)?))
        })
    }

    /// The Redux adapter.
    ///
    /// # Errors
    /// As [`Model::weights`].
    pub fn redux(&self) -> Result<Arc<Redux>> {
        self.owner(Part::Redux).redux.get(|| {
            let weights = self.weights(Part::Redux)?;
            Ok((f32_bytes(&weights), Redux::new(&weights)?))
        })
    }

    /// The flow transformer, with its weights where they shall be.
    ///
    /// # Errors
    /// As [`Model::weights`].
    pub fn transformer(&self, residency: Residency) -> Result<Arc<Transformer>> {
        self.owner(Part::Transformer).transformer.get_as(residency, || {
            let weights = self.weights(Part::Transformer)?;
            let sizes = self.transformer_sizes(&weights)?;
            Ok((f32_bytes(&weights), Transformer::load_as(&weights, sizes, residency)?))
        })
    }

    /// The image autoencoder.
    ///
    /// # Errors
    /// As [`Model::weights`].
    pub fn vae(&self) -> Result<Arc<Vae>> {
        self.owner(Part::Vae).vae.get(|| {
            let weights = self.weights(Part::Vae)?;
            Ok((f32_bytes(&weights), Vae::load(&weights, self.vae_sizes(&weights)?)?))
        })
    }

    /// The small autoencoder for previews.
    ///
    /// # Errors
    /// As [`Model::weights`].
    pub fn taef1(&self) -> Result<Arc<Taef1>> {
        self.taef1.get(|| {
            let weights = self.weights(Part::Taef1)?;
            Ok((f32_bytes(&weights), Taef1::load(&weights)?))
        })
    }

    /// Pixels a side of one latent pixel, 8 for a model without autoencoder. No tensor is read.
    ///
    /// # Errors
    /// When there is an autoencoder whose file cannot be used.
    pub fn factor(&self) -> Result<usize> {
        match self.files.get(Part::Vae) {
            Some(_) => Ok(self.vae_sizes(&self.weights(Part::Vae)?)?.factor()),
            None => Ok(8),
        }
    }

    /// How noise levels depend on the size of the picture: `scheduler_config.json`, else FLUX.1's.
    ///
    /// # Errors
    /// When the file is no scheduler config.
    pub fn schedule(&self) -> Result<Schedule> {
        match self.files.scheduler()? {
            Json::Null => Ok(Schedule::default()),
            config => Schedule::from_json(&config.to_string()),
        }
    }

    /// How a latent becomes a small picture: the model's own factors, FLUX.1's for a model of its size or without
    /// autoencoder, else factors fitted to the autoencoder once.
    ///
    /// # Errors
    /// As [`Model::vae`].
    pub fn preview(&self) -> Result<Arc<Preview>> {
        self.owner(Part::Vae).preview.get(|| {
            if let Some(preview) = &self.settings.latent_preview {
                return Ok((0, preview.to_preview()?));
            }
            if self.files.get(Part::Vae).is_none() {
                return Ok((0, Preview::flux()));
            }
            // Asked of the sizes first: the real autoencoder need not be loaded for previews.
            let sizes = self.vae_sizes(&self.weights(Part::Vae)?)?;
            let is_flux =
                sizes.latent_channels == 16 && sizes.scaling_factor == 0.3611 && sizes.factor() == 8;
            Ok((0, if is_flux { Preview::flux() } else { Preview::fit(&*self.vae()?)? }))
        })
    }

    /// Sizes, width and height, on which the model does best: its own, Kontext's seventeen for a model of full size,
    /// else the `sample_size` of its autoencoder. Never empty.
    ///
    /// # Errors
    /// When a part's file cannot be used.
    pub fn preferred_sizes(&self) -> Result<Vec<(u32, u32)>> {
        if !self.settings.preferred_sizes.is_empty() {
            return Ok(self.settings.preferred_sizes.clone());
        }
        let full = match self.files.get(Part::Transformer) {
            Some(_) => self.transformer_sizes(&self.weights(Part::Transformer)?)?.hidden >= FULL_WIDTH,
            None => false,
        };
        let sample = self.files.config(Part::Vae)?.get("sample_size").and_then(Json::as_u64);
        match sample.and_then(|side| u32::try_from(side).ok()) {
            Some(side) if !full && side > 0 => Ok(vec![(side, side)]),
            _ => Ok(KONTEXT_SIZES.to_vec()),
        }
    }

    /// Sizes of the transformer; no tensor is read.
    pub(crate) fn transformer_sizes(&self, weights: &Weights) -> Result<transformer::Config> {
        transformer::Config::from_weights(weights, given(self.files.config(Part::Transformer)?).as_ref())
    }

    /// Sizes of the autoencoder; no tensor is read.
    pub(crate) fn vae_sizes(&self, weights: &Weights) -> Result<vae::Config> {
        vae::Config::from_weights(weights, given(self.files.config(Part::Vae)?).as_ref())
    }

    /// Makes room for a stage: idle parts leave, those of other models first and then this model's in the order of an edit, until
    /// the stage, what stays, and `running` bytes of other stages fit the budget. Says what left.
    pub fn make_room(&self, stage: &Stage, running: u64, budget: Budget) -> Vec<Part> {
        let own: &[Part] = match stage.need.part {
            Part::Vision => &[Part::Vision, Part::Redux],
            Part::T5 => &[Part::T5],
            Part::Clip => &[Part::Clip],
            Part::Transformer => &[Part::Transformer],
            Part::Taef1 => &[Part::Taef1],
            _ => &[Part::Vae],
        };
        // Kept or not, the stage has counted its own.
        let is_own = |model: &Self, part: Part| own.contains(&part) && std::ptr::eq(model, self.owner(part));
        let models = all();
        let others = || -> u64 {
            let slots = models
                .iter()
                .flat_map(|model| model.slots().into_iter().filter(move |(part, _)| !is_own(model, *part)));
            slots.map(|(_, slot)| slot.bytes()).sum()
        };
        let is_mine = |model: &Self| Part::ALL.iter().any(|part| std::ptr::eq(model, self.owner(*part)));
        let (mine, foreign): (Vec<_>, Vec<_>) = models.iter().partition(|model| is_mine(model));
        let mut left = Vec::new();
        for model in foreign.into_iter().chain(mine) {
            for (part, slot) in model.slots() {
                if is_own(model, part) || stage.peak(running + others()) <= budget.bytes {
                    continue;
                }
                if slot.clear() > 0 {
                    left.push(part);
                }
            }
        }
        if !left.is_empty() {
            trim();
        }
        left
    }

    /// The parts that keep weights, in the order of an edit.
    fn slots(&self) -> [(Part, &dyn Holding); 7] {
        [
            (Part::T5, &self.t5),
            (Part::Clip, &self.clip),
            (Part::Vision, &self.vision),
            (Part::Redux, &self.redux),
            (Part::Vae, &self.vae),
            (Part::Taef1, &self.taef1),
            (Part::Transformer, &self.transformer),
        ]
    }

    /// Bytes of weights that it keeps itself.
    pub(crate) fn own_bytes(&self) -> u64 {
        self.slots().iter().map(|(_, slot)| slot.bytes()).sum()
    }

    fn evict(&self) {
        self.t5_tokenizer.clear();
        self.clip_tokenizer.clear();
        for (_, slot) in self.slots() {
            slot.clear();
        }
    }
}

/// Gives back the memory of all parts that no run is using; they are loaded again when asked for.
pub fn evict_idle() {
    for model in all() {
        model.evict();
    }
    trim();
}

/// Bytes of the weights that loaded models keep.
pub(crate) fn kept_bytes() -> u64 {
    all().iter().map(|model| model.own_bytes()).sum()
}

/// The models whose parts may be loaded: those used last, and those with LoRAs that somebody holds.
fn all() -> Vec<Arc<Model>> {
    let store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut models: Vec<_> = store.iter().map(|(_, model)| model.clone()).collect();
    drop(store);
    patched::add_held(&mut models);
    models
}

fn f32_bytes(weights: &Weights) -> u64 {
    4 * weights.parameter_count()
}

fn given(config: Json) -> Option<Json> {
    (!config.is_null()).then_some(config)
}

type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

#[derive(PartialEq)]
struct Key {
    path: PathBuf,
    stamp: Stamp,
}

static STORE: Mutex<Vec<(Key, Arc<Model>)>> = Mutex::new(Vec::new());

/// A part that is loaded once, by whoever asks first; the others wait.
struct Slot<T>(Mutex<Option<Loaded<T>>>);

struct Loaded<T> {
    part: Arc<T>,
    residency: Residency,
    /// Of its weights, as far as they are kept.
    bytes: u64,
}

/// A slot whose part has weights.
trait Holding {
    /// Bytes that it keeps; of a part that is being loaded, none yet.
    fn bytes(&self) -> u64;

    /// Forgets the part unless somebody holds it or is loading it, and says how many bytes that gives back.
    fn clear(&self) -> u64;
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Slot<T> {
    /// The part, with its bytes in f32 when it must be loaded.
    fn get(&self, load: impl FnOnce() -> Result<(u64, T)>) -> Result<Arc<T>> {
        self.get_as(Residency::Kept, load)
    }

    /// The part with its weights there; one that has them elsewhere is replaced.
    fn get_as(&self, residency: Residency, load: impl FnOnce() -> Result<(u64, T)>) -> Result<Arc<T>> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &*slot
            && loaded.residency == residency
        {
            return Ok(loaded.part.clone());
        }
        *slot = None;
        let (bytes, part) = load()?;
        let bytes = if residency == Residency::Kept { bytes } else { 0 };
        Ok(slot.insert(Loaded { part: Arc::new(part), residency, bytes }).part.clone())
    }
}

impl<T> Holding for Slot<T> {
    fn bytes(&self) -> u64 {
        self.0.try_lock().ok().and_then(|slot| slot.as_ref().map(|loaded| loaded.bytes)).unwrap_or(0)
    }

    fn clear(&self) -> u64 {
        match self.0.try_lock() {
            Ok(mut slot) if slot.as_ref().is_some_and(|loaded| Arc::strong_count(&loaded.part) == 1) => {
                slot.take().map_or(0, |loaded| loaded.bytes)
            }
            _ => 0,
        }
    }
}
