//! Deleting: one asset, or everything that nobody uses any more.

use std::time::{Duration, SystemTime};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{known, no_asset};
use crate::server::body::{self, Path};
use crate::server::error::{ApiError, ApiResult, ErrorBody};
use crate::server::off_thread;
use crate::server::state::AppState;
use crate::store::assets::{Deleted, Storage};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(delete)).routes(routes!(clean))
}

/// Deletes an asset that no version or draft of a graph and no run names.
#[utoipa::path(delete, path = "/api/assets/{hash}", tag = "assets", operation_id = "delete_asset",
    params(("hash" = String, Path, description = "BLAKE3 in hex")),
    responses((status = 204, description = "It is gone"),
        (status = 404, description = "There is no such asset", body = ErrorBody),
        (status = 409, description = "Somebody uses it", body = ErrorBody),
        (status = "default", body = ErrorBody)))]
async fn delete(State(state): State<AppState>, Path(hex): Path<String>) -> ApiResult<StatusCode> {
    let hash = known(&hex)?;
    off_thread(move || {
        match state.assets.delete(&hash, untouchable_since(&state, Duration::ZERO))? {
            Deleted::Done => state.thumbnails.clean(state.assets.blobs()),
            Deleted::Missing => return Err(no_asset(&hex).into()),
            Deleted::InUse(uses) => return Err(ApiError::in_use(&hex, uses).into()),
            Deleted::TooNew => {
                let message = format_args!(
                    "asset `{hex}` came while a run is under way, which may use it: wait for its end"
                );
                return Err(ApiError::new(StatusCode::CONFLICT, "in-use", message).into());
            }
        }
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What to clean away.
#[derive(Deserialize, ToSchema)]
struct Clean {
    /// Only say how much it is.
    #[serde(default)]
    dry_run: bool,
    /// Keep what came in the last so many hours, 0 to 8760: a graph that nobody has saved yet may use it.
    #[serde(default = "Clean::a_day")]
    keep_hours: u32,
}

impl Clean {
    const MOST_HOURS: u32 = 8760;

    fn a_day() -> u32 {
        24
    }
}

/// What was cleaned away.
#[derive(Serialize, ToSchema)]
struct Cleaned {
    /// What goes, or would go.
    #[serde(flatten)]
    gone: Storage,
    /// What stays.
    storage: Storage,
}

/// Deletes every file that no version or draft of a graph and no run names.
#[utoipa::path(post, path = "/api/assets/clean", tag = "assets", operation_id = "clean_assets", request_body = Clean,
    responses((status = 200, body = Cleaned), (status = "default", body = ErrorBody)))]
async fn clean(
    State(state): State<AppState>,
    body::Json(clean): body::Json<Clean>,
) -> ApiResult<Json<Cleaned>> {
    if clean.keep_hours > Clean::MOST_HOURS {
        let message = format!("keep_hours: expected 0 to {}, found {}", Clean::MOST_HOURS, clean.keep_hours);
        return Err(ApiError::bad_request("bad-hours", message));
    }
    let cleaned = off_thread(move || {
        let keep = Duration::from_secs(60 * 60 * u64::from(clean.keep_hours));
        let (gone, storage) = state.assets.clean(untouchable_since(&state, keep), clean.dry_run)?;
        if !clean.dry_run {
            state.thumbnails.clean(state.assets.blobs());
        }
        Ok(Cleaned { gone, storage })
    });
    Ok(Json(cleaned.await?))
}

// The times of files lag behind the clock: by 10 ms on Linux, by up to 2 s where the file system is FAT.
const COARSE: Duration = Duration::from_secs(2);

/// Since when what came stays: so long ago, or since the run under way began, whose outputs nobody names before its end.
fn untouchable_since(state: &AppState, keep: Duration) -> SystemTime {
    let now = SystemTime::now();
    let kept = now.checked_sub(keep).unwrap_or(SystemTime::UNIX_EPOCH);
    let begun = state.queue.open_since().and_then(|at| u64::try_from(at).ok());
    begun.map_or(kept, |at| kept.min(SystemTime::UNIX_EPOCH + Duration::from_millis(at) - COARSE))
}
