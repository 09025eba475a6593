//! Packages and indexes as their makers and their receivers meet them.

mod archives;
mod indexes;
mod packing;
mod support;
mod tampering;
