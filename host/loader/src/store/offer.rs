//! What installing a plugin would mean, for the user to decide.

use serde::{Deserialize, Serialize};
use wirebrush_schema::Target;

use super::{Source, Store};
use crate::{Error, Lock, LockedVersion, manifest};

/// What installing a plugin would mean. Whoever hands it to [`Store::install`] says that the user has agreed to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Id of the plugin.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Name shown to people; may be empty.
    pub title: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Who says to have made it, as shown to people; may be empty. The key is what counts.
    pub publisher: String,
    /// Terms of use; may be empty.
    pub license: String,
    /// The first word of the id, which keys belong to.
    pub signs_as: String,
    /// What is known of the key it is signed with.
    pub key: KeyState,
    /// Ids of its nodes.
    pub nodes: Vec<String>,
    /// Everything it asks for beyond computing.
    pub permissions: Vec<String>,
    /// What of that was not granted to an earlier version.
    pub new_permissions: Vec<String>,
    /// Whether what runs on this machine is native code, which has the user's rights.
    pub native: bool,
    /// Whether the active version runs in the sandbox and this one is native code.
    pub leaves_sandbox: bool,
    /// All its targets.
    pub targets: Vec<String>,
    /// The version that is active now.
    pub active: Option<String>,
    /// Whether this version is active once it is installed: it is newer than the active one.
    pub activates: bool,
    /// Whether this very package is installed already.
    pub installed: bool,
    /// Whether another build of this version is installed, in whose place this one comes: for those who develop it.
    pub replaces: bool,
}

/// What is known of the key a package is signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum KeyState {
    /// Nobody signed it, and no key of this publisher is known.
    Unsigned,
    /// It is signed, and no other key of this publisher is known: this one is remembered.
    New {
        /// The key.
        key: String,
    },
    /// It is signed with the publisher's known key.
    Known {
        /// The key.
        key: String,
    },
    /// It is signed with another key than the publisher's: perhaps somebody else made it.
    Changed {
        /// The key.
        key: String,
        /// The publisher's.
        pinned: String,
    },
    /// The publisher signs, and nobody signed this.
    Withheld {
        /// The publisher's key.
        pinned: String,
    },
}

/// What is known of a version.
#[derive(PartialEq)]
enum Known {
    /// It is not installed.
    New,
    /// The very package is.
    Same,
    /// It is installed, from a folder or from another package.
    Other,
}

impl Store {
    /// What installing `source` would mean.
    ///
    /// # Errors
    /// [`Error::Bundled`], [`Error::Installed`], [`Error::Target`] when it cannot be installed whatever the user says.
    pub fn offer(&self, source: &Source) -> Result<Offer, Error> {
        self.offer_under(&self.lock()?, source)
    }

    pub(super) fn offer_under(&self, lock: &Lock, source: &Source) -> Result<Offer, Error> {
        let manifest = source.manifest().clone();
        let (id, version) = (&manifest.id, &manifest.version);
        if self.config.discovery.bundled_ids().contains(id) {
            return Err(Error::Bundled { id: id.clone() });
        }
        let known = lock.plugins.get(id).cloned().unwrap_or_default();
        let version_is = match known.versions.get(version) {
            None => Known::New,
            // What is in a folder may change from one moment to the next, and with it what was made of it.
            Some(LockedVersion { package: None, .. }) => Known::Other,
            Some(_) if source.sha256().is_none() => Known::Other,
            Some(before) if before.package.as_deref() == source.sha256() => Known::Same,
            Some(_) => return Err(Error::Installed { id: id.clone(), version: version.clone() }),
        };
        let signs_as = wirebrush_package::publisher(id).to_owned();
        let pinned = lock.publishers.get(&signs_as).map(|publisher| publisher.key.clone());
        let native = manifest::artifact(&manifest)?.target.0 != Target::COMPONENT;
        let is_new = |permission: &&String| !known.permissions.contains(*permission);
        let newest = super::highest(known.active.iter().chain([version]));
        Ok(Offer {
            key: KeyState::of(source.signer(), pinned),
            signs_as,
            native,
            leaves_sandbox: native
                && known.active.as_deref().is_some_and(|active| self.is_sandboxed(id, active)),
            new_permissions: manifest.permissions.iter().filter(is_new).cloned().collect(),
            targets: manifest.artifacts.iter().map(|artifact| artifact.target.0.clone()).collect(),
            activates: newest.as_ref() == Some(version),
            active: known.active,
            installed: version_is == Known::Same,
            replaces: version_is == Known::Other,
            id: manifest.id,
            version: manifest.version,
            title: manifest.title,
            description: manifest.description,
            publisher: manifest.publisher,
            license: manifest.license,
            nodes: manifest.nodes,
            permissions: manifest.permissions,
        })
    }
}

impl Store {
    fn is_sandboxed(&self, id: &str, version: &str) -> bool {
        let manifest = manifest::read_manifest(&super::folder(&self.root, id, version));
        manifest.is_ok_and(|manifest| {
            manifest::artifact(&manifest).is_ok_and(|artifact| artifact.target.0 == Target::COMPONENT)
        })
    }
}

impl Offer {
    /// Whether it can be installed as far as its key is concerned: the user cannot agree to a wrong one.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn check_key(&self) -> Result<(), Error> {
        let (found, pinned) = match &self.key {
            KeyState::Changed { key, pinned } => (format!("signed with {key}"), pinned.clone()),
            KeyState::Withheld { pinned } => ("not signed".to_owned(), pinned.clone()),
            KeyState::Unsigned | KeyState::New { .. } | KeyState::Known { .. } => return Ok(()),
        };
        Err(Error::Key { id: self.id.clone(), publisher: self.signs_as.clone(), pinned, found })
    }

    /// Whether it asks for more trust than the active version has: a permission, the user's rights, or that of somebody
    /// whose key is not known. Always so for what is new.
    pub fn asks_for_more(&self) -> bool {
        let known = matches!(self.key, KeyState::Known { .. });
        self.active.is_none()
            || !self.new_permissions.is_empty()
            || self.leaves_sandbox
            || (!known && (self.native || self.key != KeyState::Unsigned))
    }
}

impl KeyState {
    fn of(signer: Option<String>, pinned: Option<String>) -> Self {
        match (signer, pinned) {
            (None, None) => Self::Unsigned,
            (None, Some(pinned)) => Self::Withheld { pinned },
            (Some(key), None) => Self::New { key },
            (Some(key), Some(pinned)) if key == pinned => Self::Known { key },
            (Some(key), Some(pinned)) => Self::Changed { key, pinned },
        }
    }

    /// The key of the package.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::New { key } | Self::Known { key } | Self::Changed { key, .. } => Some(key),
            Self::Unsigned | Self::Withheld { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_known_or_wrong() {
        let of = |signer: &str, pinned: &str| {
            let text = |it: &str| (!it.is_empty()).then(|| it.to_owned());
            KeyState::of(text(signer), text(pinned))
        };
        assert_eq!(of("", ""), KeyState::Unsigned);
        assert_eq!(of("a", ""), KeyState::New { key: "a".to_owned() });
        assert_eq!(of("a", "a"), KeyState::Known { key: "a".to_owned() });
        assert_eq!(of("b", "a"), KeyState::Changed { key: "b".to_owned(), pinned: "a".to_owned() });
        assert_eq!(of("", "a"), KeyState::Withheld { pinned: "a".to_owned() });
    }
}
