//! `wirebrush plugin sign`: signs a package that was packed elsewhere.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use wirebrush_package::{Package, SecretKey};

use super::verify;
use crate::exit::Exit;

/// What `plugin sign` takes.
#[derive(Args)]
pub(crate) struct Sign {
    /// The package; another signature on it is replaced.
    file: PathBuf,
    /// The secret key, see `keygen`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

pub(super) fn sign(args: &Sign, json: bool) -> Result<Exit> {
    wirebrush_package::sign(&args.file, &SecretKey::read(&args.key)?, &args.file)?;
    verify::print(&args.file, &mut Package::open(&args.file)?, json)
}
