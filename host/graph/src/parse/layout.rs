//! Reads the layout. Entries of other shapes may come from another program: they are kept, with a warning at most.

use serde_json::{Map, Value as Json};

use super::document::Reader;
use crate::literal::shown;
use crate::{Frame, Layout, Path, Place, Problem};

impl Reader<'_> {
    pub(super) fn layout(&mut self, entries: Map<String, Json>, path: &Path<'_>) -> Layout {
        let mut layout = Layout::default();
        for (key, value) in entries {
            let here = path.key(&key);
            match value {
                Json::Object(frames) if key == "frames" => self.frames(frames, &here, &mut layout),
                other => match place(&other) {
                    Some(place) if key != "frames" => {
                        layout.places.insert(key, place);
                    }
                    _ => {
                        if !other.is_object() && !is_bends(&key, &other) {
                            let expected = if key == "frames" { "an object" } else { "[x, y]" };
                            self.odd(&here, expected, &other);
                        }
                        layout.extra.insert(key, other);
                    }
                },
            }
        }
        layout
    }

    /// Frames are made by this program alone, so a malformed one is an error.
    fn frames(&mut self, frames: Map<String, Json>, path: &Path<'_>, layout: &mut Layout) {
        for (title, value) in frames {
            let here = path.key(&title);
            let Json::Object(mut map) = value else {
                self.error("type", &here, "an object with `rect`", shown(&value));
                continue;
            };
            let mut frame = Frame::default();
            match map.remove("rect") {
                Some(rect) => match numbers::<4>(&rect) {
                    Some(rect) => frame.rect = rect,
                    None => self.error("type", &here.key("rect"), "[x, y, width, height]", shown(&rect)),
                },
                None => self.error("missing", &here.key("rect"), "[x, y, width, height]", "nothing"),
            }
            frame.color = self.take_text(&mut map, "color", &here);
            frame.note = self.take_text(&mut map, "note", &here);
            frame.extra = map.into_iter().collect();
            layout.frames.insert(title, frame);
        }
    }

    fn odd(&mut self, path: &Path<'_>, expected: &str, found: &Json) {
        let problem = Problem::warning("type", path, expected, shown(found));
        self.problems.push(problem.hint("it is kept and has no effect"));
    }
}

/// Whether an entry holds the points a wire bends at: by the input it leads to, which no node can be called.
fn is_bends(key: &str, value: &Json) -> bool {
    let points = value.as_array();
    key.contains('.') && points.is_some_and(|points| points.iter().all(|point| numbers::<2>(point).is_some()))
}

fn place(value: &Json) -> Option<Place> {
    if let Some([x, y]) = numbers::<2>(value) {
        return Some(Place { x, y, size: None });
    }
    numbers::<4>(value).map(|[x, y, width, height]| Place { x, y, size: Some((width, height)) })
}

fn numbers<const N: usize>(value: &Json) -> Option<[f64; N]> {
    let numbers: Option<Vec<f64>> = value.as_array()?.iter().map(Json::as_f64).collect();
    numbers?.try_into().ok()
}
