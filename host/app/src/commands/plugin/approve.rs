//! `wirebrush plugin approve`: trusts a native plugin as it is now.

use anyhow::Result;
use wirebrush_loader::Config;

use crate::exit::Exit;
use crate::output::outln;

pub(super) fn approve(config: &Config, id: &str) -> Result<Exit> {
    wirebrush_loader::approve(config, id)?;
    outln!("{id}: approved");
    Ok(Exit::Ok)
}
