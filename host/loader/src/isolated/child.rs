//! The child process: opens one plugin and does what the host says.
//!
//! Every thread does the same: it waits for its turn to read, reads one message, lets the next thread read, and does
//! what the message says. So the message reaches the thread that works on it without a detour, and there is always
//! somebody to hear of a cancel.

mod run;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::{AsFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use wirebrush_engine::{Buffer, Handle, Value};
use wirebrush_schema::Failure;

use self::run::Run;
use super::frame::{self, Frame};
use super::message::{Request, Said, ToChild, ToHost, Wish};
use super::value::{self, Reference};
use super::{Opening, lock};
use crate::Error;
use crate::native::{self, NativePlugin};
use crate::plugin::{Fault, LoadedPlugin};
use crate::registry::check_hash;
use crate::storage::Storage;

// As the engine's own: native nodes recurse as deeply as they please.
const STACK_BYTES: usize = 8 << 20;

/// Takes the line to the host away from the standard input, which is empty from then on: a plugin may read it.
///
/// # Errors
/// When it is no such line.
#[allow(unsafe_code, reason = "the standard library cannot give up its standard input")]
pub(super) fn line() -> io::Result<UnixStream> {
    let line = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    line.local_addr()?;
    // SAFETY: nothing in this process has used number 0 yet. The system gives the lowest number that is free, so that
    // from the next line on it is the standard input again.
    drop(unsafe { OwnedFd::from_raw_fd(0) });
    let _ = File::open("/dev/null")?.into_raw_fd();
    Ok(line)
}

/// Opens the plugin that the host names and serves until the host is gone.
pub(super) fn main(line: UnixStream) -> ExitCode {
    let Ok(output) = line.try_clone() else { return ExitCode::FAILURE };
    let mut input = BufReader::new(line);
    let Ok(Frame { message: ToChild::Open(opening), .. }) = frame::read(&mut input) else {
        return ExitCode::FAILURE;
    };
    let output = Mutex::new(output);
    match open(&opening) {
        Ok(plugin) => {
            let description = Box::new(plugin.description().clone());
            say(&output, 0, Said::Opened(description), &[]);
            Arc::new(Child {
                plugin,
                input: Mutex::new(input),
                output,
                idle: AtomicUsize::new(0),
                handles: Mutex::default(),
                runs: Mutex::default(),
            })
            .serve()
        }
        Err(error) => {
            let (why, detail) = match error {
                Error::Incompatible { why, detail, .. } | Error::Probe { why, detail, .. } => (why, detail),
                Error::Hash { expected, found, .. } => {
                    (format!("expected sha256 {expected}, found {found}"), String::new())
                }
                other => (other.to_string(), String::new()),
            };
            say(&output, 0, Said::Refused { why, detail }, &[]);
            ExitCode::FAILURE
        }
    }
}

fn open(opening: &Opening) -> Result<NativePlugin, Error> {
    let Opening { version, library, sha256, folder, manifest, granted, scratch } = opening;
    if version != env!("CARGO_PKG_VERSION") {
        let why = "the program has changed since the host was started: start it again";
        return Err(Error::incompatible(library, why, ""));
    }
    check_hash(library, sha256)?;
    let module = native::open(library)?;
    let storage = Arc::new(Storage::new(folder, manifest, granted, scratch.as_deref()));
    NativePlugin::new(library, module, &manifest.id, None, storage)
}

/// The host is gone or does not listen.
fn leave() -> ! {
    // The plugin may have registered something that never comes to an end.
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(1));
        std::process::abort();
    });
    std::process::exit(0)
}

fn say(output: &Mutex<UnixStream>, call: u64, said: Said, blobs: &[Buffer]) {
    if frame::write(&mut *lock(output), &ToHost { call, said }, blobs).is_err() {
        leave();
    }
}

/// The plugin and everything under way.
struct Child {
    plugin: NativePlugin,
    input: Mutex<BufReader<UnixStream>>,
    output: Mutex<UnixStream>,
    /// Threads that wait for their turn to read, or read.
    idle: AtomicUsize,
    handles: Mutex<Handles>,
    runs: Mutex<HashMap<u64, Arc<Run>>>,
}

/// Handles that the host knows by number.
#[derive(Default)]
struct Handles {
    kept: HashMap<u64, Handle>,
    next: u64,
}

impl Handles {
    fn keep(&mut self, handle: Handle) -> u64 {
        self.next += 1;
        self.kept.insert(self.next, handle);
        self.next
    }
}

/// Something that may take its time.
type Job = Box<dyn FnOnce(&Child) + Send>;

impl Child {
    fn serve(self: Arc<Self>) -> ! {
        loop {
            self.idle.fetch_add(1, Ordering::SeqCst);
            let mut input = lock(&self.input);
            let frame = frame::read(&mut *input).unwrap_or_else(|_| leave());
            self.idle.fetch_sub(1, Ordering::SeqCst);
            // Before anybody else reads: the next message may cancel it, or take a handle away.
            let Some(job) = self.take_up(frame) else { continue };
            if self.idle.load(Ordering::SeqCst) == 0 {
                let child = self.clone();
                let helper = thread::Builder::new().name("wirebrush-node".to_owned()).stack_size(STACK_BYTES);
                if helper.spawn(move || child.serve()).is_err() {
                    // Nobody would hear of answers and cancels.
                    leave();
                }
            }
            drop(input);
            // Who waits for an answer that never comes waits for ever.
            if catch_unwind(AssertUnwindSafe(|| job(&self))).is_err() {
                std::process::abort();
            }
        }
    }

    /// Does what is done at once; the rest is a job.
    fn take_up(self: &Arc<Self>, frame: Frame<ToChild>) -> Option<Job> {
        let Frame { message, blobs } = frame;
        match message {
            ToChild::Call { call, request: Request::Run { node, inputs } } => {
                let run = Arc::new(Run::new(self.clone(), call));
                lock(&self.runs).insert(call, run.clone());
                let inputs = value::take(inputs, &blobs, |reference| self.find(reference, &run));
                drop(blobs);
                Some(Box::new(move |child| child.run(&run, &node, inputs)))
            }
            ToChild::Call { call, request: Request::Restore { kind } } => {
                Some(Box::new(move |child| child.restore(call, &kind, blobs.first())))
            }
            ToChild::Call { call, request: Request::Handle { number, what } } => {
                let handle = lock(&self.handles).kept.get(&number).cloned();
                Some(Box::new(move |child| child.ask(call, handle.as_ref(), what)))
            }
            ToChild::Forget { handle } => {
                let forgotten = lock(&self.handles).kept.remove(&handle);
                Some(Box::new(move |_| drop(forgotten)))
            }
            ToChild::Cancel { call } => {
                if let Some(run) = lock(&self.runs).get(&call) {
                    run.cancel();
                }
                None
            }
            ToChild::Answer { call, question, answer, cancelled } => {
                let run = lock(&self.runs).get(&call).cloned();
                if let Some(run) = run {
                    run.answered(question, answer, blobs, cancelled);
                }
                None
            }
            ToChild::Open(_) => None,
        }
    }

    fn find(&self, reference: Reference, run: &Arc<Run>) -> Result<Handle, Failure> {
        match reference {
            Reference::Kept { number, kind, .. } => {
                let missing = || Failure::failed(format!("a {kind} is not here any more"));
                lock(&self.handles).kept.get(&number).cloned().ok_or_else(missing)
            }
            Reference::Lent(loan) => Ok(run.borrow(loan)),
        }
    }

    fn run(&self, run: &Arc<Run>, node: &str, inputs: Result<Vec<(String, Value)>, Failure>) {
        let outputs = inputs.map_err(Fault::Said).and_then(|inputs| self.plugin.run(node, inputs, &**run));
        lock(&self.runs).remove(&run.call);
        run.end();
        self.give(run.call, outputs, Some(run));
    }

    fn restore(&self, call: u64, kind: &str, bytes: Option<&Buffer>) {
        let restored = self.plugin.restore(kind, bytes.map_or(&[], |bytes| bytes));
        self.give(call, restored.map(|value| vec![(String::new(), value)]), None);
    }

    fn give(&self, call: u64, outputs: Result<Vec<(String, Value)>, Fault>, run: Option<&Arc<Run>>) {
        let described = outputs.and_then(|outputs| {
            value::describe(outputs, |_, handle| {
                if let Some(reference) = run.and_then(|run| run.give_back(&handle)) {
                    return Ok(reference);
                }
                let (kind, plugin) = (handle.kind().to_owned(), handle.plugin().to_owned());
                Ok(Reference::Kept { number: lock(&self.handles).keep(handle), kind, plugin })
            })
        });
        match described {
            Ok((outputs, blobs)) => say(&self.output, call, Said::Outputs(outputs), &blobs),
            Err(fault) => say(&self.output, call, Said::Fault(fault), &[]),
        }
    }

    fn ask(&self, call: u64, handle: Option<&Handle>, what: Wish) {
        let mut blobs = Vec::new();
        let said = match (handle, what) {
            (None, _) => Said::Fault(Fault::Said(Failure::failed("the handle is not here any more"))),
            (Some(handle), Wish::Device) => Said::Device(handle.device()),
            (Some(handle), Wish::Size) => Said::Size(handle.size_bytes()),
            (Some(handle), Wish::Evict) => {
                handle.evict();
                Said::Size(handle.size_bytes())
            }
            (Some(handle), Wish::Save) => match handle.save() {
                Ok(saved) => {
                    blobs.extend(saved.map(Buffer::new));
                    Said::Saved(!blobs.is_empty())
                }
                Err(failure) => Said::Fault(Fault::Said(failure)),
            },
        };
        say(&self.output, call, said, &blobs);
    }
}
