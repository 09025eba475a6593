//! `/api/nodes` and `/api/models`: what graphs can be made of.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wirebrush_loader::PluginState;

use super::error::{ApiResult, ErrorBody};
use super::off_thread;
use super::state::AppState;
use crate::models::role::Role;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(nodes)).routes(routes!(models))
}

/// Plugins and their nodes.
#[derive(Serialize, ToSchema)]
struct Nodes {
    /// Every plugin folder that was found.
    plugins: Vec<Plugin>,
    /// Definitions as `plugin-sdk/schema` has them; one that cannot run here says why in `unavailable`.
    #[schema(value_type = Vec<Object>)]
    nodes: Vec<Value>,
}

/// How a plugin runs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PluginKind {
    /// In the program, with the user's rights.
    Native,
    /// In a sandbox.
    Component,
}

/// Whether a plugin can be used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum LoadState {
    /// It can.
    Loaded,
    /// It cannot.
    Refused,
}

/// What became of a plugin folder.
#[derive(Serialize, ToSchema)]
struct Plugin {
    id: String,
    version: String,
    /// Absent when refused before that was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<PluginKind>,
    /// Whether it can be used.
    state: LoadState,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What the user should know although it works.
    notices: Vec<String>,
    /// Ids of its nodes.
    nodes: Vec<String>,
}

/// What nodes there are, and what became of each plugin.
#[utoipa::path(get, path = "/api/nodes", tag = "nodes", responses(
    (status = 200, body = Nodes), (status = "default", body = ErrorBody),
))]
async fn nodes(State(state): State<AppState>) -> ApiResult<Json<Nodes>> {
    let registry = state.session.plugins().registry.clone();
    let plugins = registry.plugins().iter().map(plugin).collect();
    let mut nodes = Vec::new();
    for definition in registry.definitions() {
        nodes.push(serde_json::to_value(definition).map_err(anyhow::Error::from)?);
    }
    for (definition, why) in registry.unusable() {
        let mut node = serde_json::to_value(definition).map_err(anyhow::Error::from)?;
        node["unavailable"] = why.into();
        nodes.push(node);
    }
    nodes.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
    Ok(Json(Nodes { plugins, nodes }))
}

fn plugin(state: &PluginState) -> Plugin {
    let reason = state.refusal();
    Plugin {
        id: state.id.clone(),
        version: state.manifest.as_ref().map(|it| it.version.clone()).unwrap_or_default(),
        kind: match state.target.as_str() {
            "" => None,
            "wasm32-component" => Some(PluginKind::Component),
            _ => Some(PluginKind::Native),
        },
        state: if reason.is_none() { LoadState::Loaded } else { LoadState::Refused },
        reason,
        notices: state.notices.clone(),
        nodes: state.nodes.iter().map(|node| node.id.clone()).collect(),
    }
}

/// What the model store holds.
#[derive(Serialize, ToSchema)]
struct Models {
    models: Vec<Model>,
}

/// A model that nodes find by name.
#[derive(Serialize, ToSchema)]
struct Model {
    name: String,
    /// Bytes of all its files.
    bytes: u64,
    /// What it is for; absent when that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// Models of equal family may stand in for one another; absent when it is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    family: String,
}

/// What models nodes find by name.
#[utoipa::path(get, path = "/api/models", tag = "nodes", responses(
    (status = 200, body = Models), (status = "default", body = ErrorBody),
))]
async fn models(State(state): State<AppState>) -> ApiResult<Json<Models>> {
    let found = off_thread(move || {
        let found = state.session.models.list().into_iter();
        let here = found.filter(|model| model.location.exists());
        let shown = here.map(|model| Model {
            bytes: model.location.bytes(),
            name: model.name,
            role: model.role,
            family: model.family,
        });
        Ok(shown.collect())
    });
    Ok(Json(Models { models: found.await? }))
}
