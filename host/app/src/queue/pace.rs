//! What a run tells a few times a second, however often its nodes report: progress, previews, and what goes to disk.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::preview::{self, Previews};
use super::{Event, Shared};

/// Between two reports of a node's progress.
const TICK: Duration = Duration::from_millis(50);

/// Node states go to disk every so many ticks: what is lost with the program is told anew by the next run.
const TICKS_PER_SAVE: u32 = 5;

/// Does `work` while a second thread tells how far the run is; gives what `work` gives once all is told.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn alongside<T>(
    shared: &Shared,
    run: &str,
    previews: &Previews,
    work: impl FnOnce() -> T,
) -> Result<T> {
    let over = Over::default();
    thread::scope(|scope| {
        let teller = thread::Builder::new().name("wirebrush-pace".to_owned());
        teller.spawn_scoped(scope, || tell(shared, run, previews, &over)).context("cannot start a thread")?;
        let _end = End(&over);
        Ok(work())
    })
}

fn tell(shared: &Shared, run: &str, previews: &Previews, over: &Over) {
    let mut ticks: u32 = 0;
    loop {
        let is_over = over.wait(TICK);
        ticks = ticks.wrapping_add(1);
        tell_progress(shared, ticks.is_multiple_of(TICKS_PER_SAVE));
        for (node, image) in previews.take(Instant::now(), is_over) {
            // A preview that cannot be shown is no reason to bother anybody: the result will say what is wrong.
            if shared.events.has_listeners()
                && let Ok(frame) = preview::frame(run, &node, &image)
            {
                shared.events.publish_preview(frame);
            }
        }
        if is_over {
            return;
        }
    }
}

fn tell_progress(shared: &Shared, save: bool) {
    let mut state = shared.lock();
    let Some(running) = &mut state.running else { return };
    let Some(tracker) = &mut running.tracker else { return };
    let run = &running.summary.id;
    for name in tracker.take_progressed() {
        if let Some(node) = tracker.node(&name) {
            shared.events.publish(&Event::Node { run, node: &name, state: node });
        }
    }
    if save {
        match shared.store.save_log(run, running.log.unsaved()) {
            Ok(()) => running.log.saved(),
            Err(error) => eprintln!("warning: cannot save what run `{run}` said: {error:#}"),
        }
        if let Err(error) = shared.store.save_nodes(run, &tracker.take_unsaved()) {
            eprintln!("warning: cannot save how far run `{run}` is: {error:#}");
        }
    }
    if running.summary.done != tracker.done() {
        running.summary.done = tracker.done();
        shared.tell(&running.summary);
    }
}

/// Whether the run is over, to wait for.
#[derive(Default)]
struct Over {
    over: Mutex<bool>,
    wake: Condvar,
}

impl Over {
    /// Waits so long, or until the run is over; whether it is.
    fn wait(&self, time: Duration) -> bool {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        if *over {
            return true;
        }
        *self.wake.wait_timeout(over, time).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Says that the run is over, also when its thread panics.
struct End<'a>(&'a Over);

impl Drop for End<'_> {
    fn drop(&mut self) {
        *self.0.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.wake.notify_all();
    }
}
