//! A server that behaves like the Hugging Face hub: descriptions of repositories, files behind redirections to another
//! port, ranges, gates, and the faults that downloads have to stand.
//!
//! <https://huggingface.co/docs/hub/api>, and what `huggingface.co` answers to
//! `curl -I https://huggingface.co/openai/clip-vit-large-patch14/resolve/main/model.safetensors`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// The commit that every repository is at.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A hub on two ports of the loopback, until the test ends.
pub struct Hub {
    state: Arc<State>,
    /// What `HF_ENDPOINT` shall be.
    pub url: String,
}

/// A repository of the hub.
#[derive(Default)]
pub struct Repository {
    card: Json,
    token: Option<String>,
    status: Option<&'static str>,
    files: BTreeMap<String, HubFile>,
}

/// What is wrong with how a file is sent.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    /// The connection is cut after so many bytes, each time anew.
    pub cut_after: Option<usize>,
    /// The whole file is sent whatever part was asked for.
    pub ignores_ranges: bool,
    /// The last byte is another.
    pub wrong_byte: bool,
    /// So much time passes before every 16 KiB.
    pub pace: Duration,
    /// So many bytes fewer are there than the repository's description says.
    pub missing: usize,
    /// The repository's description says that there are so many bytes.
    pub described: Option<u64>,
    /// So many requests for the contents are answered with 503 first.
    pub busy: usize,
    /// Where a request is sent on to, in place of the storage.
    pub leads_to: Option<&'static str>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whether it came to the port that stores files.
    pub storage: bool,
    /// Path and query.
    pub path: String,
    /// The header `Range`.
    pub range: Option<String>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
}

struct HubFile {
    bytes: Vec<u8>,
    /// Large files lie on the other port and have a published hash.
    large: bool,
    faults: Faults,
}

struct State {
    repositories: Mutex<BTreeMap<String, Repository>>,
    asked: Mutex<Vec<Asked>>,
    storage: String,
}

impl Repository {
    /// A repository whose card states a license.
    pub fn new(license: &str) -> Self {
        Self { card: json!({ "license": license }), ..Self::default() }
    }

    /// States more on the card.
    #[must_use]
    pub fn card(mut self, card: Json) -> Self {
        self.card = card;
        self
    }

    /// Gives files only to who shows this token.
    #[must_use]
    pub fn gated(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Answers every question about the repository with this status.
    #[must_use]
    pub fn answers(mut self, status: &'static str) -> Self {
        self.status = Some(status);
        self
    }

    /// A small file, kept with the repository.
    #[must_use]
    pub fn small(self, name: &str, bytes: &[u8]) -> Self {
        self.with(name, bytes, false, Faults::default())
    }

    /// A large file, kept in the storage.
    #[must_use]
    pub fn large(self, name: &str, bytes: &[u8], faults: Faults) -> Self {
        self.with(name, bytes, true, faults)
    }

    fn with(mut self, name: &str, bytes: &[u8], large: bool, faults: Faults) -> Self {
        self.files.insert(name.to_owned(), HubFile { bytes: bytes.to_vec(), large, faults });
        self
    }
}

impl Hub {
    /// Starts a hub with these repositories.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(repositories: impl IntoIterator<Item = (&'static str, Repository)>) -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let (hub, storage) = (listen(), listen());
        let url = |it: &TcpListener| format!("http://{}", it.local_addr().expect("it has an address"));
        let repositories = repositories.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
        let state = Arc::new(State {
            repositories: Mutex::new(repositories),
            asked: Mutex::default(),
            storage: url(&storage),
        });
        let url = url(&hub);
        for (listener, is_storage) in [(hub, false), (storage, true)] {
            let state = state.clone();
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let state = state.clone();
                    // Whoever hangs up early gets no answer.
                    thread::spawn(move || state.answer(stream, is_storage));
                }
            });
        }
        Self { state, url }
    }

    /// Puts a repository in the place of another.
    ///
    /// # Panics
    /// When a request panicked.
    pub fn replace(&self, name: &str, repository: Repository) {
        self.state.repositories.lock().unwrap().insert(name.to_owned(), repository);
    }

    /// The requests until now.
    ///
    /// # Panics
    /// When a request panicked.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }
}

/// SHA-256 in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl State {
    fn answer(&self, stream: TcpStream, storage: bool) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut asked = Asked { storage, path: path.clone(), range: None, authorization: None };
        while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
            let Some((name, value)) = line.split_once(':') else { continue };
            match name.to_ascii_lowercase().as_str() {
                "range" => asked.range = Some(value.trim().to_owned()),
                "authorization" => asked.authorization = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        self.asked.lock().unwrap().push(asked.clone());
        if storage { self.store(stream, &asked) } else { self.hub(stream, &asked) }
    }

    fn hub(&self, mut stream: TcpStream, asked: &Asked) -> std::io::Result<()> {
        let path = asked.path.split('?').next().unwrap_or_default();
        let repositories = self.repositories.lock().unwrap();
        if let Some(name) = path.strip_prefix("/api/models/").and_then(|it| it.split_once("/revision/")) {
            return match repositories.get(name.0) {
                Some(Repository { status: Some(status), .. }) => head(&mut stream, status, &[], 0),
                Some(repository) => {
                    let body = repository.description(name.0).to_string();
                    head(&mut stream, "200 OK", &[("Content-Type", "application/json")], body.len())?;
                    stream.write_all(body.as_bytes())
                }
                // The hub tells nobody which repositories there are in secret.
                None => head(&mut stream, "401 Unauthorized", &[("X-Error-Code", "RepoNotFound")], 0),
            };
        }
        let found = path.trim_start_matches('/').split_once("/resolve/").and_then(|(name, rest)| {
            let (_, file) = rest.split_once('/')?;
            let repository = repositories.get(name)?;
            Some((repository, repository.files.get(&decoded(file)?)))
        });
        let Some((repository, file)) = found else {
            return head(&mut stream, "404 Not Found", &[("X-Error-Code", "RepoNotFound")], 0);
        };
        if let Some(token) = &repository.token {
            let gate = [("X-Error-Code", "GatedRepo")];
            match &asked.authorization {
                None => return head(&mut stream, "401 Unauthorized", &gate, 0),
                Some(shown) if *shown != format!("Bearer {token}") => {
                    return head(&mut stream, "403 Forbidden", &gate, 0);
                }
                Some(_) => {}
            }
        }
        let Some(file) = file else {
            return head(&mut stream, "404 Not Found", &[("X-Error-Code", "EntryNotFound")], 0);
        };
        let etag = format!("\"{}\"", sha256(&file.bytes));
        if !file.large {
            return send(stream, file, asked.range.as_deref(), &[("X-Repo-Commit", COMMIT), ("ETag", &etag)]);
        }
        let stored = format!("{}/{}?signature=a%2Fb", self.storage, sha256(&file.bytes));
        let location = file.faults.leads_to.map_or(stored, str::to_owned);
        let size = file.bytes.len().to_string();
        let headers = [
            ("Location", location.as_str()),
            ("X-Repo-Commit", COMMIT),
            ("X-Linked-Etag", &etag),
            ("X-Linked-Size", &size),
        ];
        head(&mut stream, "302 Found", &headers, 0)
    }

    fn store(&self, mut stream: TcpStream, asked: &Asked) -> std::io::Result<()> {
        let hash = asked.path.trim_start_matches('/').split('?').next().unwrap_or_default();
        let found = self.repositories.lock().unwrap();
        let files = found.values().flat_map(|repository| repository.files.values());
        let copy = files.filter(|file| sha256(&file.bytes) == hash).map(HubFile::copy).next();
        drop(found);
        let before =
            self.asked.lock().unwrap().iter().filter(|it| it.storage && it.path == asked.path).count();
        match copy {
            Some(file) if before <= file.faults.busy => head(&mut stream, "503 Service Unavailable", &[], 0),
            Some(file) => send(stream, &file, asked.range.as_deref(), &[]),
            None => head(&mut stream, "404 Not Found", &[], 0),
        }
    }
}

impl Repository {
    fn description(&self, name: &str) -> Json {
        let siblings = self.files.iter().map(|(file, contents)| {
            let size = contents.faults.described.unwrap_or(contents.bytes.len() as u64);
            let mut sibling = json!({ "rfilename": file, "size": size, "blobId": "0123" });
            if contents.large {
                let sha256 = sha256(&contents.bytes);
                sibling["lfs"] = json!({ "sha256": sha256, "size": size, "pointerSize": 135 });
            }
            sibling
        });
        json!({
            "id": name, "sha": COMMIT, "gated": self.token.as_ref().map_or(json!(false), |_| json!("auto")),
            "cardData": self.card, "siblings": siblings.collect::<Vec<_>>(),
        })
    }
}

impl HubFile {
    fn copy(&self) -> Self {
        Self { bytes: self.bytes.clone(), large: self.large, faults: self.faults }
    }
}

fn send(
    mut stream: TcpStream,
    file: &HubFile,
    range: Option<&str>,
    headers: &[(&str, &str)],
) -> std::io::Result<()> {
    let total = file.bytes.len() - file.faults.missing;
    let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let from = from.filter(|_| !file.faults.ignores_ranges);
    let mut headers = headers.to_vec();
    let content_range = format!("bytes {}-{}/{total}", from.unwrap_or(0), total.saturating_sub(1));
    let status = match from {
        Some(from) if from >= total => {
            let unsatisfied = format!("bytes */{total}");
            headers.push(("Content-Range", &unsatisfied));
            return head(&mut stream, "416 Range Not Satisfiable", &headers, 0);
        }
        Some(_) => {
            headers.push(("Content-Range", &content_range));
            "206 Partial Content"
        }
        None => "200 OK",
    };
    let mut body = file.bytes[from.unwrap_or(0)..total].to_vec();
    if let Some(last) = body.last_mut().filter(|_| file.faults.wrong_byte) {
        *last ^= 1;
    }
    head(&mut stream, status, &headers, body.len())?;
    body.truncate(file.faults.cut_after.unwrap_or(body.len()));
    for piece in body.chunks(16 << 10) {
        thread::sleep(file.faults.pace);
        stream.write_all(piece)?;
    }
    Ok(())
}

/// A path of a URL without `%20` and the like.
fn decoded(path: &str) -> Option<String> {
    let mut pieces = path.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

fn head(
    stream: &mut TcpStream,
    status: &str,
    headers: &[(&str, &str)],
    length: usize,
) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{text}\r\n").as_bytes())
}
