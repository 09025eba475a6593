//! Nothing panics, whatever the bytes: every document of the corpus, changed in many small ways.

use wirebrush_graph::{check, diff, expand, exposed_inputs, from_value, interface, normalize, parse, set};

use crate::catalog::{catalog, corpus};

/// Changes per document; more of those in which nothing is wrong.
const ROUNDS: (u64, u64) = (60, 500);

#[test]
fn no_bytes_make_it_panic_and_what_is_read_stays_readable() {
    let catalog = catalog();
    let mut read = 0;
    for (path, text) in corpus() {
        let good = path.file_name().unwrap().to_string_lossy().starts_with("ok-");
        for round in 0..if good { ROUNDS.1 } else { ROUNDS.0 } {
            let changed = mutate(&text, round);
            let parsed = check(&changed, &catalog);
            let _ = parsed.problems.to_string();
            let Some(mut graph) = parsed.graph else { continue };
            let _ = expand(&graph, &catalog);
            let _ = exposed_inputs(&graph, &catalog);
            for name in graph.exposed.keys().cloned().collect::<Vec<_>>() {
                let _ = set(&mut graph, &catalog, &name, "[7]");
            }
            for node in graph.nodes.values() {
                let _ = interface(&graph, &node.node_type, &catalog);
            }
            if let Ok(plain) = wirebrush_graph::Graph::parse(&String::from_utf8_lossy(&changed)) {
                let written = plain.to_json();
                assert_eq!(
                    parse(written.as_bytes()).graph.as_ref(),
                    Some(&plain),
                    "{} {round}",
                    path.display()
                );
                let _ = diff(&plain, &graph).to_string();
                let mut normal = plain.clone();
                normalize(&mut normal, &catalog);
                let once = normal.clone();
                normalize(&mut normal, &catalog);
                assert_eq!(normal, once, "{} {round}", path.display());
                read += 1;
            }
            if let Ok(value) = serde_json::from_slice(&changed) {
                let _ = from_value(value);
            }
        }
    }
    assert!(read > 300, "only {read} changed documents could be read");
}

/// A copy with one to three small changes, the same ones each time.
fn mutate(text: &[u8], round: u64) -> Vec<u8> {
    const SPICE: [&[u8]; 14] = [
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b"null",
        b"-1e999",
        b"18446744073709551616",
        b"\\ud800",
        b"\xff",
        b".",
        b"\"from\"",
        b"#",
    ];
    let mut seed = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ text.len() as u64;
    let mut below = |end: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % end.max(1) as u64).unwrap()
    };
    let mut text = text.to_vec();
    for _ in 0..=below(3) {
        let at = below(text.len() + 1);
        let end = (at + below(12)).min(text.len());
        match below(10) {
            0 => drop(text.splice(at..end, [])),
            1 => drop(text.splice(at..at, SPICE[below(SPICE.len())].iter().copied())),
            2 => drop(text.splice(at..end, SPICE[below(SPICE.len())].iter().copied())),
            3 => text.truncate(at.max(1)),
            4 => {
                let copy = text[at..end].to_vec();
                let to = below(text.len() + 1);
                drop(text.splice(to..to, copy));
            }
            5 => {
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= 1 << below(8);
                }
            }
            // Most documents stay JSON: names, types and numbers change.
            _ => {
                if let Some(byte) = text.iter_mut().skip(at).find(|it| it.is_ascii_alphanumeric()) {
                    *byte = b"0123456789abcdefghijklmnopqrstuvwxyz"[below(36)];
                }
            }
        }
    }
    text
}
