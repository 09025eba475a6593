//! `wirebrush model`: its sub-commands, one file each.

mod add;
mod convert;
mod import;
mod inspect;
mod list;
mod plan;
mod pull;
mod remove;
mod verify;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;
use crate::models::places::PlaceKind;
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
    /// Give a file or folder a name, or put several together to a set.
    Add(Box<add::Add>),
    /// Forget a model; files in Wirebrush's own models folder are deleted.
    Remove(remove::Remove),
    /// Read files again and say which are no longer what they were.
    Verify {
        /// Names of models; all when none is given.
        names: Vec<String>,
    },
    /// Download a model from the Hugging Face hub.
    Pull(pull::Pull),
    /// Use ComfyUI's models where they lie.
    ImportComfyui {
        /// ComfyUI's folder, or its folder `models`.
        folder: PathBuf,
    },
    /// Use what Hugging Face's programs have downloaded, where it lies.
    ImportHfCache {
        /// The cache [default: HF_HUB_CACHE, else hub in HF_HOME, else ~/.cache/huggingface/hub].
        folder: Option<PathBuf>,
    },
    /// Use InvokeAI's models where they lie.
    ImportInvokeai {
        /// InvokeAI's root folder, with `databases` and `models`.
        folder: PathBuf,
    },
    /// Write a model anew in fewer bits, so that it fits, or in another format.
    Convert(convert::Convert),
}

pub(crate) fn model(session: &Session, command: &Model) -> Result<Exit> {
    match command {
        Model::List => list::list(session),
        Model::Inspect { file } => inspect::inspect(session, file),
        Model::Plan(args) => plan::plan(session, args),
        Model::Add(args) => add::add(session, args),
        Model::Remove(args) => remove::remove(session, args),
        Model::Verify { names } => verify::verify(session, names),
        Model::Pull(args) => pull::pull(session, args),
        Model::ImportComfyui { folder } => import::import(session, PlaceKind::ComfyUi, Some(folder)),
        Model::ImportHfCache { folder } => import::import(session, PlaceKind::HuggingFace, folder.as_deref()),
        Model::ImportInvokeai { folder } => import::import(session, PlaceKind::InvokeAi, Some(folder)),
        Model::Convert(args) => convert::convert(session, args),
    }
}
