//! One request for the rest of a file: redirections, who sees the token, what an answer says of itself.

use std::io::Read;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use anyhow::anyhow;
use ureq::Agent;
use ureq::http::{HeaderMap, Uri};

use super::refusal::reason;

/// Longest time until a server answers, and between two pieces of what it sends.
const PATIENCE: Duration = Duration::from_secs(30);
const REDIRECTS: u32 = 5;
/// Bytes read at once.
pub(super) const PIECE: usize = 256 << 10;
/// The longest that a server's wish to be left alone is heeded.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Why an attempt ended before the file was whole.
pub(super) enum Ended {
    /// The hub said no; another attempt would not help.
    Refused(u16, Option<String>),
    /// The connection failed; another attempt may go on.
    Broken(String),
    /// The hub asks to wait so long before another attempt.
    Later(String, Duration),
    /// Something here failed.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// What the thread that talks to the server tells.
pub(super) enum Told {
    /// Where in the file the answer begins, and how long the file is there, when the answer tells.
    Start(u64, Option<u64>),
    Piece(Vec<u8>),
    Ended(Result<(), Ended>),
}

/// Asks for a file from a byte on and hands over what comes. Redirections are followed here: the token stays with the
/// server it is for, down to the port.
pub(super) fn fetch(url: &str, token: Option<&str>, from: u64, send: &SyncSender<Told>) -> Result<(), Ended> {
    let broken = |error: ureq::Error| Ended::Broken(error.to_string());
    let agent = agent(url);
    let first: Uri = url.parse().map_err(|error| Ended::Failed(anyhow!("{url}: {error}")))?;
    let mut at = first.clone();
    for _ in 0..=REDIRECTS {
        let mut request = agent.get(at.clone()).header("Range", format!("bytes={from}-"));
        if let Some(token) = token.filter(|_| is_same_server(&first, &at)) {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let answer = request.call().map_err(broken)?;
        let status = answer.status().as_u16();
        match status {
            301 | 302 | 303 | 307 | 308 => {
                let location = answer.headers().get("Location").and_then(|it| it.to_str().ok());
                let next = location.and_then(|location| join(&at, location));
                at = next.ok_or_else(|| {
                    let place = location.unwrap_or("nowhere").escape_debug();
                    Ended::Failed(anyhow!("{url}: redirected to {place}, expected an http or https address"))
                })?;
            }
            200 | 206 => {
                let (start, there) = match status {
                    206 => range_of(answer.headers()).unwrap_or((from, None)),
                    _ => (0, length_of(answer.headers())),
                };
                let told = send.send(Told::Start(start, there)).is_ok();
                return if told { hand_over(answer, send) } else { Ok(()) };
            }
            // What is here is not the beginning of what is there.
            416 => {
                let there = range_of(answer.headers()).and_then(|(_, there)| there);
                let _ = send.send(Told::Start(0, there));
                return Err(Ended::Broken("HTTP 416".to_owned()));
            }
            408 | 429 | 500.. => return Err(Ended::Later(format!("HTTP {status}"), rest(answer.headers()))),
            _ => return Err(Ended::Refused(status, reason(answer.headers()))),
        }
    }
    Err(Ended::Failed(anyhow!("{url}: more than {REDIRECTS} redirections")))
}

fn hand_over(answer: ureq::http::Response<ureq::Body>, send: &SyncSender<Told>) -> Result<(), Ended> {
    let mut reader = answer.into_body().into_with_config().limit(u64::MAX).reader();
    loop {
        let mut piece = vec![0; PIECE];
        match reader.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                piece.truncate(read);
                if send.send(Told::Piece(piece)).is_err() {
                    return Ok(());
                }
            }
            Err(error) => return Err(Ended::Broken(error.to_string())),
        }
    }
}

fn agent(url: &str) -> Agent {
    let config = Agent::config_builder()
        // Who asked for an encrypted transfer is not led away from it.
        .https_only(url.starts_with("https:"))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .user_agent(concat!("wirebrush/", env!("CARGO_PKG_VERSION")));
    config.build().new_agent()
}

fn is_same_server(a: &Uri, b: &Uri) -> bool {
    (a.scheme_str(), a.authority()) == (b.scheme_str(), b.authority())
}

/// Where a redirection leads: another server, or another path of this one.
fn join(at: &Uri, location: &str) -> Option<Uri> {
    if location.starts_with("http://") || location.starts_with("https://") {
        return location.parse().ok();
    }
    let path = location.strip_prefix('/').filter(|path| !path.starts_with('/'))?;
    format!("{}://{}/{path}", at.scheme_str()?, at.authority()?).parse().ok()
}

/// The first byte of `Content-Range: bytes 5-9/10` and how many there are in all; `bytes */10` begins nowhere.
fn range_of(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let (range, total) = text(headers, "Content-Range")?.strip_prefix("bytes ")?.split_once('/')?;
    let total = total.trim().parse().ok();
    match range.trim() {
        "*" => Some((0, total)),
        range => Some((range.split('-').next()?.trim().parse().ok()?, total)),
    }
}

fn length_of(headers: &HeaderMap) -> Option<u64> {
    text(headers, "Content-Length")?.trim().parse().ok()
}

/// How long the server asks to be left alone: seconds; a date would be as good as none.
fn rest(headers: &HeaderMap) -> Duration {
    let seconds = text(headers, "Retry-After").and_then(|it| it.trim().parse().ok()).unwrap_or(0);
    Duration::from_secs(seconds).min(LONGEST_REST)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_leads_to_another_server_or_another_path_of_this_one() {
        let at: Uri = "https://hub.example/a/resolve/main/f?x=1".parse().unwrap();
        assert_eq!(join(&at, "/b/f").unwrap(), "https://hub.example/b/f");
        assert_eq!(join(&at, "https://cdn.example/f?sig=a%2Fb").unwrap(), "https://cdn.example/f?sig=a%2Fb");
        assert_eq!(join(&at, "/b?next=http://c/").unwrap(), "https://hub.example/b?next=http://c/");
        assert_eq!(join(&at, "f"), None);
        assert_eq!(join(&at, "//elsewhere.example/f"), None);
        assert_eq!(join(&at, "file:///etc/passwd"), None);
    }

    #[test]
    fn another_port_is_another_server() {
        let parse = |text: &str| text.parse::<Uri>().unwrap();
        assert!(is_same_server(&parse("http://a:1/x"), &parse("http://a:1/y")));
        assert!(!is_same_server(&parse("http://a:1/x"), &parse("http://a:2/x")));
        assert!(!is_same_server(&parse("https://a/x"), &parse("http://a/x")));
    }

    #[test]
    fn a_range_says_where_it_begins_and_how_long_the_file_is() {
        let range = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("Content-Range", value.parse().unwrap());
            range_of(&headers)
        };
        // RFC 9110, 14.4.
        assert_eq!(range("bytes 42-1233/1234"), Some((42, Some(1234))));
        assert_eq!(range("bytes 42-1233/*"), Some((42, None)));
        assert_eq!(range("bytes */1234"), Some((0, Some(1234))));
        assert_eq!(range("pages 1-2/3"), None);
        assert_eq!(range_of(&HeaderMap::new()), None);
    }

    #[test]
    fn a_server_is_left_alone_as_long_as_it_asks_but_not_for_ever() {
        let after = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("Retry-After", value.parse().unwrap());
            rest(&headers)
        };
        assert_eq!(after("3"), Duration::from_secs(3));
        assert_eq!(after("86400"), LONGEST_REST);
        assert_eq!(after("Fri, 31 Dec 1999 23:59:59 GMT"), Duration::ZERO);
    }
}
