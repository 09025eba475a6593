//! Stops work that has no hook of its own, such as loading a part: [`interruptible`] runs it, [`check`] ends it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};

/// How often the caller is asked; a tenth of the 200 ms in which a cancel shall be felt.
const ASK: Duration = Duration::from_millis(20);

thread_local! {
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Runs `work` on a thread of its own and meanwhile asks `stopped`, on this one, whether it shall end.
///
/// Once it shall, [`check`] fails inside `work`, which passes that on. Cost: a thread.
pub(crate) fn interruptible<T: Send>(stopped: &dyn Fn() -> bool, work: impl FnOnce() -> T + Send) -> T {
    let (stop, done) = (Arc::new(AtomicBool::new(false)), AtomicBool::new(false));
    let caller = thread::current();
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            STOP.set(Some(stop.clone()));
            let _wake = Wake { done: &done, caller: &caller };
            work()
        });
        while !done.load(Ordering::Acquire) {
            if stopped() {
                stop.store(true, Ordering::Release);
            }
            thread::park_timeout(ASK);
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

/// Wakes the caller when the work is done, also by a panic.
struct Wake<'a> {
    done: &'a AtomicBool,
    caller: &'a thread::Thread,
}

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Release);
        self.caller.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn work_ends_when_the_caller_says_so_and_its_answer_comes_back() {
        let asked = Cell::new(0);
        let stopped = || {
            asked.set(asked.get() + 1);
            asked.get() > 2
        };
        // Without a word from the caller this would never end.
        let error = interruptible(&stopped, || {
            loop {
                if let Err(error) = check() {
                    break error;
                }
                thread::yield_now();
            }
        });
        assert!(matches!(error, Error::Cancelled));
        assert_eq!(interruptible(&|| false, || (check().is_ok(), 7)), (true, 7));
        assert!(check().is_ok(), "the caller's own thread is not stopped");
    }

    #[test]
    #[should_panic(expected = "inside")]
    fn a_panic_comes_through() {
        interruptible(&|| false, || panic!("inside"));
    }
}
