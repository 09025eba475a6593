//! The built editor, embedded in the program: pages work without a network and without files beside the binary.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use super::error::ApiError;
use super::files::{ASK_AGAIN, FOREVER};

/// What Vite built; empty when nobody ran it.
#[derive(Embed)]
#[folder = "../editor/dist"]
#[allow_missing = true]
struct Editor;

const NOT_BUILT: &str = "This Wirebrush was built without its editor. Run `cargo xtask serve` in its repository: \
    that builds the editor (it needs Node 20 or newer) and the program, and starts it. The API under /api works.\n";

/// Answers what no route of the API does.
pub(super) async fn fallback(request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return ApiError::not_found(format_args!("route `{}`", path.escape_debug())).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return wrong_method().await.into_response();
    }
    let path = path.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    match Editor::get(path) {
        Some(file) => send(path, file, &request),
        None if path == "index.html" => (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response(),
        None => (StatusCode::NOT_FOUND, "Not found.\n").into_response(),
    }
}

/// Answers a route that exists under another method.
pub(super) async fn wrong_method() -> ApiError {
    let message = "this route does not know that method";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", message)
}

fn send(path: &str, file: EmbeddedFile, request: &Request) -> Response {
    // Vite puts a hash of the contents into the names below `assets`; the others keep theirs when they change.
    let cache = if path.starts_with("assets/") { FOREVER } else { ASK_AGAIN };
    let hash: String = file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(axum::body::Bytes::from(file.data.into_owned())).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    if let Ok(media_type) = HeaderValue::from_str(file.metadata.mimetype()) {
        headers.insert(CONTENT_TYPE, media_type);
    }
    response
}
