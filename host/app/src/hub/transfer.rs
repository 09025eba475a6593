//! One file from a hub: goes on where an earlier attempt was cut off, can be stopped, and is whole only with the right
//! hash.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use wirebrush_engine::CancelToken;

use super::refusal::refused;
use super::request::{Ended, PIECE, Told, fetch};
use super::{Hub, HubFile};
use crate::exit::Cancelled;
use crate::models::hashes::{Hasher, Hashes};

/// How often waiting for a server is interrupted to look at the switch.
const LOOK: Duration = Duration::from_millis(50);
/// How often a connection that brought nothing is tried again.
const TRIES: u32 = 5;
/// How many pieces may wait to be written.
const WAITING: usize = 16;

/// Downloads `file` into `part`, which may hold the beginning of it; `tell` hears how many bytes are there.
///
/// What fails or is stopped leaves `part` to go on from, unless nothing has come; it is for the caller to give the whole file its name.
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
    if let Err(error) = fill(&mut part, hub, (repo, commit), file, cancel, tell) {
        if part.bytes == 0 {
            // What stays is found to be empty when somebody goes on with it.
            let _ = std::fs::remove_file(part.path);
        }
        return Err(error);
    }
    part.finish(file)
}

/// Asks for what is missing until all of it is there.
fn fill(
    part: &mut Part<'_>,
    hub: &Hub,
    (repo, commit): (&str, &str),
    file: &HubFile,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> Result<()> {
    let url = hub.url(repo, commit, &file.name);
    // What a server sends once more is nothing new: one that always begins anew would be asked for ever.
    let (mut failures, mut most) = (0, part.bytes);
    while part.bytes < file.bytes {
        let (why, rest) = match attempt(hub, &url, part, file.bytes, cancel, tell) {
            Ok(()) => ("the connection was closed".to_owned(), Duration::ZERO),
            Err(Ended::Refused(status, reason)) => {
                return Err(refused(hub, repo, Some(&file.name), status, reason.as_deref()).into());
            }
            Err(Ended::Failed(error)) => return Err(error),
            Err(Ended::Broken(why)) => (why, Duration::ZERO),
            Err(Ended::Later(why, rest)) => (why, rest),
        };
        failures = if part.bytes > most { 0 } else { failures + 1 };
        most = most.max(part.bytes);
        if failures == TRIES {
            bail!("{url}: {why}; the same command goes on from here ({} bytes)", part.bytes);
        }
        if part.bytes < file.bytes {
            wait(rest.max(Duration::from_millis(100 << failures)), cancel)?;
        }
    }
    Ok(())
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

fn attempt(
    hub: &Hub,
    url: &str,
    part: &mut Part<'_>,
    total: u64,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> Result<(), Ended> {
    let (send, receive) = mpsc::sync_channel(WAITING);
    let (address, from) = (url.to_owned(), part.bytes);
    let token = hub.token.as_ref().map(|token| token.secret.clone());
    // Left to itself when the switch is thrown: its next message finds nobody, and it ends.
    thread::spawn(move || {
        let ended = fetch(&address, token.as_deref(), from, &send);
        let _ = send.send(Told::Ended(ended));
    });
    loop {
        match hear(&receive, cancel)? {
            Told::Start(_, Some(there)) if there != total => {
                let name = url.rsplit('/').next().unwrap_or_default();
                return Err(Ended::Failed(anyhow!("{name}: expected {total} bytes, the server has {there}")));
            }
            Told::Start(at, _) if at == part.bytes => {}
            // A server that sends the file from its beginning is taken at its word.
            Told::Start(0, _) => part.restart()?,
            Told::Start(at, _) => {
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
