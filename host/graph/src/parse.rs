//! Reads a document and reports everything that is wrong with it, each with its place.

mod document;
mod fields;
mod layout;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value as Json;

use crate::{Definitions, Graph, Problem, Problems, json, normalize, number, validate};
use document::Reader;

/// How large a document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the text.
    pub bytes: usize,
    /// Objects and arrays inside each other; 256 at most.
    pub depth: usize,
    /// Nodes: in the document, and after expansion.
    pub nodes: usize,
}

impl Default for Limits {
    /// 64 MiB, 64 levels, 50 000 nodes.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 64, nodes: 50_000 }
    }
}

/// A document as far as it could be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The graph without what was malformed; `None` when nothing could be read.
    pub graph: Option<Graph>,
    /// Everything that is wrong, sorted by path.
    pub problems: Problems,
}

/// Reads a document from UTF-8 text, with or without a byte order mark.
///
/// Text that is no JSON gives one problem, a document that is malformed gives all of them.
pub fn parse(text: &[u8]) -> Parsed {
    parse_with(text, &Limits::default())
}

/// Reads a document under limits of one's own.
pub fn parse_with(text: &[u8], limits: &Limits) -> Parsed {
    let text = match decode(text, limits) {
        Ok(text) => text,
        Err(problem) => return Parsed { graph: None, problems: (*problem).into() },
    };
    let (value, mut problems) = match json::read(text, limits.depth) {
        Ok(read) => read,
        Err(problem) => return Parsed { graph: None, problems: (*problem).into() },
    };
    let mut parsed = read(value, limits);
    problems.append(parsed.problems);
    problems.locate(text);
    problems.sort();
    parsed.problems = problems;
    parsed
}

/// Reads a document that is already JSON.
pub fn from_value(mut value: Json) -> Parsed {
    number::unify(&mut value);
    let mut parsed = read(value, &Limits::default());
    parsed.problems.sort();
    parsed
}

/// Reads, brings up to date and validates in one go: every problem of the text and of the graph, sorted by path.
pub fn check(text: &[u8], definitions: &dyn Definitions) -> Parsed {
    check_read(text, parse(text), definitions)
}

/// The same for a text that [`parse()`] has read already: which definitions count may depend on what is in the graph.
pub fn check_read(text: &[u8], mut parsed: Parsed, definitions: &dyn Definitions) -> Parsed {
    let Some(graph) = parsed.graph.as_mut() else { return parsed };
    let mut found = normalize(graph, definitions);
    found.append(validate(graph, definitions));
    // What was malformed is missing from the graph: that it is missing is no problem of its own.
    let whole = ["name", "duplicate", "size"];
    let malformed = parsed.problems.iter().filter(|it| it.is_error() && !whole.contains(&it.code));
    let malformed: Vec<&Problem> = malformed.collect();
    found.list.retain(|problem| !malformed.iter().any(|it| follows(problem, it)));
    if let Ok(text) = decode(text, &Limits::default()) {
        found.locate(text);
    }
    parsed.problems.append(found);
    parsed.problems.sort();
    parsed
}

impl Graph {
    /// Reads a document, taking nothing that has an error.
    ///
    /// # Errors
    /// All problems, when one of them is an error.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let Parsed { graph, problems } = parse(text.as_bytes());
        problems.or(()).map(|()| graph.unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Graph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parsed { graph, problems } = from_value(Json::deserialize(deserializer)?);
        problems.or(()).map_err(D::Error::custom).map(|()| graph.unwrap_or_default())
    }
}

fn read(value: Json, limits: &Limits) -> Parsed {
    let mut reader = Reader::new(limits);
    let graph = reader.graph(value);
    Parsed { graph, problems: reader.problems }
}

fn decode<'a>(text: &'a [u8], limits: &Limits) -> Result<&'a str, Box<Problem>> {
    if text.len() > limits.bytes {
        let expected = format!("at most {} bytes", limits.bytes);
        return Err(Problem::error("size", "", expected, text.len().to_string()).into());
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    std::str::from_utf8(text).map_err(|error| {
        let offset = error.valid_up_to();
        let before = String::from_utf8_lossy(text.get(..offset).unwrap_or_default());
        let found = text.get(offset).map_or_else(String::new, |byte| format!("the byte 0x{byte:02x}"));
        let hint = if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            "save it as UTF-8"
        } else {
            ""
        };
        let position = json::position(&before, before.len());
        Problem::error("encoding", "", "text in UTF-8", found).hint(hint).at(position).into()
    })
}

/// Whether a problem of the graph is there only because something malformed was left out.
fn follows(problem: &Problem, malformed: &Problem) -> bool {
    let inside = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let missing = problem.found.trim_matches('`').split_once('.').map_or("", |(node, _)| node);
    let dropped = malformed.path.strip_suffix(".type").unwrap_or(&malformed.path);
    let to_dropped = problem.code == "link" && dropped.ends_with(&format!("nodes.{missing}"));
    inside(&problem.path, &malformed.path)
        || (!problem.path.is_empty() && inside(&malformed.path, &problem.path))
        || to_dropped
}
