//! One file from a hub: goes on where an earlier attempt was cut off, can be stopped, and is whole only with the right
//! hash.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use ureq::Agent;
use ureq::http::{HeaderMap, Uri};
use wirebrush_engine::CancelToken;

use super::{Hub, HubFile};
use crate::exit::{Cancelled, WrongUse};
use crate::models::hashes::{Hasher, Hashes};

/// Longest time until a server answers, and between two pieces of what it sends.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often waiting for a server is interrupted to look at the switch.
const LOOK: Duration = Duration::from_millis(50);
const REDIRECTS: u32 = 5;
/// How often a connection that brought nothing is tried again.
const TRIES: u32 = 5;
/// Bytes read at once, and how many such pieces may wait to be written.
const PIECE: usize = 256 << 10;
const WAITING: usize = 16;

/// Downloads `file` into `part`, which may hold the beginning of it; `tell` hears how many bytes are there.
///
/// What fails or is stopped leaves `part` to go on from; it is for the caller to give the whole file its name.
///
/// # Errors
/// When the hub refuses the file, the connection breaks again and again, nothing can be written, or the contents have
/// another hash: then `part` is removed. [`Cancelled`].
pub(crate) fn download(
    hub: &Hub,
    (repo, commit): (&str, &str),
    file: &HubFile,
    part: &Path,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> Result<Hashes> {
    let mut part = Part::open(part, file.bytes, cancel, tell)?;
    let url = hub.url(repo, commit, &file.name);
    let mut failures = 0;
    while part.bytes < file.bytes {
        let before = part.bytes;
        let ended = attempt(hub, &url, &mut part, file.bytes, cancel, tell);
        let why = match ended {
            Ok(()) => None,
            Err(Ended::Refused(status, reason)) => {
                return Err(refused(hub, repo, Some(&file.name), status, reason.as_deref()).into());
            }
            Err(Ended::Failed(error)) => return Err(error),
            Err(Ended::Broken(why)) => Some(why),
        };
        failures = if part.bytes > before { 0 } else { failures + 1 };
        if failures == TRIES {
            let why = why.unwrap_or_else(|| "the connection was closed".to_owned());
            bail!("{url}: {why}; the same command goes on from here ({} bytes)", part.bytes);
        }
        if part.bytes < file.bytes {
            wait(Duration::from_millis(100 << failures), cancel)?;
        }
    }
    part.finish(file)
}

/// A file that is not whole yet.
struct Part<'a> {
    path: &'a Path,
    file: File,
    bytes: u64,
    hasher: Hasher,
}

impl<'a> Part<'a> {
    /// Opens what is there and reads it, for its hash. Nobody else can write to it meanwhile.
    fn open(path: &'a Path, limit: u64, cancel: &CancelToken, tell: &mut dyn FnMut(u64)) -> Result<Self> {
        let at = || format!("cannot write {}", path.display());
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).with_context(at)?;
        let file = OpenOptions::new().create(true).read(true).append(true).open(path).with_context(at)?;
        file.try_lock().map_err(|_| anyhow!("{}: another download is writing it", path.display()))?;
        let mut part = Self { path, file, bytes: 0, hasher: Hasher::default() };
        if part.file.metadata().with_context(at)?.len() > limit {
            part.restart()?;
        }
        let mut buffer = vec![0; PIECE];
        loop {
            if cancel.is_cancelled() {
                return Err(Cancelled.into());
            }
            match part.file.read(&mut buffer).with_context(at)? {
                0 => return Ok(part),
                read => {
                    part.hasher.update(&buffer[..read]);
                    part.bytes += read as u64;
                    tell(part.bytes);
                }
            }
        }
    }

    fn append(&mut self, piece: &[u8]) -> Result<()> {
        self.file.write_all(piece).with_context(|| format!("cannot write {}", self.path.display()))?;
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.with_context(|| format!("cannot write {}", self.path.display()))?;
        (self.bytes, self.hasher) = (0, Hasher::default());
        Ok(())
    }

    fn finish(self, expected: &HubFile) -> Result<Hashes> {
        self.file.sync_all().with_context(|| format!("cannot write {}", self.path.display()))?;
        let hashes = self.hasher.finish();
        match &expected.sha256 {
            Some(sha256) if *sha256 != hashes.sha256 => {
                std::fs::remove_file(self.path)
                    .with_context(|| format!("cannot remove {}", self.path.display()))?;
                bail!(
                    "{}: expected sha256 {sha256}, found {}: what came was thrown away",
                    expected.name,
                    hashes.sha256
                );
            }
            _ => Ok(hashes),
        }
    }
}

/// Why an attempt ended before the file was whole.
enum Ended {
    /// The hub said no; another attempt would not help.
    Refused(u16, Option<String>),
    /// The connection failed; another attempt may go on.
    Broken(String),
    /// Something here failed.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// What the thread that talks to the server tells.
enum Told {
    /// The answer begins at this byte.
    Start(u64),
    Piece(Vec<u8>),
    Ended(Result<(), Ended>),
}

fn attempt(
    hub: &Hub,
    url: &str,
    part: &mut Part<'_>,
    total: u64,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> Result<(), Ended> {
    let (send, receive) = mpsc::sync_channel(WAITING);
    let (url, from) = (url.to_owned(), part.bytes);
    let token = hub.token.as_ref().map(|token| token.secret.clone());
    // Left to itself when the switch is thrown: its next message finds nobody, and it ends.
    thread::spawn(move || {
        let ended = fetch(&url, token.as_deref(), from, &send);
        let _ = send.send(Told::Ended(ended));
    });
    loop {
        match hear(&receive, cancel)? {
            Told::Start(at) if at == part.bytes => {}
            // A server that sends the file from its beginning is taken at its word.
            Told::Start(0) => part.restart()?,
            Told::Start(at) => {
                return Err(Ended::Broken(format!("asked for byte {}, got byte {at}", part.bytes)));
            }
            Told::Piece(piece) => {
                if part.bytes + piece.len() as u64 > total {
                    part.restart()?;
                    return Err(Ended::Broken(format!("expected {total} bytes, more came")));
                }
                part.append(&piece)?;
                tell(part.bytes);
            }
            Told::Ended(ended) => return ended,
        }
    }
}

fn hear(receive: &Receiver<Told>, cancel: &CancelToken) -> Result<Told, Ended> {
    loop {
        if cancel.is_cancelled() {
            return Err(Ended::Failed(Cancelled.into()));
        }
        match receive.recv_timeout(LOOK) {
            Ok(told) => return Ok(told),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(Ended::Broken("the request ended without an answer".to_owned()));
            }
        }
    }
}

/// Asks for a file from a byte on and hands over what comes. Redirections are followed here: the token stays with the
/// server it is for, down to the port.
fn fetch(url: &str, token: Option<&str>, from: u64, send: &SyncSender<Told>) -> Result<(), Ended> {
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
                at = next.ok_or_else(|| Ended::Broken(format!("HTTP {status} without a place to go")))?;
            }
            200 | 206 => {
                let start = if status == 206 { start_of(answer.headers()).unwrap_or(from) } else { 0 };
                let told = send.send(Told::Start(start)).is_ok();
                return if told { hand_over(answer, send) } else { Ok(()) };
            }
            // What is here is not the beginning of what is there.
            416 => {
                let _ = send.send(Told::Start(0));
                return Err(Ended::Broken("HTTP 416".to_owned()));
            }
            408 | 429 | 500.. => return Err(Ended::Broken(format!("HTTP {status}"))),
            _ => return Err(Ended::Refused(status, reason(answer.headers()))),
        }
    }
    Err(Ended::Broken(format!("more than {REDIRECTS} redirections")))
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
    if location.contains("://") {
        return location.parse().ok();
    }
    let path = location.strip_prefix('/')?;
    format!("{}://{}/{path}", at.scheme_str()?, at.authority()?).parse().ok()
}

/// The first byte of `Content-Range: bytes 5-9/10`.
fn start_of(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get("Content-Range")?.to_str().ok()?.strip_prefix("bytes ")?;
    range.split('-').next()?.trim().parse().ok()
}

/// What the hub calls a refusal: `GatedRepo`, `RepoNotFound`, `EntryNotFound`, `RevisionNotFound`.
pub(super) fn reason(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("X-Error-Code")?.to_str().ok()?.to_owned())
}

/// What a refusal means and what to do about it.
pub(crate) fn refused(
    hub: &Hub,
    repo: &str,
    file: Option<&str>,
    status: u16,
    reason: Option<&str>,
) -> WrongUse {
    let page = hub.page(repo);
    let give = format!(
        "make one at {}/settings/tokens and give it as HF_TOKEN, or with `hf auth login`",
        hub.endpoint
    );
    let what = file.map_or_else(|| repo.to_owned(), |file| format!("{file} of {repo}"));
    WrongUse(match (status, &hub.token) {
        (401 | 403, Some(token)) if status == 403 || reason == Some("GatedRepo") => format!(
            "{what}: this model is given out only to who has agreed to its terms; visit {page}, agree there with the \
             account of your token (from {}), and try again; the token must be allowed to read gated repositories",
            token.from
        ),
        (401, Some(token)) => format!(
            "{what}: the hub does not accept the token from {}, or there is no such repository; {give}",
            token.from
        ),
        (401 | 403, None) => format!(
            "{what}: this model is given out only to who has agreed to its terms, or does not exist; visit {page}, log in \
             and agree; then the hub must know you by a token: {give}"
        ),
        (404, _) => match (reason, file) {
            (Some("RepoNotFound"), _) | (_, None) => {
                format!("{repo}: there is no such repository at {}", hub.endpoint)
            }
            _ => format!("{what}: there is no such file; {page}/tree/main lists them"),
        },
        _ => format!("{what}: the hub answered HTTP {status}"),
    })
}

fn wait(time: Duration, cancel: &CancelToken) -> Result<()> {
    let until = Instant::now() + time;
    while Instant::now() < until {
        if cancel.is_cancelled() {
            return Err(Cancelled.into());
        }
        thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_leads_to_another_server_or_another_path_of_this_one() {
        let at: Uri = "https://hub.example/a/resolve/main/f?x=1".parse().unwrap();
        assert_eq!(join(&at, "/b/f").unwrap(), "https://hub.example/b/f");
        assert_eq!(join(&at, "https://cdn.example/f?sig=a%2Fb").unwrap(), "https://cdn.example/f?sig=a%2Fb");
        assert_eq!(join(&at, "f"), None);
    }

    #[test]
    fn another_port_is_another_server() {
        let parse = |text: &str| text.parse::<Uri>().unwrap();
        assert!(is_same_server(&parse("http://a:1/x"), &parse("http://a:1/y")));
        assert!(!is_same_server(&parse("http://a:1/x"), &parse("http://a:2/x")));
        assert!(!is_same_server(&parse("https://a/x"), &parse("http://a/x")));
    }

    #[test]
    fn a_range_begins_where_its_header_says() {
        let mut headers = HeaderMap::new();
        assert_eq!(start_of(&headers), None);
        headers.insert("Content-Range", "bytes 5-9/10".parse().unwrap());
        assert_eq!(start_of(&headers), Some(5));
    }
}
