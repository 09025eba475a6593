//! What the user can do to installed plugins. Each change is made whole or not at all, and none at once with another.

use std::collections::BTreeSet;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wirebrush_schema::Target;

use super::{KeyState, Offer, STAGING, Source, Store, folder, highest, remove_all};
use crate::lock::{LockedVersion, Publisher};
use crate::registry::inspect;
use crate::{Error, Lock, manifest};

impl Store {
    /// Installs a plugin as it was offered. Its native code for this machine is first tried in a child process, a
    /// component is compiled: what cannot be used is not installed. Another build of the same version makes room for it.
    ///
    /// # Errors
    /// [`Error::Stale`] when the offer is not true any more; [`Error::Key`] when it is signed with a wrong key or with
    /// none; why the plugin cannot be used. Then nothing has changed.
    pub fn install(&self, source: &mut Source, offer: &Offer) -> Result<(), Error> {
        offer.check_key()?;
        self.install_signed(source, offer)
    }

    /// Like [`Store::install`], and takes the key that signed the plugin for its publisher's from now on, instead of the
    /// one that is known: the user has said so.
    ///
    /// # Errors
    /// As [`Store::install`]; nobody can say so of what is not signed.
    pub fn install_with_new_key(&self, source: &mut Source, offer: &Offer) -> Result<(), Error> {
        if !matches!(offer.key, KeyState::Changed { .. }) {
            offer.check_key()?;
        }
        self.install_signed(source, offer)
    }

    fn install_signed(&self, source: &mut Source, offer: &Offer) -> Result<(), Error> {
        Lock::update(&self.lock_file, |lock| {
            self.sweep(lock)?;
            if self.offer_under(lock, source)? != *offer {
                return Err(Error::Stale { id: offer.id.clone() });
            }
            if offer.replaces {
                self.forget(lock, &offer.id, &offer.version);
            }
            if !offer.installed {
                self.put_in_place(source, offer)?;
            }
            enter(lock, source, offer);
            Ok(())
        })?;
        // What was replaced has gone once the lock is written; the next change would remove it, too.
        let _ = remove_all(&self.replaced(&offer.id, &offer.version));
        Ok(())
    }

    fn put_in_place(&self, source: &mut Source, offer: &Offer) -> Result<(), Error> {
        let staging = self.root.join(format!("{STAGING}{}", std::process::id()));
        let done = source.unpack(&staging).and_then(|()| {
            let manifest = manifest::read_manifest(&staging)?;
            inspect(&staging, &manifest, manifest::artifact(&manifest)?, &self.config)
                .map_err(|error| error.within(&staging, &offer.id, &offer.version))?;
            let target = folder(&self.root, &offer.id, &offer.version);
            if offer.replaces {
                self.set_aside(&target, &offer.id, &offer.version)?;
            }
            let parent = self.root.join(&offer.id);
            std::fs::create_dir_all(&parent).map_err(|source| Error::io(&parent, source))?;
            std::fs::rename(&staging, &target).map_err(|source| Error::io(&target, source))
        });
        if done.is_err() {
            // The reason counts, not that it cannot be tidied up: the next change does.
            let _ = remove_all(&staging);
            let _ = self.settle(&self.replaced(&offer.id, &offer.version));
        }
        done
    }

    /// Removes one version of a plugin, or all; with the last one go the files it kept. When the active version goes,
    /// the highest of the others is active.
    ///
    /// # Errors
    /// [`Error::NotInstalled`].
    pub fn remove(&self, id: &str, version: Option<&str>) -> Result<Vec<String>, Error> {
        let (removed, is_last) = Lock::update(&self.lock_file, |lock| {
            self.sweep(lock)?;
            let missing = || Error::NotInstalled { id: id.to_owned(), version: version.map(str::to_owned) };
            let plugin = lock.plugins.get(id).ok_or_else(missing)?;
            let is_it = |known: &&String| version.is_none_or(|version| version == *known);
            let removed: Vec<String> = plugin.versions.keys().filter(is_it).cloned().collect();
            if removed.is_empty() {
                return Err(missing());
            }
            for version in &removed {
                self.forget(lock, id, version);
            }
            let plugin = lock.plugins.get_mut(id).ok_or_else(missing)?;
            if plugin.active.as_ref().is_none_or(|active| removed.contains(active)) {
                plugin.active = highest(plugin.versions.keys());
            }
            let is_last = plugin.versions.is_empty();
            if is_last {
                lock.plugins.remove(id);
            }
            Ok((removed, is_last))
        })?;
        for version in &removed {
            self.discard(id, version)?;
        }
        if let Some(scratch) = self.config.scratch_dir.as_ref().filter(|_| is_last) {
            remove_all(&scratch.join(id))?;
        }
        Ok(removed)
    }

    /// Takes a version out of the lock, and the approval of its native code.
    fn forget(&self, lock: &mut Lock, id: &str, version: &str) {
        let hashes = self.native_hashes(id, version);
        if let Some(plugin) = lock.plugins.get_mut(id) {
            plugin.versions.remove(version);
            plugin.approved.retain(|approved| !hashes.contains(approved));
        }
    }

    fn native_hashes(&self, id: &str, version: &str) -> BTreeSet<String> {
        let manifest = manifest::read_manifest(&folder(&self.root, id, version));
        let artifacts = manifest.map(|manifest| manifest.artifacts).unwrap_or_default();
        let native = artifacts.into_iter().filter(|artifact| artifact.target.0 != Target::COMPONENT);
        native.map(|artifact| artifact.sha256).collect()
    }

    /// Makes an installed version the one that graphs get unless they ask for another.
    ///
    /// # Errors
    /// [`Error::NotInstalled`].
    pub fn activate(&self, id: &str, version: &str) -> Result<(), Error> {
        Lock::update(&self.lock_file, |lock| {
            let plugin = lock.plugins.get_mut(id).filter(|plugin| plugin.versions.contains_key(version));
            let plugin = plugin.ok_or_else(|| Error::NotInstalled {
                id: id.to_owned(),
                version: Some(version.to_owned()),
            })?;
            plugin.active = Some(version.to_owned());
            Ok(())
        })
    }

    /// Keeps a plugin from being used, wherever it lies.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn disable(&self, id: &str, reason: &str) -> Result<(), Error> {
        let known = self.config.discovery.ids(&self.lock()?);
        if !known.contains(id) {
            return Err(Error::Unknown { id: id.to_owned(), known: known.into_iter().collect() });
        }
        Lock::update(&self.lock_file, |lock| {
            lock.plugins.entry(id.to_owned()).or_default().disabled = Some(reason.to_owned());
            Ok(())
        })
    }

    /// Lets a plugin be used again. Says whether it was disabled.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn enable(&self, id: &str) -> Result<bool, Error> {
        Lock::update(&self.lock_file, |lock| {
            let Some(plugin) = lock.plugins.get_mut(id) else { return Ok(false) };
            let was = plugin.disabled.take().is_some();
            if *plugin == crate::LockedPlugin::default() {
                lock.plugins.remove(id);
            }
            Ok(was)
        })
    }

    /// Remembers the key of a publisher, in place of any other; `None` forgets it.
    ///
    /// # Errors
    /// [`Error::Package`] when it is no key.
    pub fn trust(&self, publisher: &str, key: Option<&str>) -> Result<(), Error> {
        let key = key.map(str::parse::<wirebrush_package::PublicKey>).transpose()?;
        Lock::update(&self.lock_file, |lock| {
            match key {
                Some(key) => {
                    lock.publishers.insert(publisher.to_owned(), Publisher { key: key.to_string() });
                }
                None => drop(lock.publishers.remove(publisher)),
            }
            Ok(())
        })
    }
}

/// Writes into the lock what the user agreed to; a key that is not the known one, too.
fn enter(lock: &mut Lock, source: &Source, offer: &Offer) {
    if let KeyState::New { key } | KeyState::Changed { key, .. } = &offer.key {
        lock.publishers.insert(offer.signs_as.clone(), Publisher { key: key.clone() });
    }
    for artifact in &source.manifest().artifacts {
        if artifact.target.0 != Target::COMPONENT {
            lock.approve(&offer.id, &artifact.sha256);
        }
    }
    let plugin = lock.plugins.entry(offer.id.clone()).or_default();
    plugin.permissions.extend(offer.permissions.iter().cloned());
    if offer.activates {
        plugin.active = Some(offer.version.clone());
    }
    plugin.versions.entry(offer.version.clone()).or_insert_with(|| LockedVersion {
        package: source.sha256().map(str::to_owned),
        key: offer.key.key().map(str::to_owned),
        permissions: offer.permissions.clone(),
        // A time that RFC 3339 cannot write is beyond the year 9999.
        installed: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
    });
}
