//! Opens unknown native libraries where they can do no harm to the host: in a child process.
//!
//! [`Probe::run`] is the host's side, [`probe_main`] the child's. The child opens the library, asks it what it is and
//! writes one line to its standard output. A child that dies, hangs or talks nonsense is a reason to refuse the
//! library; the child has the user's rights, so that a probe guards against accidents, not against malice.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wirebrush_schema::Description;

use crate::{Error, native};

// An initializer may write to the standard output as well: only lines with this start are ours.
const START: &str = "wirebrush-probe: ";

// The largest description of ours has 40 kB.
const MAX_OUTPUT: u64 = 16 << 20;

/// How a child process for probing is started.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The program; it must call [`probe_main`] with its last argument.
    pub program: PathBuf,
    /// Arguments before the library's path.
    pub arguments: Vec<OsString>,
    /// How long the child may take. Default: 20 s.
    pub timeout: Duration,
}

/// This program, with the hidden argument `probe-native`.
impl Default for Probe {
    fn default() -> Self {
        Self {
            program: std::env::current_exe().unwrap_or_else(|_| "wirebrush".into()),
            arguments: vec!["probe-native".into()],
            timeout: Duration::from_secs(20),
        }
    }
}

/// What the child says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Description(Description),
    Refused { why: String, detail: String },
}

impl Probe {
    /// Has a child process open a library and say what it is.
    ///
    /// # Errors
    /// [`Error::Incompatible`] when the library cannot be opened or is no plugin; [`Error::Probe`] when the child dies,
    /// hangs or says nothing of use; [`Error::Io`] when it cannot be started.
    pub fn run(&self, library: &Path) -> Result<Description, Error> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(library)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Error::io(&self.program, source))?;
        let deadline = Instant::now() + self.timeout;
        let output = collect(child.stdout.take());
        let messages = collect(child.stderr.take());
        let status = wait(&mut child, deadline);
        // A grandchild may keep the pipes open: what is not here shortly after the child's end does not count.
        let grace = Instant::now() + Duration::from_secs(1);
        let (output, messages) = (receive(&output, grace), receive(&messages, grace));
        let status = status.ok_or_else(|| {
            let seconds = self.timeout.as_secs_f64();
            Error::probe(library, format!("did not say what it is within {seconds} s"), &messages)
        })?;
        if let Some(how) = violent_end(status) {
            return Err(Error::probe(library, format!("opening it ended the process with {how}"), messages));
        }
        let line = output.lines().find_map(|line| line.strip_prefix(START));
        match line.map(serde_json::from_str) {
            Some(Ok(Answer::Description(description))) if status.success() => Ok(description),
            Some(Ok(Answer::Refused { why, detail })) => Err(Error::incompatible(library, why, detail)),
            _ => {
                Err(Error::probe(library, format!("opening it ended the process early ({status})"), messages))
            }
        }
    }
}

/// Probes a library in this process and writes the answer to the standard output.
///
/// For a hidden subcommand of a program that does nothing else: the library may well end the process.
pub fn probe_main(library: &Path) -> ExitCode {
    let answer = match native::open(library).and_then(|module| native::describe(library, module)) {
        Ok(description) => Answer::Description(description),
        Err(Error::Incompatible { why, detail, .. } | Error::Probe { why, detail, .. }) => {
            Answer::Refused { why, detail }
        }
        Err(other) => Answer::Refused { why: other.to_string(), detail: String::new() },
    };
    let code = if matches!(answer, Answer::Description(_)) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    // The line begins anew in case an initializer left one unfinished.
    println!("\n{START}{}", serde_json::to_string(&answer).expect("plain data with string keys"));
    code
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // Whatever came before an error counts; the rest is drained so that the child can go on.
            let _ = pipe.by_ref().take(MAX_OUTPUT).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

fn receive(pipe: &Receiver<String>, until: Instant) -> String {
    pipe.recv_timeout(until.saturating_duration_since(Instant::now())).unwrap_or_default()
}

/// Waits for a child, kills it at the deadline; `None` when it had to be killed.
pub(crate) fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

/// How a process ended that did not end by itself, for example `SIGSEGV (invalid memory access)`.
pub fn violent_end(status: ExitStatus) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        status.signal().map(signal_name)
    }
    #[cfg(windows)]
    {
        // NTSTATUS codes of severity "error" are what an uncaught exception ends with.
        status
            .code()
            .map(|code| code as u32)
            .filter(|code| code >> 30 == 3)
            .map(|code| format!("exception 0x{code:08x}"))
    }
    #[cfg(not(any(unix, windows)))]
    {
        let _ = status;
        None
    }
}

// POSIX fixes these five numbers for Linux and the BSDs alike; SIGBUS is 7 on Linux and 10 on macOS and the BSDs.
#[cfg(unix)]
fn signal_name(signal: i32) -> String {
    let bus = if cfg!(target_os = "linux") { 7 } else { 10 };
    let name = match signal {
        4 => "SIGILL (illegal instruction)",
        6 => "SIGABRT (abort)",
        8 => "SIGFPE (arithmetic error)",
        9 => "SIGKILL (killed)",
        11 => "SIGSEGV (invalid memory access)",
        _ if signal == bus => "SIGBUS (the file is shorter than it claims)",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}
