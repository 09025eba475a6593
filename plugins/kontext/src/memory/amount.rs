//! Amounts of memory as people write them.

/// Bytes of `8G`, `8GiB`, `7.5g`, `12000M`, `8GB`: K, M, G and T are powers of 1024, KB, MB, GB and TB of 1000.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let number: f64 = text[..at].trim().parse().ok()?;
    let unit = text[at..].to_ascii_lowercase();
    let power = match unit.as_bytes().first()? {
        b'k' => 1,
        b'm' => 2,
        b'g' => 3,
        b't' => 4,
        _ => return None,
    };
    let base: f64 = match &unit[1..] {
        "" | "i" | "ib" => 1024.0,
        "b" => 1000.0,
        _ => return None,
    };
    let bytes = number * base.powi(power);
    (bytes >= 1.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// Bytes in the largest unit that leaves at least one, such as `6.7G` or `350M`, as [`Budget::parse`](super::Budget::parse) reads them.
pub fn format_bytes(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib >= 1024.0 { format!("{:.1}G", mib / 1024.0) } else { format!("{:.0}M", mib.ceil()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_the_usual_spellings_and_nothing_else() {
        for (text, bytes) in [
            ("8G", Some(8 << 30)),
            ("8GiB", Some(8 << 30)),
            ("8 gi", Some(8 << 30)),
            ("8GB", Some(8_000_000_000)),
            ("12000M", Some(12_000 << 20)),
            ("7.5g", Some(15 << 29)),
            ("64k", Some(64 << 10)),
            ("1T", Some(1 << 40)),
            ("8", None),
            ("", None),
            ("G", None),
            ("-8G", None),
            ("0G", None),
            ("infG", None),
            ("1e300T", None),
            ("8Gbit", None),
            ("8 apples", None),
        ] {
            assert_eq!(parse(text), bytes, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (bytes, text) in [(8 << 30, "8.0G"), (350 << 20, "350M"), (1, "1M")] {
            assert_eq!(format_bytes(bytes), text);
            assert!(parse(text).unwrap() >= bytes);
        }
    }
}
