//! Ids of plugins and who speaks for them.

/// Whether a text is a plugin's id: lower-case words joined by dots, such as `acme.tone`, at most 100 bytes.
///
/// Such an id is a folder's name on every system, but for the devices of Windows.
pub fn is_plugin_id(id: &str) -> bool {
    id.len() <= 100
        && id.split('.').all(|word| {
            word.starts_with(|first: char| first.is_ascii_lowercase())
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
        })
}

/// The publisher of a plugin: its id up to the first dot, `acme` of `acme.tone`. Keys belong to publishers.
pub fn publisher(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}
