//! What can be done to plugins that are there: approve, disable, enable, choose a version, remove; load all anew.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::consent::{Confirm, Consent};
use super::{failed, store};
use crate::consent;
use crate::plugins::Changes;
use crate::server::body::{self, Path, Query};
use crate::server::error::{ApiError, ApiResult, ErrorBody};
use crate::server::off_thread;
use crate::server::state::AppState;

/// Why a plugin is disabled.
#[derive(Deserialize, ToSchema)]
pub(super) struct Disable {
    /// For people; may be empty.
    #[serde(default)]
    reason: String,
}

/// Which version is wanted.
#[derive(Deserialize, ToSchema)]
pub(super) struct Activate {
    /// An installed version.
    version: String,
}

/// What is to be removed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Removed {
    /// One version; all of them when absent.
    version: Option<String>,
}

/// Looks for plugins again. Runs under way keep those they began with.
#[utoipa::path(post, path = "/api/plugins/reload", tag = "plugins", operation_id = "reload_plugins", responses(
    (status = 200, body = Changes), (status = "default", body = ErrorBody),
))]
pub(super) async fn reload(State(state): State<AppState>) -> ApiResult<Json<Changes>> {
    Ok(Json(off_thread(move || Ok(super::reload(&state))).await?))
}

/// Trusts a plugin as it is now and gives it the permissions it asks for. The first answer is the text to agree to.
#[utoipa::path(post, path = "/api/plugins/{id}/approve", tag = "plugins", operation_id = "approve_plugin",
    params(("id" = String, Path, description = "Id of the plugin"), Confirm),
    responses((status = 200, body = Changes),
        (status = 409, description = "`consent` has what is to be agreed to", body = ErrorBody),
        (status = "default", body = ErrorBody)))]
pub(super) async fn approve(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(confirm): Query<Confirm>,
) -> ApiResult<Json<Changes>> {
    let done = super::change(state, move |state| {
        to_approve(state, &id)?.require(&confirm)?;
        wirebrush_loader::approve(state.session.plugin_config(), &id).map_err(failed)
    });
    Ok(Json(done.await?))
}

fn to_approve(state: &AppState, id: &str) -> anyhow::Result<Consent> {
    let plugins = state.session.plugins();
    let versions: Vec<_> = plugins.registry.plugins().iter().filter(|plugin| plugin.id == id).collect();
    let missing = || ApiError::not_found(format_args!("plugin `{}`", id.escape_debug()));
    let shown = versions.iter().find(|plugin| plugin.active).or(versions.first()).ok_or_else(missing)?;
    let native = versions.iter().any(|it| it.target == wirebrush_loader::HOST_TARGET);
    let mut new_permissions: Vec<String> = Vec::new();
    for plugin in &versions {
        let asked = plugin.manifest.iter().flat_map(|it| &it.permissions);
        new_permissions.extend(asked.filter(|it| !plugin.granted.contains(it)).cloned());
    }
    new_permissions.sort();
    new_permissions.dedup();
    let hashes: Vec<_> = versions.iter().map(|plugin| plugin.sha256.as_str()).collect();
    let lines = consent::to_approve(native, &new_permissions);
    let field = |text: fn(&wirebrush_schema::Manifest) -> &String| shown.manifest.as_ref().map(text).cloned();
    let (title, publisher) = (field(|it| &it.title), field(|it| &it.publisher));
    Ok(Consent::new(
        (id, shown.version().unwrap_or_default(), &title.unwrap_or_default(), &publisher.unwrap_or_default()),
        native,
        new_permissions,
        lines,
        &format!("approve {id} {}", hashes.join(" ")),
    ))
}

/// Keeps a plugin from being used until it is enabled.
#[utoipa::path(post, path = "/api/plugins/{id}/disable", tag = "plugins", operation_id = "disable_plugin",
    params(("id" = String, Path, description = "Id of the plugin")), request_body = Disable,
    responses((status = 200, body = Changes), (status = "default", body = ErrorBody)))]
pub(super) async fn disable(
    State(state): State<AppState>,
    Path(id): Path<String>,
    body::Json(wanted): body::Json<Disable>,
) -> ApiResult<Json<Changes>> {
    let done = super::change(state, move |state| store(state)?.disable(&id, &wanted.reason).map_err(failed));
    Ok(Json(done.await?))
}

/// Lets a disabled plugin be used again.
#[utoipa::path(post, path = "/api/plugins/{id}/enable", tag = "plugins", operation_id = "enable_plugin",
    params(("id" = String, Path, description = "Id of the plugin")),
    responses((status = 200, body = Changes), (status = "default", body = ErrorBody)))]
pub(super) async fn enable(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> ApiResult<Json<Changes>> {
    let done = super::change(state, move |state| match store(state)?.enable(&id).map_err(failed)? {
        true => Ok(()),
        false => Err(ApiError::not_found(format_args!("disabled plugin `{}`", id.escape_debug())).into()),
    });
    Ok(Json(done.await?))
}

/// Makes an installed version the one that graphs get unless they ask for another: forward or back.
#[utoipa::path(post, path = "/api/plugins/{id}/activate", tag = "plugins", operation_id = "activate_plugin",
    params(("id" = String, Path, description = "Id of the plugin")), request_body = Activate,
    responses((status = 200, body = Changes), (status = "default", body = ErrorBody)))]
pub(super) async fn activate(
    State(state): State<AppState>,
    Path(id): Path<String>,
    body::Json(wanted): body::Json<Activate>,
) -> ApiResult<Json<Changes>> {
    let done =
        super::change(state, move |state| store(state)?.activate(&id, &wanted.version).map_err(failed));
    Ok(Json(done.await?))
}

/// Removes a plugin, or one of its versions; with the last one go the files it kept.
#[utoipa::path(delete, path = "/api/plugins/{id}", tag = "plugins", operation_id = "remove_plugin",
    params(("id" = String, Path, description = "Id of the plugin"), Removed),
    responses((status = 200, body = Changes), (status = "default", body = ErrorBody)))]
pub(super) async fn remove(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(wanted): Query<Removed>,
) -> ApiResult<Json<Changes>> {
    let done = super::change(state, move |state| {
        store(state)?.remove(&id, wanted.version.as_deref()).map_err(failed)?;
        Ok(())
    });
    Ok(Json(done.await?))
}
