//! The work of a node on a thread of its own, so that a cancel is felt in the middle of it, and the memory it gets.

use wirebrush_sdk::{Context, Image, Inputs, LogLevel, Result};

use super::failure::OrFail;
use crate::error::Error;
use crate::interrupt;
use crate::memory::{Budget, LEDGER, Need, Stage, Taken, format_bytes};
use crate::model::Model;

/// Stages below this are not worth a line in everybody's log.
const WORTH_SAYING: u64 = 1 << 30;

/// What the work says to the host.
enum Told {
    Progress { step: u64, total: u64, message: String },
    Preview(Image),
    Log(LogLevel, String),
}

/// The work's line to the host.
pub(super) struct Teller<'a> {
    tell: &'a dyn Fn(Told),
}

impl Teller<'_> {
    /// Reports that `step` of `total` steps are done.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn progress(&self, step: usize, total: usize, message: &str) -> crate::Result<()> {
        interrupt::check()?;
        (self.tell)(Told::Progress { step: step as u64, total: total as u64, message: message.to_owned() });
        interrupt::check()
    }

    /// Shows an unfinished result.
    pub(super) fn preview(&self, image: Image) {
        (self.tell)(Told::Preview(image));
    }

    /// Writes a line to the run's log.
    pub(super) fn log(&self, level: LogLevel, message: impl Into<String>) {
        (self.tell)(Told::Log(level, message.into()));
    }
}

/// Runs `work`, which may take long, and hands on what it says.
///
/// # Errors
/// [`Failure::Cancelled`], whatever came of the work.
pub(super) fn work<T: Send>(cx: &Context<'_>, work: impl FnOnce(&Teller<'_>) -> T + Send) -> Result<T> {
    cx.check()?;
    let mut failure = None;
    let mut watch = |told: Option<Told>| {
        let answer = match told {
            None => cx.check(),
            Some(Told::Progress { step, total, message }) => cx.progress_with(step, total, &message),
            Some(Told::Preview(image)) => {
                cx.preview(&image);
                Ok(())
            }
            Some(Told::Log(level, message)) => {
                cx.log(level, message);
                Ok(())
            }
        };
        if let Err(why) = answer {
            failure.get_or_insert(why);
        }
        failure.is_some()
    };
    let answer = interrupt::interruptible(&mut watch, |tell| work(&Teller { tell }));
    failure.map_or(Ok(answer), Err)
}

/// The budget in the input `memory`.
pub(super) fn budget(inputs: &mut Inputs) -> Result<Budget> {
    Budget::parse(&inputs.text("memory")?).or_fail("memory")
}

/// What a stage has been given, as long as it lives.
pub(super) struct Room {
    /// How the stage runs.
    pub(super) stage: Stage,
    _taken: Taken<'static>,
}

/// Decides how a stage runs, makes room for it, and says so; `more` is added to the line. Waits while stages of other nodes leave
/// no room.
///
/// # Errors
/// `InvalidInput` when the budget that was asked for is too small, `OutOfMemory` when the machine has not enough, `Cancelled`.
pub(super) fn make_room(
    need: Need,
    budget: Budget,
    model: &Model,
    cx: &Context<'_>,
    more: &str,
) -> Result<Room> {
    let stage = need.fit(budget).inspect_err(|error| {
        // The failure itself has only numbers.
        if matches!(error, Error::OutOfMemory { .. }) {
            cx.warn(format!("{error}; {} are free", format_bytes(budget.bytes)));
        }
    });
    let stage = stage.or_fail("memory")?;
    let fits = |others| stage.peak(others) <= budget.bytes;
    let taken = LEDGER.take(stage.bytes(), fits, || cx.check())?;
    let left = model.make_room(&stage, taken.others, budget);
    let mut line = format!(
        "memory: up to {} of {}: {}",
        format_bytes(stage.peak(0)),
        format_bytes(budget.bytes),
        stage.describe()
    );
    if !left.is_empty() {
        let left: Vec<_> = left.iter().map(ToString::to_string).collect();
        line = format!("{line}; {} left", left.join(", "));
    }
    if !more.is_empty() {
        line = format!("{line}; {more}");
    }
    let level = if stage.bytes() >= WORTH_SAYING { LogLevel::Info } else { LogLevel::Debug };
    cx.log(level, line);
    Ok(Room { stage, _taken: taken })
}
