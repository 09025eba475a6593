//! `wirebrush serve`: the editor and everything it asks for, over HTTP and one WebSocket.
//!
//! Each file of this module is a group of routes or something that routes share. Every request passes [`guard`];
//! handlers work on threads that may block and fail with [`error::ApiError`]. Entry points: [`router::router`],
//! [`serve::serve`].

mod access;
mod assets;
mod body;
pub(crate) mod document;
mod editor;
mod environment;
pub(crate) mod error;
mod events;
mod files;
mod graphs;
mod guard;
mod host_name;
mod input;
mod nodes;
mod plugins;
mod problem;
mod router;
mod runs;
mod serve;
mod sharing;
mod state;
mod status;
mod strip;
mod templates;
mod thumbnails;
mod wording;

use anyhow::Context;

pub(crate) use host_name::HostName;
pub(crate) use router::openapi;
pub(crate) use serve::{serve, serve_and};

/// Works on a thread that may block.
///
/// # Errors
/// Those of `work`.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> error::ApiResult<T> {
    let done = tokio::task::spawn_blocking(work).await.context("a worker thread died")?;
    Ok(done?)
}
