//! `/api/graphs` and `/api/validate`: saved graphs, their versions and drafts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{self, GRAPH, Path};
use super::document::Document;
use super::error::{ApiError, ApiResult, ErrorBody};
use super::problem::{Problem, problems};
use super::state::AppState;
use crate::queue::Event;
use crate::store::graphs::{self as store, GraphInfo, GraphVersion, Saved};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, save, delete))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(save_draft, delete_draft))
        .routes(routes!(validate))
}

/// Saved graphs.
#[derive(Serialize, ToSchema)]
struct Graphs {
    /// Newest first.
    graphs: Vec<GraphInfo>,
}

/// A saved graph with its contents.
#[derive(Serialize, ToSchema)]
struct SavedGraph {
    #[serde(flatten)]
    info: GraphInfo,
    graph: Document,
    /// The newest autosaved state, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<Draft>,
}

/// An autosaved state.
#[derive(Serialize, ToSchema)]
struct Draft {
    graph: Document,
    /// The version it was made from.
    base_version: i64,
    saved_at: i64,
}

/// A graph to save for the first time.
#[derive(Deserialize, ToSchema)]
struct NewGraph {
    name: String,
    graph: Document,
}

/// The next version of a graph.
#[derive(Deserialize, ToSchema)]
struct NextVersion {
    graph: Document,
    /// The version it was made from.
    base_version: i64,
    /// A new name.
    name: Option<String>,
}

/// An autosaved state to keep.
#[derive(Deserialize, ToSchema)]
struct NewDraft {
    graph: Document,
    /// The version it was made from.
    base_version: i64,
}

/// A graph to look at.
#[derive(Deserialize, ToSchema)]
struct Validate {
    graph: Document,
}

/// What is wrong with a graph.
#[derive(Serialize, ToSchema)]
struct Validated {
    /// Everything, in the order of the paths.
    problems: Vec<Problem>,
    /// The graph brought up to date, in its canonical form; absent when it could not be read at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    graph: Option<Document>,
}

/// The versions that are kept.
#[derive(Serialize, ToSchema)]
struct Versions {
    /// Newest first, at most 50.
    versions: Vec<GraphVersion>,
}

/// All saved graphs.
#[utoipa::path(get, path = "/api/graphs", tag = "graphs", operation_id = "list_graphs", responses(
    (status = 200, body = Graphs), (status = "default", body = ErrorBody),
))]
async fn list(State(state): State<AppState>) -> ApiResult<Json<Graphs>> {
    let graphs = state.database.call(|connection| store::list(connection)).await?;
    Ok(Json(Graphs { graphs }))
}

/// Saves a new graph.
#[utoipa::path(post, path = "/api/graphs", tag = "graphs", operation_id = "create_graph", request_body = NewGraph,
    responses((status = 201, body = SavedGraph), (status = "default", body = ErrorBody)))]
async fn create(
    State(state): State<AppState>,
    body::Json(new): body::Json<NewGraph, GRAPH>,
) -> ApiResult<(StatusCode, Json<SavedGraph>)> {
    let name = checked_name(&new.name)?;
    let document = new.graph.well_formed()?.to_json();
    let kept = document.clone();
    let info = state.database.call(move |connection| store::create(connection, &name, &kept)).await?;
    tell(&state, &info).await?;
    let graph = Document::from_text(document)?;
    Ok((StatusCode::CREATED, Json(SavedGraph { info, graph, draft: None })))
}

/// The newest version of a graph, and its draft.
#[utoipa::path(get, path = "/api/graphs/{id}", tag = "graphs", operation_id = "get_graph",
    params(("id" = String, Path, description = "The graph")),
    responses((status = 200, body = SavedGraph), (status = "default", body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<Json<SavedGraph>> {
    Ok(Json(load(&state, id, None).await?))
}

/// An older version of a graph.
#[utoipa::path(get, path = "/api/graphs/{id}/versions/{version}", tag = "graphs", operation_id = "get_version",
    params(("id" = String, Path, description = "The graph"), ("version" = i64, Path, description = "From 1")),
    responses((status = 200, body = SavedGraph), (status = "default", body = ErrorBody)))]
async fn version(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, i64)>,
) -> ApiResult<Json<SavedGraph>> {
    Ok(Json(load(&state, id, Some(version)).await?))
}

async fn load(state: &AppState, id: String, version: Option<i64>) -> ApiResult<SavedGraph> {
    let saved = state.database.call(move |connection| {
        let mut info = store::find(connection, &id)?.ok_or_else(|| no_graph(&id))?;
        let number = version.unwrap_or(info.version);
        let (document, saved_at) = store::version(connection, &id, number)?
            .ok_or_else(|| ApiError::not_found(format_args!("version {number} of graph `{id}`")))?;
        (info.version, info.saved_at) = (number, saved_at);
        let draft = if version.is_none() { store::draft(connection, &id)? } else { None };
        let draft = draft.map(|draft| {
            let store::Draft { document, base_version, saved_at } = draft;
            anyhow::Ok(Draft { graph: Document::from_text(document)?, base_version, saved_at })
        });
        Ok(SavedGraph { info, graph: Document::from_text(document)?, draft: draft.transpose()? })
    });
    Ok(saved.await?)
}

/// Saves the next version, unless somebody saved since.
#[utoipa::path(put, path = "/api/graphs/{id}", tag = "graphs", operation_id = "save_graph", request_body = NextVersion,
    params(("id" = String, Path, description = "The graph")),
    responses((status = 200, body = SavedGraph), (status = 409, body = ErrorBody),
        (status = "default", body = ErrorBody)))]
async fn save(
    State(state): State<AppState>,
    Path(id): Path<String>,
    body::Json(next): body::Json<NextVersion, GRAPH>,
) -> ApiResult<Json<SavedGraph>> {
    let name = next.name.as_deref().map(checked_name).transpose()?;
    let document = next.graph.well_formed()?.to_json();
    let (kept, base) = (document.clone(), next.base_version);
    let saved = state
        .database
        .call(move |connection| done(store::save(connection, &id, base, name.as_deref(), &kept)?, &id));
    let info = saved.await?;
    tell(&state, &info).await?;
    Ok(Json(SavedGraph { info, graph: Document::from_text(document)?, draft: None }))
}

/// Removes a graph with its versions and draft.
#[utoipa::path(delete, path = "/api/graphs/{id}", tag = "graphs", operation_id = "delete_graph",
    params(("id" = String, Path, description = "The graph")),
    responses((status = 204, description = "It is gone"), (status = "default", body = ErrorBody)))]
async fn delete(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let gone = id.clone();
    let deleted = state.database.call(move |connection| store::delete(connection, &gone)).await?;
    if !deleted {
        return Err(no_graph(&id));
    }
    super::off_thread(move || {
        state.events.publish(&Event::GraphRemoved { graph: &id });
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The versions of a graph that are kept.
#[utoipa::path(get, path = "/api/graphs/{id}/versions", tag = "graphs", operation_id = "list_versions",
    params(("id" = String, Path, description = "The graph")),
    responses((status = 200, body = Versions), (status = "default", body = ErrorBody)))]
async fn versions(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<Json<Versions>> {
    let found = state.database.call(move |connection| {
        store::find(connection, &id)?.ok_or_else(|| no_graph(&id))?;
        store::versions(connection, &id)
    });
    Ok(Json(Versions { versions: found.await? }))
}

/// Keeps an autosaved state, unless somebody saved since. It need not be sound: nothing typed may be lost.
#[utoipa::path(put, path = "/api/graphs/{id}/draft", tag = "graphs", operation_id = "save_draft",
    request_body = NewDraft, params(("id" = String, Path, description = "The graph")),
    responses((status = 204, description = "It is kept"), (status = 409, body = ErrorBody),
        (status = "default", body = ErrorBody)))]
async fn save_draft(
    State(state): State<AppState>,
    Path(id): Path<String>,
    body::Json(draft): body::Json<NewDraft, GRAPH>,
) -> ApiResult<StatusCode> {
    let saved = state.database.call(move |connection| {
        let is_new = store::draft(connection, &id)?.is_none();
        let saved = store::save_draft(connection, &id, draft.base_version, draft.graph.text())?;
        Ok((done(saved, &id)?, is_new))
    });
    if let (info, true) = saved.await? {
        tell(&state, &info).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Throws the autosaved state away.
#[utoipa::path(delete, path = "/api/graphs/{id}/draft", tag = "graphs", operation_id = "delete_draft",
    params(("id" = String, Path, description = "The graph")),
    responses((status = 204, description = "There is none any more"), (status = "default", body = ErrorBody)))]
async fn delete_draft(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let deleted = state
        .database
        .call(move |connection| Ok(store::delete_draft(connection, &id)?.ok_or_else(|| no_graph(&id))?));
    if let (info, true) = deleted.await? {
        tell(&state, &info).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Every problem of a graph, and the graph brought up to date.
#[utoipa::path(post, path = "/api/validate", tag = "graphs", request_body = Validate,
    responses((status = 200, body = Validated), (status = "default", body = ErrorBody)))]
async fn validate(
    State(state): State<AppState>,
    body::Json(request): body::Json<Validate, GRAPH>,
) -> ApiResult<Json<Validated>> {
    let checked = super::off_thread(move || {
        let parsed = request.graph.check(&state.session);
        let graph = parsed.graph.as_ref().map(Document::of).transpose()?;
        Ok(Validated { problems: problems(&parsed.problems), graph })
    });
    Ok(Json(checked.await?))
}

/// Tells all clients how a graph is now.
async fn tell(state: &AppState, info: &GraphInfo) -> ApiResult<()> {
    let (state, info) = (state.clone(), info.clone());
    super::off_thread(move || {
        state.events.publish(&Event::Graph { graph: &info });
        Ok(())
    })
    .await
}

fn done(saved: Saved, id: &str) -> anyhow::Result<GraphInfo> {
    match saved {
        Saved::Done(info) => Ok(info),
        Saved::Missing => Err(no_graph(id).into()),
        Saved::Conflict(current) => {
            let message = format!("graph `{id}` was saved since: version {current} is there now");
            Err(ApiError::conflict(message, Some(current)).into())
        }
    }
}

fn no_graph(id: &str) -> ApiError {
    ApiError::not_found(format_args!("graph `{}`", id.escape_debug()))
}

fn checked_name(name: &str) -> ApiResult<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.contains(char::is_control) {
        let message = "name: expected 1 to 200 characters on one line";
        return Err(ApiError::bad_request("bad-name", message));
    }
    Ok(name.to_owned())
}
