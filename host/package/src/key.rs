//! Ed25519 keys: who made a package.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::error::Error;

const PREFIX: &str = "ed25519:";

/// What a publisher is known by, written `ed25519:BASE64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Whether `signature` was made over `message` with the secret half of this key.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", BASE64_STANDARD.encode(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let key = text
            .strip_prefix(PREFIX)
            .and_then(|rest| BASE64_STANDARD.decode(rest).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            .filter(|key| !key.is_weak());
        key.map(Self).ok_or_else(|| Error::Key {
            name: text.escape_debug().take(80).collect(),
            why: format!("expected a public key, `{PREFIX}` and 32 bytes in base64"),
        })
    }
}

/// What a publisher signs with. Whoever has it can speak for the publisher.
pub struct SecretKey(SigningKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public())
    }
}

impl SecretKey {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// [`Error::Key`] when the system has none.
    pub fn generate() -> Result<Self, Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| Error::Key { name: "new key".to_owned(), why: error.to_string() })?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Reads a PKCS#8 file in PEM, as [`SecretKey::write`] and `openssl genpkey -algorithm ed25519` make one.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Key`] when it is no Ed25519 key.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::io(path, source))?;
        SigningKey::from_pkcs8_pem(&text).map(Self).map_err(|error| Error::Key {
            name: path.display().to_string(),
            why: format!("expected an Ed25519 secret key, PKCS#8 in PEM: {error}"),
        })
    }

    /// Writes the key to a new file that only the user may read.
    ///
    /// # Errors
    /// [`Error::Io`], also when the file is there: it may be a key that nobody has a second time.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let pem = self
            .0
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| Error::Key { name: path.display().to_string(), why: error.to_string() })?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(path)
            .and_then(|mut file| file.write_all(pem.as_bytes()))
            .map_err(|source| Error::io(path, source))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8032, 7.1, test 3.
    const SEED: &str = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
    const PUBLIC: &str = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    const SIGNATURE: &str = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
        18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn signatures_are_those_of_rfc_8032() {
        let key = SecretKey(SigningKey::from_bytes(&bytes(SEED).try_into().unwrap()));
        assert_eq!(key.public().0.as_bytes().to_vec(), bytes(PUBLIC));
        assert_eq!(key.sign(&[0xaf, 0x82]).to_vec(), bytes(SIGNATURE));
        assert!(key.public().verifies(&[0xaf, 0x82], &bytes(SIGNATURE)));
        assert!(!key.public().verifies(&[0xaf, 0x83], &bytes(SIGNATURE)));
        assert!(!key.public().verifies(&[0xaf, 0x82], &bytes(SIGNATURE)[..63]));
    }

    #[test]
    fn a_key_comes_back_from_its_file_which_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let key = SecretKey::generate().unwrap();
        key.write(&path).unwrap();
        assert_eq!(SecretKey::read(&path).unwrap().public(), key.public());
        assert!(SecretKey::generate().unwrap().write(&path).is_err());
        assert_eq!(SecretKey::read(&path).unwrap().public(), key.public());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    // Made with `openssl genpkey -algorithm ed25519`.
    #[test]
    fn a_key_of_openssl_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let pem = "-----BEGIN PRIVATE KEY-----\n\
            MC4CAQAwBQYDK2VwBCIEIMWqjfQ/n4N77bdELzHct7Fm04U1B28JS4XOOi4LRFj3\n\
            -----END PRIVATE KEY-----\n";
        std::fs::write(&path, pem).unwrap();
        assert_eq!(SecretKey::read(&path).unwrap().public().0.as_bytes().to_vec(), bytes(PUBLIC));
    }

    #[test]
    fn a_public_key_is_a_line_of_text() {
        let key = SecretKey::generate().unwrap().public();
        assert_eq!(key.to_string().parse::<PublicKey>().unwrap(), key);
        assert!(key.to_string().starts_with("ed25519:"));
        let zero = format!("ed25519:{}", BASE64_STANDARD.encode([0; 32]));
        for wrong in ["", "ed25519:", "rsa:AAAA", "ed25519:!!", "ed25519:AAAA", &zero, &key.to_string()[8..]]
        {
            let error = wrong.parse::<PublicKey>().unwrap_err().to_string();
            assert!(error.contains("expected a public key"), "{error}");
        }
    }

    #[test]
    fn a_secret_key_does_not_show_itself() {
        let key = SecretKey(SigningKey::from_bytes(&[7; 32]));
        assert_eq!(format!("{key:?}"), format!("SecretKey({})", key.public()));
    }

    #[test]
    fn what_is_no_key_is_refused_on_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        for text in ["", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            std::fs::write(&path, text).unwrap();
            let error = SecretKey::read(&path).unwrap_err().to_string();
            assert!(error.contains("expected an Ed25519 secret key"), "{error}");
            assert_eq!(error.lines().count(), 1);
        }
    }
}
