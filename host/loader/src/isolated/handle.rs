//! A handle that lives in a child process, at the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wirebrush_engine::{Buffer, Handle, HandleObject};
use wirebrush_schema::Failure;

use super::frame::Frame;
use super::message::{Request, Said, ToChild, Wish};
use super::process::{Gone, Process};

/// A handle by its number; the child lets go of it with the value.
pub(super) struct Remote {
    process: Arc<Process>,
    number: u64,
    kind: String,
    plugin: String,
    last_size: AtomicU64,
}

impl Remote {
    pub(super) fn handle(process: &Arc<Process>, number: u64, kind: String, plugin: String) -> Handle {
        let process = process.clone();
        Handle(Arc::new(Self { process, number, kind, plugin, last_size: AtomicU64::new(0) }))
    }

    /// Its number, when it lives in this process.
    pub(super) fn number_in(&self, process: &Arc<Process>) -> Option<u64> {
        Arc::ptr_eq(&self.process, process).then_some(self.number)
    }

    /// Why it is of no use any more, when its process has ended.
    pub(super) fn loss(&self) -> Option<Failure> {
        let Self { process, plugin, kind, .. } = self;
        let lost = || {
            let how = process.end();
            Failure::failed(format!(
                "a {kind} was lost when plugin `{plugin}` {how}: the next run makes it anew"
            ))
        };
        (!process.is_alive()).then(lost)
    }

    /// What the child answers; nothing when it takes too long or has ended: caches ask for sizes while others wait for
    /// them.
    fn ask(&self, what: Wish) -> Option<Frame<Said>> {
        let call = self.process.call(Request::Handle { number: self.number, what }, &[]).ok()?;
        self.process.answer_soon(&call)
    }

    fn note_size(&self, answer: Option<Frame<Said>>) {
        if let Some(Frame { message: Said::Size(bytes), .. }) = answer {
            self.last_size.store(bytes, Ordering::Relaxed);
        }
    }
}

impl HandleObject for Remote {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn plugin(&self) -> &str {
        &self.plugin
    }

    fn device(&self) -> String {
        match self.ask(Wish::Device) {
            Some(Frame { message: Said::Device(device), .. }) => device,
            _ => "cpu".to_owned(),
        }
    }

    fn size_bytes(&self) -> u64 {
        if !self.process.is_alive() {
            return 0;
        }
        self.note_size(self.ask(Wish::Size));
        self.last_size.load(Ordering::Relaxed)
    }

    fn evict(&self) {
        self.note_size(self.ask(Wish::Evict));
    }

    fn save(&self) -> Result<Option<Vec<u8>>, Failure> {
        let lost = || self.loss().unwrap_or_else(|| Failure::failed("its process does not answer"));
        let request = Request::Handle { number: self.number, what: Wish::Save };
        let call = self.process.call(request, &[]).map_err(|Gone| lost())?;
        // However long that takes: it may be gigabytes.
        let frame = loop {
            if let Some(frame) = call.next(self.process.patience).map_err(|Gone| lost())? {
                break frame;
            }
        };
        match frame.message {
            Said::Saved(true) => Ok(frame.blobs.first().map(|bytes| bytes.to_vec())),
            Said::Saved(false) => Ok(None),
            Said::Fault(fault) => Err(fault.into()),
            _ => Err(lost()),
        }
    }

    fn is_lost(&self) -> bool {
        !self.process.is_alive()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.process.tell(&ToChild::Forget { handle: self.number }, &[] as &[Buffer]);
    }
}
