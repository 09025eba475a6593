//! Reads requests: bodies within limits, parameters; what is wrong becomes an [`ApiError`].

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::error::{ApiError, ApiResult};
use super::wording;

/// Bytes of a JSON body without a graph.
pub(crate) const SMALL: usize = 1 << 20;
/// Bytes of a JSON body with a graph: a graph of a thousand nodes has about 300 KiB.
pub(crate) const GRAPH: usize = 4 << 20;
/// Bytes of an uploaded file.
pub(crate) const UPLOAD: u64 = 256 << 20;

/// Bytes that are read beyond a limit, only to be able to answer.
const PATIENCE: u64 = 64 << 20;

/// A JSON body of at most `LIMIT` bytes.
pub(crate) struct Json<T, const LIMIT: usize = SMALL>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync, const LIMIT: usize> FromRequest<S> for Json<T, LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        let media_type = media_type(request.headers());
        if media_type.as_deref() != Some("application/json") {
            let found = media_type.unwrap_or_else(|| "none".to_owned());
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                format_args!("expected Content-Type application/json, found {found}"),
            ));
        }
        let bytes = whole(request, LIMIT).await?;
        wording::json(&bytes).map(Self)
    }
}

/// A body, piece by piece, that ends with 413 when it is larger than its limit.
pub(crate) struct Chunks {
    body: Body,
    left: u64,
    limit: u64,
}

impl Chunks {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// 413 when the request says itself that it is too large.
    pub(crate) async fn new(request: Request, limit: u64) -> ApiResult<Self> {
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|it| it.to_str().ok()).and_then(|it| it.parse::<u64>().ok());
        // Who asks first need not send anything to be told; who means to send much more is not listened to.
        let hurried =
            request.headers().contains_key(EXPECT) || length.is_some_and(|it| it > limit + PATIENCE);
        let mut chunks = Self { body: request.into_body(), left: limit, limit };
        match length {
            Some(length) if length > limit && hurried => Err(ApiError::too_large("body", limit)),
            Some(length) if length > limit => Err(chunks.refuse().await),
            _ => Ok(chunks),
        }
    }

    /// The next piece.
    ///
    /// # Errors
    /// 413 when there is more than the limit, 400 when the connection broke.
    pub(crate) async fn next(&mut self) -> ApiResult<Option<Bytes>> {
        let Some(data) = self.data().await? else { return Ok(None) };
        match self.left.checked_sub(data.len() as u64) {
            Some(left) => self.left = left,
            None => return Err(self.refuse().await),
        }
        Ok(Some(data))
    }

    async fn data(&mut self) -> ApiResult<Option<Bytes>> {
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await {
            let frame = frame.map_err(|error| ApiError::bad_request("broken-body", error))?;
            // What is no data is a trailer, which nobody here needs.
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// Reads on for a while without keeping anything: a client that is cut off while it sends never sees the answer.
    async fn refuse(&mut self) -> ApiError {
        let mut patience = self.left + PATIENCE;
        while let Ok(Some(data)) = self.data().await {
            match patience.checked_sub(data.len() as u64) {
                Some(left) => patience = left,
                None => break,
            }
        }
        ApiError::too_large("body", self.limit)
    }
}

/// The whole body.
///
/// # Errors
/// As [`Chunks`].
pub(crate) async fn whole(request: Request, limit: usize) -> ApiResult<Vec<u8>> {
    let mut chunks = Chunks::new(request, limit as u64).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The media type of a body in lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Parameters behind the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| ApiError::bad_request("malformed-query", wording::query(&error, &parts.uri)))
    }
}

/// Parameters inside the path, percent-decoded.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(value)| Self(value))
            .map_err(|error| ApiError::bad_request("malformed-path", wording::path(&error)))
    }
}
