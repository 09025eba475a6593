//! What is found out about the models here when a graph misses one: which of them can take its place.
//!
//! A model that nobody has read yet has no hash, and one that nobody has asked about has no family. Neither is found out
//! while no model is missing.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;

use anyhow::Result;
use wirebrush_graph::{Definitions, Graph};

use super::location::{Location, Stamp};
use super::{Model, Reach, inspection, missing, record};
use crate::exit::Cancelled;
use crate::session::Session;

/// What was tried with models in this process; it is tried again when their files change.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    read: HashMap<Location, Stamp>,
    asked: HashMap<Location, Stamp>,
}

/// Reads whatever could be a missing model, and shows how far it is; Ctrl-C stops it.
///
/// # Errors
/// [`Cancelled`]; a model that cannot be read is left as it is.
pub(crate) fn learn(session: &Session, graph: &Graph, definitions: &dyn Definitions) -> Result<()> {
    // Standard output is for what the command has to say in the end.
    let read = |model: &Model| session.hash(&model.name, &model.location, false);
    learn_with(session, graph, definitions, Reach::Paths, &read)
}

/// Reads what could be a missing model and is small: somebody waits for the answer, and asks again at the next change.
pub(crate) fn learn_quickly(session: &Session, graph: &Graph, definitions: &dyn Definitions) {
    let read = |model: &Model| record::hash_if_small(&session.models, &model.location);
    // Nobody can cancel this, and nothing else is an error.
    let _ = learn_with(session, graph, definitions, Reach::Names, &read);
}

fn learn_with(
    session: &Session,
    graph: &Graph,
    definitions: &dyn Definitions,
    reach: Reach,
    read: &dyn Fn(&Model) -> Result<()>,
) -> Result<()> {
    let store = &session.models;
    let mut missing = missing::notes(graph, definitions, store, reach);
    if missing.is_empty() {
        return Ok(());
    }
    // Whoever asks the same meanwhile waits for the answer.
    let mut tried = store.tried.lock().unwrap_or_else(PoisonError::into_inner);
    let models = store.list();
    let hashed = missing.iter().filter(|note| !note.blake3.is_empty());
    let sizes: BTreeSet<u64> = hashed.map(|note| note.bytes).filter(|bytes| *bytes > 0).collect();
    let fits = |location: &Location| {
        !sizes.is_empty() && sizes.contains(&location.bytes()) && store.known_hash(location).is_none()
    };
    let mut any_read = false;
    for model in &models {
        if fits(&model.location) && is_new(&mut tried.read, &model.location) {
            any_read = true;
            match read(model) {
                Err(error) if error.is::<Cancelled>() => return Err(error),
                // It cannot take the place of another either.
                Ok(()) | Err(_) => {}
            }
        }
    }
    if any_read {
        // Families matter for those that are still missing.
        missing = missing::notes(graph, definitions, store, reach);
    }
    if missing.iter().any(|note| !note.family.is_empty()) {
        for model in &models {
            if model.family.is_empty() && is_new(&mut tried.asked, &model.location) {
                inspection::role_and_family(session, &model.location);
            }
        }
    }
    Ok(())
}

/// Whether a model is tried for the first time as it is now; one without files never is.
fn is_new(tried: &mut HashMap<Location, Stamp>, location: &Location) -> bool {
    location
        .stamp()
        .is_some_and(|stamp| stamp.bytes > 0 && tried.insert(location.clone(), stamp) != Some(stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_tried_once_as_long_as_it_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notes.txt");
        let location = Location::Path(file.clone());
        let mut tried = HashMap::new();
        assert!(!is_new(&mut tried, &location));
        std::fs::write(&file, "no model").unwrap();
        assert!(is_new(&mut tried, &location));
        assert!(!is_new(&mut tried, &location));
        std::fs::write(&file, "no model yet").unwrap();
        assert!(is_new(&mut tried, &location));
    }
}
