//! `GET /api/plugins`: every plugin with its versions, what it may do, and who made it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use wirebrush_loader::{Lock, PluginState};
use wirebrush_schema::Target;

use super::{failed, store};
use crate::server::error::{ApiResult, ErrorBody};
use crate::server::off_thread;
use crate::server::state::AppState;

/// Every plugin.
#[derive(Serialize, ToSchema)]
pub(super) struct PluginList {
    /// By id.
    plugins: Vec<PluginInfo>,
    /// Whether the server has an index to look for more in.
    index: bool,
}

/// Where a plugin came from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PluginOrigin {
    /// It came with the program.
    Bundled,
    /// The user installed it.
    Installed,
    /// It lies in a folder the user named.
    Folder,
}

/// Whether a plugin is used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PluginStatus {
    /// It is.
    Ready,
    /// The user disabled it.
    Disabled,
    /// It cannot be.
    Refused,
}

/// A plugin as it is used now.
#[derive(Serialize, ToSchema)]
struct PluginInfo {
    id: String,
    /// Name shown to people; empty means the id.
    title: String,
    description: String,
    /// Who says to have made it; may be empty.
    publisher: String,
    /// The active version.
    version: String,
    origin: PluginOrigin,
    status: PluginStatus,
    /// Why it is not used, or why the user disabled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whether it is native code, which runs with the user's rights.
    native: bool,
    /// What it asks for beyond computing.
    permissions: Vec<String>,
    /// What of that it has.
    granted: Vec<String>,
    /// The key of its publisher, `ed25519:BASE64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// How often it crashed in a row, when it does so each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    crashes: Option<u32>,
    /// What happened when it crashed, newest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    crash_reasons: Vec<String>,
    /// What the user should know although it works.
    notices: Vec<String>,
    /// Ids of its nodes.
    nodes: Vec<String>,
    /// Its installed versions; none unless the user installed it.
    versions: Vec<PluginVersion>,
}

/// An installed version.
#[derive(Serialize, ToSchema)]
struct PluginVersion {
    version: String,
    /// Whether graphs get it unless they ask for another.
    active: bool,
    /// The key it was signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// When it was installed, RFC 3339 in UTC.
    installed: String,
}

/// The plugins, their versions, what they may do and who made them.
#[utoipa::path(get, path = "/api/plugins", tag = "plugins", operation_id = "list_plugins", responses(
    (status = 200, body = PluginList), (status = "default", body = ErrorBody),
))]
pub(super) async fn list(State(state): State<AppState>) -> ApiResult<Json<PluginList>> {
    let list = off_thread(move || {
        let lock = store(&state)?.lock().map_err(failed)?;
        let registry = state.session.plugins().registry.clone();
        // Of several versions the active one speaks; of several folders the first, which is the one that is used.
        let mut plugins = BTreeMap::<&str, &PluginState>::new();
        for plugin in registry.plugins() {
            let shown = plugins.entry(&plugin.id).or_insert(plugin);
            if plugin.active && !shown.active {
                *shown = plugin;
            }
        }
        let plugins = plugins.into_values().map(|plugin| info(plugin, &lock)).collect();
        Ok(PluginList { plugins, index: state.session.index.is_some() })
    });
    Ok(Json(list.await?))
}

fn info(plugin: &PluginState, lock: &Lock) -> PluginInfo {
    let manifest = plugin.manifest.as_ref();
    let text =
        |field: fn(&wirebrush_schema::Manifest) -> &String| manifest.map(field).cloned().unwrap_or_default();
    let locked = lock.plugins.get(&plugin.id).cloned().unwrap_or_default();
    let version = text(|it| &it.version);
    let versions = locked.versions.iter().map(|(number, it)| PluginVersion {
        version: number.clone(),
        active: locked.active.as_ref() == Some(number),
        key: it.key.clone(),
        installed: it.installed.clone(),
    });
    let (refusal, failing) = (plugin.refusal(), plugin.failing());
    let (status, reason) = match (&locked.disabled, refusal) {
        (Some(why), _) => (PluginStatus::Disabled, Some(why.clone())),
        (None, Some(why)) => (PluginStatus::Refused, Some(why)),
        (None, None) => (PluginStatus::Ready, None),
    };
    PluginInfo {
        id: plugin.id.clone(),
        title: text(|it| &it.title),
        description: text(|it| &it.description),
        publisher: text(|it| &it.publisher),
        origin: match (plugin.bundled, plugin.installed) {
            (true, _) => PluginOrigin::Bundled,
            (false, true) => PluginOrigin::Installed,
            (false, false) => PluginOrigin::Folder,
        },
        status,
        reason,
        native: !plugin.target.is_empty() && plugin.target != Target::COMPONENT,
        permissions: manifest.map(|it| it.permissions.clone()).unwrap_or_default(),
        granted: plugin.granted.clone(),
        key: locked.versions.get(&version).and_then(|it| it.key.clone()),
        crashes: failing.as_ref().map(|failing| failing.crashes),
        crash_reasons: failing.map(|failing| failing.reasons).unwrap_or_default(),
        notices: plugin.notices.clone(),
        nodes: manifest.map(|it| it.nodes.clone()).unwrap_or_default(),
        versions: versions.collect(),
        version,
    }
}
