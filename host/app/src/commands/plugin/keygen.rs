//! `wirebrush plugin keygen`: a key to sign packages with.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use wirebrush_package::SecretKey;

use crate::data_dir::DataDir;
use crate::exit::Exit;
use crate::output::outln;

/// What `plugin keygen` takes.
#[derive(Args)]
pub(crate) struct Keygen {
    /// File to write, which must not exist yet [default: signing-key.pem in the data directory].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn keygen(args: &Keygen, data: &DataDir, json: bool) -> Result<Exit> {
    let file = args.output.clone().unwrap_or_else(|| data.signing_key());
    if args.output.is_none() {
        let folder = file.parent().context("the key lies in the data directory")?;
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let key = SecretKey::generate()?;
    key.write(&file)?;
    if json {
        outln!("{}", json!({ "file": file, "key": key.public().to_string() }));
    } else {
        outln!("{}", key.public());
        outln!("{}: the secret key. Keep a copy: without it nobody can publish an update.", file.display());
    }
    Ok(Exit::Ok)
}
