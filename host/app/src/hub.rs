//! Models from the Hugging Face hub, or from a server that speaks its protocol.
//!
//! The crate `hf-hub` says where things are: addresses, the cache, the token, what is in a repository. Its transfer is not
//! used: it cannot be stopped, takes the answer to a request for the rest of a file for the rest whatever it is, and checks
//! no hash. [`transfer`] does that much around `ureq`, which `hf-hub` is built on too.

pub(crate) mod address;
pub(crate) mod license;
pub(crate) mod presets;
pub(crate) mod refusal;
mod request;
pub(crate) mod transfer;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use crate::models;
use anyhow::{Context, Result, bail};
use hf_hub::api::sync::{Api, ApiBuilder};
use hf_hub::{Cache, Repo, RepoType};
use serde::Deserialize;

/// The hub when no other is named.
const HUB: &str = "https://huggingface.co";

/// Longest time that the description of a repository may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest answer that describes a repository.
const MAX_DESCRIPTION: u64 = 32 << 20;

/// A hub and who asks.
pub(crate) struct Hub {
    api: Api,
    pub(crate) endpoint: String,
    pub(crate) token: Option<Token>,
}

/// What the hub knows the user by.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: String,
    /// Where it was found, for messages.
    pub(crate) from: String,
}

/// What is in a repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) repo: String,
    pub(crate) commit: String,
    pub(crate) license: license::License,
    pub(crate) files: Vec<HubFile>,
}

/// One file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HubFile {
    /// Its name, `/` between folders.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// The hub publishes one of large files only.
    pub(crate) sha256: Option<String>,
}

impl Hub {
    /// The hub that `HF_ENDPOINT` names, with the token of `HF_TOKEN`, or of the file that Hugging Face's programs keep it
    /// in (`HF_TOKEN_PATH`, else `token` in `HF_HOME`).
    ///
    /// # Errors
    /// When the endpoint is no http or https URL.
    pub(crate) fn from_env() -> Result<Self> {
        let endpoint = std::env::var("HF_ENDPOINT").ok().filter(|it| !it.is_empty());
        let endpoint = endpoint.as_deref().unwrap_or(HUB).trim_end_matches('/').to_owned();
        if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
            bail!("HF_ENDPOINT: expected an http or https URL, found `{endpoint}`");
        }
        // Without a home folder there is no cache, and `Cache::from_env` would panic.
        let cache = models::places::default_cache().map_or_else(|| Cache::new(PathBuf::new()), Cache::new);
        let token = Token::find()?;
        let api = ApiBuilder::from_cache(cache)
            .with_endpoint(endpoint.clone())
            .with_token(token.as_ref().map(|token| token.secret.clone()))
            .with_user_agent("wirebrush", env!("CARGO_PKG_VERSION"))
            .build()
            .context("cannot ask the hub")?;
        Ok(Self { api, endpoint, token })
    }

    /// Asks what is in a repository.
    ///
    /// # Errors
    /// When the hub cannot be reached, or does not tell.
    pub(crate) fn contents(&self, repo: &str, revision: &str) -> Result<Contents> {
        let at = || format!("{}: {repo}", self.endpoint);
        let there = Repo::with_revision(repo.to_owned(), RepoType::Model, revision.to_owned());
        let request = self.api.repo(there).info_request().query("blobs", "true");
        let config = request.config().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let mut answer = config.build().call().with_context(at)?;
        let status = answer.status().as_u16();
        if status != 200 {
            let reason = refusal::reason(answer.headers());
            return Err(refusal::refused(self, repo, None, status, reason.as_deref()).into());
        }
        let body = answer.body_mut().with_config().limit(MAX_DESCRIPTION).read_to_vec().with_context(at)?;
        let about: About = serde_json::from_slice(&body).with_context(at)?;
        about.contents(repo).with_context(at)
    }

    /// The address of a file at a commit.
    pub(crate) fn url(&self, repo: &str, commit: &str, file: &str) -> String {
        format!("{}/{repo}/resolve/{commit}/{}", self.endpoint, encoded(file))
    }

    /// The page of a repository, for people.
    pub(crate) fn page(&self, repo: &str) -> String {
        format!("{}/{repo}", self.endpoint)
    }
}

impl Token {
    fn find() -> Result<Option<Self>> {
        for variable in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
            if let Ok(secret) = std::env::var(variable)
                && !secret.trim().is_empty()
            {
                return Self::new(&secret, variable.to_owned()).map(Some);
            }
        }
        let kept = || Some(models::places::hugging_face_home()?.join("token"));
        let Some(file) = std::env::var_os("HF_TOKEN_PATH").map(PathBuf::from).or_else(kept) else {
            return Ok(None);
        };
        match std::fs::read_to_string(&file) {
            Ok(secret) if !secret.trim().is_empty() => {
                Self::new(&secret, file.display().to_string()).map(Some)
            }
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("token: cannot read {}", file.display())),
        }
    }

    /// What no header may hold is no token. What it is is never shown.
    fn new(secret: &str, from: String) -> Result<Self> {
        let secret = secret.trim();
        if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("token: expected one word such as hf_…, found something else in {from}");
        }
        Ok(Self { secret: secret.to_owned(), from })
    }
}

/// The name of a file inside a URL: `/` stays, what URLs have another use for is written as `%20`.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The hub's answer, as far as it is needed.
#[derive(Deserialize)]
struct About {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
    #[serde(default, rename = "cardData")]
    card: Option<license::Card>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

impl About {
    fn contents(self, repo: &str) -> Result<Contents> {
        if let Err(why) = crate::file_name::check(&self.sha) {
            bail!("commit {why}");
        }
        let mut files = Vec::new();
        for file in self.siblings {
            // A name that could lead elsewhere is not offered at all.
            if models::check_name(&file.rfilename).is_err() {
                continue;
            }
            let bytes = file.lfs.as_ref().map(|lfs| lfs.size).or(file.size);
            let bytes = bytes.with_context(|| format!("the hub gives no size of {}", file.rfilename))?;
            let sha256 = file.lfs.map(|lfs| lfs.sha256.to_ascii_lowercase());
            files.push(HubFile { name: file.rfilename, bytes, sha256 });
        }
        let (repo, commit) = (repo.to_owned(), self.sha);
        Ok(Contents { license: self.card.unwrap_or_default().license(), files, repo, commit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_written_as_urls_want_them() {
        assert_eq!(encoded("vae/ae.safetensors"), "vae/ae.safetensors");
        assert_eq!(encoded("a b#1%.gguf"), "a%20b%231%25.gguf");
        assert_eq!(encoded("ü"), "%C3%BC");
    }

    #[test]
    fn a_token_is_one_word_and_stays_secret() {
        assert_eq!(Token::new("hf_abc\n", "HF_TOKEN".to_owned()).unwrap().secret, "hf_abc");
        let why = Token::new("hf_a\r\nX-Other: hf_b", "HF_TOKEN".to_owned()).err().unwrap().to_string();
        assert!(why.contains("HF_TOKEN") && !why.contains("hf_a"), "{why}");
    }
}
