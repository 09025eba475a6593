//! The one place where Wirebrush keeps things, a sub-folder for each purpose.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// The directory the user chose, else the platform's.
    pub(crate) fn new(chosen: Option<&Path>) -> Result<Self> {
        if let Some(chosen) = chosen {
            return std::path::absolute(chosen)
                .map(Self)
                .with_context(|| format!("data directory {}", chosen.display()));
        }
        directories::ProjectDirs::from("", "", "wirebrush")
            .map(|dirs| Self(dirs.data_dir().to_owned()))
            .context("this system has no home folder: set WIREBRUSH_DATA_DIR")
    }

    /// Plugins the user installed.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.0.join("plugins")
    }

    /// What plugins keep between runs, a folder each.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.0.join("scratch")
    }

    /// Models the user installed.
    pub(crate) fn models(&self) -> PathBuf {
        self.0.join("models")
    }

    /// What is known of models.
    pub(crate) fn model_register(&self) -> PathBuf {
        self.0.join("models.json")
    }

    /// Sets of models, written down for plugins.
    pub(crate) fn model_sets(&self) -> PathBuf {
        self.0.join("cache").join("sets")
    }

    /// Results of earlier runs.
    pub(crate) fn results(&self) -> PathBuf {
        self.0.join("cache").join("results")
    }

    /// Graphs, runs and what is known of assets.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("wirebrush.sqlite")
    }

    /// Locked while a server works with the directory.
    pub(crate) fn server_lock(&self) -> PathBuf {
        self.0.join("server.lock")
    }

    /// Uploads and results, named by their contents.
    pub(crate) fn assets(&self) -> PathBuf {
        self.0.join("assets")
    }

    /// Pictures the user lets the server read by name.
    pub(crate) fn input(&self) -> PathBuf {
        self.0.join("input")
    }

    /// Small versions of assets.
    pub(crate) fn thumbnails(&self) -> PathBuf {
        self.0.join("cache").join("thumbnails")
    }

    /// Compiled components and plugin descriptions.
    pub(crate) fn compiled(&self) -> PathBuf {
        self.0.join("cache").join("compiled")
    }

    /// What web servers gave and may give again.
    pub(crate) fn fetched(&self) -> PathBuf {
        self.0.join("cache").join("fetched")
    }

    /// The secret key that the user signs packages with.
    pub(crate) fn signing_key(&self) -> PathBuf {
        self.0.join("signing-key.pem")
    }

    /// Hashes of the native plugins the user trusts.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.0.join("plugins.lock.json")
    }
}
