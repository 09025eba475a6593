//! Writes a document canonically: equal graphs give equal bytes.
//!
//! Keys are sorted by code point, numbers are written by RFC 8785's rules, an object or array that fits is one
//! line. The top two levels are always broken, so that one node is one line or more: good to read, diff and merge.

mod text;
mod value;

use serde::{Serialize, Serializer};

use crate::Graph;

impl Graph {
    /// The canonical text: sorted keys, stable numbers, two spaces a level, short objects on one line, a newline at
    /// the end. Reading it gives the same graph, writing that the same bytes.
    ///
    /// Integers are exact; [`normalize`](crate::normalize()) first turns those that a JSON reader may round into
    /// strings.
    pub fn to_json(&self) -> String {
        text::write(&self.to_value())
    }
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}
