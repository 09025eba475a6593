//! JSON as canonical text.

use serde_json::Value as Json;

use crate::number;

/// Longest line on which an object or array stays whole.
const WIDTH: usize = 100;

/// Levels from the top that are always broken: the document and its parts.
const BROKEN: usize = 2;

/// The canonical text of a document, ending in a newline.
pub(super) fn write(value: &Json) -> String {
    let mut text = String::new();
    broken(value, 0, 0, &mut text);
    text.push('\n');
    text
}

/// Writes a value behind `used` characters of its line.
fn broken(value: &Json, level: usize, used: usize, text: &mut String) {
    let keep_whole = match value {
        Json::Object(map) => level >= BROKEN || map.is_empty(),
        _ => true,
    };
    if keep_whole {
        let start = text.len();
        if inline(value, WIDTH.saturating_sub(used), text) {
            return;
        }
        text.truncate(start);
    }
    match value {
        Json::Object(map) => {
            text.push('{');
            for (index, (key, item)) in sorted(map).into_iter().enumerate() {
                next_line(index > 0, level + 1, text);
                let start = text.len();
                scalar(&Json::from(key), text);
                text.push_str(": ");
                let used = 2 * (level + 1) + text[start..].chars().count();
                broken(item, level + 1, used, text);
            }
            next_line(false, level, text);
            text.push('}');
        }
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                next_line(index > 0, level + 1, text);
                broken(item, level + 1, 2 * (level + 1), text);
            }
            next_line(false, level, text);
            text.push(']');
        }
        _ => scalar(value, text),
    }
}

/// Writes a value on one line, unless it takes more than `room` characters.
fn inline(value: &Json, room: usize, text: &mut String) -> bool {
    let start = text.len();
    match value {
        Json::Object(map) => {
            text.push_str(if map.is_empty() { "{" } else { "{ " });
            for (index, (key, item)) in sorted(map).into_iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                scalar(&Json::from(key), text);
                text.push_str(": ");
                if !inline_behind(start, item, room, text) {
                    return false;
                }
            }
            text.push_str(if map.is_empty() { "}" } else { " }" });
        }
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                if !inline_behind(start, item, room, text) {
                    return false;
                }
            }
            text.push(']');
        }
        _ => scalar(value, text),
    }
    // A byte is at most one character; the exact count is needed near the limit only.
    text.len() - start <= room || text[start..].chars().count() <= room
}

fn inline_behind(start: usize, item: &Json, room: usize, text: &mut String) -> bool {
    let used = text[start..].chars().count();
    used <= room && inline(item, room - used, text)
}

fn next_line(comma: bool, level: usize, text: &mut String) {
    text.push_str(if comma { ",\n" } else { "\n" });
    text.extend(std::iter::repeat_n("  ", level));
}

fn scalar(value: &Json, text: &mut String) {
    match value {
        Json::Number(it) => text.push_str(&number::text(it)),
        other => text.push_str(&other.to_string()),
    }
}

/// The entries by code point, whatever order the map keeps.
fn sorted(map: &serde_json::Map<String, Json>) -> Vec<(&str, &Json)> {
    let mut entries: Vec<_> = map.iter().map(|(key, item)| (key.as_str(), item)).collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_short_things_stay_on_a_line() {
        let long = "x".repeat(90);
        let value = json!({ "z": { "b": { "d": [1, 2.5, []], "c": {} } }, "a": { "long": { "text": long, "n": null } } });
        let expected = format!(
            "{{\n  \"a\": {{\n    \"long\": {{\n      \"n\": null,\n      \"text\": \"{long}\"\n    }}\n  }},\n  \"z\": \
             {{\n    \"b\": {{ \"c\": {{}}, \"d\": [1, 2.5, []] }}\n  }}\n}}\n"
        );
        assert_eq!(write(&value), expected);
    }
}
