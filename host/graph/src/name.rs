//! Which names users may give to nodes, subgraphs and exposed ports.

/// The rule in one phrase, as messages give it.
pub const NAME_RULE: &str =
    "a name of 1 to 100 characters without . / # = \" \\ [ ], control characters or spaces at the ends";

const MOST_CHARS: usize = 100;

/// Checks a name of a node, a subgraph or an exposed port.
///
/// Letters of every script, digits, spaces inside, `-`, `_` and most signs are fine. A dot separates node and port, a
/// slash the levels of a flat graph, `#` marks an instance, `=` ends the name in `--set name=value`; text direction
/// marks are refused because they make two names look alike. Names are compared byte by byte.
///
/// # Errors
/// What is wrong with it, as a phrase.
pub fn check_name(name: &str) -> Result<(), String> {
    let count = name.chars().count();
    if count == 0 {
        return Err("an empty name".to_owned());
    }
    if count > MOST_CHARS {
        return Err(format!("a name of {count} characters"));
    }
    if name.trim() != name {
        return Err(format!("{name:?} with a space at an end"));
    }
    match name.chars().find(|&c| !is_allowed(c)) {
        Some(c) => Err(format!("{name:?} with {c:?}")),
        None => Ok(()),
    }
}

fn is_allowed(c: char) -> bool {
    let direction_mark =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !(c.is_control() || direction_mark || "./#=\"\\[]".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_allowed() {
        for name in ["photo", "T5 text", "写真", "صورة", "हिन्दी", "a-b_c", "7", "café+", "🖼️"]
        {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_would_be_read_otherwise_are_refused() {
        for name in ["", " a", "a ", "a.b", "a/b", "#a", "a=b", "a\"b", "a\nb", "a\u{202e}b", "a\\b", "a[0]"]
        {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name(&"x".repeat(101)).is_err());
    }
}
