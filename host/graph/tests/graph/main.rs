//! The document from outside: every behavior that a host or an editor relies on.

mod canonical;
mod catalog;
mod corpus;
mod diff;
mod expand;
mod exposed;
mod literal;
mod mutations;
mod normalize;
mod schema;
