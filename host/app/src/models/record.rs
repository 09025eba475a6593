//! What a graph says of the models it ran with.

use std::thread::JoinHandle;

use anyhow::Result;
use wirebrush_engine::CancelToken;
use wirebrush_graph::{Definitions, Graph};

use super::location::Location;
use super::role::Role;
use super::{ModelStore, Reach, hashes, inspection};
use crate::literals;
use crate::session::Session;

/// So much is hashed while the user waits: a fraction of a second.
const AT_ONCE: u64 = 256 << 20;

/// Notes in a graph which models it runs with, as far as their hashes are known or quickly found. Gives the models whose
/// files have yet to be read. What is not here keeps the note it had.
pub(crate) fn note(
    graph: &mut Graph,
    definitions: &dyn Definitions,
    session: &Session,
    reach: Reach,
) -> Vec<Location> {
    let mut notes = std::collections::BTreeMap::new();
    let mut unknown = Vec::new();
    let store = &session.models;
    for name in literals::models(graph, definitions) {
        let Some(location) = store.locate(&name, reach) else {
            notes.extend(graph.models.get(&name).cloned().map(|note| (name, note)));
            continue;
        };
        // Without a hash the run is as good; only its record is poorer.
        let _ = hash_if_small(store, &location);
        match store.known_hash(&location) {
            Some(blake3) => {
                let was = graph.models.get(&name).filter(|note| note.blake3 == blake3);
                let mut note = was.cloned().unwrap_or_default();
                let (role, family) = inspection::role_and_family(session, &location);
                note.role = role.map(Role::as_str).unwrap_or_default().to_owned();
                note.family = family;
                if let Some(model) = store.known().models.get(&name).filter(|model| !model.pull.is_empty()) {
                    note.pull.clone_from(&model.pull);
                }
                note.blake3 = blake3;
                note.bytes = location.bytes();
                notes.insert(name, note);
            }
            None => unknown.push(location),
        }
    }
    graph.models = notes;
    unknown
}

/// Reads the files of a model for their hashes, unless that would take long.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn hash_if_small(store: &ModelStore, location: &Location) -> Result<()> {
    if hashes::bytes_to_hash(location, &store.known()) > AT_ONCE {
        return Ok(());
    }
    hashes::hash_model(location, store.register(), &CancelToken::new(), &mut |_| ())
}

/// Reads files that [`note`] left, while a run reads them too.
pub(crate) fn hash_meanwhile(
    store: &ModelStore,
    models: Vec<Location>,
    cancel: CancelToken,
) -> JoinHandle<Result<()>> {
    let store = store.clone();
    std::thread::spawn(move || {
        models
            .iter()
            .try_for_each(|location| hashes::hash_model(location, store.register(), &cancel, &mut |_| ()))
    })
}
