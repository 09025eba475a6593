//! Takes the fields of an object one by one and reports those of a wrong type.

use serde_json::{Map, Value as Json};

use super::document::Reader;
use crate::literal::{exact_int, shown};
use crate::{Endpoint, Extra, Link, NAME_RULE, Path, Problem, check_name};

impl Reader<'_> {
    pub(super) fn error(
        &mut self,
        code: &'static str,
        path: &Path<'_>,
        expected: &str,
        found: impl Into<String>,
    ) {
        self.problems.push(Problem::error(code, path, expected, found));
    }

    pub(super) fn object(&mut self, value: Json, path: &Path<'_>) -> Option<Map<String, Json>> {
        match value {
            Json::Object(map) => Some(map),
            other => {
                self.error("type", path, "an object", shown(&other));
                None
            }
        }
    }

    pub(super) fn text(&mut self, value: Json, path: &Path<'_>) -> Option<String> {
        match value {
            Json::String(text) => Some(text),
            other => {
                self.error("type", path, "text", shown(&other));
                None
            }
        }
    }

    /// The entries of an optional object field.
    pub(super) fn take_object(
        &mut self,
        map: &mut Map<String, Json>,
        key: &str,
        path: &Path<'_>,
    ) -> Map<String, Json> {
        map.remove(key).and_then(|value| self.object(value, &path.key(key))).unwrap_or_default()
    }

    /// An optional text field; empty when absent.
    pub(super) fn take_text(&mut self, map: &mut Map<String, Json>, key: &str, path: &Path<'_>) -> String {
        map.remove(key).and_then(|value| self.text(value, &path.key(key))).unwrap_or_default()
    }

    /// An optional number of bytes; 0 when absent.
    pub(super) fn take_size(&mut self, map: &mut Map<String, Json>, key: &str, path: &Path<'_>) -> u64 {
        let Some(value) = map.remove(key) else { return 0 };
        exact_int(&value).and_then(|exact| u64::try_from(exact).ok()).unwrap_or_else(|| {
            self.error("type", &path.key(key), "a number of bytes", shown(&value));
            0
        })
    }

    /// Checks a user's name.
    pub(super) fn name(&mut self, name: &str, path: &Path<'_>) {
        if let Err(found) = check_name(name) {
            self.error("name", path, NAME_RULE, found);
        }
    }

    pub(super) fn link(&mut self, value: &Json, path: &Path<'_>) -> Option<Link> {
        self.address(value, path, "node.output").map(|(node, output)| Link { node, output })
    }

    pub(super) fn endpoint(&mut self, value: &Json, path: &Path<'_>) -> Option<Endpoint> {
        self.address(value, path, "node.input").map(|(node, input)| Endpoint { node, input })
    }

    fn address(&mut self, value: &Json, path: &Path<'_>, form: &str) -> Option<(String, String)> {
        let parts = value.as_str().and_then(|text| text.split_once('.'));
        match parts {
            Some((node, port)) if !node.is_empty() && !port.is_empty() => {
                Some((node.to_owned(), port.to_owned()))
            }
            _ => {
                self.error("type", path, &format!("\"{form}\""), shown(value));
                None
            }
        }
    }

    /// What is left of an object; a field that is nearly a known one is reported.
    pub(super) fn rest(&mut self, map: Map<String, Json>, known: &[&str], path: &Path<'_>) -> Extra {
        for key in map.keys() {
            // Only keys about as long can be near; the comparison is quadratic in the lengths.
            let near = known.iter().filter(|it| key.len() <= it.len() + 2);
            let near = near
                .into_iter()
                .find(|it| strsim::damerau_levenshtein(it, &key.to_lowercase()) <= 1 + it.len() / 7);
            if let Some(near) = near {
                let problem =
                    Problem::warning("unknown-field", path.key(key), format!("`{near}`"), format!("`{key}`"));
                self.problems.push(problem.hint("the field is kept and has no effect"));
            }
        }
        map.into_iter().collect()
    }
}
