//! Small versions of pictures, made by a graph: bytes from outside are decoded inside the sandbox, never in the host.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use tokio::sync::Semaphore;
use wirebrush_engine::{CancelToken, Config, Engine, MemoryCache, Value, Wanted};
use wirebrush_graph::{Graph, Node};
use wirebrush_loader::Registry;

use super::environment::ServerEnvironment;
use super::error::{ApiError, ApiResult};
use super::off_thread;
use super::state::AppState;
use crate::reference::parse_hash;
use crate::results::write_atomically;
use crate::session::Session;
use crate::store::assets::Asset;
use crate::store::blobs::Blobs;

/// Makes thumbnails, two at a time: a gallery asks for fifty at once, and runs want the machine too.
pub(crate) struct Thumbnails {
    folder: PathBuf,
    session: Arc<Session>,
    engine: Engine,
    turns: Semaphore,
}

impl Thumbnails {
    /// A maker that keeps what it made in `folder`.
    pub(crate) fn new(session: Arc<Session>, environment: Arc<ServerEnvironment>) -> Self {
        // Nothing is ever asked for twice: the result lies in the folder.
        let config = Config { threads: 1, memory: Arc::new(MemoryCache::new(0)), ..Config::default() };
        let engine = Engine::new(Arc::new(Registry::default()), environment, config);
        Self { folder: session.data.thumbnails(), session, engine, turns: Semaphore::new(2) }
    }

    /// The engine with the plugins as they are now.
    fn engine(&self) -> Engine {
        self.engine.with_runner(self.session.plugins().registry.clone())
    }
}

impl Thumbnails {
    /// Deletes the thumbnails of assets that are gone. Blocks.
    pub(super) fn clean(&self, blobs: &Blobs) {
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let hash = name.to_str().and_then(|name| parse_hash(name.split('-').next()?));
            if hash.is_some_and(|hash| !blobs.path(&hash).exists()) {
                // What cannot be removed wastes space and harms nothing.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Where the thumbnail of an asset lies: a PNG whose longer side has at most `size` pixels.
///
/// # Errors
/// 422 when the asset is no picture that can be decoded.
pub(super) async fn find_or_make(state: &AppState, asset: &Asset, size: u32) -> ApiResult<PathBuf> {
    let path = state.thumbnails.folder.join(format!("{}-{size}.png", asset.hash));
    if is_there(&path).await {
        return Ok(path);
    }
    let _turn = state.thumbnails.turns.acquire().await.map_err(anyhow::Error::from)?;
    if is_there(&path).await {
        return Ok(path);
    }
    let (engine, reference, target) = (state.thumbnails.engine(), asset.reference.clone(), path.clone());
    off_thread(move || {
        let png = make(&engine, &reference, size)?;
        write_atomically(&target, &png)
    })
    .await?;
    Ok(path)
}

async fn is_there(path: &std::path::Path) -> bool {
    tokio::fs::try_exists(path).await.unwrap_or(false)
}

fn make(engine: &Engine, reference: &str, size: u32) -> Result<Vec<u8>> {
    let resize =
        Node::new("image/Resize").wire("image", "load", "image").set("width", size).set("height", size);
    let graph = Graph::new("Thumbnail")
        .with("load", Node::new("image/LoadImage").set("file", reference))
        .with("resize", resize.set("fit", "inside"))
        .with("save", Node::new("image/SaveImage").wire("image", "resize", "image"));
    let plan = engine.plan(&graph, &Wanted::These(vec!["save.file".to_owned()]))?;
    let result = engine.run(&plan, &|_| {}, &CancelToken::new());
    match result.output("save.file") {
        Some(Value::Bytes(bytes)) => Ok(bytes.data.to_vec()),
        _ => {
            let why = result.failures().next().map(|(_, failure)| failure.to_string()).unwrap_or_default();
            let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Err(ApiError::new(status, "not-a-picture", format_args!("no thumbnail: {why}")).into())
        }
    }
}
