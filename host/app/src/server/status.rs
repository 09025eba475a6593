//! `/api/health` and `/api/login`: what a client asks before anything else.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body;
use super::error::{ApiError, ApiResult, ErrorBody};
use super::state::AppState;

// A guess costs this much; a token of one's own choosing may be short.
const WRONG_TOKEN_DELAY: Duration = Duration::from_millis(300);

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(login))
}

/// How the server is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    status: &'static str,
    /// Version of Wirebrush.
    version: &'static str,
    /// Whether this client must log in first.
    login_required: bool,
    /// Runs that wait.
    queued: u64,
    /// Runs under way.
    running: u64,
    /// Whether the queue stands still.
    paused: bool,
}

/// How the server is; needs no login.
#[utoipa::path(get, path = "/api/health", tag = "server", responses((status = 200, body = Health)))]
async fn health(State(state): State<AppState>, headers: axum::http::HeaderMap) -> Json<Health> {
    let counts = state.queue.counts();
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        login_required: !state.access.admits(&headers),
        queued: counts.queued,
        running: counts.running,
        paused: counts.paused,
    })
}

/// The token of a server that asks for one.
#[derive(Deserialize, ToSchema)]
struct Login {
    /// As it was printed when the server started.
    token: String,
}

/// Trades the token for a cookie.
#[utoipa::path(post, path = "/api/login", tag = "server", request_body = Login, responses(
    (status = 204, description = "Logged in; the answer sets a cookie"),
    (status = 401, description = "The token is wrong", body = ErrorBody),
))]
async fn login(State(state): State<AppState>, body::Json(login): body::Json<Login>) -> ApiResult<Response> {
    if !state.access.needs_login() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let Some(cookie) = state.access.log_in(&login.token) else {
        tokio::time::sleep(WRONG_TOKEN_DELAY).await;
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong-token", "the token is wrong"));
    };
    let cookie = HeaderValue::try_from(cookie).map_err(anyhow::Error::from)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}
