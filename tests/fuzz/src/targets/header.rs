//! Harm done to safetensors files: to the header, the names in it, the factors, or anywhere.

use fastrand::Rng;
use serde_json::Value as Json;

use crate::mutate;

/// Memory that reading any of the files made here may take: they have less than 1 MiB, and converting one takes a few
/// megabytes a thread.
pub(super) const MOST_MEMORY: u64 = 64 << 20;

/// A sound file with harm done to it.
pub(super) fn spoiled(rng: &mut Rng, file: &[u8]) -> Vec<u8> {
    let (text, data) = split(file);
    let mut data = data.to_vec();
    let text = match rng.u8(..8) {
        0 => {
            let mut bytes = file.to_vec();
            mutate::bytes(rng, &mut bytes);
            return bytes;
        }
        1 | 2 => {
            let mut document = document(text);
            mutate::field_names(rng, &mut document);
            document.to_string().into_bytes()
        }
        3 => {
            number(rng, &document(text), &mut data);
            text.to_vec()
        }
        _ => mutate::json_text(rng, &document(text)),
    };
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text);
    bytes.extend(data);
    bytes
}

/// Overwrites a tensor of few bytes, such as a factor, a scale or a note.
fn number(rng: &mut Rng, header: &Json, data: &mut [u8]) {
    const EDGES: [f32; 7] =
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -1.0, f32::MAX, f32::MIN_POSITIVE];
    let ranges = header.as_object().into_iter().flatten().filter_map(|(_, info)| {
        let place = |at: usize| info["data_offsets"][at].as_u64().map(|at| at as usize);
        Some(place(0)?..place(1)?).filter(|range| (1..=64).contains(&range.len()))
    });
    if let Some(range) = rng.choice(ranges.collect::<Vec<_>>()) {
        let edge = rng.choice(EDGES).unwrap_or_default().to_le_bytes();
        let count = range.len().min(edge.len());
        data[range][..count].copy_from_slice(&edge[..count]);
    }
}

/// The header's text and the numbers.
fn split(file: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = file.split_at(8);
    let length = u64::from_le_bytes(length.try_into().expect("eight bytes were taken"));
    rest.split_at(length as usize)
}

/// The document of a sound file.
pub(super) fn document(text: &[u8]) -> Json {
    serde_json::from_slice(text).expect("seeds are sound")
}
