//! What is wrong with a document, and where.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::{json, path};

/// Whether a graph can be used in spite of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing works with it.
    Error,
    /// Works, but probably not as meant.
    Warning,
}

/// A place in a text, counted from 1; a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Character in the line.
    pub column: usize,
}

/// One thing that is wrong: what was expected, what came and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it stops a run.
    pub severity: Severity,
    /// Stable name of the rule, such as `unknown-node`; an open set.
    pub code: &'static str,
    /// Place in the document, `nodes.t5.inputs.text`; empty for the whole document.
    pub path: String,
    /// Place in the text, when there is one; see [`Problems::locate`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub found: String,
    /// What to do about it; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// Everything that is wrong with a document, in the order of its paths.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Problems {
    /// The problems, at most [`Problems::MOST`].
    pub list: Vec<Problem>,
    /// How many more there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub omitted: usize,
}

impl Problem {
    /// An error at a path.
    pub fn error(
        code: &'static str,
        path: impl fmt::Display,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code,
            path: path.to_string(),
            position: None,
            expected: expected.into(),
            found: found.into(),
            hint: String::new(),
        }
    }

    /// A warning at a path.
    pub fn warning(
        code: &'static str,
        path: impl fmt::Display,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, path, expected, found) }
    }

    /// Says what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Says where in the text it is.
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        if let Some(Position { line, column }) = self.position {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl Problems {
    /// How many problems are listed; the rest is only counted.
    pub const MOST: usize = 500;

    /// No problems.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        if self.list.len() < Self::MOST {
            self.list.push(problem);
        } else {
            self.omitted += 1;
        }
    }

    /// Adds all problems of another list.
    pub fn append(&mut self, other: Self) {
        for problem in other.list {
            self.push(problem);
        }
        self.omitted += other.omitted;
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.omitted == 0
    }

    /// Whether there is an error, not only warnings.
    pub fn has_errors(&self) -> bool {
        self.omitted > 0 || self.list.iter().any(Problem::is_error)
    }

    /// The problems.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }

    /// Fills in where in the text each problem is; for something missing, where its nearest parent starts.
    ///
    /// Reads the text once more.
    pub fn locate(&mut self, text: &str) {
        let mut places: BTreeMap<String, Option<Position>> = BTreeMap::new();
        for problem in self.list.iter().filter(|it| it.position.is_none()) {
            let mut next = Some(problem.path.as_str());
            while let Some(path) = next {
                places.entry(path.to_owned()).or_default();
                next = path::parent(path);
            }
        }
        if places.is_empty() {
            return;
        }
        json::visit(text, json::DEEPEST, &mut |path, position| {
            if let Some(place) = places.get_mut(path) {
                *place = Some(position);
            }
        });
        for problem in self.list.iter_mut().filter(|it| it.position.is_none()) {
            let mut next = Some(problem.path.as_str());
            while let Some(path) = next.filter(|_| problem.position.is_none()) {
                problem.position = places.get(path).copied().flatten();
                next = path::parent(path);
            }
        }
    }

    /// `value` when there is no error, else the problems.
    ///
    /// # Errors
    /// The problems themselves, warnings included.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.has_errors() { Err(self) } else { Ok(value) }
    }

    /// Orders them by path, errors first at the same place.
    pub(crate) fn sort(&mut self) {
        self.list.sort_by(|a, b| (&a.path, a.position, a.severity).cmp(&(&b.path, b.position, b.severity)));
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self { list: vec![problem], omitted: 0 }
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        if self.omitted > 0 {
            write!(f, "\n… and {} more", self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
