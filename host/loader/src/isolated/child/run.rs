//! A node while it runs in the child: its host is at the other end of the line.

use std::any::Any;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use wirebrush_engine::{Buffer, Handle, HandleObject, Image, NodeContext};
use wirebrush_schema::{Failure, LogLevel};

use super::{Child, say};
use crate::isolated::lock;
use crate::isolated::message::{Answer, Question, Said};
use crate::isolated::value::{Loan, Reference};

/// A run, as its node and the handles lent to it see it.
pub(super) struct Run {
    child: Arc<Child>,
    pub(super) call: u64,
    cancelled: AtomicBool,
    /// Who waits for which answer; `None` when the run is over.
    questions: Mutex<Option<Questions>>,
}

#[derive(Default)]
struct Questions {
    open: HashMap<u64, Sender<(Answer, Vec<Buffer>)>>,
    asked: u64,
}

impl Run {
    pub(super) fn new(child: Arc<Child>, call: u64) -> Self {
        let questions = Mutex::new(Some(Questions::default()));
        Self { child, call, cancelled: AtomicBool::new(false), questions }
    }

    /// The run shall stop.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    /// The run is over: nobody answers any more.
    pub(super) fn end(&self) {
        lock(&self.questions).take();
    }

    pub(super) fn answered(&self, question: u64, answer: Answer, blobs: Vec<Buffer>, cancelled: bool) {
        if cancelled {
            self.cancel();
        }
        if let Some(asker) = lock(&self.questions).as_mut().and_then(|it| it.open.remove(&question)) {
            let _ = asker.send((answer, blobs));
        }
    }

    /// Asks the host and waits; nothing when the run is over.
    fn ask(&self, what: Question, blobs: &[Buffer]) -> Option<(Answer, Vec<Buffer>)> {
        let (sender, answer) = channel();
        let question = {
            let mut questions = lock(&self.questions);
            let questions = questions.as_mut()?;
            questions.asked += 1;
            questions.open.insert(questions.asked, sender);
            questions.asked
        };
        say(&self.child.output, self.call, Said::Asked { question, what }, blobs);
        answer.recv().ok()
    }

    /// A handle that lives with the host, for the time of this run.
    pub(super) fn borrow(self: &Arc<Self>, loan: Loan) -> Handle {
        Handle(Arc::new(Lent { run: self.clone(), loan }))
    }

    /// What the host knows a handle by that it has lent to this run.
    pub(super) fn give_back(&self, handle: &Handle) -> Option<Reference> {
        let object: &dyn Any = &*handle.0;
        let lent = object.downcast_ref::<Lent>().filter(|lent| lent.run.call == self.call)?;
        Some(Reference::Lent(lent.loan.clone()))
    }
}

impl NodeContext for Run {
    fn progress(&self, step: u64, total: u64, message: &str) {
        self.ask(Question::Progress { step, total, message: message.to_owned() }, &[]);
    }

    fn preview(&self, image: Image) {
        self.ask(Question::Preview(image.info), &[image.data]);
    }

    fn log(&self, level: LogLevel, message: &str) {
        self.ask(Question::Log { level, message: message.to_owned() }, &[]);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        match self.ask(Question::FindModel(name.to_owned()), &[]) {
            Some((Answer::Model(found), _)) => found.map(PathBuf::from),
            _ => Err(Failure::failed(format!("model `{name}`: the host failed to look for it"))),
        }
    }
}

/// A handle of the host's.
struct Lent {
    run: Arc<Run>,
    loan: Loan,
}

impl HandleObject for Lent {
    fn kind(&self) -> &str {
        &self.loan.kind
    }

    fn plugin(&self) -> &str {
        &self.loan.plugin
    }

    fn device(&self) -> String {
        self.loan.device.clone()
    }

    fn size_bytes(&self) -> u64 {
        self.loan.size_bytes
    }

    fn evict(&self) {
        self.run.ask(Question::EvictLent(self.loan.place), &[]);
    }

    fn save(&self) -> Result<Option<Vec<u8>>, Failure> {
        match self.run.ask(Question::SaveLent(self.loan.place), &[]) {
            Some((Answer::Saved(saved), blobs)) => {
                Ok(saved?.then(|| blobs.first().map(|bytes| bytes.to_vec())).flatten())
            }
            _ => {
                let kind = &self.loan.kind;
                Err(Failure::failed(format!("a {kind} was lent for a run that is over")))
            }
        }
    }
}
