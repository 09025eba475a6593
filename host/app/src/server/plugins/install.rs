//! Installing a plugin over the network: an uploaded package, one at a URL, or one of the index.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use semver::VersionReq;
use serde::Deserialize;
use tempfile::{NamedTempFile, TempPath};
use utoipa::ToSchema;
use wirebrush_loader::{KeyState, Source};

use super::consent::{Confirm, Consent};
use super::{change, failed, store};
use crate::fetch::Place;
use crate::index::HOST;
use crate::plugins::Changes;
use crate::server::body::{self, Chunks, Query, UPLOAD};
use crate::server::error::{ApiError, ApiResult, ErrorBody};
use crate::server::off_thread;
use crate::server::state::AppState;

/// Which plugin is wanted: `url`, or `id` of the server's index.
#[derive(Deserialize, ToSchema)]
pub(super) struct WantedPlugin {
    /// An http or https URL of a package.
    #[serde(default)]
    url: Option<String>,
    /// Id of a plugin in the index.
    #[serde(default)]
    id: Option<String>,
    /// Which of its versions; the newest when absent.
    #[serde(default)]
    version: Option<String>,
}

/// Installs a plugin that the server fetches. The first answer is the text to agree to.
#[utoipa::path(post, path = "/api/plugins/install", tag = "plugins", operation_id = "install_plugin",
    params(Confirm), request_body = WantedPlugin,
    responses((status = 200, body = Changes),
        (status = 409, description = "`consent` has what is to be agreed to", body = ErrorBody),
        (status = 422, description = "The package cannot be used", body = ErrorBody),
        (status = "default", body = ErrorBody)))]
pub(super) async fn install(
    State(state): State<AppState>,
    Query(confirm): Query<Confirm>,
    body::Json(wanted): body::Json<WantedPlugin>,
) -> ApiResult<Json<Changes>> {
    let done = change(state, move |state| {
        let package = fetch(state, &wanted)?;
        put(state, &package, &confirm)
    });
    Ok(Json(done.await?))
}

/// Installs an uploaded package of at most 256 MiB. The first answer is the text to agree to.
#[utoipa::path(post, path = "/api/plugins/upload", tag = "plugins", operation_id = "upload_plugin", params(Confirm),
    request_body(content = String, content_type = "application/octet-stream", description = "The package"),
    responses((status = 200, body = Changes),
        (status = 409, description = "`consent` has what is to be agreed to", body = ErrorBody),
        (status = 422, description = "The package cannot be used", body = ErrorBody),
        (status = "default", body = ErrorBody)))]
pub(super) async fn upload(
    State(state): State<AppState>,
    Query(confirm): Query<Confirm>,
    request: Request,
) -> ApiResult<Json<Changes>> {
    let mut chunks = Chunks::new(request, UPLOAD).await?;
    let mut file = off_thread(|| NamedTempFile::new().context("temporary file")).await?;
    while let Some(chunk) = chunks.next().await? {
        file = off_thread(move || {
            file.write_all(&chunk)?;
            Ok(file)
        })
        .await?;
    }
    let package = file.into_temp_path();
    Ok(Json(change(state, move |state| put(state, &package, &confirm)).await?))
}

fn put(state: &AppState, package: &Path, confirm: &Confirm) -> anyhow::Result<()> {
    let store = store(state)?;
    let mut source = Source::open(package).map_err(failed)?;
    let offer = store.offer(&source).map_err(failed)?;
    let new_key = matches!(offer.key, KeyState::Changed { .. });
    if !new_key {
        offer.check_key().map_err(failed)?;
    }
    if new_key || offer.asks_for_more() {
        Consent::to_install(&offer, source.sha256().unwrap_or_default()).require(confirm)?;
    }
    let done = if new_key {
        store.install_with_new_key(&mut source, &offer)
    } else {
        store.install(&mut source, &offer)
    };
    done.map_err(failed)
}

/// Fetches the package. A path is nothing that a request may name.
fn fetch(state: &AppState, wanted: &WantedPlugin) -> anyhow::Result<TempPath> {
    match (&wanted.url, &wanted.id) {
        (Some(url), None) => match Place::parse(url) {
            place @ Place::Url(_) => place.download(wirebrush_package::MAX_PACKED).map_err(unavailable),
            Place::File(_) => {
                let found = url.escape_debug();
                Err(ApiError::bad_request(
                    "bad-url",
                    format_args!("expected an http or https URL, found `{found}`"),
                )
                .into())
            }
        },
        (None, Some(id)) => {
            let place = state.session.index.as_ref();
            let place = place
                .ok_or_else(|| ApiError::not_found("index of plugins: start the server with --index"))?;
            let requirement = match &wanted.version {
                Some(version) => VersionReq::parse(&format!("={version}")).map_err(|error| {
                    ApiError::bad_request("bad-version", format_args!("version: {error}"))
                })?,
                None => VersionReq::STAR,
            };
            let index = place.load_now().map_err(unavailable)?;
            let offer = index.newest(id, &requirement, &HOST);
            let offer = offer.map_err(|why| ApiError::new(StatusCode::NOT_FOUND, "not-found", why))?;
            place.download(offer.version).map_err(unavailable)
        }
        _ => Err(ApiError::bad_request("bad-plugin", "expected either `url` or `id`").into()),
    }
}

/// What is wrong with another server or its files is not this server's failure.
pub(super) fn unavailable(error: anyhow::Error) -> anyhow::Error {
    ApiError::new(StatusCode::BAD_GATEWAY, "unavailable", format_args!("{error:#}")).into()
}
