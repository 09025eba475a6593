//! `wirebrush plugin list`: what plugins there are.

use anyhow::Result;
use wirebrush_loader::{Config, Registry};

use super::report;
use crate::exit::Exit;
use crate::output::outln;

pub(super) fn list(config: &Config, json: bool) -> Result<Exit> {
    let registry = Registry::load(config);
    if json {
        let plugins: Vec<_> = registry.plugins().iter().map(report::as_json).collect();
        outln!("{}", serde_json::to_string_pretty(&plugins)?);
    } else {
        registry.plugins().iter().for_each(report::print);
        registry.problems().iter().for_each(|problem| outln!("{problem}"));
    }
    Ok(Exit::Ok)
}
