use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::error::{Error, Result};
use crate::model::refusal;
use crate::small_file;

// What transformers calls `VERY_LARGE_INTEGER` when a tokenizer has no length of its own is 1e30; anything above this
// is no length.
const NO_LENGTH: f64 = 1e6;

/// A tokenizer as the model's files describe it.
///
/// Loading parses up to 2.5 MB of JSON (about 50 ms for T5's); encoding a prompt takes well under a millisecond.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    begin: Option<u32>,
    end: u32,
    model_max_length: Option<usize>,
}

/// A prompt as token ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Begin token where the model has one, the prompt, the end token. No padding.
    pub ids: Vec<u32>,
    /// What was cut off, if anything.
    pub truncation: Option<Truncation>,
}

/// Where a prompt that was too long has been cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truncation {
    /// Tokens that were kept, special ones included.
    pub kept_tokens: usize,
    /// Tokens the whole prompt has, special ones included.
    pub all_tokens: usize,
    /// Words of the prompt that were kept, the last one perhaps in part.
    pub kept_words: usize,
    /// Words the whole prompt has.
    pub all_words: usize,
    /// Characters of the prompt that were kept.
    pub kept_characters: usize,
    /// The last kept words.
    pub last_words: String,
}

impl fmt::Display for Truncation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the prompt has {} tokens, the text encoder takes {}: everything behind word {} of {} (character {}, “…{}”) \
             is ignored",
            self.all_tokens,
            self.kept_tokens,
            self.kept_words,
            self.all_words,
            self.kept_characters,
            self.last_words
        )
    }
}

impl Tokenizer {
    /// T5's tokenizer from a `tokenizer.json`, or from the folder that holds one.
    ///
    /// # Errors
    /// When there is none (a lone `spiece.model` is not read), it cannot be parsed, or it has no end token.
    pub fn t5(path: &Path) -> Result<Self> {
        let files = Files::at(path);
        let Some(tokenizer) = files.get("tokenizer.json") else {
            let why = if files.get("spiece.model").is_some() {
                "only spiece.model is here, which is not read: put the tokenizer.json of the same model beside it"
            } else {
                "tokenizer.json is missing: it comes with the model's tokenizer_2 folder"
            };
            return Err(refusal(path, why));
        };
        let settings = files.settings()?;
        let inner = parse(&tokenizer, &small_file::read(&tokenizer)?)?;
        Self::finish(inner, &tokenizer, &settings, None, "</s>")
    }

    /// CLIP's tokenizer from a `tokenizer.json`, a folder that holds one, or a folder with `vocab.json` and `merges.txt`.
    ///
    /// # Errors
    /// When the files are missing, cannot be parsed, or have no begin or end token.
    pub fn clip(path: &Path) -> Result<Self> {
        let files = Files::at(path);
        let settings = files.settings()?;
        let (inner, source) = if let Some(tokenizer) = files.get("tokenizer.json") {
            (parse(&tokenizer, &small_file::read(&tokenizer)?)?, tokenizer)
        } else {
            match (files.get("vocab.json"), files.get("merges.txt")) {
                (Some(vocab), Some(merges)) => (clip_from_vocabulary(&vocab, &merges, &settings)?, vocab),
                _ => {
                    let why = "tokenizer.json, or vocab.json with merges.txt, is missing: they come with the model's \
                               tokenizer folder";
                    return Err(refusal(path, why));
                }
            }
        };
        Self::finish(inner, &source, &settings, Some("<|startoftext|>"), "<|endoftext|>")
    }

    fn finish(
        mut inner: tokenizers::Tokenizer,
        source: &Path,
        settings: &Settings,
        begin: Option<&str>,
        end: &str,
    ) -> Result<Self> {
        // Some exports carry the training run's truncation and padding: both are decided here.
        inner.with_truncation(None).map_err(|error| refusal(source, error.to_string()))?;
        inner.with_padding(None);
        let find = |token: &str| {
            inner
                .token_to_id(token)
                .ok_or_else(|| refusal(source, format!("the token `{token}` is not in the vocabulary")))
        };
        let end = find(settings.token("eos_token").as_deref().unwrap_or(end))?;
        let begin = match begin {
            Some(default) => Some(find(settings.token("bos_token").as_deref().unwrap_or(default))?),
            None => None,
        };
        Ok(Self { inner, begin, end, model_max_length: settings.max_length() })
    }

    /// The longest prompt in tokens that the tokenizer's files name (`model_max_length`), special tokens included.
    pub fn model_max_length(&self) -> Option<usize> {
        self.model_max_length
    }

    /// Id of the end token.
    pub fn end(&self) -> u32 {
        self.end
    }

    /// The prompt as ids, at most `max_tokens` of them with the begin and end tokens; what is behind is cut off and told.
    ///
    /// # Errors
    /// When the tokenizer fails, which its files would have to provoke.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Result<Encoded> {
        // The special tokens are added here, not by the file's post-processor: some exports have none.
        let encoding = self
            .inner
            .encode(text, false)
            .map_err(|error| Error::input("text", "a prompt the tokenizer can split", format!("{error}")))?;
        let (ids, offsets) = (encoding.get_ids(), encoding.get_offsets());
        let special = usize::from(self.begin.is_some()) + 1;
        let room = max_tokens.saturating_sub(special);
        let kept = ids.len().min(room);
        let truncation = (kept < ids.len()).then(|| {
            let end = kept.checked_sub(1).map_or(0, |last| offsets[last].1);
            Truncation::new(text, end, kept + special, ids.len() + special)
        });
        let ids = self.begin.into_iter().chain(ids[..kept].iter().copied()).chain([self.end]).collect();
        Ok(Encoded { ids, truncation })
    }
}

impl Truncation {
    fn new(text: &str, end: usize, kept_tokens: usize, all_tokens: usize) -> Self {
        let kept = &text[..text.floor_char_boundary(end)];
        let words: Vec<&str> = kept.split_whitespace().collect();
        Self {
            kept_tokens,
            all_tokens,
            kept_words: words.len(),
            all_words: text.split_whitespace().count(),
            kept_characters: kept.chars().count(),
            last_words: shorten(&words[words.len().saturating_sub(3)..].join(" ")),
        }
    }
}

// One "word" may be a megabyte.
fn shorten(words: &str) -> String {
    let length = words.chars().count();
    words.chars().skip(length.saturating_sub(40)).collect()
}

/// The files of one tokenizer: those of a folder, or one file and its neighbors.
struct Files {
    folder: PathBuf,
    file: Option<PathBuf>,
}

impl Files {
    fn at(path: &Path) -> Self {
        if path.is_dir() {
            Self { folder: path.to_owned(), file: None }
        } else {
            Self { folder: path.parent().unwrap_or(Path::new("")).to_owned(), file: Some(path.to_owned()) }
        }
    }

    fn get(&self, name: &str) -> Option<PathBuf> {
        // A single file is the tokenizer.json whatever its name.
        if let (Some(file), "tokenizer.json") = (&self.file, name)
            && file.extension().is_some_and(|extension| extension == "json")
            && file.file_name().is_some_and(|name| name != "vocab.json")
        {
            return file.exists().then(|| file.clone());
        }
        let path = self.folder.join(name);
        path.exists().then_some(path)
    }

    fn settings(&self) -> Result<Settings> {
        let load = |name: &str| -> Result<Json> {
            let Some(path) = self.get(name) else { return Ok(Json::Null) };
            serde_json::from_slice(&small_file::read(&path)?)
                .map_err(|error| refusal(&path, error.to_string()))
        };
        // A renamed tokenizer.json has no settings of its own; those of a neighbor would be another model's.
        let renamed = self.file.as_ref().and_then(|file| file.file_name()).is_some_and(|name| {
            !matches!(name.to_str(), Some("tokenizer.json" | "vocab.json" | "merges.txt" | "spiece.model"))
        });
        if renamed {
            return Ok(Settings { config: Json::Null, special: Json::Null });
        }
        Ok(Settings { config: load("tokenizer_config.json")?, special: load("special_tokens_map.json")? })
    }
}

struct Settings {
    config: Json,
    special: Json,
}

impl Settings {
    /// A special token by role; written as a string or as an object with `content`.
    fn token(&self, role: &str) -> Option<String> {
        [&self.config, &self.special].into_iter().find_map(|settings| {
            let token = settings.get(role)?;
            token.as_str().or_else(|| token.get("content")?.as_str()).map(str::to_owned)
        })
    }

    fn max_length(&self) -> Option<usize> {
        let length = self.config.get("model_max_length")?.as_f64()?;
        (1.0..NO_LENGTH).contains(&length).then_some(length as usize)
    }
}

/// The pipeline that transformers builds for CLIP's `vocab.json` and `merges.txt`.
///
/// Source: `CLIPConverter` in
/// <https://github.com/huggingface/transformers/blob/v4.38.0/src/transformers/convert_slow_tokenizer.py#L908>
fn clip_from_vocabulary(vocab: &Path, merges: &Path, settings: &Settings) -> Result<tokenizers::Tokenizer> {
    let vocabulary: Json = serde_json::from_slice(&small_file::read(vocab)?)
        .map_err(|error| refusal(vocab, error.to_string()))?;
    let text = String::from_utf8(small_file::read(merges)?)
        .map_err(|_| refusal(merges, "expected UTF-8 text with one merge a line"))?;
    let merges: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("#version") && !line.trim().is_empty()).collect();
    let begin = settings.token("bos_token").unwrap_or_else(|| "<|startoftext|>".to_owned());
    let end = settings.token("eos_token").unwrap_or_else(|| "<|endoftext|>".to_owned());
    let unknown = settings.token("unk_token").unwrap_or_else(|| end.clone());
    let special = |token: &str| {
        let id = vocabulary.get(token).and_then(Json::as_u64);
        let id = id.ok_or_else(|| refusal(vocab, format!("the token `{token}` is not in the vocabulary")))?;
        Ok::<_, Error>(json!({
            "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true
        }))
    };
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [special(&begin)?, special(&end)?],
        "normalizer": { "type": "Sequence", "normalizers": [
            { "type": "NFC" },
            { "type": "Replace", "pattern": { "Regex": r"\s+" }, "content": " " },
            { "type": "Lowercase" },
        ]},
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
            {
                "type": "Split",
                "pattern": { "Regex": r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+" },
                "behavior": "Removed",
                "invert": true,
            },
            { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true },
        ]},
        "post_processor": null,
        "decoder": null,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>", "fuse_unk": false, "byte_fallback": false,
            "vocab": vocabulary, "merges": merges,
        },
    });
    parse(vocab, tokenizer.to_string().as_bytes())
}

fn parse(path: &Path, bytes: &[u8]) -> Result<tokenizers::Tokenizer> {
    tokenizers::Tokenizer::from_bytes(bytes)
        .map_err(|error| refusal(path, format!("not a tokenizer that can be read: {error}")))
}
