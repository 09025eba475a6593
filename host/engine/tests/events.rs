//! What the event stream looks like as JSON.

mod common;

use common::*;
use serde_json::{Value as Json, json};
use wirebrush_engine::{Buffer, Image, Value, Wiring};
use wirebrush_schema::{Failure, ImageInfo, LogLevel, Sample};

/// The reports of one node that says everything a node can say, without times.
fn lines() -> Vec<Json> {
    let nodes = Nodes::new().node(makes_int("test/Talk"), |_, cx| {
        cx.progress(1, 2, "");
        cx.progress(2, 2, "almost");
        cx.log(LogLevel::Warn, "prompt cut after 512 tokens");
        let info = ImageInfo::srgb(4, 2, 3, Sample::U8);
        cx.preview(Image { info, data: Buffer::new(vec![200_u8; 24]) });
        Err::<Vec<(String, Value)>, _>(Failure::invalid("text", "expected a prompt, found nothing"))
    });
    let told = Bench::new(nodes).run(&Wiring::new().node("talk", "test/Talk", |it| it), &["talk"]);
    let mut lines: Vec<Json> = told.reports.iter().map(|it| serde_json::to_value(it).unwrap()).collect();
    for line in &mut lines {
        if let Some(ms) = line.get_mut("ms") {
            assert!(ms.as_f64().unwrap() >= 0.0);
            *ms = Json::Null;
        }
    }
    lines
}

#[test]
fn every_report_is_one_flat_object_with_its_number_and_name() {
    let why = "expected a prompt, found nothing";
    let expected = [
        json!({ "sequence": 0, "event": "run-queued", "nodes": 1 }),
        json!({ "sequence": 1, "event": "run-started", "to_run": 1, "cached": 0 }),
        json!({ "sequence": 2, "event": "node-queued", "node": "talk", "node_type": "test/Talk" }),
        json!({ "sequence": 3, "event": "node-started", "node": "talk" }),
        json!({ "sequence": 4, "event": "node-progress", "node": "talk", "step": 1, "total": 2 }),
        json!({ "sequence": 5, "event": "node-progress", "node": "talk", "step": 2, "total": 2, "message": "almost" }),
        json!({
            "sequence": 6, "event": "node-log", "node": "talk",
            "level": "warn", "message": "prompt cut after 512 tokens"
        }),
        json!({
            "sequence": 7, "event": "node-preview", "node": "talk",
            "image": {
                "frames": 1, "height": 2, "width": 4, "channels": 3, "sample": "u8", "color": "srgb", "alpha": "none"
            }
        }),
        json!({
            "sequence": 8, "event": "node-failed", "node": "talk", "message": format!("input `text`: {why}"),
            "failure": { "failure": "invalid-input", "port": "text", "why": why }
        }),
        json!({ "sequence": 9, "event": "run-failed", "ms": null, "failed": ["talk"] }),
    ];
    assert_eq!(lines(), expected);
}
