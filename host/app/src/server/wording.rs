//! What is wrong with the shape of a request, without the words of Rust: where, what was expected, what came.
//!
//! Serde gives its reasons as text only. The few forms that has are read back here; what came is looked up in the
//! request itself.

use std::error::Error;

use axum::extract::Query;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::Uri;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::{Path, Segment};

use super::error::{ApiError, ApiResult};

/// Characters of a value in a message.
const SHOWN: usize = 60;

/// Reads a JSON body.
///
/// # Errors
/// 400: `malformed-json` with line and column, or `invalid-body` with the place inside the document.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    let malformed =
        |error: serde_json::Error| ApiError::bad_request("malformed-json", format_args!("body: {error}"));
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => reader.end().map(|()| value).map_err(malformed),
        Err(error) => {
            let body = serde_json::from_slice(bytes).map_err(malformed)?;
            Err(ApiError::bad_request(
                "invalid-body",
                wrong_body(&body, error.path(), &error.inner().to_string()),
            ))
        }
    }
}

fn wrong_body(body: &Json, path: &Path, reason: &str) -> String {
    // A struct can be read from a list too, field by field: then the place would be said in numbers.
    if !body.is_object() {
        return format!("body: expected an object, found {}", shown(body));
    }
    let place = place(path);
    match Reason::read(reason) {
        Reason::Missing(field) => {
            let dot = if place.is_empty() { "" } else { "." };
            format!("body: {place}{dot}{field}: expected a value, found nothing")
        }
        Reason::Expected(expected) => {
            let found = found(body, path).map_or_else(|| "something else".to_owned(), shown);
            format!(
                "body: {place}{}expected {expected}, found {found}",
                if place.is_empty() { "" } else { ": " }
            )
        }
        Reason::Twice(field) => format!("body: expected `{field}` once, found it twice"),
        Reason::Other(reason) => format!("body: {place}: {reason}"),
    }
}

/// Says what is wrong with the parameters behind the question mark.
pub(super) fn query(error: &QueryRejection, uri: &Uri) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
        if let Some(error) = cause.downcast_ref::<serde_path_to_error::Error<serde::de::value::Error>>() {
            let name = place(error.path());
            let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(pairs)| pairs);
            let value = pairs.unwrap_or_default().into_iter().find(|pair| pair.0 == name);
            return match (Reason::read(&error.inner().to_string()), value) {
                (Reason::Missing(field), _) => format!("query: {field}: expected a value, found nothing"),
                (Reason::Twice(field), _) => format!("query: expected `{field}` once, found it twice"),
                (Reason::Expected(expected), Some((_, value))) => {
                    format!("query: {name}: expected {expected}, found `{}`", cut(&value))
                }
                (Reason::Expected(expected), None) => format!("query: expected {expected}"),
                (Reason::Other(reason), _) => format!("query: {reason}"),
            };
        }
    }
    format!("query: {cause}")
}

/// Says what is wrong with a parameter inside the path.
pub(super) fn path(error: &PathRejection) -> String {
    use axum::extract::path::ErrorKind::{ParseError, ParseErrorAtIndex, ParseErrorAtKey};
    let PathRejection::FailedToDeserializePathParams(error) = error else { return error.body_text() };
    match error.kind() {
        ParseError { value, expected_type }
        | ParseErrorAtIndex { value, expected_type, .. }
        | ParseErrorAtKey { value, expected_type, .. } => {
            format!("path: expected {}, found `{}`", kind(expected_type), cut(value))
        }
        _ => format!("path: {}", error.body_text()),
    }
}

/// Why serde refused a value.
#[derive(Debug, PartialEq)]
enum Reason<'a> {
    /// This field is not there.
    Missing(&'a str),
    /// This field stands there more than once.
    Twice(&'a str),
    /// Something else should be at the place.
    Expected(String),
    /// A sentence of ours, or one that nobody thought of.
    Other(&'a str),
}

impl<'a> Reason<'a> {
    fn read(text: &'a str) -> Self {
        // Where a value begins says less than its place in the document.
        let text = text.rfind(" at line ").map_or(text, |end| &text[..end]);
        let quoted = |start: &str| text.strip_prefix(start)?.split('`').next();
        if let Some(field) = quoted("missing field `") {
            return Self::Missing(field);
        }
        if let Some(field) = quoted("duplicate field `") {
            return Self::Twice(field);
        }
        if let Some((_, kinds)) =
            text.strip_prefix("unknown variant ").and_then(|it| it.rsplit_once(", expected "))
        {
            return Self::Expected(kinds.to_owned());
        }
        if text.starts_with("invalid ")
            && let Some((_, expected)) = text.rsplit_once(", expected ")
        {
            return Self::Expected(kind(expected).to_owned());
        }
        match text {
            // Only one of several words stands where serde wants no more than some value.
            "expected value" => Self::Expected("a string".to_owned()),
            "invalid digit found in string" | "cannot parse integer from empty string" => {
                Self::Expected("a whole number".to_owned())
            }
            "number too large to fit in target type" => Self::Expected("a smaller number".to_owned()),
            "number too small to fit in target type" => Self::Expected("a larger number".to_owned()),
            _ => Self::Other(text),
        }
    }
}

/// A type as people call it.
fn kind(rust: &str) -> &str {
    match rust.split(' ').next().unwrap_or_default() {
        "struct" | "map" => "an object",
        "tuple" | "array" => "a list",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "string" | "unit" | "variant" | "enum" => "a string",
        _ => match rust {
            "a map" => "an object",
            "a sequence" => "a list",
            "a boolean" => "`true` or `false`",
            "a borrowed string" => "a string",
            words => words,
        },
    }
}

/// `set.words`, `strip[1]`; empty for the whole.
fn place(path: &Path) -> String {
    if path.iter().next().is_none() { String::new() } else { path.to_string() }
}

/// What stands at a place.
fn found<'a>(body: &'a Json, path: &Path) -> Option<&'a Json> {
    path.iter().try_fold(body, |at, segment| match segment {
        Segment::Map { key } => at.get(key),
        Segment::Seq { index } => at.get(index),
        Segment::Enum { .. } | Segment::Unknown => Some(at),
    })
}

fn shown(value: &Json) -> String {
    match value {
        Json::Object(_) => "an object".to_owned(),
        Json::Array(_) => "a list".to_owned(),
        value => format!("`{}`", cut(&value.to_string())),
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::server::document::Document;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        First,
        SecondOne,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        size: u32,
        words: Vec<Word>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Body {
        name: String,
        inner: Option<Inner>,
        #[serde(default)]
        at: i64,
        #[serde(default)]
        on: bool,
        word: Option<Word>,
        #[serde(default)]
        set: BTreeMap<String, f64>,
        graph: Option<Document>,
    }

    fn refusal(body: &str) -> String {
        json::<Body>(body.as_bytes()).expect_err(body).to_string()
    }

    #[test]
    fn a_wrong_shape_is_said_with_its_place_and_in_words_of_json() {
        for (body, message) in [
            ("5", "body: expected an object, found `5`"),
            ("[\"a\"]", "body: expected an object, found a list"),
            ("{}", "body: name: expected a value, found nothing"),
            (r#"{"name": 5}"#, "body: name: expected a string, found `5`"),
            (r#"{"name": null}"#, "body: name: expected a string, found `null`"),
            (r#"{"name": "a", "name": "b"}"#, "body: expected `name` once, found it twice"),
            (
                r#"{"name": "a", "at": "x, expected y"}"#,
                "body: at: expected a whole number, found `\"x, expected y\"`",
            ),
            (r#"{"name": "a", "at": 1.5}"#, "body: at: expected a whole number, found `1.5`"),
            (r#"{"name": "a", "on": "yes"}"#, "body: on: expected `true` or `false`, found `\"yes\"`"),
            (r#"{"name": "a", "set": []}"#, "body: set: expected an object, found a list"),
            (r#"{"name": "a", "set": {"b": "c"}}"#, "body: set.b: expected a number, found `\"c\"`"),
            (r#"{"name": "a", "inner": true}"#, "body: inner: expected an object, found `true`"),
            (r#"{"name": "a", "inner": {"size": 1}}"#, "body: inner.words: expected a value, found nothing"),
            (
                r#"{"name": "a", "inner": {"size": -1}}"#,
                "body: inner.size: expected a whole number, 0 or more, found `-1`",
            ),
            (
                r#"{"name": "a", "inner": {"size": 1, "words": ["first", "third"]}}"#,
                "body: inner.words[1]: expected `first` or `second-one`, found `\"third\"`",
            ),
            (r#"{"name": "a", "word": 7}"#, "body: word: expected a string, found `7`"),
        ] {
            assert_eq!(refusal(body), message, "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_said_with_line_and_column() {
        for body in ["{\"name\": \"a\",\n}", "{\"name\": \"a\"}\n}", "{\n", "{\"name\":\n nonsense}"] {
            let message = refusal(body);
            assert!(message.starts_with("body: ") && message.contains("line 2"), "{body}: {message}");
        }
        assert!(json::<Body>(b"{\"name\": \"a\", \"graph\": {\"deep\": [1]}}").is_ok());
    }

    #[test]
    fn long_values_are_cut() {
        let message = refusal(&format!(r#"{{"name": "a", "at": "{}"}}"#, "ä".repeat(500)));
        assert!(message.chars().count() < 120 && message.ends_with("…`"), "{message}");
    }
}
