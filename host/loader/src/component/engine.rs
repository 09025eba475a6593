//! The WebAssembly engine of the process, another one that counts instructions, and their clock.

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

static ENGINES: [OnceLock<Result<Engine, String>>; 2] = [const { OnceLock::new() }; 2];

/// The engine, made on first use. Its machine code is slower, and another, when it counts instructions.
///
/// # Errors
/// What wasmtime says when this machine cannot run it.
pub(super) fn engine(counting: bool) -> wasmtime::Result<&'static Engine> {
    let engine = ENGINES[usize::from(counting)].get_or_init(|| {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .consume_fuel(counting)
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
    let ticker = thread::Builder::new().name("wirebrush-ticker".to_owned()).spawn(move || {
        loop {
            if RUNNING.load(Ordering::SeqCst) == 0 {
                thread::park();
            }
            thread::sleep(TICK);
            let engines = ENGINES.iter().filter_map(|engine| engine.get()?.as_ref().ok());
            engines.for_each(Engine::increment_epoch);
        }
    });
    ticker.ok().map(|handle| handle.thread().clone())
}
