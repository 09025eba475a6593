//! `/api/templates`: the graphs of `examples/`, ready to run wherever the program lies.

use axum::Json;
use axum::extract::State;
use rust_embed::Embed;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wirebrush_graph::{Graph, Input};

use super::document::Document;
use super::error::{ApiResult, ErrorBody};
use super::off_thread;
use super::state::AppState;
use crate::media_type;
use crate::store::assets::{AssetStore, Origin};

#[derive(Embed)]
#[folder = "../../examples"]
struct Examples;

/// The one that greets a new user.
const FIRST: &str = "recolor";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Graphs to begin with.
#[derive(Serialize, ToSchema)]
struct Templates {
    templates: Vec<Template>,
}

/// A graph to begin with; its pictures are assets.
#[derive(Serialize, ToSchema)]
struct Template {
    id: String,
    title: String,
    graph: Document,
}

/// Graphs to begin with, the simplest first.
#[utoipa::path(get, path = "/api/templates", tag = "graphs", responses(
    (status = 200, body = Templates), (status = "default", body = ErrorBody),
))]
async fn list(State(state): State<AppState>) -> ApiResult<Json<Templates>> {
    let templates = off_thread(move || {
        let mut ids: Vec<_> = Examples::iter()
            .filter_map(|path| Some(path.strip_prefix("graphs/")?.strip_suffix(".json")?.to_owned()))
            .collect();
        ids.sort_by_key(|id| (id != FIRST, id.clone()));
        ids.into_iter().filter_map(|id| template(id, &state.assets).transpose()).collect()
    })
    .await?;
    Ok(Json(Templates { templates }))
}

fn template(id: String, assets: &AssetStore) -> anyhow::Result<Option<Template>> {
    let Some(file) = Examples::get(&format!("graphs/{id}.json")) else { return Ok(None) };
    let mut graph = wirebrush_graph::parse(&file.data).graph.unwrap_or_default();
    bring_pictures(&mut graph, assets)?;
    Ok(Some(Template { title: graph.title.clone(), graph: Document::of(&graph)?, id }))
}

/// Makes an asset of every embedded picture the graph names, and names it by its contents.
fn bring_pictures(graph: &mut Graph, assets: &AssetStore) -> anyhow::Result<()> {
    let inputs = graph.nodes.values_mut().flat_map(|node| node.inputs.values_mut());
    for input in inputs {
        let Input::Literal(value) = input else { continue };
        let path = value.as_str().and_then(|text| text.strip_prefix("../"));
        let Some((path, file)) = path.and_then(|path| Some((path.to_owned(), Examples::get(path)?))) else {
            continue;
        };
        let asset = assets.add(&path, media_type::by_name(&path), &file.data, Origin::Program)?;
        *value = asset.reference.into();
    }
    Ok(())
}
