//! Reads JSON text, keeping what serde_json forgets: duplicate keys, places, and what a number looked like.

use serde_json::{Map, Number, Value as Json};

use crate::path::{append_index, append_key};
use crate::{Position, Problem, Problems};

/// Deeper nesting is never read, whatever the limits: the reader recurses.
pub(crate) const DEEPEST: usize = 256;

/// Reads one JSON value. Duplicate keys (the last one wins) and numbers beyond 64 bits are problems of their own.
///
/// # Errors
/// The first place where the text is no JSON, or nested more than `depth` levels.
pub(crate) fn read(text: &str, depth: usize) -> Result<(Json, Problems), Box<Problem>> {
    let mut reader = Reader::new(text, depth, None);
    let value = reader.document()?;
    Ok((value, reader.problems))
}

/// Visits the place where each value starts, with its path, as far as the text is JSON.
pub(crate) fn visit(text: &str, depth: usize, see: &mut dyn FnMut(&str, Position)) {
    // A syntax error ends the visit; it was reported when the text was read.
    let _ = Reader::new(text, depth, Some(see)).document();
}

/// Line and column of a byte.
pub(crate) fn position(text: &str, offset: usize) -> Position {
    Cursor::default().advance(text, offset)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    levels: usize,
    depth: usize,
    path: String,
    cursor: Cursor,
    problems: Problems,
    see: Option<See<'a>>,
}

/// A place that only moves forward, so that many positions cost one pass over the text.
#[derive(Default)]
struct Cursor {
    offset: usize,
    line: usize,
    column: usize,
}

/// Told of each value: its path and where it starts.
type See<'a> = &'a mut dyn FnMut(&str, Position);

type Step<T> = Result<T, Box<Problem>>;

impl<'a> Reader<'a> {
    fn new(text: &'a str, depth: usize, see: Option<See<'a>>) -> Self {
        Self {
            text,
            at: 0,
            levels: 0,
            depth: depth.min(DEEPEST),
            path: String::new(),
            cursor: Cursor::default(),
            problems: Problems::new(),
            see,
        }
    }

    fn document(&mut self) -> Step<Json> {
        let value = self.value()?;
        self.skip_space();
        if self.at < self.text.len() {
            return Err(self.unexpected("the end of the text", ""));
        }
        Ok(value)
    }

    fn value(&mut self) -> Step<Json> {
        self.skip_space();
        if self.see.is_some() {
            let position = self.position(self.at);
            if let Some(see) = self.see.as_mut() {
                see(&self.path, position);
            }
        }
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Step<Json>) -> Step<Json> {
        if self.levels == self.depth {
            let position = self.position(self.at);
            let expected = format!("at most {} levels", self.depth);
            return Err(Problem::error("depth", &self.path, expected, "one more").at(position).into());
        }
        self.levels += 1;
        self.at += 1;
        let value = read(self);
        self.levels -= 1;
        value
    }

    fn object(&mut self) -> Step<Json> {
        let mut map = Map::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(Json::Object(map));
        }
        loop {
            self.skip_space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                let hint = if self.peek() == Some(b'}') { "remove the comma before it" } else { "" };
                return Err(self.unexpected("a key in double quotes", hint));
            }
            let key = self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return Err(self.unexpected("`:` after the key", ""));
            }
            let parent = self.path.len();
            append_key(&mut self.path, &key);
            if map.contains_key(&key) {
                let position = self.position(start);
                let problem = Problem::error("duplicate", &self.path, "each key once", "a second one");
                self.problems.push(problem.at(position));
            }
            let value = self.value()?;
            self.path.truncate(parent);
            map.insert(key, value);
            if !self.comma(b'}', "`,` or `}`")? {
                return Ok(Json::Object(map));
            }
        }
    }

    fn array(&mut self) -> Step<Json> {
        let mut items = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            let parent = self.path.len();
            append_index(&mut self.path, items.len());
            self.skip_space();
            if self.peek() == Some(b']') {
                return Err(self.unexpected("a value", "remove the comma before it"));
            }
            items.push(self.value()?);
            self.path.truncate(parent);
            if !self.comma(b']', "`,` or `]`")? {
                return Ok(Json::Array(items));
            }
        }
    }

    /// Whether another item follows.
    fn comma(&mut self, end: u8, expected: &str) -> Step<bool> {
        self.skip_space();
        if self.take(b',') {
            Ok(true)
        } else if self.take(end) {
            Ok(false)
        } else {
            Err(self.unexpected(expected, ""))
        }
    }

    fn string(&mut self) -> Step<String> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let stop = rest.bytes().position(|it| it == b'"' || it == b'\\' || it < 0x20);
            let plain = stop.unwrap_or(rest.len());
            string.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                Some(b'\n' | b'\r') => {
                    return Err(self.unexpected("the end of the string", "write \\n for a line break"));
                }
                _ => return Err(self.unexpected("the end of the string", "")),
            }
        }
    }

    fn escape(&mut self) -> Step<char> {
        let start = self.at;
        self.at += 1;
        let code = self.peek().unwrap_or_default();
        let plain = match code {
            b'"' | b'\\' | b'/' => char::from(code),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(start),
            _ => {
                self.at = start;
                return Err(
                    self.unexpected("an escape such as \\n, \\\" or \\u00e9", "write \\\\ for a backslash")
                );
            }
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode(&mut self, start: usize) -> Step<char> {
        let first = self.hex();
        let code = match first {
            Some(high @ 0xd800..=0xdbff) => match self.hex() {
                Some(low @ 0xdc00..=0xdfff) => Some(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)),
                _ => None,
            },
            other => other,
        };
        code.and_then(char::from_u32).ok_or_else(|| {
            self.at = start;
            self.unexpected("\\u with four hexadecimal digits, in pairs above \\uffff", "")
        })
    }

    /// Reads `\uXXXX`, standing at the backslash or behind it.
    fn hex(&mut self) -> Option<u32> {
        self.take(b'\\');
        if !self.take(b'u') {
            return None;
        }
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Step<Json> {
        let start = self.at;
        self.take(b'-');
        let mut integral = true;
        if self.take(b'0') {
            if self.peek().is_some_and(|it| it.is_ascii_digit()) {
                self.at = start;
                return Err(self.unexpected("a number without leading zeros", ""));
            }
        } else {
            self.digits()?;
        }
        if self.take(b'.') {
            integral = false;
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            integral = false;
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        if let Some(number) = to_number(text, integral) {
            return Ok(Json::Number(number));
        }
        let position = self.position(start);
        let found = if text.len() > 40 { format!("one of {} digits", text.len()) } else { text.to_owned() };
        let problem = Problem::error("number", &self.path, "a number of at most 1.8e308", found);
        self.problems.push(problem.at(position));
        Ok(Json::Null)
    }

    fn digits(&mut self) -> Step<()> {
        let start = self.at;
        while self.peek().is_some_and(|it| it.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("a digit", "")) } else { Ok(()) }
    }

    fn word(&mut self) -> Step<Json> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let value = match &rest[..end] {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            "null" => Json::Null,
            "True" | "False" | "None" => {
                return Err(self.unexpected("a value", "JSON has true, false and null"));
            }
            "NaN" | "Infinity" | "inf" | "nan" => {
                return Err(self.unexpected("a value", "JSON has finite numbers only"));
            }
            _ if rest.starts_with('\'') => {
                return Err(self.unexpected("a value", "strings take double quotes"));
            }
            _ => return Err(self.unexpected("a value", "")),
        };
        self.at += end;
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn position(&mut self, offset: usize) -> Position {
        self.cursor.advance(self.text, offset)
    }

    fn unexpected(&mut self, expected: &str, hint: &str) -> Box<Problem> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let hint = if rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#') {
            "JSON has no comments"
        } else {
            hint
        };
        let found = match rest.chars().next() {
            Some(c) if c.is_control() => format!("{c:?}"),
            Some(c) => format!("`{c}`"),
            None => "the end of the text".to_owned(),
        };
        let position = position(self.text, self.at);
        Problem::error("syntax", &self.path, expected, found).hint(hint).at(position).into()
    }
}

impl Cursor {
    fn advance(&mut self, text: &str, offset: usize) -> Position {
        if offset < self.offset {
            *self = Self::default();
        }
        for c in text.get(self.offset..offset).unwrap_or_default().chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 0;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
        Position { line: self.line + 1, column: self.column + 1 }
    }
}

/// Exact up to 64 bits, else the nearest double; `None` beyond all doubles. `1.0` and `1` are the same number.
fn to_number(text: &str, integral: bool) -> Option<Number> {
    if integral && text != "-0" {
        if let Ok(number) = text.parse::<u64>() {
            return Some(number.into());
        }
        if let Ok(number) = text.parse::<i64>() {
            return Some(number.into());
        }
    }
    text.parse::<f64>().ok().and_then(crate::number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &Json) {
        let (value, problems) = read(text, 64).unwrap();
        assert!(problems.is_empty(), "{problems}");
        assert_eq!(&value, expected);
    }

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        assert_eq!(read(text, 64).unwrap_err().to_string(), expected);
    }

    #[test]
    fn what_serde_json_reads_is_read_alike() {
        for text in [
            "null",
            "[true, false, null]",
            r#"{"a": {"b": [1, -2, 0.5, 1e3, 1E-3, "x"]}, "": []}"#,
            r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é😀""#,
            "18446744073709551615",
            "-9223372036854775808",
        ] {
            let ours = read(text, 64).unwrap().0;
            let theirs: Json = serde_json::from_str(text).unwrap();
            assert_eq!(ours.to_string().replace("1000,", "1000.0,"), theirs.to_string(), "{text}");
        }
    }

    #[test]
    fn equal_numbers_are_equal_however_written() {
        check("[1.0, 10e-1, -0, -0.0]", &serde_json::json!([1, 1, 0, 0]));
    }

    #[test]
    fn texts_that_are_no_json_are_refused_with_line_and_column() {
        check_error("", "line 1, column 1: expected a value, found the end of the text");
        check_error(
            "{\n  \"a\": 1,\n}",
            "line 3, column 1: expected a key in double quotes, found `}`; remove the comma before it",
        );
        check_error(
            "{\"é\": 'x'}",
            "line 1, column 7: é: expected a value, found `'`; strings take double quotes",
        );
        check_error(
            "[1, // one\n]",
            "line 1, column 5: [1]: expected a value, found `/`; JSON has no comments",
        );
        check_error(
            "\"\\ud800\"",
            "line 1, column 2: expected \\u with four hexadecimal digits, in pairs above \\uffff, found `\\`",
        );
        check_error("[01]", "line 1, column 2: [0]: expected a number without leading zeros, found `0`");
        check_error("{} {}", "line 1, column 4: expected the end of the text, found `{`");
    }
}
