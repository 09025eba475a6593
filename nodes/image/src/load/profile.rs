//! Tells sRGB color profiles from others.

/// What to warn about when the file carries this ICC profile; none for sRGB and for gray with the sRGB curve.
///
/// Source: ICC.1:2022, table 17 (color space at byte 16) and section 9.2.41 (description).
pub(super) fn warning(profile: &[u8]) -> Option<String> {
    // Descriptions are ASCII in version 2 and UTF-16 in version 4.
    let wide: Vec<u8> = b"sRGB".iter().flat_map(|byte| [0, *byte]).collect();
    let is_srgb = contains(profile, b"sRGB") || contains(profile, &wide);
    if is_srgb {
        return None;
    }
    let space = profile.get(16..20).unwrap_or(b"????").escape_ascii().to_string();
    Some(format!(
        "the file's color profile ({}) is not sRGB and is not applied: colors may look different",
        space.trim_end()
    ))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
