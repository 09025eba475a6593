//! All routes, and the document that describes them.

use axum::{Json, Router, middleware};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;
use super::{assets, editor, events, files, graphs, guard, nodes, plugins, runs, sharing, status, templates};

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Wirebrush",
    description = "Edit pictures with graphs of plugin nodes. A failed request answers with an `ApiError`. A server that \
        asks for a token takes it as `Authorization: Bearer TOKEN` or by the cookie that `POST /api/login` sets."
))]
struct Description;

/// The server.
pub(super) fn router(state: AppState) -> Router {
    let (router, _) = api().split_for_parts();
    router
        .fallback(editor::fallback)
        .method_not_allowed_fallback(editor::wrong_method)
        .layer(middleware::from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

/// The description of `/api`.
pub(crate) fn openapi() -> OpenApi {
    api().split_for_parts().1
}

fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(status::routes())
        .merge(nodes::routes())
        .merge(plugins::routes())
        .merge(graphs::routes())
        .merge(templates::routes())
        .merge(runs::routes())
        .merge(events::routes())
        .merge(assets::routes())
        .merge(files::routes())
        .merge(sharing::routes())
        .routes(routes!(describe))
}

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", tag = "server",
    responses((status = 200, description = "OpenAPI", content_type = "application/json")))]
async fn describe() -> Json<OpenApi> {
    Json(openapi())
}
