//! What every request may use.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Result;

use super::access::Access;
use super::environment::ServerEnvironment;
use super::input::InputFolder;
use super::thumbnails::Thumbnails;
use crate::queue::{EventHub, Queue};
use crate::session::Session;
use crate::store::assets::AssetStore;
use crate::store::database::Database;

/// The server's parts; cloning shares them.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Parts>);

/// The parts.
pub(crate) struct Parts {
    /// Plugins and models.
    pub(crate) session: Arc<Session>,
    /// Graphs, runs, what is known of assets.
    pub(crate) database: Database,
    /// Files by their contents.
    pub(crate) assets: AssetStore,
    /// What nodes may read.
    pub(crate) environment: Arc<ServerEnvironment>,
    /// Makes small pictures of pictures.
    pub(crate) thumbnails: Thumbnails,
    /// Tells all clients what happens.
    pub(crate) events: EventHub,
    /// Runs graphs, one after another.
    pub(crate) queue: Queue,
    /// Who may ask for what.
    pub(crate) access: Access,
}

impl AppState {
    /// Opens the stores and starts the queue; loads no plugin.
    ///
    /// # Errors
    /// When the data directory cannot be used.
    pub(crate) fn open(session: Session, access: Access) -> Result<Self> {
        let session = Arc::new(session);
        let database = Database::open(&session.data.database())?;
        let assets = AssetStore::new(session.blobs(), database.clone());
        let environment = Arc::new(ServerEnvironment {
            blobs: assets.blobs().clone(),
            input: InputFolder::new(session.data.input()),
            models: session.models.clone(),
            memory: session.memory.clone(),
        });
        let thumbnails = Thumbnails::new(session.clone(), environment.clone());
        let events = EventHub::open(&database)?;
        let queue = Queue::start(
            session.clone(),
            environment.clone(),
            database.clone(),
            assets.clone(),
            events.clone(),
        )?;
        Ok(Self(Arc::new(Parts {
            session,
            database,
            assets,
            environment,
            thumbnails,
            events,
            queue,
            access,
        })))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
