//! Places in a document, written `nodes.t5.inputs.text` or `layout.photo[1]`.

use std::fmt::{self, Write as _};

/// A place in a document: keys and indices from the top. Costs nothing until it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Segment<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

static ROOT: Path<'static> = Path { parent: None, segment: Segment::Root };

impl<'a> Path<'a> {
    /// The whole document.
    pub fn root() -> &'static Path<'static> {
        &ROOT
    }

    /// The place of a key in an object at this place.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), segment: Segment::Key(key) }
    }

    /// The place of an item in an array at this place, from 0.
    #[must_use]
    pub fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), segment: Segment::Index(index) }
    }

    /// The segments from the top, the root left out.
    fn segments(&self) -> Vec<Segment<'a>> {
        let mut segments = Vec::new();
        let mut at = *self;
        while let Some(parent) = at.parent {
            segments.push(at.segment);
            at = *parent;
        }
        segments.reverse();
        segments
    }

    pub(crate) fn depth(&self) -> usize {
        self.segments().len()
    }

    pub(crate) fn starts_with(&self, first: &str) -> bool {
        matches!(self.segments().first(), Some(Segment::Key(key)) if *key == first)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for segment in self.segments() {
            match segment {
                Segment::Root => {}
                Segment::Index(item) => append_index(&mut text, item),
                Segment::Key(key) => append_key(&mut text, key),
            }
        }
        f.write_str(&text)
    }
}

/// Appends a key to the text of a path: bare when plain, else in brackets and quotes.
pub(crate) fn append_key(path: &mut String, key: &str) {
    if is_plain(key) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    } else {
        // Writing to a string cannot fail.
        let _ = write!(path, "[{key:?}]");
    }
}

/// Appends the index of an item to the text of a path.
pub(crate) fn append_index(path: &mut String, index: usize) {
    let _ = write!(path, "[{index}]");
}

/// The parent of a path in its text; `None` for the whole document.
pub(crate) fn parent(path: &str) -> Option<&str> {
    if path.is_empty() {
        return None;
    }
    let cut = if path.ends_with("\"]") { path.rfind("[\"") } else { path.rfind(['.', '[']) };
    Some(&path[..cut.unwrap_or(0)])
}

/// Whether a key needs no quotes in a path.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-#/ ".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_document() {
        let nodes = Path::root().key("nodes");
        let node = nodes.key("t5 text");
        let inputs = node.key("inputs");
        assert_eq!(inputs.key("images").index(2).to_string(), "nodes.t5 text.inputs.images[2]");
        assert_eq!(Path::root().key("requires").key("acme.tone").to_string(), "requires[\"acme.tone\"]");
    }

    #[test]
    fn parents_lead_to_the_whole_document() {
        let mut path = Some("requires[\"a.b\"].x[3]");
        let mut seen = Vec::new();
        while let Some(it) = path {
            seen.push(it);
            path = parent(it);
        }
        assert_eq!(
            seen,
            ["requires[\"a.b\"].x[3]", "requires[\"a.b\"].x", "requires[\"a.b\"]", "requires", ""]
        );
    }
}
