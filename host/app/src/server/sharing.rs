//! `/api/import` and `/api/export`: graphs as JSON, inside a PNG, or in a bundle with everything they need.

use std::collections::HashMap;
use std::io::{Read, Seek};

use anyhow::Context;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wirebrush_engine::Environment;
use wirebrush_graph::{Graph, Parsed};

use super::assets::receive;
use super::body::{self, GRAPH};
use super::document::Document;
use super::error::{ApiError, ApiResult, ErrorBody};
use super::files::{ASK_AGAIN, disposition, send_file};
use super::off_thread;
use super::problem::{Problem, problems};
use super::state::AppState;
use super::strip::{Strip, strip};
use crate::bundle::{self, BadBundle};
use crate::reference::{Reference, parse_hash};
use crate::store::assets::Origin;
use crate::store::blobs::NewBlob;
use crate::{file_name, literals, lock, results};

const PNG_SIGNATURE: &[u8] = b"\x89PNG";
const BUNDLE_TYPE: &str = "application/vnd.wirebrush+zip";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(import)).routes(routes!(export))
}

/// How a graph travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Format {
    /// The graph document.
    Json,
    /// A picture that carries it.
    Png,
    /// A `.wirebrush` file: graph, pictures, lock.
    Bundle,
}

/// A graph that came from outside.
#[derive(Serialize, ToSchema)]
struct Imported {
    graph: Document,
    problems: Vec<Problem>,
    format: Format,
}

/// A graph that goes out.
#[derive(Deserialize, ToSchema)]
struct Export {
    graph: Document,
    format: Format,
    /// For `png`: hash of the picture that shall carry the graph.
    picture: Option<String>,
    /// What to take out first.
    #[serde(default)]
    strip: Vec<Strip>,
}

/// Opens a graph document, a PNG that carries one, or a bundle; pictures of a bundle become assets.
#[utoipa::path(post, path = "/api/import", tag = "sharing",
    request_body(content = String, content_type = "*/*", description = "The bytes of the file, at most 256 MiB"),
    responses((status = 200, body = Imported), (status = 422, body = ErrorBody),
        (status = "default", body = ErrorBody)))]
async fn import(State(state): State<AppState>, request: Request) -> ApiResult<Json<Imported>> {
    let new = receive(&state, request).await?;
    Ok(Json(off_thread(move || open(&state, &new)).await?))
}

fn open(state: &AppState, new: &NewBlob) -> anyhow::Result<Imported> {
    let mut file = new.reopen()?;
    let mut head = [0; 4];
    let known = file.read(&mut head)?;
    file.rewind()?;
    let (text, format) = match &head[..known] {
        bundle::SIGNATURE => (unpack(state, file)?, Format::Bundle),
        PNG_SIGNATURE => {
            let mut png = Vec::new();
            file.read_to_end(&mut png)?;
            let text = results::embedded_graph(&png).map_err(|error| not_a_graph(format!("{error:#}")))?;
            (text, Format::Png)
        }
        _ => {
            let mut bytes = Vec::new();
            file.take(GRAPH as u64 + 1).read_to_end(&mut bytes)?;
            if bytes.len() > GRAPH {
                return Err(ApiError::too_large("graph", GRAPH as u64).into());
            }
            let text = String::from_utf8(bytes)
                .map_err(|_| not_a_graph("expected a graph, a PNG that carries one, or a .wirebrush file"))?;
            (text, Format::Json)
        }
    };
    let Parsed { graph, problems: found } = wirebrush_graph::check(text.as_bytes(), &state.session.catalog);
    let foreign = found.iter().any(|it| it.is_error() && matches!(it.code, "format" | "version"));
    match graph {
        Some(graph) if !foreign => {
            Ok(Imported { graph: Document::of(&graph)?, problems: problems(&found), format })
        }
        _ => Err(ApiError::invalid_graph(&found).into()),
    }
}

/// Unpacks a bundle; its pictures get the names that the graph knows them by.
fn unpack(state: &AppState, file: std::fs::File) -> anyhow::Result<String> {
    let mut unpacked = Vec::new();
    let blobs = state.assets.blobs();
    let text = bundle::read(file, blobs, &mut |blob| {
        unpacked.push(blob.finish()?);
        Ok(())
    });
    let text = text.map_err(|error| {
        let bad = error.downcast_ref::<BadBundle>().map(BadBundle::to_string);
        bad.map_or(error, |why| not_a_graph(why).into())
    })?;
    let mut names = HashMap::new();
    let mut graph = wirebrush_graph::parse(text.as_bytes()).graph.unwrap_or_default();
    literals::visit(&mut graph, &state.session.catalog, &mut |_, value| {
        if let Some(Ok(Some(reference))) = value.as_str().map(Reference::parse) {
            names.insert(reference.hash, reference.name);
        }
    });
    for stored in unpacked {
        let name = names.get(&stored.hash).map_or("", String::as_str);
        state.assets.record(&stored, name, None, Origin::Upload)?;
    }
    Ok(text)
}

fn not_a_graph(why: impl std::fmt::Display) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "not-a-graph", why)
}

/// Gives a graph as a file to keep or share.
#[utoipa::path(post, path = "/api/export", tag = "sharing", request_body = Export, responses(
    (status = 200, description = "The file", content_type = "*/*", body = Vec<u8>),
    (status = "default", body = ErrorBody)))]
async fn export(
    State(state): State<AppState>,
    body::Json(request): body::Json<Export, GRAPH>,
) -> ApiResult<Response> {
    let mut graph = request.graph.well_formed()?;
    match request.format {
        Format::Json => {
            strip(&mut graph, &state.session.catalog, &request.strip);
            Ok(download(&graph, "json", "application/json", graph.to_json().into_bytes()))
        }
        Format::Png => {
            strip(&mut graph, &state.session.catalog, &request.strip);
            let carried = graph.clone();
            let png = off_thread(move || carry(&state, request.picture.as_deref(), &carried)).await?;
            Ok(download(&graph, "png", "image/png", png))
        }
        Format::Bundle => {
            let name = file_name_of(&graph, "wirebrush");
            let file = off_thread(move || pack(&state, graph, &request.strip)).await?;
            // The file is open from here on and may lose its name.
            send_file(file.path(), BUNDLE_TYPE, &name, ASK_AGAIN, Request::default()).await
        }
    }
}

/// The picture with the graph inside.
fn carry(state: &AppState, picture: Option<&str>, graph: &Graph) -> anyhow::Result<Vec<u8>> {
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

/// Writes a bundle to a temporary file. Files of the input folder go along as assets.
fn pack(state: &AppState, mut graph: Graph, what: &[Strip]) -> anyhow::Result<tempfile::NamedTempFile> {
    let mut failure = None;
    literals::visit(&mut graph, &state.session.catalog, &mut |port, value| {
        let file = port.filter(|port| port.kind.as_str() == wirebrush_schema::Kind::BYTES);
        let name =
            file.and_then(|_| value.as_str()).filter(|name| matches!(Reference::parse(name), Ok(None)));
        // A file that is not there is missing with and without a bundle; the graph still travels.
        let Some((name, file)) = name.and_then(|name| Some((name, state.environment.read_file(name).ok()?)))
        else {
            return;
        };
        match state.assets.add(name, &file.bytes.media_type, &file.bytes.data, Origin::Program) {
            Ok(asset) => *value = asset.reference.into(),
            Err(error) => failure = Some(error),
        }
    });
    if let Some(error) = failure {
        return Err(error);
    }
    strip(&mut graph, &state.session.catalog, what);

    let mut assets = Vec::new();
    let mut bytes = 0;
    let mut found = graph.clone();
    literals::visit(&mut found, &state.session.catalog, &mut |_, value| {
        if let Some(Ok(Some(reference))) = value.as_str().map(Reference::parse) {
            assets.push(reference.hash);
        }
    });
    assets.sort_by_key(|hash| *hash.as_bytes());
    assets.dedup();
    let blobs = state.assets.blobs();
    assets.retain(|hash| match std::fs::metadata(blobs.path(hash)) {
        Ok(metadata) => {
            bytes += metadata.len();
            true
        }
        Err(_) => false,
    });
    if bytes > bundle::MAX_ASSETS {
        return Err(ApiError::too_large("pictures of the graph", bundle::MAX_ASSETS).into());
    }
    let lock = lock::lock(&graph, &state.session, &state.model_hashes)?;
    let mut file = tempfile::NamedTempFile::new().context("cannot write a temporary file")?;
    bundle::write(&mut file, &graph.to_json(), &lock, &assets, blobs)?;
    Ok(file)
}

fn download(graph: &Graph, ending: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let name = disposition("attachment", &file_name_of(graph, ending));
    (
        [(CONTENT_TYPE, media_type.parse().ok()), (CONTENT_DISPOSITION, Some(name))]
            .into_iter()
            .filter_map(|(header, value)| Some((header, value?)))
            .collect::<axum::http::HeaderMap>(),
        bytes,
    )
        .into_response()
}

fn file_name_of(graph: &Graph, ending: &str) -> String {
    let title = if graph.title.trim().is_empty() { "graph" } else { graph.title.trim() };
    file_name::harmless(&format!("{}.{ending}", title.replace(['/', '\\'], "-")))
}
