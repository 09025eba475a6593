use std::path::Path;

use serde_json::{Value as Json, json};
use wirebrush_sdk::prelude::*;

use super::failure::OrFail;
use crate::detect;
use crate::model::{Model, ModelFiles, Part};

/// Says what a model file or folder holds and what it lacks.
#[derive(Default)]
pub struct InspectModel;

impl Node for InspectModel {
    fn definition() -> Definition {
        Definition::new("kontext/InspectModel", "kontext/model")
            .title("Inspect Model")
            .description(
                "Reports, as JSON, which parts of a model a file or folder holds, in which format and types, what is \
                 wrong with them, and what is missing for an edit. Reads headers only.",
            )
            .nondeterministic()
            .input(Port::model("file", "kontext-tiny").tooltip("Name or path of a model."))
            .output(Port::new("report", Kind::TEXT))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let name = inputs.text("file")?;
        let path = cx.find_model(&name)?;
        let report = inspect(&path).or_fail("file")?;
        let text =
            serde_json::to_string_pretty(&report).map_err(|error| Failure::failed(error.to_string()))?;
        Ok(Outputs::new().with("report", text))
    }
}

fn inspect(path: &Path) -> crate::Result<Json> {
    let files = match ModelFiles::find(path) {
        Ok(files) => files,
        // A LoRA or another file that is no part of a model is still something.
        Err(error) if path.is_file() => {
            let report = detect::inspect(path)?;
            let models: Vec<Json> = report.models.iter().map(tensors).collect();
            return Ok(json!({
                "path": path,
                "models": models,
                "tensors": report.tensors,
                "parameters": report.parameters,
                "quantization": report.quantization,
                "problem": error.to_string(),
            }));
        }
        Err(error) => return Err(error),
    };
    let model = Model::open(path)?;
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
    Ok(json!({
        "path": files.path,
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
    let format = if report.files > 1 {
        format!("safetensors, {} files", report.files)
    } else {
        "safetensors".to_owned()
    };
    let mut facts =
        match report.models.iter().find(|found| found.part == Some(wanted)).or(report.models.first()) {
            Some(found) => tensors(found),
            None => json!({ "problem": format!("its {} tensors belong to no known model", report.tensors) }),
        };
    facts["file"] = json!(file);
    facts["format"] = json!(format);
    facts["quantization"] = json!(report.quantization);
    facts
}

fn tensors(found: &detect::Model) -> Json {
    json!({
        "family": found.family.name(),
        "naming": found.naming.map(|naming| naming.name()),
        "sizes": found.sizes,
        "tensors": found.tensors,
        "parameters": found.parameters,
        "dtypes": found.dtypes,
        "problem": found.problem,
    })
}
