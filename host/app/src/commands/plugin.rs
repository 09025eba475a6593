//! `wirebrush plugin`: its sub-commands, one file each.

mod approve;
mod list;
mod probe;
mod report;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::data_dir::DataDir;
use crate::exit::Exit;
use crate::session;

/// The words after `wirebrush plugin`.
#[derive(Subcommand)]
pub(crate) enum Plugin {
    /// List the plugins, with the reason for each that is not used.
    List,
    /// Load a plugin folder in a separate process and say what it has.
    Probe {
        /// Folder with a `plugin.json`.
        folder: PathBuf,
    },
    /// Trust a native plugin whose file is new or has changed.
    Approve {
        /// Id of the plugin.
        id: String,
    },
}

pub(crate) fn plugin(global: &Global, command: &Plugin) -> Result<Exit> {
    let data = DataDir::new(global.data_dir.as_deref())?;
    let config = session::plugin_config(global, &data);
    match command {
        Plugin::List => list::list(&config, global.json),
        Plugin::Probe { folder } => probe::probe(folder, &config, global.json),
        Plugin::Approve { id } => approve::approve(&config, id),
    }
}
