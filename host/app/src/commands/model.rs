//! `wirebrush model`: its sub-commands, one file each.

mod inspect;
mod list;
mod plan;

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;
use crate::session::Session;

/// The words after `wirebrush model`.
#[derive(Subcommand)]
pub(crate) enum Model {
    /// List the models that nodes find by name.
    List,
    /// Say what a model file or folder is: role, family, format, encodings, what is missing.
    Inspect {
        /// A weights file or a model folder.
        file: String,
    },
    /// Say what an edit will take before it runs: memory of each stage, where weights will be, time of a step.
    Plan(plan::Plan),
}

pub(crate) fn model(session: &Session, command: &Model) -> Result<Exit> {
    match command {
        Model::List => list::list(session),
        Model::Inspect { file } => inspect::inspect(session, file),
        Model::Plan(args) => plan::plan(session, args),
    }
}
