//! Plugin packages: one file to ship a plugin in, signed, and the index that says which plugins there are.
//!
//! A package is a ZIP archive of a plugin's folder with `contents.json`, which names every file with its hashes, and
//! `signature.json`, an Ed25519 signature over it. [`pack`] writes one, [`Package`] reads one that may come from
//! anybody: names, counts and sizes are checked before anything is unpacked, contents while they are. An [`Index`]
//! answers which plugin has a node. No plugin is loaded here and nothing is trusted here: whose key a publisher has
//! is for the caller to remember.

/// What the names of package files end in.
pub const EXTENSION: &str = "wbplugin";

mod archive;
mod contents;
mod error;
mod hash;
mod id;
mod index;
mod key;
mod pack;
mod package;
mod path;
mod signature;
mod write;

pub use archive::{MAX_FILES, MAX_PACKED, MAX_UNPACKED, check_end};
pub use contents::{Contents, FileEntry};
pub use error::Error;
pub use hash::sha256_file;
pub use id::{is_plugin_id, publisher};
pub use index::{Host, Index, IndexPlugin, IndexVersion, Offer, Published, schema as index_schema};
pub use key::{PublicKey, SecretKey};
pub use pack::{pack, sign};
pub use package::Package;
pub use path::{check_path, is_device};
