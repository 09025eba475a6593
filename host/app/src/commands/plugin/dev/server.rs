//! The server that takes a new build over.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use ureq::Agent;
use ureq::http::Request;

// A large component takes a minute to compile.
const PATIENCE: Duration = Duration::from_secs(600);

/// A Wirebrush server that can be told to look at its plugins again.
pub(super) struct RunningServer {
    url: String,
    token: Option<String>,
    agent: Agent,
}

impl RunningServer {
    /// The server at `url`, which is not asked yet.
    pub(super) fn new(url: &str, token: Option<&str>) -> Self {
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).proxy(None);
        let token = token.map(str::to_owned);
        Self { url: url.trim_end_matches('/').to_owned(), token, agent: config.build().into() }
    }

    /// Has the server look at its plugins again. With an id, that plugin must be among them and usable.
    ///
    /// # Errors
    /// When the server cannot be reached or denies it; when it does not use the plugin, and why.
    pub(super) fn reload(&self, id: Option<&str>) -> Result<()> {
        self.ask("POST", "/api/plugins/reload")?;
        let Some(id) = id else { return Ok(()) };
        let nodes = self.ask("GET", "/api/nodes")?;
        let plugins = nodes["plugins"].as_array().into_iter().flatten();
        let Some(plugin) = plugins.into_iter().find(|plugin| plugin["id"] == id) else {
            bail!(
                "the server at {} has no plugin {id}: start it with `--plugins` and the project's `dist`",
                self.url
            );
        };
        match plugin["reason"].as_str() {
            Some(why) => bail!("the server does not use {id}: {why}"),
            None => Ok(()),
        }
    }

    fn ask(&self, method: &str, path: &str) -> Result<Json> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let request = request.body(()).with_context(|| format!("{}: expected a URL", self.url))?;
        let mut answer =
            self.agent.run(request).with_context(|| format!("{}: no server answers", self.url))?;
        let body = answer.body_mut().read_to_string().with_context(|| format!("{}{path}", self.url))?;
        let status = answer.status();
        let json: Json = serde_json::from_str(&body).unwrap_or_default();
        if !status.is_success() {
            let why = json["message"].as_str().unwrap_or(&body);
            bail!("{}{path}: the server answered {status}: {why}", self.url);
        }
        Ok(json)
    }
}
