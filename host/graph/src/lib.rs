//! The graph document: read it, check it, flatten it, write it.
//!
//! A [`Graph`] is plain data. [`parse()`] reads one and reports every problem with its place, [`validate()`] compares it
//! with what the node types declare, [`expand`] turns instances, muted and bypassed nodes into the plain [`Flat`]
//! graph that an engine runs, [`Graph::to_json`] writes the canonical text. Nothing here touches a file, a thread,
//! a device or a plugin; nothing panics on any input.

mod cycles;
mod definitions;
mod diff;
mod document;
mod exposed;
mod flatten;
mod interface;
mod json;
mod literal;
mod migrate;
mod name;
mod normalize;
mod number;
mod parse;
mod path;
mod problem;
mod schema;
mod validate;
mod versions;
mod write;

pub use definitions::{Catalog, Definitions, Lookup, connects, feeds, lookup};
pub use diff::{Change, Diff, diff};
pub use document::{
    Endpoint, Exposed, Extra, Frame, Graph, Input, Layout, Link, MadeModel, Node, Place, State, Subgraph,
};
pub use exposed::{ExposedInput, exposed_inputs, set, set_value};
pub use flatten::{Flat, expand};
pub use interface::interface;
pub use literal::{Literal, Mismatch, literal};
pub use migrate::{FORMAT, VERSION};
pub use name::{NAME_RULE, check_name};
pub use normalize::normalize;
pub use parse::{Limits, Parsed, check, check_read, from_value, parse, parse_with};
pub use path::Path;
pub use problem::{Position, Problem, Problems, Severity};
pub use schema::schema;
pub use validate::validate;
pub use versions::{Installed, choose_versions};
