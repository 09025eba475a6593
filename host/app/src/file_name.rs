//! Which names may become files: on every system a file inside its folder, never a way out of it.

/// Checks the name of one file, without folder.
///
/// # Errors
/// What is wrong, as a sentence's end: `` `../a`: it has a folder in it ``.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("`{}` cannot be the name of a file: {why}", name.escape_debug()));
    if name.is_empty() {
        return wrong("it is empty");
    }
    if name.len() > 255 {
        return wrong("it has more than 255 bytes");
    }
    if name.contains(['/', '\\', ':']) {
        return wrong("it has a folder or a colon in it");
    }
    if name.contains(['<', '>', '"', '|', '?', '*']) || name.contains(char::is_control) {
        return wrong("it has a character that not every system allows");
    }
    if name.starts_with('.') || name.ends_with(['.', ' ']) {
        return wrong("it begins with a dot or ends with a dot or a space");
    }
    if wirebrush_package::is_device(name) {
        return wrong("on Windows it is a device");
    }
    Ok(())
}

/// A harmless name as near as possible to one that came from outside.
pub(crate) fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .map(|it| if it.is_control() || reorders(it) || ":<>\"|?*".contains(it) { '_' } else { it })
        .scan(0, |bytes, it| {
            *bytes += it.len_utf8();
            (*bytes <= 120).then_some(it)
        })
        .collect();
    let trimmed = kept.trim_start_matches('.').trim_end_matches(['.', ' ']);
    if check(trimmed).is_ok() { trimmed.to_owned() } else { format!("file_{trimmed}") }
}

/// Whether a character changes the direction of what follows: such a name reads as another one.
fn reorders(it: char) -> bool {
    matches!(it, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRONG: [&str; 22] = [
        "",
        ".",
        "..",
        "../a.png",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "..\\a",
        "C:",
        "C:a.png",
        "a:stream",
        ".hidden",
        "a.",
        "a ",
        "a\0b",
        "a\nb",
        "CON",
        "con.png",
        "nul .txt",
        "LPT1.png",
        "COM²",
        "what?",
    ];

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in WRONG {
            assert!(check(name).is_err(), "{name:?}");
        }
        assert!(check(&"a".repeat(256)).is_err());
    }

    #[test]
    fn ordinary_names_are_taken() {
        for name in ["cup.png", "Tasse grün (2).jpeg", "console.png", "COM10.png", "a.b.c", "日本.webp", "-"]
        {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
    }

    #[test]
    fn whatever_comes_is_made_harmless() {
        for name in WRONG.into_iter().chain([&*"ü".repeat(300), "....", "folder/"]) {
            assert_eq!(check(&harmless(name)), Ok(()), "{name:?} → {:?}", harmless(name));
        }
        assert_eq!(harmless("C:\\Users\\me\\cup.png"), "cup.png");
        assert_eq!(harmless("cup.png"), "cup.png");
        assert_eq!(harmless("cup\u{202e}gnp.exe"), "cup_gnp.exe");
    }
}
