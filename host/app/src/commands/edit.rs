//! `wirebrush edit`: the standard edit graph in one line.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wirebrush_engine::{Value, Wanted};

use super::run::{folder_of, save_graph, tell};
use crate::cli::Edit;
use crate::edit_graph::{self, Request};
use crate::exit::{Exit, WrongUse};
use crate::results;
use crate::session::{self, Session};

pub(crate) fn edit(session: &Session, args: &Edit) -> Result<Exit> {
    let (image, prompt) = what(args)?;
    let output = match (&args.output, &args.output_dir) {
        (Some(file), _) => file.clone(),
        (None, Some(folder)) => next_in(folder),
        (None, None) => beside(image),
    };
    // Names in the graph are relative to where it will lie: in the picture beside its sources, or where --save-graph says.
    let home = std::path::absolute(folder_of(args.save_graph.as_deref().unwrap_or(&output)))?;
    let name = |file: &Path| -> Result<String> {
        if !file.is_file() {
            return Err(WrongUse(format!("{}: no such picture", file.display())).into());
        }
        let file = std::path::absolute(file).with_context(|| format!("{}", file.display()))?;
        Ok(edit_graph::name_from(&home, &file))
    };
    let request = Request {
        image: name(image)?,
        prompt,
        references: args.reference.iter().map(|file| name(file)).collect::<Result<_>>()?,
        redux: args.redux.as_deref().map(name).transpose()?,
        format: format_of(&output)?,
        name: output.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        args,
    };
    let mut graph = edit_graph::build(&request);
    session.plugins().pin(&mut graph);
    if let Some(path) = &args.save_graph {
        save_graph(&graph, path)?;
    }
    let result = session.run_noted(&mut graph, &Wanted::Ends, &home, !args.no_cache)?;
    // Now it says which models it ran with, too.
    if let Some(path) = &args.save_graph {
        save_graph(&graph, path)?;
    }
    let mut files = Vec::new();
    if let Some(Value::Bytes(bytes)) = result.output("save.file") {
        results::write(&output, bytes, &graph)?;
        files.push(output);
    }
    tell(session, &result, &files);
    Ok(session::exit(&result))
}

/// The picture and the instruction, in either spelling.
fn what(args: &Edit) -> Result<(&Path, &str)> {
    // With the picture as an option, the first word without one is the instruction.
    let first = args.image.as_deref();
    let image = args.img_cond_path.as_deref().or(first);
    let prompt = args.prompt_option.as_deref().or(args.prompt.as_deref());
    match (image, prompt) {
        (Some(image), Some(prompt)) => Ok((image, prompt)),
        (None, _) => Err(WrongUse("expected a picture: wirebrush edit IMAGE PROMPT".to_owned()).into()),
        (_, None) => Err(WrongUse("expected an instruction: wirebrush edit IMAGE PROMPT".to_owned()).into()),
    }
}

fn format_of(output: &Path) -> Result<&'static str> {
    let ending = output.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "png" => Ok("png"),
        "jpg" | "jpeg" => Ok("jpeg"),
        "webp" => Ok("webp"),
        _ => Err(WrongUse(format!(
            "{}: expected a name that ends in .png, .jpg, .jpeg or .webp",
            output.display()
        ))
        .into()),
    }
}

fn beside(image: &Path) -> PathBuf {
    let stem = image.file_stem().unwrap_or_default().to_string_lossy();
    image.with_file_name(format!("{stem}-edited.png"))
}

/// `img_N.png` with the first N that is larger than all there, as BFL's command line counts.
fn next_in(folder: &Path) -> PathBuf {
    let taken = std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name();
        name.to_str()?.strip_prefix("img_")?.split('.').next()?.parse::<u64>().ok()
    });
    let next = taken.max().map_or(0, |last| last + 1);
    folder.join(format!("img_{next}.png"))
}
