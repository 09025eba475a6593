//! The one WebAssembly engine of the process, and its clock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::{Config, Engine};

/// How often running components are looked after: a cancel or a stall is felt within one tick.
const TICK: Duration = Duration::from_millis(10);

// Half of what a spawned thread of Rust has: deep recursion traps long before the host's own stack ends.
const STACK_BYTES: usize = 1 << 20;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// The engine, made on first use.
///
/// # Errors
/// What wasmtime says when this machine cannot run it.
pub(super) fn engine() -> wasmtime::Result<&'static Engine> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .max_wasm_stack(STACK_BYTES)
            .wasm_backtrace_max_frames(None)
            .relaxed_simd_deterministic(true);
        Engine::new(&config).map_err(|error| format!("{error:#}"))
    });
    engine.as_ref().map_err(|why| wasmtime::Error::msg(why.clone()))
}

/// Keeps the clock ticking while it lives.
pub(super) struct Ticking(());

impl Ticking {
    pub(super) fn start() -> Self {
        static TICKER: OnceLock<Option<Thread>> = OnceLock::new();
        // The clock sleeps while nothing runs, so that an idle host wakes nobody.
        if RUNNING.fetch_add(1, Ordering::SeqCst) == 0
            && let Some(ticker) = TICKER.get_or_init(spawn)
        {
            ticker.unpark();
        }
        Self(())
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

fn spawn() -> Option<Thread> {
    let engine = engine().ok()?.weak();
    let ticker = thread::Builder::new().name("wirebrush-ticker".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            if RUNNING.load(Ordering::SeqCst) == 0 {
                thread::park();
            }
            thread::sleep(TICK);
            engine.increment_epoch();
        }
    });
    ticker.ok().map(|handle| handle.thread().clone())
}
