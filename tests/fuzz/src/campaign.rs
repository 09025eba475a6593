use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use wirebrush_golden_tests::memory;

use crate::Target;

// Far beyond the slowest case, on a machine that does other things as well.
const HANG: Duration = Duration::from_secs(60);

/// When a campaign ends: whichever comes first.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Most cases.
    pub cases: u64,
    /// Longest time.
    pub time: Duration,
}

/// What a campaign did.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Cases run.
    pub cases: u64,
    /// Those among them whose input was taken as good.
    pub accepted: u64,
    /// How long it took.
    pub time: Duration,
    /// Most memory in bytes that a case took, where somebody looked.
    pub memory: Option<u64>,
}

/// Runs cases of a target from `seed` on; the first case has number `first`.
///
/// # Errors
/// The number of the case that panicked or took too much memory, with the message; run it again with `first` set to it.
///
/// # Panics
/// A case that takes longer than a minute ends the process: nothing else can be done about it.
pub fn campaign(target: &mut dyn Target, seed: u64, first: u64, budget: Budget) -> Result<Report, String> {
    let begun = Instant::now();
    let current = AtomicU64::new(0);
    let (mut accepted, mut largest) = (0, None);
    let cases = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&current, first));
        let mut cases = 0;
        let outcome = loop {
            if cases >= budget.cases || begun.elapsed() >= budget.time {
                break Ok(cases);
            }
            let number = first + cases;
            current.store(cases + 1, Ordering::Relaxed);
            // Neighbouring numbers must give unrelated cases.
            let mut rng = Rng::with_seed(seed ^ (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let before = target.most_memory().and_then(|_| memory::mark());
            match catch_unwind(AssertUnwindSafe(|| target.run(&mut rng))) {
                Ok(good) => {
                    accepted += u64::from(good);
                    let taken = before.and_then(|before| Some(memory::peak()?.saturating_sub(before)));
                    largest = largest.max(taken);
                    if let (Some(taken), Some(most)) = (taken, target.most_memory())
                        && taken > most
                    {
                        let [taken, most] = [taken, most].map(|bytes| bytes >> 20);
                        break Err(format!(
                            "case {number} of seed {seed}: took {taken} MiB of memory, expected at most {most}"
                        ));
                    }
                }
                Err(panic) => {
                    let text = panic.downcast_ref::<String>().map(String::as_str);
                    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
                    break Err(format!("case {number} of seed {seed}: {text}"));
                }
            }
            cases += 1;
        };
        current.store(u64::MAX, Ordering::Relaxed);
        watcher.thread().unpark();
        outcome
    })?;
    Ok(Report { cases, accepted, time: begun.elapsed(), memory: largest })
}

/// Ends the process when one case takes too long.
fn watch(current: &AtomicU64, first: u64) {
    let mut last = (0, Instant::now());
    loop {
        let now = current.load(Ordering::Relaxed);
        if now == u64::MAX {
            return;
        }
        if now != last.0 {
            last = (now, Instant::now());
        } else if last.1.elapsed() > HANG {
            eprintln!("case {} hangs: it has run for {} s", first + now - 1, HANG.as_secs());
            std::process::abort();
        }
        thread::park_timeout(Duration::from_millis(500));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Even(Vec<u64>);

    impl Target for Even {
        fn run(&mut self, rng: &mut Rng) -> bool {
            let number = rng.u64(..);
            self.0.push(number);
            assert!(self.0.len() != 5, "the fifth");
            number.is_multiple_of(2)
        }
    }

    struct Large(usize);

    impl Target for Large {
        fn run(&mut self, _: &mut Rng) -> bool {
            // Memory that nobody writes to is none.
            vec![1u8; self.0].iter().all(|byte| *byte == 1)
        }

        fn most_memory(&self) -> Option<u64> {
            Some(32 << 20)
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_case_that_takes_too_much_memory_ends_the_campaign() {
        let budget = Budget { cases: 3, time: Duration::MAX };
        assert_eq!(campaign(&mut Large(8 << 20), 7, 0, budget).unwrap().cases, 3);
        let why = campaign(&mut Large(64 << 20), 7, 0, budget).unwrap_err();
        assert!(why.starts_with("case 0 of seed 7: took 6"), "{why}");
    }

    #[test]
    fn a_case_that_panics_can_be_run_again_alone() {
        let budget = Budget { cases: 100, time: Duration::MAX };
        let mut target = Even(Vec::new());
        let why = campaign(&mut target, 7, 0, budget).unwrap_err();
        assert_eq!(why, "case 4 of seed 7: the fifth");
        let mut again = Even(Vec::new());
        let report = campaign(&mut again, 7, 4, Budget { cases: 1, ..budget }).unwrap();
        assert_eq!((again.0[0], report.cases), (target.0[4], 1));
    }
}
