//! A model put together from files that lie anywhere: the host writes down which file plays which part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ModelFiles, Part, names, refusal};
use crate::error::Result;
use crate::small_file;

#[derive(Deserialize)]
struct Document {
    format: String,
    version: u32,
    parts: BTreeMap<String, PathBuf>,
}

/// Whether the path is that of a set's file, by its ending: weights never have it.
pub(super) fn is_set(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json")
}

/// The parts that a file names: `{"format": "wirebrush/model-set", "version": 1, "parts": {"t5": "/path", …}}`. Parts of
/// unknown names are for newer versions and left out.
///
/// # Errors
/// When the file is none, or names a path that is missing or does not hold its part.
pub(super) fn read(path: &Path) -> Result<BTreeMap<Part, PathBuf>> {
    let document: Document = serde_json::from_slice(&small_file::read(path)?)
        .map_err(|error| refusal(path, format!("expected the parts of a model: {error}")))?;
    if (document.format.as_str(), document.version) != ("wirebrush/model-set", 1) {
        return Err(refusal(
            path,
            format!("expected wirebrush/model-set version 1, found {}", document.format),
        ));
    }
    let place_of = |part: Part| document.parts.get(part.key()).map(PathBuf::as_path);
    let mut parts = BTreeMap::new();
    for part in Part::ALL {
        if let Some(place) = place_of(part) {
            parts.insert(part, resolve(part, place)?);
        }
    }
    for encoder in [Part::Clip, Part::T5] {
        if let (Some(own), Some(tokenizer)) = (place_of(encoder), encoder.tokenizer())
            && !parts.contains_key(&tokenizer)
            && let Some(found) = tokenizer_of(tokenizer, own, &document.parts)
        {
            parts.insert(tokenizer, found);
        }
    }
    if parts.is_empty() {
        return Err(refusal(path, "the set names no part of a model"));
    }
    Ok(parts)
}

/// A tokenizer that nobody named: it comes with the encoder, else with another model that the set takes a part of.
fn tokenizer_of(tokenizer: Part, encoder: &Path, parts: &BTreeMap<String, PathBuf>) -> Option<PathBuf> {
    let own = if encoder.is_dir() { encoder } else { encoder.parent()? };
    let beside = || names::tokenizer_beside(tokenizer, own).filter(|_| encoder.is_file());
    let models =
        std::iter::once(own).chain(parts.values().map(PathBuf::as_path).filter(|path| path.is_dir()));
    let found = beside().or_else(|| models.into_iter().find_map(|folder| names::find(tokenizer, folder)))?;
    super::place(&found).ok()
}

/// A part may be a folder of a file and its configuration; a tokenizer always may.
fn resolve(part: Part, place: &Path) -> Result<PathBuf> {
    let place = super::place(place)?;
    if place.is_file() || part.is_tokenizer() && !place.join("tokenizer").is_dir() {
        return Ok(place);
    }
    Ok(ModelFiles::find(&place)?.require(part)?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_lie_where_the_set_says() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "{}").unwrap();
            std::fs::canonicalize(path).unwrap()
        };
        let (vae, tokenizer) = (put("a/any name.safetensors"), put("b/tokenizer.json"));
        let set = folder.path().join("set.json");
        let document = json!({
            "format": "wirebrush/model-set", "version": 1,
            "parts": { "vae": vae, "t5_tokenizer": tokenizer.parent().unwrap(), "newer": "/nowhere" },
        });
        std::fs::write(&set, document.to_string()).unwrap();
        let files = ModelFiles::find(&set).unwrap();
        assert_eq!(files.get(Part::Vae), Some(vae.as_path()));
        assert_eq!(files.get(Part::T5Tokenizer), tokenizer.parent());
        assert_eq!(files.get(Part::Transformer), None);
    }

    #[test]
    fn a_tokenizer_comes_with_its_encoder_or_with_another_model_of_the_set() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "{}").unwrap();
            std::fs::canonicalize(path).unwrap()
        };
        let whole = put("whole/text_encoder/model.safetensors");
        let (clip, t5) = (put("whole/tokenizer/tokenizer.json"), put("whole/tokenizer_2/tokenizer.json"));
        let lone = put("lone/t5-Q8_0.gguf");
        let set = folder.path().join("set.json");
        let tokenizers = || {
            let parts = json!({ "clip": whole.parent().unwrap().parent(), "t5": lone });
            let document = json!({ "format": "wirebrush/model-set", "version": 1, "parts": parts });
            std::fs::write(&set, document.to_string()).unwrap();
            let files = ModelFiles::find(&set).unwrap();
            [Part::ClipTokenizer, Part::T5Tokenizer].map(|part| files.get(part).unwrap().to_owned())
        };
        assert_eq!(tokenizers(), [clip.parent().unwrap(), t5.parent().unwrap()]);
        let nearer = put("lone/tokenizer.json");
        assert_eq!(tokenizers(), [clip.parent().unwrap(), nearer.parent().unwrap()]);
    }

    #[test]
    fn what_is_no_set_is_refused_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set.json");
        for (text, why) in [
            ("[]", "expected the parts of a model"),
            (r#"{"format": "other", "version": 1, "parts": {}}"#, "found other"),
            (r#"{"format": "wirebrush/model-set", "version": 1, "parts": {}}"#, "names no part"),
            (
                r#"{"format": "wirebrush/model-set", "version": 1, "parts": {"vae": "/no/where"}}"#,
                "/no/where",
            ),
        ] {
            std::fs::write(&set, text).unwrap();
            let error = ModelFiles::find(&set).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains('\n'), "{error}");
        }
    }
}
