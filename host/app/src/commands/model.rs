//! `wirebrush model`: its sub-commands, one file each.

mod inspect;
mod list;

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;
use crate::session::Session;

/// The words after `wirebrush model`.
#[derive(Subcommand)]
pub(crate) enum Model {
    /// List the models that nodes find by name.
    List,
    /// Say what a model file or folder is: format, family, parameters, dtypes, what is missing.
    Inspect {
        /// A weights file or a model folder.
        file: String,
    },
}

pub(crate) fn model(session: &Session, command: &Model) -> Result<Exit> {
    match command {
        Model::List => list::list(session),
        Model::Inspect { file } => inspect::inspect(session, file),
    }
}
