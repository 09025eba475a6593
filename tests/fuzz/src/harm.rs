//! A component that does its worst, run after run, beside others that go on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use fastrand::Rng;
use wirebrush_conformance::{Build, Installed, Recorder};
use wirebrush_engine::{Runner, Value};
use wirebrush_loader::Registry;
use wirebrush_schema::Failure;

/// What the host was like meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Harm {
    /// Runs that trapped, panicked, looped, allocated, recursed, flooded or left.
    pub runs: u64,
    /// Runs of another node beside them, all right.
    pub unaffected: u64,
    /// Resident memory in bytes after a tenth of the runs, and at the end; `None` where the system does not say.
    pub resident: Option<(u64, u64)>,
}

/// How much resident memory may grow between a tenth of the runs and the end: more would be a leak.
pub const MOST_GROWTH: f64 = 0.05;

impl Harm {
    /// How much resident memory grew, 0.05 for 5 %.
    pub fn growth(&self) -> Option<f64> {
        self.resident.map(|(before, after)| after as f64 / before as f64 - 1.0)
    }

    /// Passes on when memory stayed flat, or nobody can say.
    ///
    /// # Errors
    /// How much it grew, if that is more than [`MOST_GROWTH`].
    pub fn check_memory(&self) -> Result<(), String> {
        match self.growth() {
            Some(growth) if growth > MOST_GROWTH => Err(format!(
                "resident memory grew by {:.1} % in {} harmful runs: expected at most {:.0} %",
                growth * 100.0,
                self.runs,
                MOST_GROWTH * 100.0
            )),
            _ => Ok(()),
        }
    }
}

/// Runs a harmful node `runs` times while another thread runs a good one all along.
///
/// # Errors
/// What a harmful node was answered instead of a failure, or what became of the good one.
pub fn harm(runs: u64, seed: u64) -> Result<Harm, String> {
    let installed = Installed::everything(Build::Component, |manifest| {
        manifest.limits.memory_mib = 64;
        manifest.limits.stall_ms = 30;
    });
    let mut config = installed.config();
    config.component.max_image_bytes = 64 << 20;
    let registry = Registry::load(&config);
    let (done, unaffected) = (AtomicBool::new(false), AtomicU64::new(0));
    let warm = (runs / 10).max(1);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                good(&registry)?;
                unaffected.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<(), String>(())
        });
        let mut rng = Rng::with_seed(seed);
        let mut before = None;
        let mut outcome = Ok(());
        for run in 0..runs {
            outcome = bad(&registry, &mut rng);
            if outcome.is_err() || other.is_finished() {
                break;
            }
            if run + 1 == warm {
                before = resident();
            }
        }
        done.store(true, Ordering::Relaxed);
        other.join().map_err(|_| "the other node's thread panicked".to_owned())??;
        outcome?;
        good(&registry)?;
        let unaffected = unaffected.load(Ordering::Relaxed);
        Ok(Harm { runs, unaffected, resident: before.zip(resident()) })
    })
}

fn good(registry: &Registry) -> Result<(), String> {
    let inputs = vec![("number".to_owned(), Value::Int(41))];
    match registry.run("everything/Trivial", inputs, &Recorder::default()) {
        Ok(outputs) if matches!(outputs[..], [(_, Value::Int(42))]) => Ok(()),
        other => Err(format!("the other node: expected 42, found {other:?}")),
    }
}

fn bad(registry: &Registry, rng: &mut Rng) -> Result<(), String> {
    let choice = |name: &'static str, key: &str| (name, Value::Choice(key.into()));
    let (node, inputs) = match rng.u8(..9) {
        0 => ("Panic", vec![("text", Value::Text("at random".into()))]),
        1 => ("Leave", vec![choice("how", "abort")]),
        2 => ("Leave", vec![choice("how", "exit")]),
        3 => ("Spin", vec![choice("how", "deaf")]),
        4 => ("Spin", vec![choice("how", "asking")]),
        5 => ("Allocate", vec![("gib", Value::Int(8)), choice("where", "memory")]),
        6 => ("Allocate", vec![("gib", Value::Int(8)), choice("where", "image")]),
        7 => ("Recurse", vec![("depth", Value::Int(100_000_000))]),
        _ => ("Lie", vec![choice("how", "unsavable")]),
    };
    let inputs = inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    match registry.run(&format!("everything/{node}"), inputs, &Recorder::default()) {
        Err(Failure::Failed { .. } | Failure::OutOfMemory { .. }) => Ok(()),
        other => Err(format!("everything/{node}: expected a failure, found {other:?}")),
    }
}

/// Resident memory of this process in bytes.
fn resident() -> Option<u64> {
    // `size resident shared …` in pages (proc(5)); pages of 4 KiB everywhere but on some ARM servers, where the ratio
    // is as good.
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split_whitespace().nth(1)?.parse::<u64>().ok().map(|pages| pages * 4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_may_grow_a_little_and_not_more() {
        let harm = |after| Harm { runs: 1000, unaffected: 1, resident: Some((40 << 20, after)) };
        assert_eq!(harm(41 << 20).check_memory(), Ok(()));
        let why = harm(43 << 20).check_memory().unwrap_err();
        assert_eq!(why, "resident memory grew by 7.5 % in 1000 harmful runs: expected at most 5 %");
        assert_eq!(Harm { resident: None, ..harm(0) }.check_memory(), Ok(()));
    }
}
