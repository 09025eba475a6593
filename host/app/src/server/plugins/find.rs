//! `GET /api/plugins/find`: which plugin of the index has a node that is missing here?

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::index::HOST;
use crate::server::body::Query;
use crate::server::error::{ApiError, ApiResult, ErrorBody};
use crate::server::off_thread;
use crate::server::state::AppState;

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Id of a node, `acme.tone/Levels`.
    node: String,
}

/// Plugins that have a node.
#[derive(Serialize, ToSchema)]
pub(super) struct Found {
    /// The best first; may be empty.
    offers: Vec<IndexOffer>,
}

/// A version of a plugin that the index offers and this server can load.
#[derive(Serialize, ToSchema)]
struct IndexOffer {
    id: String,
    version: String,
    /// Name shown to people; may be empty.
    title: String,
    description: String,
    /// Who says to have made it; may be empty.
    publisher: String,
    /// Whether it is native code, which runs with the user's rights.
    native: bool,
    /// What it asks for beyond computing.
    permissions: Vec<String>,
    /// Bytes to fetch.
    size: u64,
}

/// Which plugins of the server's index have a node. Nothing is fetched but the index.
#[utoipa::path(get, path = "/api/plugins/find", tag = "plugins", operation_id = "find_plugin", params(Wanted),
    responses((status = 200, body = Found), (status = 404, description = "The server has no index", body = ErrorBody),
        (status = "default", body = ErrorBody)))]
pub(super) async fn find(
    State(state): State<AppState>,
    Query(wanted): Query<Wanted>,
) -> ApiResult<Json<Found>> {
    let place = state.session.index.clone();
    let place =
        place.ok_or_else(|| ApiError::not_found("index of plugins: start the server with --index"))?;
    let found = off_thread(move || {
        let index = place.load().map_err(super::install::unavailable)?;
        let offers = index.find(&wanted.node, &HOST).into_iter().map(|offer| IndexOffer {
            id: offer.id.to_owned(),
            version: offer.version.version.clone(),
            title: offer.plugin.title.clone(),
            description: offer.plugin.description.clone(),
            publisher: offer.plugin.publisher.clone(),
            native: offer.is_native(&HOST),
            permissions: offer.version.permissions.clone(),
            size: offer.version.size,
        });
        Ok(Found { offers: offers.collect() })
    });
    Ok(Json(found.await?))
}
