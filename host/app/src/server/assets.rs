//! `/api/assets`: files by their contents. Uploads go to disk as they come, never whole into memory.

mod cleaning;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{self, Chunks, Path, Query, UPLOAD};
use super::error::{ApiError, ApiResult, ErrorBody};
use super::files::{FOREVER, send_file};
use super::off_thread;
use super::state::AppState;
use super::thumbnails;
use crate::reference::parse_hash;
use crate::store::assets::{Asset, Origin, Storage};
use crate::store::blobs::NewBlob;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, upload))
        .routes(routes!(get))
        .routes(routes!(thumbnail))
        .merge(cleaning::routes())
}

/// What was uploaded.
#[derive(Serialize, ToSchema)]
struct Assets {
    /// Newest first, at most 1000.
    assets: Vec<Asset>,
    /// How much the server keeps of everything, uploaded or made.
    storage: Storage,
}

/// How an upload is called.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadName {
    /// Name of the file, for people; what could not be a file's name is replaced.
    #[serde(default)]
    name: String,
}

/// How large a thumbnail is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ThumbnailSize {
    /// Pixels of the longer side, 16 to 1024.
    #[serde(default = "ThumbnailSize::usual")]
    size: u32,
}

impl ThumbnailSize {
    fn usual() -> u32 {
        256
    }
}

/// All uploads.
#[utoipa::path(get, path = "/api/assets", tag = "assets", operation_id = "list_assets", responses(
    (status = 200, body = Assets), (status = "default", body = ErrorBody),
))]
async fn list(State(state): State<AppState>) -> ApiResult<Json<Assets>> {
    let work = move || Ok(Assets { assets: state.assets.uploads()?, storage: state.assets.storage()? });
    Ok(Json(off_thread(work).await?))
}

/// Keeps a file of at most 256 MiB.
#[utoipa::path(post, path = "/api/assets", tag = "assets", operation_id = "upload_asset", params(UploadName),
    request_body(content = String, content_type = "*/*", description = "The bytes of the file"),
    responses((status = 201, body = Asset), (status = 413, body = ErrorBody), (status = "default", body = ErrorBody)))]
async fn upload(
    State(state): State<AppState>,
    Query(query): Query<UploadName>,
    request: Request,
) -> ApiResult<(StatusCode, Json<Asset>)> {
    let declared = body::media_type(request.headers());
    let new = receive(&state, request).await?;
    let finished =
        off_thread(move || state.assets.finish(new, &query.name, declared.as_deref(), Origin::Upload));
    Ok((StatusCode::CREATED, Json(finished.await?)))
}

/// Writes a body to a temporary file beside the assets, hashing it on the way.
///
/// # Errors
/// 413 beyond the limit; then nothing is left of it.
pub(crate) async fn receive(state: &AppState, request: Request) -> ApiResult<NewBlob> {
    let mut chunks = Chunks::new(request, UPLOAD).await?;
    let blobs = state.assets.blobs().clone();
    let mut new = off_thread(move || blobs.begin()).await?;
    while let Some(chunk) = chunks.next().await? {
        new = off_thread(move || {
            new.write(&chunk)?;
            Ok(new)
        })
        .await?;
    }
    Ok(new)
}

/// The contents of an asset, whole or a range.
#[utoipa::path(get, path = "/api/assets/{hash}", tag = "assets", operation_id = "get_asset",
    params(("hash" = String, Path, description = "BLAKE3 in hex")),
    responses((status = 200, description = "The bytes", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "A range of them", content_type = "*/*", body = Vec<u8>),
        (status = "default", body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    Path(hash): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let asset = find(&state, &hash).await?;
    let path = state.assets.blobs().path(&known(&hash)?);
    send_file(&path, &asset.media_type, &asset.name, FOREVER, request).await
}

/// A small PNG of a picture; decoded in the sandbox like every picture from outside.
#[utoipa::path(get, path = "/api/assets/{hash}/thumbnail", tag = "assets", params(
    ("hash" = String, Path, description = "BLAKE3 in hex"), ThumbnailSize),
    responses((status = 200, description = "PNG", content_type = "image/png", body = Vec<u8>),
        (status = 422, description = "The asset is no picture", body = ErrorBody),
        (status = "default", body = ErrorBody)))]
async fn thumbnail(
    State(state): State<AppState>,
    Path(hash): Path<String>,
    Query(query): Query<ThumbnailSize>,
    request: Request,
) -> ApiResult<Response> {
    if !(16..=1024).contains(&query.size) {
        let message = format!("size: expected 16 to 1024, found {}", query.size);
        return Err(ApiError::bad_request("bad-size", message));
    }
    let asset = find(&state, &hash).await?;
    let path = thumbnails::find_or_make(&state, &asset, query.size).await?;
    send_file(&path, "image/png", "thumbnail.png", FOREVER, request).await
}

async fn find(state: &AppState, hex: &str) -> ApiResult<Asset> {
    let hash = known(hex)?;
    let assets = state.assets.clone();
    let found = off_thread(move || assets.open(&hash)).await?;
    found.map(|(asset, _)| asset).ok_or_else(|| no_asset(hex))
}

fn known(hex: &str) -> ApiResult<blake3::Hash> {
    parse_hash(hex).ok_or_else(|| no_asset(hex))
}

fn no_asset(hex: &str) -> ApiError {
    ApiError::not_found(format_args!("asset `{}`", hex.escape_debug()))
}
