//! Shows values to people: a line, and the contents where a browser can show them.

use anyhow::Result;
use serde_json::Value as Json;
use wirebrush_engine::{Bytes, Image, Value};
use wirebrush_graph::Graph;
use wirebrush_schema::Sample;

use super::picture;
use super::shapes::ValueInfo;
use crate::results;
use crate::store::assets::{Asset, AssetStore, Origin};

/// Characters of a text in the summary line.
const SUMMARY_CHARS: usize = 200;

/// A longer text becomes an asset: every client hears of outputs whenever its run changes.
const INLINE_BYTES: usize = 64 << 10;

/// The largest integer below which every reader of JSON is exact.
const EXACT: u64 = 1 << 53;

/// Describes a value, and stores what is too large to go inside the description as an asset called like `name`.
///
/// A PNG file that a sink returned carries `graph` from then on.
///
/// # Errors
/// When a picture cannot be encoded, or the asset not be stored.
pub(crate) fn describe(value: &Value, name: &str, graph: &Graph, assets: &AssetStore) -> Result<ValueInfo> {
    let mut info = ValueInfo {
        kind: value.kind().to_owned(),
        summary: summary(value),
        asset: None,
        value: inline(value),
    };
    info.asset = match value {
        Value::Image(image) | Value::Mask(image) => {
            let encoded = picture::png(image)?;
            Some(keep(assets, name, encoded.media_type, &encoded.data)?)
        }
        Value::Bytes(bytes) => {
            Some(keep(assets, name, &bytes.media_type, &results::with_graph(bytes, graph)?)?)
        }
        Value::Text(text) if text.len() > INLINE_BYTES => {
            Some(keep(assets, name, "text/plain", text.as_bytes())?)
        }
        _ => None,
    };
    Ok(info)
}

fn keep(assets: &AssetStore, stem: &str, media_type: &str, bytes: &[u8]) -> Result<Asset> {
    assets.add(&results::with_ending(stem, media_type), media_type, bytes, Origin::Program)
}

/// What a result is called: as the node's literal `name` says, else like the node and, unless it is a file, its
/// output.
pub(crate) fn name(graph: &Graph, node: &str, output: &str, value: &Value) -> String {
    let plain = || node.replace('/', "-");
    match value {
        Value::Bytes(_) => results::name_of(graph, node).unwrap_or_else(plain),
        _ => format!("{}-{output}", plain()),
    }
}

/// The value itself, where that is short.
fn inline(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Bool(it) => Json::from(*it),
        Value::Int(it) if it.unsigned_abs() > EXACT => Json::from(it.to_string()),
        Value::Int(it) => Json::from(*it),
        Value::Float(it) => Json::from(*it),
        Value::Text(it) | Value::Choice(it) if it.len() <= INLINE_BYTES => Json::from(&**it),
        _ => return None,
    })
}

/// One line.
fn summary(value: &Value) -> String {
    match value {
        Value::None => "nothing".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Int(it) => it.to_string(),
        Value::Float(it) => it.to_string(),
        Value::Text(it) | Value::Choice(it) => cut(it),
        Value::Bytes(Bytes { media_type, data }) => format!("{media_type}, {}", size(data.len() as u64)),
        Value::Image(image) => format!("image {}", dimensions(image)),
        Value::Mask(image) => format!("mask {}", dimensions(image)),
        Value::Tensor(tensor) => {
            let shape: Vec<_> = tensor.shape.iter().map(ToString::to_string).collect();
            format!("tensor {}, {}", shape.join(" × "), tensor.dtype)
        }
        Value::Handle(it) => format!("{}, {} on {}", it.kind(), size(it.size_bytes()), it.device()),
    }
}

fn dimensions(image: &Image) -> String {
    let info = &image.info;
    let sample = match info.sample {
        Sample::U8 => "u8",
        Sample::U16 => "u16",
        Sample::F16 => "f16",
        Sample::F32 => "f32",
    };
    let channels = if info.channels == 1 { "channel" } else { "channels" };
    let frames = if info.frames > 1 { format!(", {} frames", info.frames) } else { String::new() };
    format!("{} × {}, {} {channels}, {sample}{frames}", info.width, info.height, info.channels)
}

/// On one line and of bounded length.
fn cut(text: &str) -> String {
    let mut shown: String =
        text.chars().take(SUMMARY_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SUMMARY_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(value < 10.0 && value.fract() >= 0.05);
    format!("{value:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wirebrush_engine::{Buffer, Tensor};
    use wirebrush_schema::ImageInfo;

    use super::*;

    #[test]
    fn every_kind_has_one_line() {
        let info = ImageInfo::srgb(768, 512, 3, Sample::U8);
        let image = Image { info, data: Buffer::new(Vec::new()) };
        let mask = Image { info: ImageInfo::srgb(2, 1, 1, Sample::F32), data: Buffer::new(Vec::new()) };
        let bytes = Bytes { media_type: "image/png".into(), data: Buffer::new(vec![0; 1536]) };
        let tensor =
            Tensor { dtype: "bf16".into(), shape: [1, 16, 64].into(), data: Buffer::new(Vec::new()) };
        for (value, line) in [
            (Value::None, "nothing"),
            (Value::Bool(true), "true"),
            (Value::Float(2.5), "2.5"),
            (Value::Image(image), "image 768 × 512, 3 channels, u8"),
            (Value::Mask(mask), "mask 2 × 1, 1 channel, f32"),
            (Value::Bytes(bytes), "image/png, 1.5 KiB"),
            (Value::Tensor(tensor), "tensor 1 × 16 × 64, bf16"),
            (Value::Text("two\nlines".into()), "two lines"),
        ] {
            assert_eq!(summary(&value), line);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let line = summary(&Value::Text("ü".repeat(201).into()));
        assert_eq!(line, format!("{}…", "ü".repeat(200)));
        assert_eq!(summary(&Value::Text("ü".repeat(200).into())), "ü".repeat(200));
    }

    #[test]
    fn integers_stay_exact() {
        assert_eq!(inline(&Value::Int(-7)), Some(json!(-7)));
        assert_eq!(inline(&Value::Int(i64::MAX)), Some(json!("9223372036854775807")));
        assert_eq!(inline(&Value::Int(i64::MIN)), Some(json!("-9223372036854775808")));
    }

    #[test]
    fn short_texts_are_inside_and_long_ones_are_not() {
        assert_eq!(inline(&Value::Text("tea".into())), Some(json!("tea")));
        assert_eq!(inline(&Value::Text("x".repeat(INLINE_BYTES + 1).into())), None);
    }

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (65536, "64 KiB"),
            (3 << 29, "1.5 GiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_file_is_called_as_its_node_says_and_a_wire_after_its_place() {
        let save = wirebrush_graph::Node::new("image/SaveImage").set("name", "cup");
        let graph = Graph::new("").with("save", save);
        let bytes = Value::Bytes(Bytes { media_type: "image/png".into(), data: Buffer::new(Vec::new()) });
        assert_eq!(name(&graph, "save", "file", &bytes), "cup");
        assert_eq!(name(&graph, "inner/save", "file", &bytes), "inner-save");
        assert_eq!(name(&graph, "a/decode", "image", &Value::None), "a-decode-image");
    }
}
