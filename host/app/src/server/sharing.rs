//! `/api/import` and `/api/export`: graphs as JSON, inside a PNG, or in a bundle with everything they need.

mod export;
mod import;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(import::import)).routes(routes!(export::export))
}

/// How a graph travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Format {
    /// The graph document.
    Json,
    /// A picture that carries it.
    Png,
    /// A `.wirebrush` file: graph, pictures, lock.
    Bundle,
}
