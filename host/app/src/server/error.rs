//! The one way a request fails: a status, a stable code and a sentence.

use std::borrow::Cow;
use std::{fmt, io};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use wirebrush_graph::Problems;

use super::plugins::Consent;
use super::problem::{Problem, problems};
use crate::store::assets::AssetUse;

/// How many users of an asset a message names.
const NAMED: usize = 3;

/// What handlers give.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// A failed request.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    // A small error: handlers pass it on by value.
    body: Box<ErrorBody>,
}

/// Body of every answer whose status is 4xx or 5xx.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiError)]
pub(crate) struct ErrorBody {
    /// Stable name in kebab-case.
    #[schema(value_type = String)]
    code: Cow<'static, str>,
    /// A sentence for people.
    message: String,
    /// With `invalid-graph`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Problem>,
    /// With `conflict`: the version that is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_version: Option<i64>,
    /// With `consent-required`: what the user has to agree to.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<Consent>,
    /// With `in-use`: who names the asset, at most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    uses: Vec<AssetUse>,
}

impl ApiError {
    /// A failure with a code of its own.
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl fmt::Display,
    ) -> Self {
        let body = ErrorBody {
            code: code.into(),
            message: message.to_string(),
            problems: Vec::new(),
            current_version: None,
            consent: None,
            uses: Vec::new(),
        };
        Self { status, body: Box::new(body) }
    }

    /// 400.
    pub(crate) fn bad_request(code: &'static str, message: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 404; `what` is a noun with its name, such as ``graph `a1` ``.
    pub(crate) fn not_found(what: impl fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format_args!("there is no {what}"))
    }

    /// 409, with the version that is there now when it is about versions.
    pub(crate) fn conflict(message: impl fmt::Display, current_version: Option<i64>) -> Self {
        let mut error = Self::new(StatusCode::CONFLICT, "conflict", message);
        error.body.current_version = current_version;
        error
    }

    /// 409 with what the user has to agree to first.
    pub(crate) fn consent(consent: Consent) -> Self {
        let message = "the user has to agree first: send the request again with `confirm` of `consent`";
        let mut error = Self::new(StatusCode::CONFLICT, "consent-required", message);
        error.body.consent = Some(consent);
        error
    }

    /// 409 for an asset that somebody names.
    pub(crate) fn in_use(asset: &str, uses: Vec<AssetUse>) -> Self {
        let mut names: Vec<_> = uses.iter().take(NAMED).map(ToString::to_string).collect();
        if uses.len() > NAMED {
            names.push("more".to_owned());
        }
        let message = format_args!("asset `{asset}` is used by {}", names.join(", "));
        let mut error = Self::new(StatusCode::CONFLICT, "in-use", message);
        error.body.uses = uses;
        error
    }

    /// 413.
    pub(crate) fn too_large(what: &str, limit: u64) -> Self {
        let mib = limit >> 20;
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", format_args!("{what}: more than {mib} MiB"))
    }

    /// 422 with everything that is wrong with a graph.
    pub(crate) fn invalid_graph(found: &Problems) -> Self {
        let first = found.iter().find(|problem| problem.is_error()).or_else(|| found.iter().next());
        let message = match first {
            Some(problem) => format!("the graph cannot be used: {problem}"),
            None => "the graph cannot be used".to_owned(),
        };
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-graph", message);
        error.body.problems = problems(found);
        error
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.body.message)
    }
}

// So that a transaction can fail with one: `anyhow` carries it out, `From` takes it back.
impl std::error::Error for ApiError {}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        error.downcast().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            if is_disk_full(&error) {
                let message = "the disk with the data directory is full: nothing of this request was kept";
                return Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk-full", message);
            }
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", format_args!("{error:#}"))
        })
    }
}

fn is_disk_full(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let file = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let database = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
        matches!(file, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
            || database == Some(rusqlite::ErrorCode::DiskFull)
    })
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let full =
            anyhow::Error::new(io::Error::from(io::ErrorKind::StorageFull)).context("cannot write an asset");
        let database = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        let full_database = anyhow::Error::new(rusqlite::Error::SqliteFailure(database, None));
        let other = anyhow::Error::new(io::Error::from(io::ErrorKind::PermissionDenied));
        for (error, status, code) in [
            (full, StatusCode::INSUFFICIENT_STORAGE, "disk-full"),
            (full_database, StatusCode::INSUFFICIENT_STORAGE, "disk-full"),
            (other, StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        ] {
            let error = ApiError::from(error);
            assert_eq!((error.status, &*error.body.code), (status, code));
        }
    }
}
