//! Unfinished pictures of running nodes as binary frames: small, not too many, the newest first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::body::Bytes;
use serde::Serialize;
use utoipa::ToSchema;
use wirebrush_engine::{Image, NodeKey};

use super::picture;

/// Between two previews of one node.
const PAUSE: Duration = Duration::from_millis(100);

/// Pixels of the longer side: previews are shown in nodes.
const SIDE: u32 = 512;

/// The newest preview of each node of a run.
#[derive(Debug, Default)]
pub(crate) struct Previews(Mutex<HashMap<NodeKey, Slot>>);

#[derive(Debug, Default)]
struct Slot {
    waiting: Option<Image>,
    sent: Option<Instant>,
}

/// What stands before the picture in a frame.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewHeader<'a> {
    /// The run.
    run: &'a str,
    /// Name of the node.
    node: &'a str,
    /// What the picture is, such as `image/jpeg`.
    media_type: &'a str,
}

impl Previews {
    /// Takes a preview; an older one of the node that still waits is dropped.
    pub(crate) fn put(&self, node: NodeKey, image: Image) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(node).or_default().waiting = Some(image);
    }

    /// The previews whose time has come at `now`; all that wait when the run is `over`.
    pub(crate) fn take(&self, now: Instant, over: bool) -> Vec<(NodeKey, Image)> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = slots.iter_mut().filter_map(|(node, slot)| {
            if !over && slot.sent.is_some_and(|sent| now.duration_since(sent) < PAUSE) {
                return None;
            }
            let image = slot.waiting.take()?;
            slot.sent = Some(now);
            Some((node.clone(), image))
        });
        due.collect()
    }
}

/// A frame: length of the header in four bytes, little endian, the header as JSON, the picture.
///
/// # Errors
/// When the picture cannot be shown.
pub(crate) fn frame(run: &str, node: &str, image: &Image) -> Result<Bytes> {
    let encoded = picture::preview(image, SIDE)?;
    let header = serde_json::to_vec(&PreviewHeader { run, node, media_type: encoded.media_type })?;
    let length = u32::try_from(header.len()).context("the header of a preview is too long")?;
    let mut frame = Vec::with_capacity(4 + header.len() + encoded.data.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&header);
    frame.extend_from_slice(&encoded.data);
    Ok(frame.into())
}

#[cfg(test)]
mod tests {
    use wirebrush_engine::Buffer;
    use wirebrush_schema::{ImageInfo, Sample};

    use super::*;

    fn gray(value: u8) -> Image {
        Image { info: ImageInfo::srgb(1, 1, 1, Sample::U8), data: Buffer::new(vec![value]) }
    }

    #[test]
    fn the_newest_preview_of_a_node_wins_and_the_next_waits_its_time() {
        let (previews, start) = (Previews::default(), Instant::now());
        let take = |after: Duration, over: bool| {
            let mut taken: Vec<_> = previews.take(start + after, over);
            taken.sort_by(|(a, _), (b, _)| a.cmp(b));
            taken.iter().map(|(node, image)| format!("{node} {}", image.data[0])).collect::<Vec<_>>()
        };
        previews.put("a".into(), gray(1));
        previews.put("a".into(), gray(2));
        previews.put("b".into(), gray(3));
        assert_eq!(take(Duration::ZERO, false), ["a 2", "b 3"]);
        previews.put("a".into(), gray(4));
        assert!(take(PAUSE / 2, false).is_empty());
        previews.put("a".into(), gray(5));
        assert_eq!(take(PAUSE, false), ["a 5"]);
        previews.put("a".into(), gray(6));
        assert_eq!(take(PAUSE, true), ["a 6"]);
        assert!(take(PAUSE * 9, true).is_empty());
    }

    #[test]
    fn a_frame_is_a_length_a_header_and_a_picture() {
        let frame = frame("r1", "sample", &gray(7)).unwrap();
        let (length, rest) = frame.split_first_chunk::<4>().unwrap();
        let (header, picture) = rest.split_at(u32::from_le_bytes(*length) as usize);
        let header: serde_json::Value = serde_json::from_slice(header).unwrap();
        assert_eq!(header, serde_json::json!({ "run": "r1", "node": "sample", "media_type": "image/jpeg" }));
        assert_eq!(image::load_from_memory(picture).unwrap().width(), 1);
    }
}
