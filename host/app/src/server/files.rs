//! `/api/files`: the input folder; and how any file is sent so that a browser shows but never runs it.

use std::path::Path as FilePath;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Response;
use serde::Serialize;
use tower_http::services::ServeFile;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Path;
use super::error::{ApiError, ApiResult, ErrorBody};
use super::input::InputFile;
use super::off_thread;
use super::state::AppState;
use crate::media_type;

/// `Cache-Control` of what never changes under its address.
pub(crate) const FOREVER: &str = "private, max-age=31536000, immutable";
/// `Cache-Control` of what may change.
pub(crate) const ASK_AGAIN: &str = "no-cache";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

/// What lies in the input folder.
#[derive(Serialize, ToSchema)]
struct InputFiles {
    /// By name.
    files: Vec<InputFile>,
}

/// The files of the server's input folder.
#[utoipa::path(get, path = "/api/files", tag = "assets", operation_id = "list_files", responses(
    (status = 200, body = InputFiles), (status = "default", body = ErrorBody),
))]
async fn list(State(state): State<AppState>) -> ApiResult<Json<InputFiles>> {
    let files = off_thread(move || Ok(state.environment.input.list())).await?;
    Ok(Json(InputFiles { files }))
}

/// The contents of a file of the input folder.
#[utoipa::path(get, path = "/api/files/{name}", tag = "assets", operation_id = "get_file",
    params(("name" = String, Path, description = "Name of the file, without folder")),
    responses((status = 200, description = "The bytes", content_type = "*/*", body = Vec<u8>),
        (status = "default", body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted = name.clone();
    let found = off_thread(move || Ok(state.environment.input.find(&wanted))).await?;
    let path = found.map_err(|why| ApiError::new(axum::http::StatusCode::NOT_FOUND, "not-found", why))?;
    send_file(&path, media_type::by_name(&name), &name, ASK_AGAIN, request).await
}

/// Sends a file, whole or a range. Only plain pictures are shown in place; nothing in a file can run as a page of ours.
///
/// # Errors
/// 404 when the file is gone.
pub(crate) async fn send_file(
    path: &FilePath,
    media_type: &str,
    name: &str,
    cache: &'static str,
    request: Request,
) -> ApiResult<Response> {
    let sent = ServeFile::new(path).try_call(request).await.map_err(anyhow::Error::from)?;
    if sent.status().as_u16() == 404 {
        return Err(ApiError::not_found(format_args!("file `{name}` any more")));
    }
    let mut response = sent.map(Body::new);
    let headers = response.headers_mut();
    let media_type_header = HeaderValue::from_str(media_type);
    headers.insert(
        CONTENT_TYPE,
        media_type_header.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
    );
    let place = if media_type::is_plain_picture(media_type) { "inline" } else { "attachment" };
    headers.insert(CONTENT_DISPOSITION, disposition(place, name));
    Ok(response)
}

/// `Content-Disposition` with a name of any language.
pub(crate) fn disposition(place: &str, name: &str) -> HeaderValue {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    let text = format!("{place}; filename*=UTF-8''{encoded}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_header() {
        let header = disposition("inline", "Tasse \"grün\"\r\nSet-Cookie: a=b.png");
        assert_eq!(
            header.to_str().unwrap(),
            "inline; filename*=UTF-8''Tasse%20%22gr%C3%BCn%22%0D%0ASet-Cookie%3A%20a%3Db.png"
        );
    }
}
