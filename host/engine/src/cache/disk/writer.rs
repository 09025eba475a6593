//! Writes results on a thread of its own, so that a run does not wait for the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::files::Files;
use crate::Fingerprint;
use crate::cache::Outputs;

// Results that wait to be written stay in memory; with more than this waiting the run writes itself, and so waits.
const BACKLOG_BYTES: u64 = 512 << 20;

#[derive(Debug)]
pub(super) struct Writer {
    files: Arc<Files>,
    waiting: Arc<AtomicU64>,
    thread: Mutex<Option<Thread>>,
}

#[derive(Debug)]
struct Thread {
    jobs: Sender<Job>,
    handle: JoinHandle<()>,
}

enum Job {
    Store { key: Fingerprint, names: Vec<Arc<str>>, outputs: Outputs, bytes: u64 },
    Tell(SyncSender<()>),
}

impl Writer {
    pub(super) fn new(files: Arc<Files>) -> Self {
        Self { files, waiting: Arc::default(), thread: Mutex::new(None) }
    }

    pub(super) fn store(&self, key: Fingerprint, names: Vec<Arc<str>>, outputs: Outputs) {
        let bytes = outputs.iter().fold(0_u64, |sum, value| sum.saturating_add(value.size_bytes()));
        if self.waiting.load(Ordering::Relaxed).saturating_add(bytes) > BACKLOG_BYTES {
            self.files.write(&key, &names, &outputs);
            return;
        }
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            *thread = self.start();
        }
        match &*thread {
            Some(thread) => {
                self.waiting.fetch_add(bytes, Ordering::Relaxed);
                // The thread ends only when this sender goes, so the job cannot come back.
                let _ = thread.jobs.send(Job::Store { key, names, outputs, bytes });
            }
            None => self.files.write(&key, &names, &outputs),
        }
    }

    pub(super) fn flush(&self) {
        let (tell, told) = sync_channel(1);
        if let Some(thread) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = thread.jobs.send(Job::Tell(tell));
        } else {
            return;
        }
        let _ = told.recv();
    }

    fn start(&self) -> Option<Thread> {
        let (jobs, queue) = channel();
        let (files, waiting) = (self.files.clone(), self.waiting.clone());
        let body = move || work(&files, &waiting, &queue);
        let handle = Builder::new().name("wirebrush-cache".to_owned()).spawn(body).ok()?;
        Some(Thread { jobs, handle })
    }
}

impl Drop for Writer {
    /// Writes what is waiting.
    fn drop(&mut self) {
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Thread { jobs, handle }) = thread {
            drop(jobs);
            let _ = handle.join();
        }
    }
}

fn work(files: &Files, waiting: &AtomicU64, queue: &Receiver<Job>) {
    for job in queue {
        match job {
            Job::Store { key, names, outputs, bytes } => {
                files.write(&key, &names, &outputs);
                drop(outputs);
                waiting.fetch_sub(bytes, Ordering::Relaxed);
            }
            Job::Tell(tell) => drop(tell.send(())),
        }
    }
}
