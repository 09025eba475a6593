//! Small harm done to good input: to its bytes, or to its structure.

use fastrand::Rng;
use serde_json::Value as Json;

/// Numbers at which formats break.
const EDGES: [u64; 8] = [0, 1, 0x7F, 0xFF, 0x7FFF_FFFF, 0xFFFF_FFFF, i64::MAX as u64, u64::MAX];

/// Texts at which names and numbers break.
const WORDS: [&str; 20] = [
    "",
    ".",
    "..",
    "../../x",
    "/etc/passwd",
    "C:\\x",
    "a\\b",
    "con",
    "\0",
    "\u{202e}x",
    "🦀",
    "1e999",
    "-0",
    "18446744073709551616",
    "null",
    "1.0.0-",
    "*",
    "image",
    "handle:a/b@1",
    "ed25519:AAAA",
];

/// Changes bytes in one to eight places.
pub(crate) fn bytes(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.usize(1..=8) {
        if bytes.is_empty() {
            bytes.push(rng.u8(..));
            continue;
        }
        let at = rng.usize(..bytes.len());
        let end = (at + rng.usize(1..=16)).min(bytes.len());
        match rng.u8(..8) {
            0 => bytes[at] ^= 1 << rng.u8(..8),
            1 => bytes[at] = rng.u8(..),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.insert(at, rng.u8(..)),
            4 => bytes.extend_from_within(at..end),
            5 => bytes.truncate(at),
            6 => {
                let edge = rng.choice(EDGES).unwrap_or_default().to_le_bytes();
                let length = (bytes.len() - at).min(1 << rng.usize(..4));
                bytes[at..at + length].copy_from_slice(&edge[..length]);
            }
            _ => {
                let word = rng.choice(WORDS).unwrap_or_default();
                drop(bytes.splice(at..end, word.bytes()));
            }
        }
    }
}

/// Changes a document in one to four places.
pub(crate) fn json(rng: &mut Rng, document: &mut Json) {
    for _ in 0..rng.usize(1..=4) {
        change(rng, document);
    }
}

/// A document as text: changed as a document, as text, or both.
pub(crate) fn json_text(rng: &mut Rng, document: &Json) -> Vec<u8> {
    let mut document = document.clone();
    let how = rng.u8(..3);
    if how > 0 {
        json(rng, &mut document);
    }
    let mut text = document.to_string().into_bytes();
    if how < 2 {
        bytes(rng, &mut text);
    }
    text
}

/// Swaps parts of two names, or changes one: what mappers of names take apart at dots and underscores.
pub(crate) fn name(rng: &mut Rng, name: &str, other: &str) -> String {
    let cut = |rng: &mut Rng, name: &str| {
        let ends: Vec<usize> = name.match_indices(['.', '_']).map(|(at, _)| at).collect();
        rng.choice(ends).unwrap_or(name.len())
    };
    let (here, there) = (cut(rng, name), cut(rng, other));
    match rng.u8(..6) {
        0 | 1 => format!("{}{}", &name[..here], &other[there..]),
        2 => format!("{}{}", &other[..there], name),
        3 => name[here..].trim_start_matches(['.', '_']).to_owned(),
        4 => name.replacen(
            |c: char| c.is_ascii_digit(),
            rng.choice(["18", "-1", "4294967296", ""]).unwrap_or(""),
            1,
        ),
        _ => name[..here].to_owned(),
    }
}

/// Gives some fields of a document other names.
pub(crate) fn field_names(rng: &mut Rng, document: &mut Json) {
    let Json::Object(fields) = document else { return };
    for _ in 0..rng.usize(1..=4) {
        let names: Vec<String> = fields.keys().cloned().collect();
        let (Some(one), Some(other)) = (rng.choice(&names), rng.choice(&names)) else { return };
        if let Some(value) = fields.remove(one) {
            fields.insert(name(rng, one, other), value);
        }
    }
}

fn change(rng: &mut Rng, document: &mut Json) {
    // Down to a random place; where it stops, something is changed.
    let stop = rng.u8(..4) == 0;
    match document {
        Json::Object(fields) if !fields.is_empty() && !stop => {
            let place = rng.usize(..fields.len());
            let name = fields.keys().nth(place).cloned().unwrap_or_default();
            match rng.u8(..8) {
                0 => drop(fields.remove(&name)),
                1 => {
                    let value = fields.remove(&name).unwrap_or_default();
                    fields.insert(word(rng), value);
                }
                2 => drop(fields.insert(word(rng), any(rng))),
                _ => fields.values_mut().nth(place).into_iter().for_each(|value| change(rng, value)),
            }
        }
        Json::Array(items) if !items.is_empty() && !stop => {
            let place = rng.usize(..items.len());
            match rng.u8(..8) {
                0 => drop(items.remove(place)),
                1 => items.insert(place, items[place].clone()),
                2 => items.insert(place, any(rng)),
                _ => change(rng, &mut items[place]),
            }
        }
        other => *other = any(rng),
    }
}

fn any(rng: &mut Rng) -> Json {
    match rng.u8(..10) {
        0 => Json::Null,
        1 => rng.bool().into(),
        2 => rng.choice(EDGES).into(),
        3 => rng.i64(..).into(),
        4 => f64::from_bits(rng.u64(..)).into(),
        5 => Json::Array(Vec::new()),
        6 => Json::Object(serde_json::Map::new()),
        // Deeper than any reader shall follow.
        7 if rng.u8(..8) == 0 => (0..100).fold(Json::Null, |inner, _| Json::Array(vec![inner])),
        _ => word(rng).into(),
    }
}

fn word(rng: &mut Rng) -> String {
    match rng.u8(..8) {
        0 => "x".repeat(rng.usize(..2000)),
        1 => (0..rng.usize(..12)).map(|_| rng.char(..)).collect(),
        _ => rng.choice(WORDS).unwrap_or_default().to_owned(),
    }
}
