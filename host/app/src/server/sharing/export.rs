//! Gives graphs away: as a document, inside a picture, in a bundle.

use std::io::Read;

use anyhow::{Context, Result};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tempfile::NamedTempFile;
use utoipa::ToSchema;
use wirebrush_engine::Environment;
use wirebrush_graph::Graph;
use wirebrush_schema::Kind;

use super::Format;
use crate::models::{Reach, record};
use crate::reference::{Reference, parse_hash};
use crate::server::body::{self, GRAPH};
use crate::server::document::Document;
use crate::server::error::{ApiError, ApiResult, ErrorBody};
use crate::server::files::{ASK_AGAIN, disposition, send_file};
use crate::server::off_thread;
use crate::server::state::AppState;
use crate::server::strip::{Strip, strip};
use crate::store::assets::Origin;
use crate::{bundle, file_name, literals, lock, results};

const BUNDLE_TYPE: &str = "application/vnd.wirebrush+zip";

/// A graph that goes out.
#[derive(Deserialize, ToSchema)]
pub(super) struct Export {
    graph: Document,
    format: Format,
    /// For `png`: hash of the picture that shall carry the graph.
    picture: Option<String>,
    /// What to take out first.
    #[serde(default)]
    strip: Vec<Strip>,
}

/// Gives a graph as a file to keep or share.
#[utoipa::path(post, path = "/api/export", tag = "sharing", request_body = Export, responses(
    (status = 200, description = "The file", content_type = "*/*", body = Vec<u8>),
    (status = "default", body = ErrorBody)))]
pub(super) async fn export(
    State(state): State<AppState>,
    body::Json(request): body::Json<Export, GRAPH>,
) -> ApiResult<Response> {
    let graph = request.graph.well_formed()?;
    match request.format {
        Format::Json => {
            let graph = off_thread(move || Ok(to_share(&state, graph, &request.strip))).await?;
            Ok(download(&graph, "json", "application/json", graph.to_json().into_bytes()))
        }
        Format::Png => {
            let carry = move || {
                let graph = to_share(&state, graph, &request.strip);
                let png = carry(&state, request.picture.as_deref(), &graph)?;
                Ok((graph, png))
            };
            let (graph, png) = off_thread(carry).await?;
            Ok(download(&graph, "png", "image/png", png))
        }
        Format::Bundle => {
            let (name, file) = off_thread(move || pack(&state, graph, &request.strip)).await?;
            // The file is open from here on and may lose its name.
            send_file(file.path(), BUNDLE_TYPE, &name, ASK_AGAIN, Request::default()).await
        }
    }
}

/// The graph without what shall be taken out, and with what tells its models again where they have other names.
fn to_share(state: &AppState, mut graph: Graph, what: &[Strip]) -> Graph {
    strip(&mut graph, &*state.session.plugins().catalog, what);
    note_models(state, &mut graph);
    graph
}

fn note_models(state: &AppState, graph: &mut Graph) {
    let catalog = state.session.plugins().for_graph(graph).catalog;
    // Larger models that nobody has read yet stay without a hash.
    let _unread = record::note(graph, &*catalog, &state.session, Reach::Names);
}

/// The picture with the graph inside.
fn carry(state: &AppState, picture: Option<&str>, graph: &Graph) -> Result<Vec<u8>> {
    let picture = picture.ok_or_else(|| {
        ApiError::bad_request(
            "no-picture",
            "picture: expected the hash of the picture that shall carry the graph",
        )
    })?;
    let missing = || ApiError::not_found(format_args!("asset `{}`", picture.escape_debug()));
    let hash = parse_hash(picture).ok_or_else(missing)?;
    let (asset, mut file) = state.assets.open(&hash)?.ok_or_else(missing)?;
    let mut png = Vec::new();
    file.read_to_end(&mut png)?;
    let carrying = results::embed_graph(&png, graph).map_err(|error| {
        let message = format!("picture {} cannot carry a graph: {error:#}", asset.name);
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "not-a-png", message)
    })?;
    Ok(carrying)
}

/// Writes a bundle to a temporary file, and says how it shall be called.
fn pack(state: &AppState, mut graph: Graph, what: &[Strip]) -> Result<(String, NamedTempFile)> {
    bring_input_files(state, &mut graph)?;
    strip(&mut graph, &*state.session.plugins().catalog, what);
    let assets = assets_of(state, &graph)?;
    let lock = lock::lock(&graph, &state.session)?;
    note_models(state, &mut graph);
    let mut file = NamedTempFile::new().context("cannot write a temporary file")?;
    bundle::write(&mut file, &graph.to_json(), &lock, &assets, state.assets.blobs())?;
    Ok((file_name_of(&graph, "wirebrush"), file))
}

/// Makes assets of the files of the input folder that the graph names: a name means nothing elsewhere.
///
/// A file that is not there is missing with and without a bundle; the graph still travels.
fn bring_input_files(state: &AppState, graph: &mut Graph) -> Result<()> {
    let mut failure = None;
    literals::visit(graph, &*state.session.plugins().catalog, &mut |port, value| {
        if port.is_none_or(|port| port.kind.as_str() != Kind::BYTES) {
            return;
        }
        let name = value.as_str().filter(|name| matches!(Reference::parse(name), Ok(None)));
        let Some((name, Ok(file))) = name.map(|name| (name, state.environment.read_file(name))) else {
            return;
        };
        match state.assets.add(name, &file.bytes.media_type, &file.bytes.data, Origin::Program) {
            Ok(asset) => *value = asset.reference.into(),
            Err(error) => failure = Some(error),
        }
    });
    failure.map_or(Ok(()), Err)
}

/// The assets that a graph names and that are here, in order of their hashes.
fn assets_of(state: &AppState, graph: &Graph) -> Result<Vec<blake3::Hash>> {
    let mut found = std::collections::BTreeMap::new();
    literals::visit(&mut graph.clone(), &*state.session.plugins().catalog, &mut |_, value| {
        if let Some(Ok(Some(reference))) = value.as_str().map(Reference::parse)
            && let Ok(metadata) = std::fs::metadata(state.assets.blobs().path(&reference.hash))
        {
            found.insert(*reference.hash.as_bytes(), metadata.len());
        }
    });
    if found.values().sum::<u64>() > bundle::MAX_ASSETS {
        return Err(ApiError::too_large("pictures of the graph", bundle::MAX_ASSETS).into());
    }
    Ok(found.into_keys().map(blake3::Hash::from_bytes).collect())
}

fn download(graph: &Graph, ending: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let name = disposition("attachment", &file_name_of(graph, ending));
    ([(CONTENT_TYPE, HeaderValue::from_static(media_type)), (CONTENT_DISPOSITION, name)], bytes)
        .into_response()
}

fn file_name_of(graph: &Graph, ending: &str) -> String {
    let title = if graph.title.trim().is_empty() { "graph" } else { graph.title.trim() };
    file_name::harmless(&format!("{}.{ending}", title.replace(['/', '\\'], "-")))
}
