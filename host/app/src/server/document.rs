//! A graph document inside a request or an answer, byte for byte as it came or was kept.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{RefOr, Type};
use utoipa::{PartialSchema, ToSchema};
use wirebrush_graph::{Graph, Parsed};

use super::error::{ApiError, ApiResult};
use crate::models::{Reach, candidates, missing};
use crate::session::Session;

/// Unread text of a graph. Numbers and duplicate keys are therefore seen by the one reader that also reads files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Document(Box<RawValue>);

impl Document {
    /// Text that was kept.
    ///
    /// # Errors
    /// When it is no JSON.
    pub(crate) fn from_text(text: String) -> anyhow::Result<Self> {
        // A raw value may not end with the newline of the canonical form.
        Ok(Self(RawValue::from_string(text.trim_end().to_owned())?))
    }

    /// A graph in its canonical form.
    ///
    /// # Errors
    /// Never in practice: the canonical form is JSON.
    pub(crate) fn of(graph: &Graph) -> anyhow::Result<Self> {
        Self::from_text(graph.to_json())
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        self.0.get()
    }

    /// Every problem, and the graph brought up to date with the plugins at hand.
    ///
    /// Of models, all that are not here are listed too.
    pub(crate) fn check(&self, session: &Session) -> Parsed {
        let mut parsed = session.plugins().check(self.text().as_bytes());
        if let Some(graph) = &parsed.graph {
            let catalog = session.plugins().for_graph(graph).catalog;
            candidates::learn_quickly(session, graph, &*catalog);
            let mut missing = missing::check(graph, &*catalog, &session.models, Reach::Names);
            missing.locate(self.text());
            parsed.problems.append(missing);
        }
        parsed
    }

    /// The graph as far as it concerns the format; its nodes may be unknown.
    ///
    /// # Errors
    /// 422 with all problems.
    pub(crate) fn well_formed(&self) -> ApiResult<Graph> {
        usable(wirebrush_graph::parse(self.text().as_bytes()))
    }

    /// The graph brought up to date and checked against the plugins at hand: it can run.
    ///
    /// # Errors
    /// 422 with all problems.
    pub(crate) fn runnable(&self, session: &Session) -> ApiResult<Graph> {
        usable(session.plugins().check(self.text().as_bytes()))
    }
}

fn usable(parsed: Parsed) -> ApiResult<Graph> {
    match parsed.graph {
        Some(graph) if !parsed.problems.has_errors() => Ok(graph),
        _ => Err(ApiError::invalid_graph(&parsed.problems)),
    }
}

impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("A graph document; `wirebrush schema graph` prints its JSON Schema."))
            .into()
    }
}

impl ToSchema for Document {
    fn name() -> Cow<'static, str> {
        "Graph".into()
    }
}
