//! `signature.json`: who vouches for the contents of a package.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::key::{PublicKey, SecretKey};

/// Its name in the package.
pub(crate) const SIGNATURE: &str = "signature.json";

const ALGORITHM: &str = "ed25519";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    algorithm: String,
    key: String,
    signature: String,
}

/// The text of a signature over `contents`.
pub(crate) fn make(contents: &[u8], key: &SecretKey) -> String {
    let document = Document {
        algorithm: ALGORITHM.to_owned(),
        key: key.public().to_string(),
        signature: BASE64_STANDARD.encode(key.sign(contents)),
    };
    format!("{:#}\n", serde_json::json!(document))
}

/// The key whose signature over `contents` this is.
///
/// # Errors
/// When it is no signature, or one over something else.
pub(crate) fn check(text: &[u8], contents: &[u8]) -> Result<PublicKey, String> {
    let document: Document = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if document.algorithm != ALGORITHM {
        return Err(format!("expected algorithm {ALGORITHM}, found `{}`", document.algorithm.escape_debug()));
    }
    let key: PublicKey = document.key.parse().map_err(|error: crate::Error| error.to_string())?;
    let signature = BASE64_STANDARD.decode(&document.signature).map_err(|error| error.to_string())?;
    if !key.verifies(contents, &signature) {
        return Err(format!("it was not made by {key} over these contents: the package was tampered with"));
    }
    Ok(key)
}
