mod words;

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use wirebrush_sdk::prelude::*;

use super::TOKENIZERS;
use super::failure::OrFail;
use crate::detect::{self, Family};
use crate::lora::Lora;
use crate::model::{Model, ModelFiles, Part};

/// Says what a model file or folder holds and what it lacks.
#[derive(Default)]
pub struct InspectModel;

impl Node for InspectModel {
    fn definition() -> Definition {
        Definition::new("kontext/InspectModel", "kontext/model")
            .title("Inspect Model")
            .description(
                "Reports which parts of a model a file or folder holds, in which format and encodings, what is wrong with \
                 them, and what is missing for an edit. Reads headers only.",
            )
            .nondeterministic()
            .input(Port::model("file", "kontext-tiny").tooltip("Name or path of a model."))
            .output(Port::new("report", Kind::TEXT).tooltip("As JSON."))
            .output(Port::new("words", Kind::TEXT).tooltip("A few lines for each part."))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let name = inputs.text("file")?;
        let path = cx.find_model(&name)?;
        let report = inspect(&path, || cx.find_model(TOKENIZERS).ok()).or_fail("file")?;
        let text =
            serde_json::to_string_pretty(&report).map_err(|error| Failure::failed(error.to_string()))?;
        Ok(Outputs::new().with("words", words::words(&report)).with("report", text))
    }
}

fn inspect(path: &Path, tokenizers: impl FnOnce() -> Option<PathBuf>) -> crate::Result<Json> {
    match ModelFiles::find(path) {
        Ok(_) => {}
        // A LoRA or another file that is no part of a model is still something.
        Err(error) if path.is_file() => return alone(path, &error),
        Err(error) => return Err(error),
    }
    let model = Model::open_with(path, tokenizers)?;
    let files = model.files();
    let mut parts = serde_json::Map::new();
    for part in Part::ALL {
        if let Some(file) = files.get(part) {
            parts.insert(part.key().to_owned(), describe(&model, part, file));
        }
    }
    let missing = |needed: &[Part]| -> Vec<String> {
        let missing = needed.iter().filter(|part| files.get(**part).is_none());
        missing.map(|part| format!("{part} ({})", part.provided_by())).collect()
    };
    let edit = [Part::Transformer, Part::Vae, Part::Clip, Part::ClipTokenizer, Part::T5, Part::T5Tokenizer];
    let settings = model.settings();
    let (role, family) = identity(files);
    Ok(json!({
        "path": files.path,
        "role": role,
        "family": family,
        "title": settings.title,
        "layout": files.layout.key(),
        "parts": parts,
        "missing": missing(&edit),
        "missing_for_redux": missing(&[Part::Vision, Part::Redux]),
        "preferred_sizes": model.preferred_sizes().ok(),
        "default_steps": settings.default_steps,
        "default_guidance": settings.default_guidance,
        "t5_length": files.get(Part::T5Tokenizer).and_then(|_| model.t5_length().ok()),
    }))
}

/// A file that is no part of a model.
fn alone(path: &Path, why: &crate::Error) -> crate::Result<Json> {
    let report = detect::inspect(path)?;
    let mut facts = report.models.first().map(tensors).unwrap_or_else(|| json!({}));
    facts["path"] = json!(path);
    facts["format"] = json!(format(&report));
    match report.models.first().map(|found| found.family) {
        Some(Family::Lora) => {
            facts["role"] = json!("lora");
            facts["needs"] = json!("the model that it changes");
            match Lora::open(path) {
                Ok(lora) => {
                    facts["problem"] = Json::Null;
                    facts["lora"] = json!(lora.report());
                }
                Err(error) => facts["problem"] = json!(error.to_string()),
            }
        }
        _ => facts["problem"] = json!(why.to_string()),
    }
    facts["family"] = json!(report.models.first().and_then(|found| found.family.line()));
    Ok(facts)
}

/// What the named path is by itself: its role (`set` when it plays several), and the models it belongs to.
fn identity(files: &ModelFiles) -> (Option<&'static str>, Option<&'static str>) {
    let path = &files.path;
    let own: Vec<Part> = Part::ALL
        .into_iter()
        .filter(|part| {
            !part.is_tokenizer() && files.get(*part).is_some_and(|file| !path.is_file() || file == *path)
        })
        .collect();
    let role = match own.as_slice() {
        [] => None,
        [part] if path.is_file() => Some(part.key()),
        _ => Some("set"),
    };
    // A set is named after its transformer, which comes first.
    let family = own.first().and_then(|part| {
        let report = detect::inspect(files.get(*part)?).ok()?;
        report.models.iter().find(|found| found.part == part.in_weights())?.family.line()
    });
    (role, family)
}

// A broken part is described like the others: it must not hide them.
fn describe(model: &Model, part: Part, file: &Path) -> Json {
    let Some(wanted) = part.in_weights() else {
        let problem = match part {
            Part::T5Tokenizer => model.t5_tokenizer().err(),
            _ => model.clip_tokenizer().err(),
        };
        return json!({ "file": file, "format": "tokenizer", "problem": problem.map(|error| error.to_string()) });
    };
    let report = match detect::inspect(file) {
        Ok(report) => report,
        Err(error) => return json!({ "file": file, "problem": error.to_string() }),
    };
    let mut facts =
        match report.models.iter().find(|found| found.part == Some(wanted)).or(report.models.first()) {
            Some(found) => tensors(found),
            None => json!({ "problem": format!("its {} tensors belong to no known model", report.tensors) }),
        };
    facts["file"] = json!(file);
    facts["format"] = json!(format(&report));
    facts
}

fn format(report: &detect::Report) -> String {
    match report.files {
        1 => report.format.to_owned(),
        files => format!("{}, {files} files", report.format),
    }
}

fn tensors(found: &detect::Model) -> Json {
    json!({
        "family": found.family.name(),
        "naming": found.naming.map(|naming| naming.name()),
        "sizes": found.sizes,
        "tensors": found.tensors,
        "parameters": found.parameters,
        "bytes": found.bytes,
        "encodings": found.encodings,
        "prefix": (!found.prefix.is_empty()).then_some(&found.prefix),
        "problem": found.problem,
    })
}
