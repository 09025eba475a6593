//! What the server answered.

use serde_json::Value as Json;
use ureq::Body;
use ureq::http::{HeaderMap, Response};

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.into_with_config().limit(1 << 30).read_to_vec().expect("the body comes whole");
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }
}
