//! What a node tells its host, and how it hears of a cancel.

use wirebrush_engine::Value;
use wirebrush_schema::{Failure, ImageInfo, LogLevel, Sample};

use super::Case;
use crate::Event;

fn preview(gray: u8) -> Event {
    Event::Preview(ImageInfo::srgb(2, 1, 1, Sample::U8), vec![gray; 2])
}

fn progress(step: u64, total: u64) -> Event {
    Event::Progress(step, total, "polishing".to_owned())
}

pub(super) fn cases() -> Vec<Case> {
    let lines = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error];
    vec![
        Case::new("progress and previews arrive in order", "Work")
            .input("steps", Value::Int(3))
            .gives("done", Value::Int(3))
            .tells(vec![
                preview(85),
                progress(1, 3),
                preview(170),
                progress(2, 3),
                preview(255),
                progress(3, 3),
            ]),
        Case::new("a cancel is felt at the next progress report", "Work")
            .input("steps", Value::Int(1_000_000))
            .cancelled_after(2)
            .fails(Failure::Cancelled),
        Case::new("a cancel before the start is felt at the first report", "Work")
            .input("steps", Value::Int(3))
            .cancelled_after(0)
            .fails(Failure::Cancelled),
        Case::new("a node that asks hears of a cancel", "Spin")
            .input("how", Value::Choice("reporting".into()))
            .cancelled_after(5)
            .fails(Failure::Cancelled),
        Case::new("a cancel between bands of a picture is felt", "Invert")
            .input(
                "image",
                Value::Image(wirebrush_engine::Image {
                    info: ImageInfo::srgb(1, 1000, 1, Sample::U8),
                    data: wirebrush_engine::Buffer::new(vec![0_u8; 1000]),
                }),
            )
            .cancelled_after(1)
            .fails(Failure::Cancelled),
        Case::new("log lines arrive with their levels", "Talk")
            .input("text", Value::Text("grüße".into()))
            .input("streams", Value::Bool(false))
            .gives("done", Value::Bool(true))
            .tells(lines.iter().map(|level| Event::log(*level, "grüße")).collect()),
    ]
}
