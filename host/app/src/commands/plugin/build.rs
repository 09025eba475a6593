//! `wirebrush plugin build`: from sources to a folder that can be loaded, checked and packed.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use wirebrush_loader::Config;

use crate::exit::Exit;
use crate::output::outln;
use crate::project::Project;

pub(crate) fn build(folder: &Path, config: &Config, json: bool) -> Result<Exit> {
    let dist = Project::read(folder)?.build(config)?;
    if json {
        outln!("{}", json!({ "plugin": dist }));
    } else {
        outln!("{}", dist.display());
    }
    Ok(Exit::Ok)
}
