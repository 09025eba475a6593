//! `wirebrush plugin approve`: trusts a plugin as it is now.

use anyhow::Result;
use wirebrush_loader::Config;

use crate::exit::Exit;
use crate::output::outln;

pub(super) fn approve(config: &Config, id: &str, json: bool) -> Result<Exit> {
    wirebrush_loader::approve(config, id)?;
    if json {
        outln!("{:#}", serde_json::json!({ "id": id, "approved": true }));
    } else {
        outln!("{id}: approved");
    }
    Ok(Exit::Ok)
}
