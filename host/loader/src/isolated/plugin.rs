//! A plugin whose nodes run in a child process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use wirebrush_engine::{Buffer, Handle, Image, NodeContext, Value};
use wirebrush_schema::{Description, Failure};

use super::frame::Frame;
use super::handle::Remote;
use super::message::{Answer, Question, Request, Said, ToChild};
use super::process::{Gone, Process};
use super::value::{self, Loan, Reference};
use super::{Isolation, Opening, lock};
use crate::Error;
use crate::plugin::{Fault, LoadedPlugin};
use crate::registry::check_image;

// The engine is asked this often whether a run shall stop; in between the child hears of it with each answer.
const TICK: Duration = Duration::from_millis(5);

/// A plugin in a process of its own: started when it is needed, and again when it has ended.
pub(super) struct IsolatedPlugin {
    isolation: Isolation,
    opening: Opening,
    description: Description,
    process: Mutex<Option<Arc<Process>>>,
}

impl IsolatedPlugin {
    pub(super) fn new(
        isolation: Isolation,
        opening: Opening,
        known: Option<Description>,
    ) -> Result<Self, Error> {
        let (process, description) = match known {
            Some(description) => (None, description),
            None => {
                let (process, description) = Process::start(&isolation, &opening)?;
                (Some(process), description)
            }
        };
        Ok(Self { isolation, opening, description, process: Mutex::new(process) })
    }

    /// The process, a new one if the last has ended. Others wait for it meanwhile.
    fn process(&self) -> Result<Arc<Process>, Fault> {
        let mut slot = lock(&self.process);
        if let Some(process) = slot.as_ref().filter(|process| process.is_alive()) {
            return Ok(process.clone());
        }
        let (process, _) = Process::start(&self.isolation, &self.opening).map_err(|error| {
            let id = &self.opening.manifest.id;
            Fault::Crash(Failure::failed(format!("plugin `{id}` cannot be opened: {error}")))
        })?;
        *slot = Some(process.clone());
        Ok(process)
    }
}

impl LoadedPlugin for IsolatedPlugin {
    fn description(&self) -> &Description {
        &self.description
    }

    fn run(
        &self,
        node: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Fault> {
        let process = self.process()?;
        let mut handles = Vec::new();
        let (inputs, blobs) = value::describe(inputs, |name, handle| {
            let reference = refer(&process, name, &handle, handles.len())?;
            // Held to the end: the child must not hear that it is forgotten before it hears of the call.
            handles.push(handle);
            Ok(reference)
        })?;
        let run = Run { process: &process, cx, handles, grace: self.isolation.grace };
        run.go(Request::Run { node: node.to_owned(), inputs }, blobs)
    }

    fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Fault> {
        let process = self.process()?;
        let blobs = [Buffer::new(bytes.to_vec())];
        let call = process.call(Request::Restore { kind: kind.to_owned() }, &blobs);
        let call = call.map_err(|Gone| process.fault())?;
        let frame = loop {
            if let Some(frame) = call.next(Duration::from_secs(1)).map_err(|Gone| process.fault())? {
                break frame;
            }
        };
        let values = end(&process, frame, &[])?;
        let nothing = || Fault::Crash(Failure::failed(format!("restoring `{kind}` gave nothing")));
        values.into_iter().next().map(|(_, value)| value).ok_or_else(nothing)
    }
}

/// What the child knows a handle by; of another's it gets what can be said at once.
fn refer(process: &Arc<Process>, input: &str, handle: &Handle, place: usize) -> Result<Reference, Fault> {
    let (kind, plugin) = (handle.kind().to_owned(), handle.plugin().to_owned());
    let object: &dyn Any = &*handle.0;
    if let Some(remote) = object.downcast_ref::<Remote>() {
        if let Some(number) = remote.number_in(process) {
            return Ok(Reference::Kept { number, kind, plugin });
        }
        if let Some(loss) = remote.loss() {
            return Err(Fault::Lost(Failure::failed(format!("input `{input}`: {loss}"))));
        }
    }
    let (device, size_bytes) = (handle.device(), handle.size_bytes());
    Ok(Reference::Lent(Loan { place, kind, plugin, device, size_bytes }))
}

/// What came of a call.
fn end(process: &Arc<Process>, frame: Frame<Said>, lent: &[Handle]) -> Result<Vec<(String, Value)>, Fault> {
    let nonsense = || Failure::failed("its process answered something else than asked");
    match frame.message {
        Said::Outputs(outputs) => value::take(outputs, &frame.blobs, |reference| match reference {
            Reference::Kept { number, kind, plugin } => Ok(Remote::handle(process, number, kind, plugin)),
            Reference::Lent(loan) => lent.get(loan.place).cloned().ok_or_else(nonsense),
        })
        .map_err(Fault::Crash),
        Said::Fault(fault) => Err(fault),
        _ => Err(Fault::Crash(nonsense())),
    }
}

/// A node while it runs.
struct Run<'a> {
    process: &'a Arc<Process>,
    cx: &'a dyn NodeContext,
    handles: Vec<Handle>,
    grace: Duration,
}

impl Run<'_> {
    /// Calls, answers questions and passes on a cancel until the node has ended.
    fn go(&self, request: Request, blobs: Vec<Buffer>) -> Result<Vec<(String, Value)>, Fault> {
        let call = self.process.call(request, &blobs).map_err(|Gone| self.process.fault())?;
        drop(blobs);
        let mut deadline = None;
        loop {
            let frame = call.next(TICK).map_err(|Gone| self.process.fault())?;
            match frame {
                Some(Frame { message: Said::Asked { question, what }, blobs }) => {
                    let (answer, blobs) = self.answer(what, blobs);
                    let cancelled = self.is_cancelled();
                    let answer = ToChild::Answer { call: call.number, question, answer, cancelled };
                    self.process.tell(&answer, &blobs);
                }
                Some(frame) => return end(self.process, frame, &self.handles),
                None => {}
            }
            match deadline {
                None if self.is_cancelled() => {
                    self.process.tell(&ToChild::Cancel { call: call.number }, &[]);
                    deadline = Some(Instant::now() + self.grace);
                }
                Some(deadline) if Instant::now() > deadline => {
                    let seconds = self.grace.as_secs_f64();
                    self.process.kill(format!(
                        "did not stop within {seconds} s of a cancel, so its process was ended"
                    ));
                }
                _ => {}
            }
        }
    }

    /// Who cannot be asked any more shall not be waited for.
    fn is_cancelled(&self) -> bool {
        catch_unwind(AssertUnwindSafe(|| self.cx.is_cancelled())).unwrap_or(true)
    }

    /// The answer to a question. No panic of the engine's observers leaves the child without one.
    fn answer(&self, what: Question, blobs: Vec<Buffer>) -> (Answer, Vec<Buffer>) {
        catch_unwind(AssertUnwindSafe(|| self.reply(what, blobs))).unwrap_or((Answer::Heard, Vec::new()))
    }

    fn reply(&self, what: Question, blobs: Vec<Buffer>) -> (Answer, Vec<Buffer>) {
        let mut saved = Vec::new();
        let answer = match what {
            Question::Progress { step, total, message } => {
                self.cx.progress(step, total, &message);
                Answer::Heard
            }
            Question::Preview(info) => {
                let data = blobs.into_iter().next().unwrap_or_else(|| Buffer::new(Vec::new()));
                let image = Image { info, data };
                // The child has looked already, but the child is what may be broken.
                if check_image(&image).is_ok() {
                    self.cx.preview(image);
                }
                Answer::Heard
            }
            Question::Log { level, message } => {
                self.cx.log(level, &message);
                Answer::Heard
            }
            Question::FindModel(name) => {
                let found = self.cx.find_model(&name);
                Answer::Model(found.map(|path| path.to_string_lossy().into_owned()))
            }
            Question::SaveLent(place) => {
                let handle = self.handles.get(place);
                Answer::Saved(handle.map_or(Ok(None), |handle| handle.save()).map(|bytes| {
                    saved.extend(bytes.map(Buffer::new));
                    !saved.is_empty()
                }))
            }
            Question::EvictLent(place) => {
                if let Some(handle) = self.handles.get(place) {
                    handle.evict();
                }
                Answer::Heard
            }
        };
        (answer, saved)
    }
}
