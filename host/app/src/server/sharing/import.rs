//! Opens what people drop: a graph document, a picture that carries one, a bundle.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use wirebrush_graph::Parsed;

use super::Format;
use crate::bundle::{self, BadBundle};
use crate::reference::Reference;
use crate::server::assets::receive;
use crate::server::body::GRAPH;
use crate::server::document::Document;
use crate::server::error::{ApiError, ApiResult, ErrorBody};
use crate::server::off_thread;
use crate::server::problem::{Problem, problems};
use crate::server::state::AppState;
use crate::store::assets::Origin;
use crate::store::blobs::NewBlob;
use crate::{literals, results};

const PNG_SIGNATURE: &[u8] = b"\x89PNG";

/// A graph that came from outside.
#[derive(Serialize, ToSchema)]
pub(super) struct Imported {
    graph: Document,
    problems: Vec<Problem>,
    format: Format,
}

/// Opens a graph document, a PNG that carries one, or a bundle; pictures of a bundle become assets.
#[utoipa::path(post, path = "/api/import", tag = "sharing",
    request_body(content = String, content_type = "*/*", description = "The bytes of the file, at most 256 MiB"),
    responses((status = 200, body = Imported), (status = 422, body = ErrorBody),
        (status = "default", body = ErrorBody)))]
pub(super) async fn import(State(state): State<AppState>, request: Request) -> ApiResult<Json<Imported>> {
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
            let text = String::from_utf8(bytes)
                .map_err(|_| not_a_graph("expected a graph, a PNG that carries one, or a .wirebrush file"))?;
            (text, Format::Json)
        }
    };
    if text.len() > GRAPH {
        return Err(ApiError::too_large("graph", GRAPH as u64).into());
    }
    let Parsed { graph, problems: found } = state.session.plugins().check(text.as_bytes());
    let foreign = found.iter().any(|it| it.is_error() && matches!(it.code, "format" | "version"));
    match graph {
        Some(graph) if !foreign => {
            Ok(Imported { graph: Document::of(&graph)?, problems: problems(&found), format })
        }
        _ => Err(ApiError::invalid_graph(&found).into()),
    }
}

/// Unpacks a bundle; its pictures get the names that the graph knows them by.
fn unpack(state: &AppState, file: File) -> anyhow::Result<String> {
    let _writing = state.assets.writing();
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
    literals::visit(&mut graph, &*state.session.plugins().catalog, &mut |_, value| {
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
