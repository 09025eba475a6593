//! `wirebrush-fuzz`: runs campaigns and says what they did. Started by `cargo xtask fuzz`.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;
use wirebrush_fuzz::{Budget, TARGETS, campaign, harm};

/// Feeds the host what nobody would write.
#[derive(Parser)]
#[command(name = "cargo xtask fuzz")]
struct Args {
    /// What to fuzz; everything when none is named.
    targets: Vec<String>,
    /// Seconds a target.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Cases a target, if that is reached earlier.
    #[arg(long, value_name = "N", default_value_t = u64::MAX)]
    cases: u64,
    /// Where the cases begin; the same seed gives the same cases.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Number of the first case, to run one again that failed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// Runs of a component that does its worst; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    harm: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(unknown) = args.targets.iter().find(|name| !TARGETS.iter().any(|(known, _)| known == name)) {
        let known: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        bail!("no target `{unknown}`: there are {}", known.join(", "));
    }
    let budget = Budget { cases: args.cases, time: Duration::from_secs(args.seconds) };
    let mut total = 0;
    println!(
        "{:<18} {:>12} {:>12} {:>9} {:>12} {:>12}",
        "target", "cases", "accepted", "seconds", "cases/s", "most memory"
    );
    for (name, make) in TARGETS {
        if !args.targets.is_empty() && !args.targets.iter().any(|wanted| wanted == name) {
            continue;
        }
        match campaign(&mut *make(), args.seed, args.first, budget) {
            Ok(report) => {
                total += report.cases;
                let seconds = report.time.as_secs_f64();
                let rate = report.cases as f64 / seconds;
                let memory =
                    report.memory.map_or_else(|| "-".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
                println!(
                    "{name:<18} {:>12} {:>12} {seconds:>9.1} {rate:>12.0} {memory:>12}",
                    report.cases, report.accepted
                );
            }
            Err(why) => bail!("{name}: {why}"),
        }
    }
    println!("{total} cases, no crash, no hang");
    if args.harm > 0 && args.targets.is_empty() {
        let harm = harm::harm(args.harm, args.seed).map_err(anyhow::Error::msg)?;
        println!("{} harmful runs, {} runs of another node beside them", harm.runs, harm.unaffected);
        if let (Some(growth), Some((before, after))) = (harm.growth(), harm.resident) {
            println!(
                "resident memory: {} MiB, then {} MiB ({:+.1} %)",
                before >> 20,
                after >> 20,
                growth * 100.0
            );
        }
        harm.check_memory().map_err(anyhow::Error::msg)?;
    }
    Ok(())
}
