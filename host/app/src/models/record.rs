//! What a graph says of the models it ran with.

use std::thread::JoinHandle;

use anyhow::Result;
use wirebrush_engine::CancelToken;
use wirebrush_graph::{Definitions, Graph, MadeModel};

use super::location::Location;
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
        if hashes::bytes_to_hash(&location, &store.known()) <= AT_ONCE {
            // Without a hash the run is as good; only its record is poorer.
            let _ = hashes::hash_model(&location, store.register(), &CancelToken::new(), &mut |_| ());
        }
        match store.known_hash(&location) {
            Some(blake3) => {
                let family = inspection::family(session, &location);
                notes.insert(name, MadeModel { blake3, family, ..MadeModel::default() });
            }
            None => unknown.push(location),
        }
    }
    graph.models = notes;
    unknown
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
