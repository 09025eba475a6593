//! A child process as the host sees it: calls, answers, and its end.

use std::collections::HashMap;
use std::io::{self, BufReader, ErrorKind};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use wirebrush_engine::Buffer;
use wirebrush_schema::{Description, Failure};

use super::frame::{self, Frame};
use super::message::{Request, Said, ToChild, ToHost};
use super::{Isolation, Opening, lock};
use crate::plugin::Fault;
use crate::{Error, probe};

/// A child process; it ends with the value.
pub(super) struct Process {
    plugin: Arc<str>,
    /// As [`Isolation::patience`].
    pub(super) patience: Duration,
    line: Mutex<UnixStream>,
    state: Arc<State>,
    calls: AtomicU64,
}

/// What the thread that listens to the child shares with those that call it.
struct State {
    child: Mutex<Child>,
    /// Who waits for what is said to a call; `None` when nothing will be said any more.
    waiting: Mutex<Option<HashMap<u64, Sender<Frame<Said>>>>>,
    /// How it ended, for a sentence that begins with the plugin.
    end: OnceLock<String>,
    blamed: AtomicBool,
    /// Whether it has said nothing since somebody lost patience.
    silent: AtomicBool,
}

/// The process has ended.
pub(super) struct Gone;

// A child that closed its line ends by itself right after; what still lives then hangs.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The first message and its answer belong to no request.
const OPENING: u64 = 0;

impl Process {
    /// Starts a child and has it open a plugin.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be started, [`Error::Incompatible`] with why it refuses the plugin,
    /// [`Error::Probe`] when that ends or hangs it.
    pub(super) fn start(isolation: &Isolation, opening: &Opening) -> Result<(Arc<Self>, Description), Error> {
        let library = opening.library.clone();
        let broken = |source: io::Error| Error::io(&isolation.program, source);
        let (ours, theirs) = UnixStream::pair().map_err(broken)?;
        let child = Command::new(&isolation.program)
            .args(&isolation.arguments)
            .stdin(OwnedFd::from(theirs))
            // What the host prints is read by programs: the plugin's own words go beside it.
            .stdout(io::stderr())
            // Ctrl-C is for the host, which cancels its runs.
            .process_group(0)
            .spawn()
            .map_err(broken)?;
        let state = Arc::new(State {
            child: Mutex::new(child),
            waiting: Mutex::new(Some(HashMap::new())),
            end: OnceLock::new(),
            blamed: AtomicBool::new(false),
            silent: AtomicBool::new(false),
        });
        ours.set_write_timeout(Some(isolation.patience)).map_err(broken)?;
        let process = Arc::new(Self {
            plugin: opening.manifest.id.as_str().into(),
            patience: isolation.patience,
            line: Mutex::new(ours.try_clone().map_err(broken)?),
            state: state.clone(),
            calls: AtomicU64::new(OPENING),
        });
        let listener = thread::Builder::new().name("wirebrush-isolated".to_owned());
        listener.spawn(move || listen(ours, &state)).map_err(broken)?;

        let answer = process.listen_to(OPENING);
        let opening = ToChild::Open(Box::new(opening.clone()));
        if let Err(error) = process.send(&opening, &[])
            && error.kind() == ErrorKind::InvalidData
        {
            return Err(Error::io(&library, error));
        }
        let said = answer.next(isolation.opening).map(|frame| frame.map(|frame| frame.message));
        drop(answer);
        match said {
            Ok(Some(Said::Opened(description))) => Ok((process, *description)),
            Ok(Some(Said::Refused { why, detail })) => Err(Error::incompatible(&library, why, detail)),
            Ok(Some(_)) => Err(Error::probe(&library, "its process answered something else than asked", "")),
            Ok(None) => {
                let seconds = isolation.opening.as_secs_f64();
                process.kill("hung");
                Err(Error::probe(&library, format!("could not be opened within {seconds} s"), ""))
            }
            Err(Gone) => Err(Error::probe(&library, format!("opening it {}", process.end()), "")),
        }
    }

    /// Asks for something to be done.
    ///
    /// # Errors
    /// When the process has ended. If it ends later, [`Call::next`] says so.
    pub(super) fn call(&self, request: Request, blobs: &[Buffer]) -> Result<Call<'_>, Gone> {
        let call = self.listen_to(self.calls.fetch_add(1, Ordering::Relaxed) + 1);
        let message = ToChild::Call { call: call.number, request };
        self.send(&message, blobs).map_err(|_| Gone).or_else(|gone| self.await_end(gone))?;
        Ok(call)
    }

    /// Says something that has no answer; who is gone need not hear it.
    pub(super) fn tell(&self, message: &ToChild, blobs: &[Buffer]) {
        let _ = self.send(message, blobs);
    }

    fn send(&self, message: &ToChild, blobs: &[Buffer]) -> io::Result<()> {
        let sent = frame::write(&mut *lock(&self.line), message, blobs);
        if let Err(error) = &sent
            && matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        {
            // Part of the message may be on its way: nothing could follow it.
            let seconds = self.patience.as_secs_f64();
            self.kill(format!("did not listen to the host for {seconds} s, so its process was ended"));
        }
        sent
    }

    /// What is said next to a call that is no work; `None` when it takes too long, or did so just before: whoever asks
    /// a hundred handles of a process that hangs waits once.
    pub(super) fn answer_soon(&self, call: &Call<'_>) -> Option<Frame<Said>> {
        if self.state.silent.load(Ordering::Relaxed) {
            return None;
        }
        let answer = call.next(self.patience).ok()?;
        if answer.is_none() {
            self.state.silent.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// A line that broke while it was written to belongs to a process that ends: how is known in a moment.
    fn await_end(&self, gone: Gone) -> Result<(), Gone> {
        let deadline = Instant::now() + 2 * LAST_WORDS;
        while self.is_alive() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        Err(gone)
    }

    fn listen_to(&self, number: u64) -> Call<'_> {
        let (sender, said) = channel();
        if let Some(waiting) = &mut *lock(&self.state.waiting) {
            waiting.insert(number, sender);
        }
        Call { process: self, number, said }
    }

    /// Whether it has not ended, as far as is known.
    pub(super) fn is_alive(&self) -> bool {
        self.state.end.get().is_none()
    }

    /// How it ended, for a sentence that begins with the plugin.
    pub(super) fn end(&self) -> &str {
        self.state.end.get().map_or("ended its process", String::as_str)
    }

    /// What a call gives that the end of the process has ended; the plugin is blamed once for each end.
    pub(super) fn fault(&self) -> Fault {
        let failure = Failure::failed(format!("plugin `{}` {}", self.plugin, self.end()));
        if self.state.blamed.swap(true, Ordering::Relaxed) {
            Fault::Lost(failure)
        } else {
            Fault::Crash(failure)
        }
    }

    /// Ends the process; `why` is for a sentence that begins with the plugin.
    pub(super) fn kill(&self, why: impl Into<String>) {
        let _ = self.state.end.set(why.into());
        let _ = lock(&self.state.child).kill();
        self.hang_up();
    }

    fn hang_up(&self) {
        let _ = lock(&self.line).shutdown(Shutdown::Both);
    }

    /// Notices an end that the line does not tell: another process of the plugin's may hold it open.
    fn look(&self) {
        let ended =
            self.state.child.try_lock().is_ok_and(|mut child| matches!(child.try_wait(), Ok(Some(_))));
        if ended {
            self.hang_up();
        }
    }
}

impl Drop for Process {
    /// The child ends when its line does; the listener sees to that.
    fn drop(&mut self) {
        self.hang_up();
    }
}

/// Something that is being done.
pub(super) struct Call<'p> {
    process: &'p Process,
    /// What cancels and answers name it by.
    pub(super) number: u64,
    said: Receiver<Frame<Said>>,
}

impl Call<'_> {
    /// What is said next; `None` when that takes longer than `patience`.
    ///
    /// # Errors
    /// When the process has ended and nothing more will be said.
    pub(super) fn next(&self, patience: Duration) -> Result<Option<Frame<Said>>, Gone> {
        match self.said.recv_timeout(patience) {
            Ok(frame) => Ok(Some(frame)),
            Err(RecvTimeoutError::Timeout) => {
                self.process.look();
                Ok(None)
            }
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = &mut *lock(&self.process.state.waiting) {
            waiting.remove(&self.number);
        }
    }
}

/// Hands on what the child says until it ends, and finds out how.
fn listen(line: UnixStream, state: &State) {
    let mut input = BufReader::new(line);
    let error = loop {
        match frame::read::<ToHost>(&mut input) {
            Ok(Frame { message: ToHost { call, said }, blobs }) => {
                state.silent.store(false, Ordering::Relaxed);
                if let Some(listener) = lock(&state.waiting).as_ref().and_then(|waiting| waiting.get(&call)) {
                    let _ = listener.send(Frame { message: said, blobs });
                }
            }
            Err(error) => break error,
        }
    };
    let nonsense = error.kind() == ErrorKind::InvalidData;
    let patience = if nonsense { Duration::ZERO } else { LAST_WORDS };
    let status = probe::wait(&mut lock(&state.child), Instant::now() + patience);
    let how = match status {
        Some(status) => match probe::violent_end(status) {
            Some(how) => format!("ended its process with {how}"),
            None => format!("ended its process early ({status})"),
        },
        None if nonsense => "talked nonsense to the host, so its process was ended".to_owned(),
        None => "no longer listened to the host, so its process was ended".to_owned(),
    };
    let _ = state.end.set(how);
    // Only now, so that whoever is told finds out how.
    lock(&state.waiting).take();
}
