//! What kind of contents a file has: by its first bytes, else by the ending of its name.

/// Kinds of pictures that every browser shows and that carry no code.
pub(crate) fn is_plain_picture(media_type: &str) -> bool {
    matches!(media_type, "image/png" | "image/jpeg" | "image/webp" | "image/gif" | "image/bmp")
}

/// By the first bytes: the picture formats that begin unmistakably.
pub(crate) fn by_contents(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("image/tiff"),
        _ => None,
    }
}

/// A guess from the ending of a name; decoders look at the bytes.
pub(crate) fn by_name(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "bmp" => "image/bmp",
        "tif" | "tiff" => "image/tiff",
        "json" => "application/json",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}

/// Whether a text is a media type such as `image/png`, without parameters.
pub(crate) fn is_well_formed(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|it| it.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&it))
    };
    text.len() <= 100 && text.split_once('/').is_some_and(|(kind, subtype)| word(kind) && word(subtype))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_bytes_say_is_known_for_common_pictures() {
        assert_eq!(by_contents(b"\x89PNG\r\n\x1a\n"), Some("image/png"));
        assert_eq!(by_contents(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(by_contents(b"<svg onload='alert(1)'>"), None);
        assert_eq!(by_contents(b""), None);
    }

    #[test]
    fn media_types_cannot_break_a_header() {
        assert!(is_well_formed("image/svg+xml"));
        for text in ["", "image", "image/", "/png", "image/png\r\nSet-Cookie: a", "image/png; a=b", "a/b/c"] {
            assert!(!is_well_formed(text), "{text:?}");
        }
    }
}
