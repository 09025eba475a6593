//! Stops work in the middle of whatever it does: [`interruptible`] runs it, [`check`] ends it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};

/// How often the caller is asked; a tenth of the 200 ms in which a cancel shall be felt.
const ASK: Duration = Duration::from_millis(20);

thread_local! {
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Runs `work` on a thread of its own. Meanwhile `watch` is called on this one: with each message that `work` sends, and every
/// 20 ms with none; it says whether the work shall stop.
///
/// Once it shall, [`check`] fails inside `work`, which passes that on. Cost: a thread.
pub(crate) fn interruptible<M: Send, T: Send>(
    watch: &mut dyn FnMut(Option<M>) -> bool,
    work: impl FnOnce(&dyn Fn(M)) -> T + Send,
) -> T {
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = sync_channel(0);
    thread::scope(|scope| {
        let worker = scope.spawn({
            let stop = stop.clone();
            move || {
                STOP.set(Some(stop));
                // Sending fails only when the watching thread panicked, and then nobody waits for the message.
                work(&|message| drop(sender.send(message)))
            }
        });
        loop {
            let stopped = match receiver.recv_timeout(ASK) {
                Ok(message) => watch(Some(message)),
                Err(RecvTimeoutError::Timeout) => watch(None),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if stopped {
                stop.store(true, Ordering::Release);
            }
        }
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Fails when the work of this thread shall stop. Costs nanoseconds.
///
/// # Errors
/// [`Error::Cancelled`].
pub(crate) fn check() -> Result<()> {
    let stop = STOP.with_borrow(|stop| stop.as_ref().is_some_and(|stop| stop.load(Ordering::Acquire)));
    if stop { Err(Error::Cancelled) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a word from the watching thread this would never end.
    fn endless(_: &dyn Fn(u32)) -> Error {
        loop {
            if let Err(error) = check() {
                return error;
            }
            thread::yield_now();
        }
    }

    #[test]
    fn work_ends_when_the_watching_thread_says_so() {
        let mut asked = 0;
        let mut third = |_: Option<u32>| {
            asked += 1;
            asked == 3
        };
        assert!(matches!(interruptible(&mut third, endless), Error::Cancelled));
        assert!(check().is_ok(), "the watching thread itself is not stopped");
    }

    #[test]
    fn messages_come_in_order_and_the_answer_comes_back() {
        let mut heard = Vec::new();
        let answer = interruptible(
            &mut |message| {
                heard.extend(message);
                false
            },
            |tell| {
                (0..5).for_each(tell);
                check().is_ok()
            },
        );
        assert!(answer);
        assert_eq!(heard, [0, 1, 2, 3, 4]);
    }

    #[test]
    #[should_panic(expected = "inside")]
    fn a_panic_comes_through() {
        interruptible(&mut |_: Option<()>| false, |_| panic!("inside"));
    }
}
