//! Old versions of the document, brought up to the current one before anything else looks at them.

use serde_json::{Map, Value as Json};

use crate::literal::shown;
use crate::{Path, Problem};

/// The `format` of every graph document.
pub const FORMAT: &str = "wirebrush/graph";

/// The version that this crate reads and writes.
pub const VERSION: u64 = 1;

/// Turns a document of one version into the next. Pure; leaves alone what it does not understand.
type Step = fn(&mut Map<String, Json>);

/// The steps, each with the version it starts from. Version 1 is the first.
const STEPS: &[(u64, Step)] = &[];

/// Checks format and version and brings the document up to [`VERSION`].
///
/// # Errors
/// Another format, a version that is no version, or one that this crate does not know.
pub(crate) fn upgrade(document: &mut Map<String, Json>) -> Result<(), Box<Problem>> {
    check_format(document)?;
    upgrade_with(document, STEPS, VERSION)
}

fn check_format(document: &Map<String, Json>) -> Result<(), Box<Problem>> {
    let expected = format!("{FORMAT:?}");
    let path = Path::root().key("format");
    match document.get("format") {
        Some(Json::String(format)) if format == FORMAT => Ok(()),
        Some(other) => Err(Problem::error("format", path, expected, shown(other)).into()),
        None => {
            let hint = if is_comfyui(document) { "this looks like a ComfyUI workflow" } else { "" };
            Err(Problem::error("format", path, expected, "nothing").hint(hint).into())
        }
    }
}

fn upgrade_with(
    document: &mut Map<String, Json>,
    steps: &[(u64, Step)],
    current: u64,
) -> Result<(), Box<Problem>> {
    let path = Path::root().key("version");
    let Some(found) = document.get("version") else {
        return Err(Problem::error("version", path, current.to_string(), "nothing").into());
    };
    let Some(mut version) = found.as_u64() else {
        return Err(Problem::error("version", path, current.to_string(), shown(found)).into());
    };
    if version > current {
        let hint = format!("made by a newer Wirebrush: version {version}, this one reads up to {current}");
        return Err(Problem::error("version", path, format!("at most {current}"), version.to_string())
            .hint(hint)
            .into());
    }
    while version < current {
        let Some((_, step)) = steps.iter().find(|(from, _)| *from == version) else {
            let oldest = steps.iter().map(|(from, _)| *from).min().unwrap_or(current);
            let expected = format!("at least {oldest}");
            return Err(Problem::error("version", path, expected, version.to_string()).into());
        };
        step(document);
        version += 1;
    }
    document.insert("version".to_owned(), current.into());
    Ok(())
}

/// Whether it is what ComfyUI saves (`nodes` and `links` as arrays) or sends (`class_type` in each entry).
fn is_comfyui(document: &Map<String, Json>) -> bool {
    let saved = document.get("nodes").is_some_and(Json::is_array) && document.contains_key("links");
    saved || document.values().next().is_some_and(|it| it.get("class_type").is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_run_one_after_the_other_up_to_the_current_version() {
        let steps: &[(u64, Step)] = &[
            (1, |it| {
                let name = it.remove("name").unwrap_or_default();
                it.insert("title".to_owned(), name);
            }),
            (2, |it| drop(it.insert("third".to_owned(), Json::Bool(true)))),
        ];
        let mut document = json!({ "version": 1, "name": "cup" });
        upgrade_with(document.as_object_mut().unwrap(), steps, 3).unwrap();
        assert_eq!(document, json!({ "version": 3, "title": "cup", "third": true }));
    }

    #[test]
    fn versions_that_nobody_made_are_refused() {
        for (version, expected) in [
            (json!(0), "version: expected at least 1, found 0"),
            (json!("1"), "version: expected 1, found \"1\""),
            (
                json!(2),
                "version: expected at most 1, found 2; made by a newer Wirebrush: version 2, this one reads up to 1",
            ),
        ] {
            let mut document = json!({ "format": FORMAT, "version": version });
            let problem = upgrade(document.as_object_mut().unwrap()).unwrap_err();
            assert_eq!(problem.to_string(), expected);
        }
    }
}
