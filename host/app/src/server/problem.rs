//! Problems of a graph as `/api` gives them.

use serde::Serialize;
use utoipa::ToSchema;
use wirebrush_graph::Problems;

/// Whether a graph can be used in spite of a problem.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// Nothing works with it.
    Error,
    /// Works, but probably not as meant.
    Warning,
}

/// One thing that is wrong with a graph: what was expected, what came and where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Whether it stops a run.
    severity: Severity,
    /// Stable name of the rule, such as `unknown-node`; an open set.
    code: &'static str,
    /// `nodes.t5.inputs.text`; empty for the whole document.
    path: String,
    /// What was expected.
    expected: String,
    /// What came.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    hint: String,
}

/// The problems in the order of their paths.
pub(crate) fn problems(found: &Problems) -> Vec<Problem> {
    let shown = |problem: &wirebrush_graph::Problem| Problem {
        severity: if problem.is_error() { Severity::Error } else { Severity::Warning },
        code: problem.code,
        path: problem.path.clone(),
        expected: problem.expected.clone(),
        found: problem.found.clone(),
        hint: problem.hint.clone(),
    };
    found.iter().map(shown).collect()
}
