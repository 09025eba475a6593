//! `/api/runs` and `/api/queue`: ask for runs, watch them, change their order.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{self, Path, Query};
use super::error::{ApiError, ApiResult, ErrorBody};
use super::off_thread;
use super::state::AppState;
use crate::queue::Listed;
use crate::queue::shapes::{NewRun, Run, RunList, RunLog, RunStatus, ValueInfo};
use crate::store::runs::Filter;

/// Runs that are over in one list.
const MOST_LISTED: usize = 500;

/// Characters of a search: every word is looked for in every run.
const LONGEST_SEARCH: usize = 200;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, submit, clear))
        .routes(routes!(get, remove))
        .routes(routes!(log))
        .routes(routes!(cancel))
        .routes(routes!(retry))
        .routes(routes!(place))
        .routes(routes!(value))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// Which runs to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// At most so many runs that are over; 50 by default, 500 at most.
    limit: Option<usize>,
    /// Only runs that were over before this time, in milliseconds since 1970: `ended_at` of the last one known.
    before: Option<i64>,
    /// Only runs of this status.
    status: Option<RunStatus>,
    /// Only runs in which each of these words occurs: in title, id, status, error or the name of a node.
    #[serde(default)]
    q: String,
}

/// Which runs to forget.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Forget {
    /// Only runs of this status.
    status: Option<RunStatus>,
    /// Only runs in which each of these words occurs, as in the list.
    #[serde(default)]
    q: String,
}

/// What was forgotten.
#[derive(Serialize, ToSchema)]
struct Removed {
    /// How many runs.
    removed: usize,
}

/// Queued runs in their order, the one under way, those that are over newest first.
#[utoipa::path(get, path = "/api/runs", tag = "runs", params(Which), responses(
    (status = 200, body = RunList), (status = "default", body = ErrorBody),
))]
async fn list(State(state): State<AppState>, Query(which): Query<Which>) -> ApiResult<Json<RunList>> {
    let limit = which.limit.unwrap_or(Listed::default().limit).min(MOST_LISTED);
    let listed = Listed { limit, before: which.before, filter: filter(which.status, &which.q)? };
    Ok(Json(off_thread(move || Ok(state.queue.list(&listed)?)).await?))
}

/// Forgets runs that are over: all of them, or those that are meant. Every client hears of each.
#[utoipa::path(delete, path = "/api/runs", tag = "runs", operation_id = "clear_runs", params(Forget), responses(
    (status = 200, body = Removed),
    (status = 400, description = "Runs of this status are not over", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn clear(State(state): State<AppState>, Query(which): Query<Forget>) -> ApiResult<Json<Removed>> {
    if let Some(status) = which.status.filter(|status| !status.is_over()) {
        let message = format_args!(
            "status: expected finished, failed, cancelled or interrupted, found {}: such runs are not over",
            status.as_str()
        );
        return Err(ApiError::bad_request("not-over", message));
    }
    let filter = filter(which.status, &which.q)?;
    let removed = off_thread(move || Ok(state.queue.clear(&filter)?)).await?;
    Ok(Json(Removed { removed }))
}

/// Puts a run at the end of the queue. Sending the same wish under the same id again gives the run that is there.
#[utoipa::path(post, path = "/api/runs", tag = "runs", request_body = NewRun, responses(
    (status = 201, description = "The run waits for its turn", body = Run),
    (status = 200, description = "There is a run of this id and wish already", body = Run),
    (status = 409, description = "There is a run of this id with another wish", body = ErrorBody),
    (status = 422, description = "The graph cannot run", body = ErrorBody),
    (status = 429, description = "Too many runs wait", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn submit(
    State(state): State<AppState>,
    body::Json(new): body::Json<NewRun, { body::GRAPH }>,
) -> ApiResult<(StatusCode, Json<Run>)> {
    Ok(created(off_thread(move || Ok(state.queue.submit(new)?)).await?))
}

/// A run with its graph and what became of each node.
#[utoipa::path(get, path = "/api/runs/{id}", tag = "runs", params(("id" = String, Path)), responses(
    (status = 200, body = Run),
    (status = 404, description = "There is no such run", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<Json<Run>> {
    let run = off_thread(move || {
        let found = state.queue.find(&id)?;
        Ok(found.ok_or_else(|| ApiError::not_found(format_args!("run `{id}`")))?)
    });
    Ok(Json(run.await?))
}

/// What the nodes of a run said so far; kept with the run.
#[utoipa::path(get, path = "/api/runs/{id}/log", tag = "runs", operation_id = "get_log", params(("id" = String, Path)),
    responses(
    (status = 200, body = RunLog),
    (status = 404, description = "There is no such run", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn log(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<Json<RunLog>> {
    Ok(Json(off_thread(move || Ok(state.queue.log(&id)?)).await?))
}

/// Forgets a run that is not under way.
#[utoipa::path(delete, path = "/api/runs/{id}", tag = "runs", params(("id" = String, Path)), responses(
    (status = 204, description = "The run is gone"),
    (status = 404, description = "There is no such run", body = ErrorBody),
    (status = 409, description = "The run is under way", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn remove(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    off_thread(move || Ok(state.queue.remove(&id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stops a run: a queued one at once, one under way at its next step. One that is over stays as it is.
#[utoipa::path(post, path = "/api/runs/{id}/cancel", tag = "runs", params(("id" = String, Path)), responses(
    (status = 200, body = Run),
    (status = 404, description = "There is no such run", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn cancel(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<Json<Run>> {
    Ok(Json(off_thread(move || Ok(state.queue.cancel(&id)?)).await?))
}

/// How to repeat a run.
#[derive(Default, Deserialize, ToSchema)]
struct Retry {
    /// Id of the new run; by default the server chooses.
    #[serde(default)]
    id: Option<String>,
}

/// Repeats a run that is over; nodes whose results were kept do not run again.
#[utoipa::path(post, path = "/api/runs/{id}/retry", tag = "runs", params(("id" = String, Path)),
    request_body = Retry, responses(
    (status = 201, description = "The new run waits for its turn", body = Run),
    (status = 200, description = "There is a run of the new id that repeats this one already", body = Run),
    (status = 404, description = "There is no such run", body = ErrorBody),
    (status = 409, description = "The run is not over, or the new id belongs to another wish", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn retry(
    State(state): State<AppState>,
    Path(of): Path<String>,
    body::Json(retry): body::Json<Retry>,
) -> ApiResult<(StatusCode, Json<Run>)> {
    Ok(created(off_thread(move || Ok(state.queue.retry(&of, retry.id)?)).await?))
}

/// Where a run shall go.
#[derive(Deserialize, ToSchema)]
struct Move {
    /// Place in the queue, from 0; beyond the end means the end.
    position: usize,
}

/// Moves a queued run.
#[utoipa::path(post, path = "/api/runs/{id}/move", tag = "runs", params(("id" = String, Path)),
    request_body = Move, responses(
    (status = 200, body = RunList),
    (status = 404, description = "There is no such run", body = ErrorBody),
    (status = 409, description = "The run waits no longer", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn place(
    State(state): State<AppState>,
    Path(id): Path<String>,
    body::Json(to): body::Json<Move>,
) -> ApiResult<Json<RunList>> {
    Ok(Json(off_thread(move || Ok(state.queue.place(&id, to.position)?)).await?))
}

/// The value on a wire of a run, if it was kept. Nothing runs for it.
#[utoipa::path(get, path = "/api/runs/{id}/values/{wire}", tag = "runs",
    params(("id" = String, Path), ("wire" = String, Path, description = "`node.output`")), responses(
    (status = 200, body = ValueInfo),
    (status = 404, description = "There is no such run or output, or its value was not kept", body = ErrorBody),
    (status = "default", body = ErrorBody),
))]
async fn value(
    State(state): State<AppState>,
    Path((id, wire)): Path<(String, String)>,
) -> ApiResult<Json<ValueInfo>> {
    Ok(Json(off_thread(move || Ok(state.queue.value(&id, &wire)?)).await?))
}

/// Pauses the queue: the run under way goes on, no other begins. Survives restarts.
#[utoipa::path(post, path = "/api/queue/pause", tag = "runs", responses(
    (status = 200, body = RunList), (status = "default", body = ErrorBody),
))]
async fn pause(State(state): State<AppState>) -> ApiResult<Json<RunList>> {
    Ok(Json(off_thread(move || Ok(state.queue.pause(true)?)).await?))
}

/// Lets the queue go on.
#[utoipa::path(post, path = "/api/queue/resume", tag = "runs", responses(
    (status = 200, body = RunList), (status = "default", body = ErrorBody),
))]
async fn resume(State(state): State<AppState>) -> ApiResult<Json<RunList>> {
    Ok(Json(off_thread(move || Ok(state.queue.pause(false)?)).await?))
}

/// The runs that a request means.
fn filter(status: Option<RunStatus>, q: &str) -> ApiResult<Filter> {
    let length = q.chars().count();
    if length > LONGEST_SEARCH {
        let message = format_args!("q: expected at most {LONGEST_SEARCH} characters, found {length}");
        return Err(ApiError::bad_request("bad-search", message));
    }
    Ok(Filter::new(status, q))
}

fn created((run, new): (Run, bool)) -> (StatusCode, Json<Run>) {
    (if new { StatusCode::CREATED } else { StatusCode::OK }, Json(run))
}
