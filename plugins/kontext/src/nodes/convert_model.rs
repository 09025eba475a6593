use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use wirebrush_sdk::prelude::*;

use super::failure::OrFail;
use super::work::work;
use crate::convert::{Request, Summary, Target, convert, unfinished};
use crate::error::Error;
use crate::{interrupt, model};

/// Quantizes a model into a new file.
#[derive(Default)]
pub struct ConvertModel;

/// The choice of `part` that takes whichever model the file holds.
const ANY: &str = "any";

impl Node for ConvertModel {
    fn definition() -> Definition {
        let parts: Vec<_> = std::iter::once(ANY).chain(parts().map(|(key, _)| key)).collect();
        Definition::new("kontext/ConvertModel", "kontext/model")
            .title("Convert Model")
            .description(
                "Writes a model anew in fewer bits, so that it fits, or in another format. Needs little memory whatever the \
                 size. A conversion that was stopped goes on where it was; the new file has its name once it is whole.",
            )
            .nondeterministic()
            .input(Port::model("file", "kontext-tiny").tooltip("Name or path of a model."))
            .input(
                Port::choice("part", &parts)
                    .tooltip("Which model of a file or folder that holds several."),
            )
            .input(
                Port::choice("to", &Target::ALL.map(Target::key))
                    .tooltip("q8_0, q6_k, q5_k and q4_k are GGUF, fp8 is safetensors, bf16 and f16 are either."),
            )
            .input(Port::model("folder", "").tooltip("Name or path of the folder that gets the new file."))
            .input(
                Port::text("name", "")
                    .tooltip("Name of the new file; it ends in .gguf or .safetensors."),
            )
            .input(Port::bool("replace", false).tooltip("Replace a file of this name."))
            .output(Port::new("report", Kind::TEXT))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let from = cx.find_model(&inputs.text("file")?)?;
        let part = inputs.choice("part")?;
        let part = parts().find(|(key, _)| *key == part).map(|(_, part)| part);
        let target = inputs.choice("to")?;
        let target = Target::from_key(&target)
            .ok_or_else(|| Failure::invalid("to", format!("expected a known format, found {target}")))?;
        let to = destination(&mut inputs, cx)?;
        let request = Request { from: &from, to: &to, target, part, replace: inputs.bool("replace")? };
        let mut told = None::<Instant>;
        let converted = work(cx, |tell| {
            convert(&request, &mut |done, all, tensor| {
                // Megabytes; a host that is told of every step would do little else.
                const MB: u64 = 1_000_000;
                if done < all && told.is_some_and(|told| told.elapsed() < Duration::from_millis(50)) {
                    return interrupt::check();
                }
                told = Some(Instant::now());
                tell.progress(done.div_ceil(MB) as usize, all.div_ceil(MB) as usize, tensor)
            })
        })?;
        let port = converted.as_ref().err().map_or("file", |error| blamed(error, &to));
        let summary = converted.or_fail(port)?;
        Ok(Outputs::new().with("report", report(&from, &to, &summary)))
    }
}

/// The folder comes from the host, which decides what may be named; the name adds a file to it and nothing else.
fn destination(inputs: &mut Inputs, cx: &Context<'_>) -> Result<PathBuf> {
    let folder = cx.find_model(&inputs.text("folder")?)?;
    if !folder.is_dir() {
        let found = folder.display();
        return Err(Failure::invalid("folder", format!("expected a folder, found the file {found}")));
    }
    let name = inputs.text("name")?;
    let is_plain = Path::new(&name).file_name().is_some_and(|plain| plain == name.as_str())
        && !name.contains(['/', '\\', ':', '\0']);
    if !is_plain {
        return Err(Failure::invalid("name", format!("expected the plain name of a file, found `{name}`")));
    }
    Ok(folder.join(name))
}

/// The input that is to blame: what goes wrong with the new file is not the model's fault.
fn blamed(error: &Error, to: &Path) -> &'static str {
    const OTHERS: [&str; 3] = ["part", "to", "name"];
    let of_output = |path: &Path| path == to || path == unfinished(to) || Some(path) == to.parent();
    match error {
        Error::Io { path, .. } if of_output(path) => "folder",
        Error::File { file, .. } if *file == unfinished(to).display().to_string() => "folder",
        Error::Input { what, .. } => OTHERS.into_iter().find(|other| what == other).unwrap_or("file"),
        _ => "file",
    }
}

/// Models that files hold, by the keys of [`model::Part`].
fn parts() -> impl Iterator<Item = (&'static str, crate::weights::Part)> {
    model::Part::ALL.into_iter().filter_map(|part| Some((part.key(), part.in_weights()?)))
}

fn report(from: &Path, to: &Path, summary: &Summary) -> String {
    let encodings =
        summary.encodings.iter().map(|(encoding, count)| (encoding.name().to_owned(), json!(count)));
    let report = json!({
        "source": from,
        "file": to,
        "part": summary.part.name(),
        "tensors": summary.tensors,
        "continued": summary.continued,
        "source_bytes": summary.source_bytes,
        "bytes": summary.bytes,
        "elements": encodings.collect::<serde_json::Map<_, _>>(),
    });
    format!("{report:#}")
}
