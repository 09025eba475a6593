//! `/api/plugins`: what is installed, and how that changes. Every change is followed by loading the plugins anew and by
//! an event for all clients.
//!
//! Whoever may use the server may install plugins, so that nothing happens by a request alone: what gives a plugin more
//! than it had is answered with 409 and the text that the user has to agree to, and done when the request comes again
//! with the proof that this very text was read.

mod change;
mod consent;
mod find;
mod install;
mod list;
mod watch;

use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wirebrush_loader::{Error, Store};

pub(crate) use self::consent::Consent;
pub(crate) use self::watch::Watch;
use super::error::{ApiError, ApiResult};
use super::off_thread;
use super::state::AppState;
use crate::plugins::Changes;
use crate::queue::Event;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(find::find))
        .routes(routes!(install::install))
        .routes(routes!(install::upload))
        .routes(routes!(change::reload))
        .routes(routes!(change::approve))
        .routes(routes!(change::disable))
        .routes(routes!(change::enable))
        .routes(routes!(change::activate))
        .routes(routes!(change::remove))
}

/// The store of installed plugins.
fn store(state: &AppState) -> anyhow::Result<Store> {
    Store::new(state.session.plugin_config())
        .ok_or_else(|| anyhow::anyhow!("the server has no store of plugins"))
}

/// Loads the plugins anew and tells everybody.
fn reload(state: &AppState) -> Changes {
    let changes = state.session.reload();
    state.events.publish(&Event::PluginsChanged);
    changes
}

/// Changes what is installed, then loads the plugins anew.
async fn change(
    state: AppState,
    work: impl FnOnce(&AppState) -> anyhow::Result<()> + Send + 'static,
) -> ApiResult<Changes> {
    off_thread(move || {
        work(&state)?;
        Ok(reload(&state))
    })
    .await
}

/// A failure of the loader as an answer.
fn failed(error: Error) -> anyhow::Error {
    let (status, code) = match &error {
        Error::Unknown { .. } | Error::NotInstalled { .. } => (StatusCode::NOT_FOUND, "not-found"),
        Error::Stale { .. } | Error::Bundled { .. } | Error::Installed { .. } => {
            (StatusCode::CONFLICT, "conflict")
        }
        Error::Key { .. } => (StatusCode::CONFLICT, "wrong-key"),
        Error::Io { .. } => return error.into(),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "plugin-refused"),
    };
    ApiError::new(status, code, error).into()
}
