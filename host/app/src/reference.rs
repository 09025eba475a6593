//! `asset:HASH/name.png`: how a graph names a file by its contents.

use std::io::Read;

use wirebrush_engine::{Buffer, Bytes, File};
use wirebrush_schema::Failure;

use crate::media_type;
use crate::store::blobs::Blobs;

/// What every such name begins with.
const SCHEME: &str = "asset:";

/// A file by its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// BLAKE3 of the contents.
    pub(crate) hash: blake3::Hash,
    /// What people call it; may be empty.
    pub(crate) name: String,
}

impl Reference {
    /// Reads a name in a graph; `None` when it is that of an ordinary file.
    ///
    /// # Errors
    /// When it begins as a reference but has no hash.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, String> {
        let Some(rest) = text.strip_prefix(SCHEME) else { return Ok(None) };
        let (hex, name) = rest.split_once('/').unwrap_or((rest, ""));
        let hash = parse_hash(hex)
            .ok_or_else(|| format!("expected `asset:` and 64 hexadecimal digits, found `{text}`"))?;
        Ok(Some(Self { hash, name: name.to_owned() }))
    }

    /// The contents.
    ///
    /// # Errors
    /// `Failed` when the store does not have them.
    pub(crate) fn read(&self, blobs: &Blobs) -> Result<File, Failure> {
        let failed = |why: String| Failure::failed(format!("{self}: {why}"));
        let file = blobs.open(&self.hash).map_err(|error| failed(format!("{error:#}")))?;
        let mut file = file.ok_or_else(|| failed("the asset store does not have it".to_owned()))?;
        let mut data = Vec::new();
        file.read_to_end(&mut data).map_err(|error| failed(error.to_string()))?;
        let media_type =
            media_type::by_contents(&data).unwrap_or_else(|| media_type::by_name(&self.name)).into();
        Ok(File { bytes: Bytes { media_type, data: Buffer::new(data) }, hash: self.hash.into() })
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{SCHEME}{}", self.hash.to_hex())?;
        if self.name.is_empty() { Ok(()) } else { write!(f, "/{}", self.name) }
    }
}

/// A hash in its one spelling: 64 lower-case hexadecimal digits.
pub(crate) fn parse_hash(hex: &str) -> Option<blake3::Hash> {
    let plain = hex.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    if plain { blake3::Hash::from_hex(hex).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_and_written() {
        let hash = blake3::hash(b"cup");
        for text in [format!("asset:{}", hash.to_hex()), format!("asset:{}/cup.png", hash.to_hex())] {
            let reference = Reference::parse(&text).unwrap().unwrap();
            assert_eq!(reference.hash, hash);
            assert_eq!(reference.to_string(), text);
        }
        assert_eq!(Reference::parse("cup.png"), Ok(None));
    }

    #[test]
    fn what_only_looks_like_one_is_refused() {
        let hex = blake3::hash(b"cup").to_hex().to_uppercase();
        for text in
            ["asset:", "asset:/etc/passwd", "asset:../../secret", "asset:abc", &format!("asset:{hex}")]
        {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
