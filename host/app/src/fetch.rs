//! Files from where the user said they are: a path, or an http or https URL. Besides the download of models ([`hub`](crate::hub))
//! nothing in Wirebrush uses the network as a client, and nothing is fetched that the user did not name.

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use tempfile::{NamedTempFile, TempPath};
use ureq::http::header::{ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use ureq::http::{Response, StatusCode};
use ureq::tls::{PemItem, TlsConfig, parse_pem};
use ureq::{Agent, Body};

/// Longest time until a server answers, and between two pieces of what it sends.
const PATIENCE: Duration = Duration::from_secs(30);
const REDIRECTS: u32 = 5;
/// The variable that names a file of certificates.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this machine.
    File(PathBuf),
    /// On a web server.
    Url(String),
}

impl Place {
    /// A URL when it begins as one, else a path.
    pub(crate) fn parse(text: &str) -> Self {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("http" | "https") => Self::Url(text.to_owned()),
            _ => Self::File(PathBuf::from(text)),
        }
    }

    /// Another place, as a document at this one names it: a URL, or a path relative to the document.
    pub(crate) fn join(&self, other: &str) -> Self {
        match (Self::parse(other), self) {
            (Self::Url(url), _) => Self::Url(url),
            (Self::File(path), Self::File(document)) => {
                Self::File(document.parent().unwrap_or(Path::new("")).join(path))
            }
            (Self::File(_), Self::Url(document)) => {
                let document = document.split(['?', '#']).next().unwrap_or_default();
                let host = document.find("://").map_or(0, |at| at + 3);
                let folder = document[host..].rfind('/').map_or(document.len(), |at| host + at);
                Self::Url(format!("{}/{other}", &document[..folder]))
            }
        }
    }

    /// The whole text.
    ///
    /// # Errors
    /// When it cannot be had, is larger than `limit` bytes, or is no UTF-8.
    pub(crate) fn text(&self, limit: u64) -> Result<String> {
        let mut bytes = Vec::new();
        self.copy(&mut bytes, limit)?;
        String::from_utf8(bytes).with_context(|| format!("{self}: expected UTF-8"))
    }

    /// Copies the file to a temporary one.
    ///
    /// # Errors
    /// When it cannot be had or is larger than `limit` bytes.
    pub(crate) fn download(&self, limit: u64) -> Result<TempPath> {
        let mut file = NamedTempFile::new().context("temporary file")?;
        self.copy(file.as_file_mut(), limit)?;
        Ok(file.into_temp_path())
    }

    fn copy(&self, to: &mut impl Write, limit: u64) -> Result<()> {
        let reader: Box<dyn Read> = match self {
            Self::File(path) => Box::new(File::open(path).with_context(|| self.to_string())?),
            Self::Url(url) => Box::new(body(ask(url, &Validators::default())?)),
        };
        copy_at_most(reader, to, limit, &self.to_string())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => url.fmt(f),
        }
    }
}

/// A file that is larger than its reader takes.
#[derive(Debug, thiserror::Error)]
#[error("{name}: expected at most {limit} bytes, found more")]
pub(crate) struct TooLarge {
    /// Where it is.
    pub(crate) name: String,
    /// How many bytes are taken.
    pub(crate) limit: u64,
}

/// What a server says of a text, to be asked whether it is still the same ([RFC 9110], 13.1).
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-13.1
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Validators {
    etag: Option<String>,
    last_modified: Option<String>,
}

/// The text at a URL, or `None` when it is the one that the server said `known` of.
///
/// # Errors
/// As [`Place::text`].
pub(crate) fn text_unless_same(
    url: &str,
    limit: u64,
    known: &Validators,
) -> Result<Option<(String, Validators)>> {
    let answer = ask(url, known)?;
    if answer.status() == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let header = |name: HeaderName| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
    let validators = Validators { etag: header(ETAG), last_modified: header(LAST_MODIFIED) };
    let mut bytes = Vec::new();
    copy_at_most(body(answer), &mut bytes, limit, url)?;
    let text = String::from_utf8(bytes).with_context(|| format!("{url}: expected UTF-8"))?;
    Ok(Some((text, validators)))
}

fn copy_at_most(from: impl Read, to: &mut impl Write, limit: u64, name: &str) -> Result<()> {
    let copied = std::io::copy(&mut from.take(limit + 1), to).with_context(|| name.to_owned())?;
    if copied > limit {
        return Err(TooLarge { name: name.to_owned(), limit }.into());
    }
    Ok(())
}

/// The bytes of an answer. The caller counts what comes.
fn body(answer: Response<Body>) -> impl Read + use<> {
    answer.into_body().into_with_config().limit(u64::MAX).reader()
}

fn ask(url: &str, known: &Validators) -> Result<Response<Body>> {
    let config = Agent::config_builder()
        .tls_config(tls()?)
        // Who asked for an encrypted transfer is not led away from it.
        .https_only(url.to_ascii_lowercase().starts_with("https:"))
        .max_redirects(REDIRECTS)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .user_agent(concat!("wirebrush/", env!("CARGO_PKG_VERSION")))
        .build();
    let mut request = config.new_agent().get(url);
    for (name, value) in [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    request.call().with_context(|| format!("cannot fetch {url}"))
}

/// Whom https servers have to be known to: the authorities that browsers trust, or those of the file that
/// `SSL_CERT_FILE` names, as other programs take it; for networks with an authority of their own.
fn tls() -> Result<TlsConfig> {
    let config = TlsConfig::builder();
    let Some(path) = std::env::var_os(CERTIFICATES).filter(|path| !path.is_empty()) else {
        return Ok(config.build());
    };
    let at = || format!("{CERTIFICATES}: {}", Path::new(&path).display());
    let pem = std::fs::read(&path).with_context(at)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.with_context(at)? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        bail!("{}: expected certificates in PEM, found none", at());
    }
    Ok(config.root_certs(certificates.into()).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_join(document: &str, other: &str, expected: &str) {
        assert_eq!(Place::parse(document).join(other).to_string(), expected);
    }

    #[test]
    fn a_relative_place_is_beside_the_document_that_names_it() {
        check_join("https://acme.org/wb/index.json", "tone.wbplugin", "https://acme.org/wb/tone.wbplugin");
        check_join("http://acme.org/index.json?a=/b#c/d", "x/t.wbplugin", "http://acme.org/x/t.wbplugin");
        check_join("http://acme.org", "tone.wbplugin", "http://acme.org/tone.wbplugin");
        check_join("shop/index.json", "tone.wbplugin", "shop/tone.wbplugin");
        check_join("index.json", "tone.wbplugin", "tone.wbplugin");
        check_join("shop/index.json", "https://acme.org/a", "https://acme.org/a");
        check_join("https://acme.org/index.json", "HTTP://b.org/a", "HTTP://b.org/a");
    }

    #[test]
    fn no_more_is_read_than_the_limit() {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let place = Place::File(file.path().to_owned());
        assert_eq!(place.text(10).unwrap(), "0123456789");
        assert_eq!(std::fs::read(place.download(10).unwrap()).unwrap(), b"0123456789");
        for error in [place.text(9).unwrap_err(), place.download(9).unwrap_err()] {
            assert!(error.to_string().ends_with("expected at most 9 bytes, found more"), "{error}");
        }
    }
}
