//! A report in words, short enough for one screen.

use serde_json::Value as Json;

use crate::error::Line;
use crate::memory::format_bytes;

/// Keys without meaning that are shown of a LoRA.
const SHOWN_KEYS: usize = 5;

/// Two lines for each part, then what an edit needs beside them.
pub(super) fn words(report: &Json) -> String {
    let mut lines = Vec::new();
    let path = text(report, "path");
    match report["parts"].as_object() {
        Some(parts) => {
            lines.push(format!("{path}:"));
            let is_beside = |facts: &Json| report["layout"] == "single-file" && facts["file"] != path;
            let (beside, own): (Vec<_>, Vec<_>) = parts.iter().partition(|(_, facts)| is_beside(facts));
            own.into_iter().for_each(|(key, facts)| part(key, facts, path, &mut lines));
            neighbours(&beside, path, &mut lines);
            let usable = parts.values().all(|facts| facts["problem"].is_null());
            needs(report, usable, &mut lines);
        }
        None => {
            lines.push(format!("{path}: {}", report["role"].as_str().map_or("unknown", |_| "a LoRA")));
            lines.extend(file(report, ""));
            if report["lora"].is_object() {
                changes(&report["lora"], &mut lines);
            }
            problem(report, path, &mut lines);
        }
    }
    lines.iter().map(|line| format!("{}\n", Line(line))).collect()
}

fn part(key: &str, facts: &Json, path: &str, lines: &mut Vec<String>) {
    let at = text(facts, "file");
    let mut line = key.to_owned();
    for fact in ["family", "sizes"] {
        if !text(facts, fact).is_empty() {
            line += &format!(": {}", text(facts, fact));
        }
    }
    // Below the path or beside it.
    let at_shown = at.strip_prefix(path).map_or(at, |rest| rest.trim_start_matches('/'));
    match file(facts, at_shown) {
        Some(file) => lines.extend([line, file]),
        None => lines.push(format!("{line}: {at_shown}")),
    }
    problem(facts, at, lines);
}

/// What lies in the same folder and would be used with the file, in a line each.
fn neighbours(beside: &[(&String, &Json)], path: &str, lines: &mut Vec<String>) {
    if beside.is_empty() {
        return;
    }
    lines.push("found beside it".to_owned());
    let folder = path.rfind('/').map_or("", |end| &path[..=end]);
    for (key, facts) in beside {
        let at = text(facts, "file");
        lines.push(format!("  {key}: {}", at.strip_prefix(folder).unwrap_or(at)));
        problem(facts, at, lines);
    }
}

/// How a file holds its tensors; `None` for what has none.
fn file(facts: &Json, at: &str) -> Option<String> {
    let tensors = facts["tensors"].as_u64()?;
    let mut line = if at.is_empty() { String::new() } else { format!("{at}: ") };
    line += text(facts, "format");
    if let Some(naming) = facts["naming"].as_str() {
        line += &format!(" under {naming} names");
    }
    if let Some(prefix) = facts["prefix"].as_str() {
        line += &format!(" behind `{prefix}`");
    }
    line += &format!(", {}, {tensors} tensors", format_bytes(facts["bytes"].as_u64().unwrap_or_default()));
    if let Some(parameters) = facts["parameters"].as_u64().filter(|&n| n > 0) {
        line += &format!(", {} parameters", count(parameters));
    }
    Some(format!("  {line}; {}", text(facts, "encodings")))
}

fn problem(facts: &Json, path: &str, lines: &mut Vec<String>) {
    if let Some(problem) = facts["problem"].as_str() {
        // The path is above already.
        let problem = problem.strip_prefix(path).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(problem);
        lines.push(format!("  cannot be used: {problem}"));
    }
}

/// What a LoRA changes, and how.
fn changes(lora: &Json, lines: &mut Vec<String>) {
    let counts = |key: &str| {
        let counts = lora[key].as_object().into_iter().flatten();
        counts.map(|(what, count)| format!("{what} {count}")).collect::<Vec<_>>().join(", ")
    };
    lines.push(format!("  made by {}; layers it changes: {}", list(&lora["families"], 9), counts("targets")));
    let (ranks, scales) = (list(&lora["ranks"], 9), list(&lora["scales"], 9));
    lines.push(format!("  {}; ranks {ranks}; alpha / rank {scales}", counts("forms")));
    lines.push(format!("  strength: {}", text(lora, "strength")));
    if lora["unmatched"].as_array().is_some_and(|keys| !keys.is_empty()) {
        lines.push(format!("  keys without meaning: {}", list(&lora["unmatched"], SHOWN_KEYS)));
    }
    lines.push("  Load LoRA puts it on the model that it was made for".to_owned());
}

fn needs(report: &Json, usable: bool, lines: &mut Vec<String>) {
    let listed = |key: &str| report[key].as_array().filter(|parts| !parts.is_empty());
    match listed("missing") {
        // With such a file there is no edit, whatever else comes to it.
        _ if !usable => return,
        Some(missing) => {
            lines.push("an edit also needs".to_owned());
            lines.extend(missing.iter().filter_map(Json::as_str).map(|part| format!("  {part}")));
        }
        None => lines
            .push("nothing is missing for an edit; `wirebrush model plan` says what one takes".to_owned()),
    }
    // Of interest to those who have a part of it.
    if let Some([one]) = listed("missing_for_redux").map(Vec::as_slice) {
        lines.push("pictures as style (Redux) also need".to_owned());
        lines.push(format!("  {}", one.as_str().unwrap_or_default()));
    }
}

fn text<'a>(facts: &'a Json, key: &str) -> &'a str {
    facts[key].as_str().unwrap_or_default()
}

/// Up to `most` items, and how many more there are.
fn list(items: &Json, most: usize) -> String {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    let plain = |item: &Json| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    let shown: Vec<_> = items.iter().take(most).map(plain).collect();
    let more = items.len() - shown.len();
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// A number of parameters as models are called by, such as `11.9 G`.
fn count(parameters: u64) -> String {
    match parameters as f64 {
        n if n >= 1e9 => format!("{:.1} G", n / 1e9),
        n if n >= 1e6 => format!("{:.1} M", n / 1e6),
        n => n.to_string(),
    }
}
