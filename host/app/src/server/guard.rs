//! What every request passes first: right host, right origin, logged in; and the headers every answer gets.
//!
//! Loopback alone protects nobody: any page in the user's browser can send requests to it.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::body;
use super::error::{ApiError, ApiResult};
use super::state::AppState;

const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; \
    connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Lets a request through or answers 401, 403 or 415.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let response = match check(&state, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    with_security_headers(response)
}

fn check(state: &AppState, request: &Request) -> ApiResult<()> {
    let headers = request.headers();
    let host = host(request).filter(|host| state.access.answers_to(host)).ok_or_else(|| {
        let found = headers.get(HOST).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let advice = state.access.name_for(found).map_or_else(String::new, |name| {
            format!("; if that is this machine, start it as `wirebrush serve --host {name}`")
        });
        foreign("host", format_args!("expected {}, found the host `{found}`{advice}", state.access.url()))
    })?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    check_origin(headers, host, reads)?;
    if !reads {
        check_form(headers)?;
    }
    let path = request.uri().path();
    let open = !path.starts_with("/api/") || matches!(path, "/api/health" | "/api/login");
    if open || state.access.admits(headers) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::UNAUTHORIZED,
        "login-required",
        "this server needs its token: log in first",
    ))
}

/// The one host a request names.
fn host(request: &Request) -> Option<&str> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    let agrees = request.uri().authority().is_none_or(|it| it.as_str() == host);
    (hosts.next().is_none() && agrees).then_some(host)
}

/// A page may only talk to the server that it came from. Programs send no origin.
fn check_origin(headers: &HeaderMap, host: &str, reads: bool) -> ApiResult<()> {
    let refuse = |found: &[u8]| {
        let found = found.escape_ascii();
        Err(foreign("origin", format_args!("expected a page of http://{host}, found one of `{found}`")))
    };
    let mut origins = headers.get_all(ORIGIN).iter();
    if let Some(origin) = origins.next() {
        let own = origin.to_str().ok().and_then(|it| it.strip_prefix("http://")) == Some(host);
        return if own && origins.next().is_none() { Ok(()) } else { refuse(origin.as_bytes()) };
    }
    // A picture in a foreign page comes without an origin; browsers say whose page it is.
    let site = headers.get("sec-fetch-site").map_or(b"none".as_slice(), HeaderValue::as_bytes);
    let mode = headers.get("sec-fetch-mode").map(HeaderValue::as_bytes);
    // A link to the editor may stand anywhere.
    let link = reads && mode == Some(b"navigate");
    if matches!(site, b"same-origin" | b"none") || link { Ok(()) } else { refuse(site) }
}

/// Forms are what any page may send anywhere; nothing here takes them.
fn check_form(headers: &HeaderMap) -> ApiResult<()> {
    match body::media_type(headers).as_deref() {
        Some(form @ ("application/x-www-form-urlencoded" | "multipart/form-data")) => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            format_args!("expected JSON or the bytes of a file, found {form}"),
        )),
        _ => Ok(()),
    }
}

fn foreign(what: &str, message: impl std::fmt::Display) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, format!("foreign-{what}"), message)
}

/// What an answer has not decided itself.
fn with_security_headers(mut response: Response) -> Response {
    let defaults = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in defaults {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
